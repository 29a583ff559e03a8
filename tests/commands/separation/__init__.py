"""Separations."""

from datetime import datetime

from cases.case import Case
from commands.concern.rules import raise_concern
from commands.separation import carrying
from commands.separation import rules as separations
from commands.separation.rules import Where
from tests.cases.table import ADA, CLEO, DIRK, a_case

WALK = [
    "cleo: !separate because: it is about two brothers",
    "cleo: !allocate",
    "cleo: !allocate S-1 both",
    "ada @agency:police: !accept K-1",
    "finn @agency:health: !accept K-1",
    "cleo: !allocate X-1 there",
    "ada @agency:police: !decline K-2 he is not the younger one",
    "cleo: !allocate X-1 here",
]


def _carry(case: Case, at: datetime) -> None:
    other = a_case()
    concern = raise_concern(other, "w134 he steals", by=ADA, at=at)
    carrying.carry(other, case, [concern], by=CLEO, at=at)


def _carry_more(case: Case, at: datetime) -> None:
    """What was corrected by somebody else than who said it comes in two steps."""
    other = a_case()
    concern = raise_concern(other, "w130 he steals", source="w131 a neighbour", by=ADA, at=at)
    other.step(separations.KEPT, concern.id, DIRK, at).change(concern, about="w130 he steals bread")
    carrying.carry(other, case, [concern], by=CLEO, at=at)


def _left(case: Case) -> list[str]:
    return [one.id for one in separations.left(case)] or ["C-1"]


STORY = [
    ("separate", lambda c, at: separations.separate(c, "w132 two brothers", by=CLEO, at=at)),
    ("allocate", lambda c, at: separations.allocate(c, ["C-1"], Where.BOTH, ("social",), by=CLEO, at=at)),
    ("allocation agree", lambda c, at: separations.agree(c, "K-1", by=DIRK, at=at)),
    ("allocate both", lambda c, at: separations.settle(c, c.all(separations.Allocation)[0], by=CLEO, at=at)),
    ("allocate", lambda c, at: separations.allocate(c, ["C-1"], Where.BOTH, ("social",), by=CLEO, at=at)),
    ("allocation stop", lambda c, at: separations.stop(c, "K-2", "w133 not his", by=DIRK, at=at)),
    ("allocate here", lambda c, at: separations.allocate(c, _left(c), Where.HERE, (), by=CLEO, at=at)),
    ("file", _carry),
    ("file more", _carry_more),
    ("allocate there", lambda c, at: separations.allocate(c, ["C-1"], Where.THERE, (), by=CLEO, at=at)),
]
