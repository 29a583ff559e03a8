"""What people say for an expert."""

from chat.registry import commands
from chat.said import Sayings

commands.say("expert", Sayings(also=("deskundige",), instead=("specialist", "adviser", "advisor")))
