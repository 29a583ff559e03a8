"""What people say for a sitting."""

from chat.registry import commands
from chat.said import Sayings

_LISTS = ("list", "show", "status", "plan")
commands.say("sitting", Sayings(also=("sittings", "zitting", "zittingen", *(f"sitting {word}" for word in _LISTS))))
commands.say("sitting start", Sayings(instead=("sitting begin", "sitting open")))
commands.say("sitting next", Sayings(instead=("volgende",)))
commands.say("sitting end", Sayings(instead=("sitting close", "sitting finish")))
commands.say("sitting drop", Sayings(instead=("sitting remove", "sitting delete")))
commands.say("sitting defer", Sayings(instead=("postpone", "uitstellen", "sitting postpone", "sitting uitstellen")))
