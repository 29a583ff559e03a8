"""What people say of a closed case."""

from chat.registry import commands
from chat.said import Sayings

commands.say("case repeat", Sayings(instead=("repeat", "herhaling")))
