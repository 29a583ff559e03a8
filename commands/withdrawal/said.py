"""What people say for withdrawing."""

from chat.registry import commands
from chat.said import Sayings

commands.say("withdraw", Sayings(also=("terugtrekken",), instead=("step out", "leave", "resign", "quit")))
