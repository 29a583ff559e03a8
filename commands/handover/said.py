"""What people say to hand over, and to take over."""

from chat.registry import commands
from chat.said import Sayings

commands.say(
    "handover", Sayings(also=("shift handover", "hand over", "handoff", "overdracht"), instead=("shift", "dienst"))
)
commands.say(
    "taken",
    Sayings(
        also=("taken over", "overgenomen"),
        meant=dict.fromkeys(("i take over", "i have taken over", "ive taken over", "ik neem over"), ""),
        nearly=(
            *("got it", "i have it", "ive got it", "taking over", "ik heb het", "mine now", "on it", "take it"),
            *("ill take over", "i will take over", "ill take it", "ik neem het over"),
        ),
        instead=("takeover", "take over"),
        assent="",
        about="H",
    ),
)
