"""What people say when somebody, or an agency, comes or goes."""

from chat.registry import commands
from chat.said import Sayings

commands.say("member add", Sayings(instead=("member new", "member invite", "member toevoegen")))
commands.say(
    "member leave", Sayings(instead=("member remove", "member delete", "member leaves", "member left", "member retire"))
)
commands.say("member sits", Sayings(instead=("member seat", "member steering", "member leaders", "member committee")))
commands.say(
    "agency retire",
    Sayings(instead=("agency remove", "agency delete", "agency close", "agency end", "agency leave", "agency stop")),
)
