"""What people say to the card of an action."""

from chat.registry import commands
from chat.said import Sayings

commands.say("action", Sayings(also=("actie",), instead=("task", "todo", "propose", "taak")))
commands.say(
    "accept",
    Sayings(
        also=("accepteer", "accepteren", "aanvaard"),
        nearly=("accepted", "take it", "on it", "deal", "will do", "well do it", "ill do it", "doen we", "komt goed"),
        instead=("yes", "ok", "okay", "take", "akkoord", "ja"),
        assent="",
    ),
)
commands.say(
    "decline",
    Sayings(also=("wijs af", "afwijzen"), nearly=("declined", "no", "nope", "nee"), instead=("reject", "no", "nee")),
)
commands.say(
    "done",
    Sayings(
        also=("gedaan",),
        nearly=("its done", "it is done", "have done it", "klaar", "finished", "has been done"),
        instead=("finished", "finish", "complete", "completed", "klaar", "ready"),
    ),
)
commands.say(
    "notpossible",
    Sayings(also=("not possible", "niet mogelijk"), instead=("impossible", "cant", "cannot", "fail", "failed")),
)
commands.say("move", Sayings(also=("verplaats",), instead=("postpone", "delay", "reschedule", "extend", "uitstellen")))
commands.say("hand", Sayings(instead=("handover", "give", "transfer", "pass", "assign", "reassign")))
