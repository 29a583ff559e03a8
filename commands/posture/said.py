"""What people say for how far an agency is in."""

from chat.registry import commands
from chat.said import Sayings

commands.say("posture", Sayings(also=("houding",), instead=("stance", "involvement")))
