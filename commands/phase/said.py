"""What people say for the phases of a case."""

from chat.registry import commands
from chat.said import Sayings

commands.say("phase", Sayings(also=("fase", "phases"), instead=("gate", "gates", "stage", "fases")))
