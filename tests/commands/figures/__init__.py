"""Figures, returns and categories."""

from commands.figures.rules import say
from tests.cases.table import DIRK

AGES = {"age": ("twelve", "thirteen")}
WALK = ["cleo @coordination: !figures", "cleo @coordination: !figures return", "cleo: !categories"]
STORY = [("categories", lambda c, at: say(c, {"age": "w191 twelve"}, AGES, by=DIRK, at=at))]
