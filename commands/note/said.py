"""What the chair types during a round table, beside the words of the commands."""

from chat.registry import commands
from chat.said import Sayings

commands.say(
    "note:", Sayings(also=("notes", "notitie", "notities", "aantekening"), nearly=("note", "notes", "notitie"))
)
commands.say("view:", Sayings(also=("his view", "her view", "their view", "mening", "visie")))
commands.say("worried:", Sayings(also=("worry", "worries", "zorgen")))
commands.say("working:", Sayings(also=("works", "working well", "going well", "strengths", "gaat goed")))
commands.say("needed:", Sayings(also=("needs", "need", "nodig")))
commands.say("credit:", Sayings(also=("credits",), nearly=("credit",)))
commands.say("action:", Sayings(also=("actions", "actie", "acties"), nearly=("action", "actie")))
commands.say("decision:", Sayings(also=("decisions", "besluit", "besluiten"), nearly=("decision", "besluit")))
commands.say("apologies:", Sayings(also=("apology", "absent", "afwezig", "afmelding")))
