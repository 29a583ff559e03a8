"""What people say for an assessment."""

from chat.registry import commands
from chat.said import Sayings

commands.say("assess", Sayings(also=("beoordeel",), instead=("assessment", "score", "beoordeling")))
