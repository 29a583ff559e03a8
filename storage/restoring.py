"""A database that is not the newest one: since when nothing is on file, until each room was told of it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from cases.roles import Place
from storage import causes, tables
from storage.audit import Entry
from storage.database import StoreProblemError
from storage.find import SET_ASIDE, SPACE, Find
from storage.head import HeadMissingError, KeptHead
from storage.progress import SYNC_TOKEN
from storage.store import Store
from storage.work import Work

_SETTING = "restored"
_ROOMS = "restored, rooms"


@dataclass(frozen=True, repr=False)
class Unknown:
    """Nothing is on file of what was said in this time."""

    since: datetime
    until: datetime


def accept(store: Store, kept: KeptHead | None, at: datetime) -> datetime | None:
    """Take the database for the right one, and note since when nothing is on file; None: it is the newest.

    ``kept``: what is known of the newest one's audit log; None: nothing is. Raises StoreProblemError when it is empty.
    """
    with store.engine.execution_options(reads_only=True).connect() as session:
        last = session.scalar(select(tables.audit.c.at).order_by(tables.audit.c.id.desc()).limit(1))
        if last is None:
            raise StoreProblemError(
                "the database is empty: put the newest backup in its place, or set up a new bot with roundtable init "
                "in another folder"
            )
        if kept is not None and _is_newest(session, kept):
            return None
    with store.work(causes.of_job(_SETTING, uuid.uuid4().hex), at) as work:
        # What is not told yet stays to be told.
        earlier = noted(work.find)
        since = earlier.since if earlier else last
        work.keep(_SETTING, f"{since.isoformat()} {at.isoformat()}")
        work.keep(_ROOMS, at.isoformat())
        _listen_anew(work)
        work.record(Entry("operator", "shell", None, "restored", None, "done", work.cause))
    return since


def noted(find: Find) -> Unknown | None:
    """The time of which nothing is on file, and no room was told yet; None: there is none."""
    value = find.setting(_SETTING)
    return Unknown(*map(datetime.fromisoformat, value.split())) if value else None


def looks_for_rooms(find: Find) -> bool:
    """Whether there may be rooms of cases that were opened in that time, of which nothing is on file."""
    return find.setting(_ROOMS) is not None


def set_aside(work: Work, refs: Iterable[str]) -> list[str]:
    """Give the references of cases that are not on file to no other case: their rooms are there. Gives those."""
    unfiled = [ref for ref in refs if not work.find.is_taken(ref)]
    for ref in unfiled:
        work.keep(SET_ASIDE + ref, work.now.isoformat())
    work.session.execute(delete(tables.settings).filter_by(account=work.account.user_id, key=_ROOMS))
    return unfiled


def has_rooms(find: Find) -> bool:
    """Whether the account has rooms in this database."""
    return bool(_rooms(find))


def channels(find: Find) -> list[str]:
    """Where it must be told: in every room, and in every open case, whose room may be younger than the file."""
    return sorted({*_rooms(find), *(f"{Place.CASE}:{ref}" for ref in find.open_cases())})


def _rooms(find: Find) -> list[str]:
    r = tables.rooms.c
    return find.all(select(r.channel).where(r.account == find.account.user_id, r.channel != SPACE, r.gone_at.is_(None)))


def told(work: Work) -> None:
    """Every room was told."""
    work.session.execute(delete(tables.settings).filter_by(account=work.account.user_id, key=_SETTING))


def _is_newest(session: Connection, kept: KeptHead) -> bool:
    try:
        if kept.read() is None:
            return False
        kept.require(session)
    except HeadMissingError:
        return False
    return True


def _listen_anew(work: Work) -> None:
    """What was said meanwhile is history: carried out a second time, it would answer under the same transaction ids."""
    account = work.account.user_id
    work.session.execute(delete(tables.settings).filter_by(account=account, key=SYNC_TOKEN))
    work.session.execute(update(tables.rooms).filter_by(account=account).values(last_event=None))
