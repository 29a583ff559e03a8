from datetime import timedelta

from commands.referral.rules import accept, decline, end, meet, redirect, refer
from tests.cases.table import ADA, FINN, HUGO

WALK = [
    "ada: !refer youth a place to go after school because: he is alone until six",
    "iris @agency:youth: !redirect X-1 health because: he sleeps badly",
    "finn @agency:health: !decline X-1 we have no place",
    "ada: !redirect X-1 youth because: they know him",
    "iris: !accept X-1",
    "iris: !firstcontact X-1",
    "iris: !outcome X-1 he comes on Tuesdays",
]
DAY = timedelta(days=1)
STORY = [
    (
        "refer",
        lambda c, at: refer(
            c, "health", "w131 a doctor", because="w132 he coughs", due_at=at + DAY, contact_by=at + DAY, by=ADA, at=at
        ),
    ),
    ("decline referral", lambda c, at: decline(c, "X-1", "w133 no place", by=FINN, at=at)),
    (
        "redirect",
        lambda c, at: redirect(c, "X-1", "school", because="w134 their nurse", due_at=at + DAY, by=ADA, at=at),
    ),
    ("accept referral", lambda c, at: accept(c, "X-1", feedback_by=at + DAY, by=HUGO, at=at)),
    ("firstcontact", lambda c, at: meet(c, "X-1", at, by=HUGO, at=at)),
    ("outcome", lambda c, at: end(c, "X-1", "w135 he is well", by=HUGO, at=at)),
]
