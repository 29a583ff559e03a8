"""What people say for their settings."""

from chat.registry import commands
from chat.said import Sayings

commands.say("settings", Sayings(also=("instellingen",), instead=("setting", "preferences")))
commands.say("language", Sayings(also=("taal",), instead=("lang",)))
