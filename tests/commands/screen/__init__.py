"""Intake screens."""

from commands.screen.rules import answer
from tests.cases.table import FINN

WALK = ["finn: !screen health looked the nurse saw him"]
STORY = [("screen", lambda c, at: answer(c, "health", looked=True, note="w112 the nurse saw him", by=FINN, at=at))]
