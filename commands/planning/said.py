"""What people say to proposed times."""

from chat.registry import commands
from chat.said import Sayings
from commands.planning import availability

commands.say("available", Sayings(assent="all yes", answers=availability.answers))
