"""What people say to the card of a referral."""

from chat.registry import commands
from chat.said import Sayings

commands.say("refer", Sayings(also=("verwijs",), instead=("referral", "verwijzen")))
commands.say("redirect", Sayings(also=("verwijs door",), instead=("forward", "reroute", "doorverwijzen")))
commands.say("firstcontact", Sayings(also=("first contact", "eerste contact"), instead=("contacted", "met", "saw")))
commands.say("outcome", Sayings(also=("uitkomst",), instead=("result", "feedback", "resultaat")))
