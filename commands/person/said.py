"""What people say about the person at the centre, and in reply to what was written down of them."""

from chat.registry import commands
from chat.said import Sayings

commands.say("person", Sayings(also=("persoon",), instead=("client", "client goal", "clientdoel")))
commands.say("person goal", Sayings(also=("persoon doel",), instead=("goal", "doel")))
commands.say("person view", Sayings(also=("persoon kijk",), instead=("view", "kijk")))
commands.say("person informed", Sayings(also=("persoon ingelicht",), instead=("informed", "ingelicht")))
commands.say("person notinformed", Sayings(also=("person not informed",), instead=("notinformed", "niet ingelicht")))
commands.say("contact", Sayings(instead=("parent", "parents", "family", "ouder", "ouders", "familie")))
