"""What people say to the card of what is proposed to them."""

from chat.registry import commands
from chat.said import Sayings

commands.say(
    "accept",
    Sayings(
        also=("accepteer", "accepteren", "aanvaard"),
        nearly=(
            *("accepted", "take it", "well take it", "ill take it", "take this one", "well take this one", "on it"),
            *("am on it", "are on it", "deal", "will do", "well do it", "ill do it", "can do that", "can accept"),
            *("happy to", "please accept", "doen we", "doen het", "pakken dit op", "pak dit op", "komt goed"),
        ),
        instead=("yes", "ok", "okay", "take", "akkoord", "ja"),
        assent="",
    ),
)
commands.say(
    "decline",
    Sayings(
        also=("wijs af", "afwijzen"),
        meant={"reject": ""},
        nearly=(
            *("declined", "declining", "rejected", "cant accept", "cannot accept", "can not accept", "wont accept"),
            *("do not accept", "dont accept", "cant do this", "cannot do this", "not us", "not for us"),
            "thats not for us",
            *("no", "nope", "nee", "niet voor ons", "kan niet", "kunnen niet", "lukt ons niet"),
        ),
        instead=("reject", "no", "nee"),
    ),
)
