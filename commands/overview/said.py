"""What people say for looking at the case, and for putting words right."""

import re

from chat.registry import commands
from chat.said import Sayings

_KIND = re.compile(r"\W{0,3}(?:kind|soort) ?[:\uff1a]", re.IGNORECASE)
_FACT = (
    *("fact", "a fact", "its a fact", "it is a fact", "this is a fact", "thats a fact", "that is a fact"),
    *("kind fact", "feit", "een feit", "het is een feit"),
)
_OPINION = (
    *("opinion", "an opinion", "my opinion", "its an opinion", "it is an opinion", "its my opinion"),
    *("it is my opinion", "this is an opinion", "thats an opinion", "kind opinion", "mening", "een mening"),
    *("mijn mening", "het is een mening"),
)
commands.say("who", Sayings(also=("wie",)))
commands.say("mine", Sayings(also=("mijn",)))
commands.say("status", Sayings(also=("stand",), instead=("state", "stats", "overview", "overzicht")))
commands.say("followups", Sayings(also=("follow-ups", "follow ups"), instead=("followup", "todo", "open")))
commands.say(
    "correct",
    Sayings(
        also=("corrigeer",),
        meant=dict.fromkeys(_FACT, "kind: fact") | dict.fromkeys(_OPINION, "kind: opinion"),
        about="C",
        adjective=True,
        answers=lambda text: True if _KIND.match(text) and "?" not in text else None,
        instead=("change", "edit", "fix", "amend"),
    ),
)
