"""What people say to the card that asks them to check their records."""

from chat.registry import commands
from chat.said import Sayings
from commands.request.said import may_answer

commands.say("research", Sayings(also=("vooronderzoek",), instead=("check", "checks", "returns", "records")))
commands.say(
    "known",
    Sayings(
        also=("bekend",),
        nearly=(
            *("we know him", "we know her", "we know them", "is known", "he is known", "she is known"),
            *("we kennen hem", "we kennen haar", "is bekend"),
        ),
        instead=("knows", "know", "kennen"),
        answers=lambda text: False if may_answer(text) else None,
    ),
)
