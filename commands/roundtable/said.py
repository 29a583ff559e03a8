"""What people say to the card of a round table."""

from chat.registry import commands
from chat.said import Sayings

commands.say("roundtable", Sayings(also=("rondetafel",), instead=("meeting", "meet", "schedule", "overleg")))
commands.say("roundtable start", Sayings(instead=("start", "begin")))
commands.say("roundtable end", Sayings(instead=("end", "stop", "finish", "einde")))
commands.say("roundtable cancel", Sayings(instead=("cancel", "calloff", "afzeggen")))
# While a round table is held, a yes means this one.
commands.say(
    "confirm", Sayings(also=("bevestig",), nearly=("confirmed",), instead=("confirmed", "here", "present"), assent="")
)
commands.say(
    "attend",
    Sayings(
        also=("aanwezig",),
        meant=dict.fromkeys(
            (
                *("ill be there", "will be there", "am coming", "im coming", "are coming", "were coming", "will come"),
                *("ill come", "ill attend", "can make it", "can come", "count me in", "count us in"),
                *("kom", "komen", "ben erbij", "ben er bij", "zijn erbij"),
            ),
            "",
        ),
        nearly=("attending", "coming", "be there", "see you there", "see you then", "can", "tot dan"),
        instead=("come", "join", "coming", "yes", "ok"),
        assent="",
    ),
)
commands.say(
    "apologies",
    Sayings(
        also=("afwezig",),
        meant=dict.fromkeys(
            (
                *("cant make it", "cannot make it", "can not make it", "wont make it", "cant come", "cannot come"),
                *("wont come", "count me out", "count us out", "unable to attend", "unable to come"),
                "am unable to attend",
                *("not able to come", "not able to attend", "am not able to come", "kom niet", "komen niet"),
                *("cant attend", "cannot attend", "cant be there", "cannot be there", "wont be there"),
                *("will not be there", "kan niet", "kunnen niet", "ben er niet", "ben niet aanwezig", "niet aanwezig"),
            ),
            "",
        ),
        nearly=(
            *(
                "no",
                "nope",
                "nee",
                "cant",
                "cannot",
                "can not",
                "am ill",
                "im ill",
                "on leave",
                "am on leave",
                "im on leave",
            ),
            *("out of office", "ziek", "ben ziek", "verhinderd", "ben verhinderd", "met verlof"),
        ),
        instead=("sorry", "absent", "no", "nee"),
    ),
)
commands.say("agenda", Sayings(instead=("item", "topic", "agendapunt")))
