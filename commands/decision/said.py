"""What people say to the card of a decision."""

from chat.registry import commands
from chat.said import Sayings

commands.say("decide", Sayings(also=("besluit",), instead=("decision", "beslis")))
commands.say(
    "agree",
    Sayings(
        also=("eens", "mee eens", "ben het eens"),
        nearly=("agreed", "in favour", "in favor", "voor"),
        instead=("approve", "yes", "ok", "okay", "akkoord", "ja"),
        assent="",
    ),
)
commands.say(
    "dissent",
    Sayings(
        also=("oneens", "niet mee eens", "ben het niet eens"),
        meant=dict.fromkeys(("disagree", "do not agree", "dont agree", "object"), ""),
        nearly=("disagreement", "not agreed", "against", "niet akkoord", "tegen", "no", "nope", "nee"),
        instead=("disagree", "object", "oppose", "no", "nee", "objection"),
    ),
)
