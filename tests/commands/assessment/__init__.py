"""Assessment rounds."""

from datetime import datetime

from cases.case import Case
from commands.assessment.rules import close, give, start
from tests.cases.table import ADA

WALK = [
    "cleo: !assess start about: is home safe?",
    "ada: !assess he is alone | the gym | somebody to call score: 4 confidence: low",
    "finn: !assess worried: he sleeps badly working: he comes needed: a talk score: 6",
    "cleo: !assess close",
    "ada: !assess compare",
]


def _give(case: Case, at: datetime) -> object:
    return give(case, worried="w91 alone", working="w92 gym", needed="w93 call", dissent="w93b no", by=ADA, at=at)


STORY = [
    ("assess start", lambda c, at: start(c, about="w90 is home safe", by=ADA, at=at)),
    ("assess", _give),
    ("assess close", lambda c, at: close(c, by=ADA, at=at)),
]
