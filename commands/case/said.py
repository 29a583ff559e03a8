"""What people say for steering a case."""

from chat.registry import commands
from chat.said import Sayings

commands.say("case invite", Sayings(instead=("invite", "case add", "case uitnodigen")))
commands.say("case release", Sayings(instead=("release", "case remove")))
commands.say("close", Sayings(also=("sluit",), instead=("case close", "sluiten")))
commands.say("reopen", Sayings(instead=("case reopen", "heropen")))
commands.say("review", Sayings(instead=("case review",)))
