"""What people say for help."""

from chat.registry import commands
from chat.said import Sayings

commands.say("help", Sayings(also=("hulp",), instead=("commands", "menu", "info")))
