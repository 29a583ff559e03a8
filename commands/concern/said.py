"""What people say for a concern."""

from chat.registry import commands
from chat.said import Sayings

commands.say("concern", Sayings(also=("zorg",), instead=("worry", "report", "worries", "melding", "zorgen")))
