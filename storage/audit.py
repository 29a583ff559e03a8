"""The audit log: a hash chain of who did what, where, when, with which outcome; never content (practice, section 4)."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import tables
from storage.crypto import Keyring

_FIRST = bytes(32)
_NEWEST = select(tables.audit.c.digest).order_by(tables.audit.c.id.desc()).limit(1)
_WRITE = insert(tables.audit)
_FIELDS = ("actor", "place", "case_ref", "command", "subject", "outcome", "cause")


@dataclass(frozen=True)
class Entry:
    """One line of the log; every field is a code, an id or a name, never what somebody wrote."""

    actor: str
    place: str
    case_ref: str | None
    command: str
    subject: str | None
    outcome: str
    cause: str


async def write(session: AsyncSession, keyring: Keyring, entry: Entry, at: datetime) -> None:
    """Add a line behind the last one. Two that follow the same line cannot both be written."""
    previous = (await session.execute(_NEWEST)).scalar_one_or_none() or _FIRST
    fields = {name: getattr(entry, name) for name in _FIELDS}
    digest = _digest(previous, at, fields)
    line = {"at": at, "previous": previous, "digest": digest, "signature": keyring.sign(digest), **fields}
    await session.execute(_WRITE, line)


async def carried_out(session: AsyncSession, cause: str, actor: str) -> list[tuple[str, datetime]]:
    """The case in which somebody's message was carried out, and when; nothing if it was another's or no case's.

    Its lines are heard at several moments when a crash came between them.
    """
    log = tables.audit.c
    theirs = (log.cause == cause, log.actor == actor, log.outcome == "done", log.case_ref.is_not(None))
    found = await session.execute(select(log.case_ref, log.at).where(*theirs).order_by(log.id))
    return list(dict.fromkeys((row.case_ref, row.at) for row in found))


async def was_answered(session: AsyncSession, cause: str, actor: str) -> bool:
    """Whether somebody's message was carried out or refused."""
    log = tables.audit.c
    theirs = select(log.id).where(log.cause == cause, log.actor == actor).limit(1)
    return (await session.execute(theirs)).scalar_one_or_none() is not None


async def what_was_done(session: AsyncSession, cause: str) -> tuple[str, str | None] | None:
    """The command that a message was carried out as, and the record it was about; None: it was not."""
    log = tables.audit.c
    done = select(log.command, log.subject).where(log.cause == cause, log.outcome == "done").limit(1)
    found = (await session.execute(done)).one_or_none()
    return (found.command, found.subject) if found else None


async def first_fault(session: AsyncSession, keyring: Keyring) -> int | None:
    """The number of the first line that was changed, moved or follows a missing one; None: the log is whole."""
    log = tables.audit
    previous = _FIRST
    lines = await session.stream(select(log).order_by(log.c.id))
    try:
        async for row in lines:
            digest = _digest(previous, row.at, {name: getattr(row, name) for name in _FIELDS})
            whole = (
                hmac.compare_digest(row.previous, previous)
                and hmac.compare_digest(row.digest, digest)
                and hmac.compare_digest(row.signature, keyring.sign(digest))
            )
            if not whole:
                return int(row.id)
            previous = digest
    finally:
        await lines.close()
    return None


def _digest(previous: bytes, at: datetime, fields: dict[str, object]) -> bytes:
    line = json.dumps({"at": at.timestamp(), **fields}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + line.encode()).digest()
