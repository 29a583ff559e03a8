"""What people say to the card of an action."""

from chat.registry import commands
from chat.said import Sayings

commands.say("action", Sayings(also=("actie",), instead=("task", "todo", "propose", "taak")))
commands.say(
    "done",
    Sayings(
        also=("gedaan",),
        nearly=(
            *("its done", "it is done", "have done it", "done it", "already done", "has been done", "was done"),
            *("finished", "completed", "klaar", "gereed", "afgerond"),
        ),
        instead=("finished", "finish", "complete", "completed", "klaar", "ready"),
    ),
)
commands.say(
    "notpossible",
    Sayings(
        also=("not possible", "niet mogelijk"),
        nearly=("impossible", "cant be done", "cannot be done", "can not be done", "lukt niet"),
        instead=("impossible", "cant", "cannot", "fail", "failed"),
    ),
)
commands.say(
    "notdone",
    Sayings(
        also=("not carried out", "niet uitgevoerd", "niet gedaan"),
        nearly=("did not do it", "didnt do it", "havent done it", "was not done", "niet gelukt"),
        instead=("undone", "notcarriedout"),
    ),
)
commands.say("move", Sayings(also=("verplaats",), instead=("postpone", "delay", "reschedule", "extend", "uitstellen")))
commands.say("hand", Sayings(instead=("give", "transfer", "assign", "reassign")))
commands.say("worse", Sayings(also=("erger",), instead=("harm", "harmcheck")))
