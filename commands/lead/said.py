"""What people say for the lead professional."""

from chat.registry import commands
from chat.said import Sayings

commands.say("lead", Sayings(instead=("lead professional", "case director", "casedirector", "leider")))
