"""What people say to escalate and to resolve."""

from chat.registry import commands
from chat.said import Sayings

commands.say("escalate", Sayings(also=("escaleer",), instead=("appeal", "escaleren")))
commands.say("resolve", Sayings(also=("opgelost",), instead=("resolved", "settled", "oplossen")))
