from datetime import timedelta

from commands.person.rules import Family, What, note_contact, tell
from tests.cases.table import ADA

WALK = [
    "ada: !person goal to be back in his old class",
    "ada: !person view he feels watched",
    "ada: !person notinformed because: his father would hear of it review: in 14 days",
    "ada: !contact parent ask how the nights go on: fri 15:00 told: that we meet",
    "ada: !contact parent she came by view: she is glad of help",
    "ada: !person informed today that we meet, and why by: Ada Jansen",
    "ada: !person",
]
STORY = [
    ("person goal", lambda c, at: tell(c, What.GOAL, "w104 his old class", by=ADA, at=at)),
    ("person view", lambda c, at: tell(c, What.VIEW, "w105 he feels watched", by=ADA, at=at)),
    ("person notinformed", lambda c, at: tell(c, What.NOT_INFORMED, "w106 his father", review_at=at, by=ADA, at=at)),
    ("person informed", lambda c, at: tell(c, What.INFORMED, "w107 we meet", on=at, teller=ADA.user_id, by=ADA, at=at)),
    (
        "contact plan",
        lambda c, at: note_contact(
            c,
            Family.PARENT,
            "w108 ask her",
            who=ADA.user_id,
            on=at + timedelta(days=90),
            told="w109 we meet",
            by=ADA,
            at=at,
        ),
    ),
    (
        "contact",
        lambda c, at: note_contact(
            c, Family.PARENT, "w110 she came", who=ADA.user_id, on=at, view="w111 glad", by=ADA, at=at
        ),
    ),
]
