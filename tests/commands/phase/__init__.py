from cases.gates import Phase
from commands.phase.rules import go
from tests.cases.table import CLEO

WALK = [
    "ada: !phase",
    "cleo: !phase act because: all of it was done by phone",
    "ada: !phase review",
    "ada: !phase",
    "cleo: !phase gather because: there is more to hear",
]
STORY = [
    ("phase override", lambda c, at: go(c, Phase.ACT, because="w91 no time", by=CLEO, at=at, steers=True)),
    ("phase", lambda c, at: go(c, Phase.REVIEW, because=None, by=CLEO, at=at, steers=False)),
    ("phase back", lambda c, at: go(c, Phase.GATHER, because="w92 heard little", by=CLEO, at=at, steers=True)),
]
