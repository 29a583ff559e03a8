"""What people say to an urgent call."""

from chat.registry import commands
from chat.said import Sayings

commands.say("urgent", Sayings(also=("dringend", "spoed"), instead=("emergency", "help now", "nood")))
commands.say(
    "onit",
    Sayings(
        also=("on it", "ik pak het op"),
        meant=dict.fromkeys(("im on it", "am on it", "are on it", "were on it", "ik ga erheen"), ""),
        nearly=("coming", "on my way", "take it", "ill take it", "onderweg"),
        instead=("taking it", "mine now"),
        assent="",
    ),
)
commands.say("reason", Sayings(also=("reden",), instead=("because", "why")))
