"""Deletions that wait until their author says that they are meant; what was deleted stays on file until then."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from storage import tables
from storage.audit import ERASE
from storage.find import Find
from storage.work import Work

_ASKED = "deletion "
"""What the name of a setting begins with that holds a deletion which waits; it ends with the event that is gone."""


@dataclass(frozen=True, repr=False)
class Asked:
    """Somebody's message that was deleted, by whomever: the case, the record that is named, and where it was said."""

    person: str
    ref: str
    subject: str
    event_id: str
    channel: str


def ask(work: Work, asked: Asked) -> None:
    """Remember that the author was asked."""
    work.keep(_ASKED + asked.event_id, json.dumps(asdict(asked)))


def asked(find: Find, event_id: str) -> Asked | None:
    """The deletion of this event, if it waits for its author."""
    kept = find.setting(_ASKED + event_id)
    return Asked(**json.loads(kept)) if kept else None


def asked_of(find: Find, person: str) -> list[Asked]:
    """What waits for this person."""
    s = tables.settings.c
    ours = (s.account == find.account.user_id, s.key.startswith(_ASKED, autoescape=True))
    rows = find.rows(select(s.value).where(*ours).order_by(s.key))
    waiting = (Asked(**json.loads(row.value)) for row in rows)
    return [one for one in waiting if one.person == person]


def settle(work: Work, one: Asked) -> None:
    """It is answered."""
    s = tables.settings
    ours = {"account": work.account.user_id, "key": _ASKED + one.event_id}
    work.session.execute(delete(s).filter_by(**ours))


def count_since(work: Work, person: str, since: datetime) -> int:
    """How many messages that left something on file were deleted in a person's name since then, held ones too."""
    log = tables.audit.c
    theirs = (log.actor == person, log.command == ERASE, log.subject.is_not(None), log.at > since)
    counted = work.session.execute(select(func.count(log.cause.distinct())).where(*theirs))
    return int(counted.scalar_one())
