"""What people say to look over many cases."""

from chat.registry import commands
from chat.said import Sayings

commands.say("digest", Sayings(instead=("summary", "samenvatting")))
commands.say("case list", Sayings(instead=("cases", "list", "zaken", "lijst")))
