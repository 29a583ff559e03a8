"""What people say for figures."""

from chat.registry import commands
from chat.said import Sayings

commands.say("figures", Sayings(also=("cijfers",), instead=("statistics", "numbers", "stats")))
commands.say("figures return", Sayings(also=("figures returns", "cijfers opgave"), instead=("return", "opgave")))
commands.say("categories", Sayings(also=("category", "categorie", "categorieën")))
