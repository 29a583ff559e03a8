"""What people say for practising."""

from chat.registry import commands
from chat.said import Sayings

commands.say("practice end", Sayings(also=("practice stop", "practice close", "oefening beëindigen")))
commands.say("practice open", Sayings(also=("practice start", "oefening openen"), instead=("practise", "rehearse")))
