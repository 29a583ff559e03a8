"""What people say for a sitting."""

from chat.registry import commands
from chat.said import Sayings

commands.say("sitting", Sayings(also=("zitting",)))
commands.say("sitting next", Sayings(instead=("volgende",)))
commands.say("sitting defer", Sayings(instead=("postpone", "uitstellen")))
