"""What people say for the minutes."""

from chat.registry import commands
from chat.said import Sayings

commands.say("minutes", Sayings(also=("notulen",), instead=("notes", "verslag")))
