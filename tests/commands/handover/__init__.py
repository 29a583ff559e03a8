from datetime import timedelta

from cases.case import Mode
from commands.case.rules import step_to
from commands.handover.rules import Handover, hand_over, miss, take_over
from tests.cases.table import ADA, CLEO, DIRK

WALK = [
    "cleo @coordination: !case stepup {ref} because: he is out each night",
    "ada: !handover he sleeps at his aunt's to: Dirk Smit",
    "dirk: !taken H-1",
    "cleo @coordination: !case stepdown {ref} because: he sleeps there each night",
]
STORY = [
    ("stepup", lambda c, at: step_to(c, Mode.TEAM, by=CLEO, at=at)),
    (
        "handover",
        lambda c, at: hand_over(
            c, "w195 at his aunt's", to=DIRK.user_id, take_by=at + timedelta(minutes=30), by=ADA, at=at
        ),
    ),
    ("handover missed", lambda c, at: miss(c, c.all(Handover)[-1], by=CLEO, at=at)),
    ("taken", lambda c, at: take_over(c, "H-1", by=DIRK, at=at)),
    ("stepdown", lambda c, at: step_to(c, Mode.TABLE, by=CLEO, at=at)),
]
