"""A database that is not the newest one: since when nothing is on file, until each room was told of it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.roles import Place
from storage import causes, tables
from storage.audit import Entry
from storage.database import StoreProblemError
from storage.find import SPACE, Find
from storage.head import HeadMissingError, KeptHead
from storage.progress import SYNC_TOKEN
from storage.work import Store, Work

_SETTING = "restored"


@dataclass(frozen=True, repr=False)
class Unknown:
    """Nothing is on file of what was said in this time."""

    since: datetime
    until: datetime


async def accept(store: Store, kept: KeptHead | None, at: datetime) -> datetime | None:
    """Take the database for the right one, and note since when nothing is on file; None: it is the newest.

    ``kept``: what is known of the newest one's audit log; None: nothing is. Raises StoreProblemError when it is empty.
    """
    async with store.sessions() as session:
        last = await session.scalar(select(tables.audit.c.at).order_by(tables.audit.c.id.desc()).limit(1))
        if last is None:
            raise StoreProblemError(
                "the database is empty: put the newest backup in its place, or set up a new bot with roundtable init "
                "in another folder"
            )
        if kept is not None and await _is_newest(session, kept):
            return None
    async with store.work(causes.of_job(_SETTING, uuid.uuid4().hex), at) as work:
        # What is not told yet stays to be told.
        earlier = await noted(work.find)
        since = earlier.since if earlier else last
        await work.keep(_SETTING, f"{since.isoformat()} {at.isoformat()}")
        await _listen_anew(work)
        await work.record(Entry("operator", "shell", None, "restored", None, "done", work.cause))
    return since


async def noted(find: Find) -> Unknown | None:
    """The time of which nothing is on file, and no room was told yet; None: there is none."""
    value = await find.setting(_SETTING)
    return Unknown(*map(datetime.fromisoformat, value.split())) if value else None


async def has_rooms(find: Find) -> bool:
    """Whether the account has rooms in this database."""
    return bool(await _rooms(find))


async def channels(find: Find) -> list[str]:
    """Where it must be told: in every room, and in every open case, whose room may be younger than the file."""
    return sorted({*await _rooms(find), *(f"{Place.CASE}:{ref}" for ref in await find.open_cases())})


async def _rooms(find: Find) -> list[str]:
    r = tables.rooms.c
    return await find.all(
        select(r.channel).where(r.account == find.account.user_id, r.channel != SPACE, r.gone_at.is_(None))
    )


async def told(work: Work) -> None:
    """Every room was told."""
    await work.session.execute(delete(tables.settings).filter_by(account=work.account.user_id, key=_SETTING))


async def _is_newest(session: AsyncSession, kept: KeptHead) -> bool:
    try:
        if kept.read() is None:
            return False
        await kept.require(session)
    except HeadMissingError:
        return False
    return True


async def _listen_anew(work: Work) -> None:
    """What was said meanwhile is history: carried out a second time, it would answer under the same transaction ids."""
    account = work.account.user_id
    await work.session.execute(delete(tables.settings).filter_by(account=account, key=SYNC_TOKEN))
    await work.session.execute(update(tables.rooms).filter_by(account=account).values(last_event=None))
