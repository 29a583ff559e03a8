from datetime import timedelta

from commands.urgent.rules import Urgent, call, call_next, explain, take
from tests.cases.table import ADA, CLEO, DIRK

WALK = ["ada: !urgent he stands on the roof", "dirk: !onit U-1", "ada: !reason U-1 his life was in danger"]
STORY = [
    (
        "urgent",
        lambda c, at: call(
            c, "w141 on the roof", (CLEO.user_id, DIRK.user_id), explain_at=at - timedelta(seconds=1), by=ADA, at=at
        ),
    ),
    ("call next", lambda c, at: call_next(c, c.all(Urgent)[-1], by=CLEO, at=at)),
    ("onit", lambda c, at: take(c, "U-1", by=DIRK, at=at)),
    ("reason", lambda c, at: explain(c, "U-1", "w142 his life", by=ADA, at=at)),
]
