"""The audit log: a hash chain of who did what, where, when, with which outcome; never content (practice, section 4)."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select

from storage import causes, tables
from storage.crypto import Keyring
from storage.statement import Statement

ERASE = "erase"
"""The command of a line about a deleted message."""
_FIRST = bytes(32)
A_FEW, THE_END = 5, 500
"""Lines."""
NEWEST = select(tables.audit.c.digest).order_by(tables.audit.c.id.desc()).limit(1)
"""The digest of the last line."""
_FIELDS = ("actor", "place", "case_ref", "command", "subject", "outcome", "cause")
_WRITE = Statement(insert(tables.audit), "at", "previous", "digest", "signature", *_FIELDS)
_log = tables.audit.c
_LATEST = (
    select(tables.audit)
    .where(
        _log.id > select(func.max(_log.id) - THE_END).scalar_subquery(),
        _log.actor == bindparam("who"),
        _log.place == bindparam("where"),
        _log.at > bindparam("after"),
        _log.cause.startswith(f"{causes.EVENT}/"),
        _log.outcome != "failed",
    )
    .order_by(_log.id.desc())
    .limit(A_FEW)
)
_LATEST_ANYWHERE = Statement(_LATEST)
_LATEST_OF_CASE = Statement(_LATEST.where(_log.case_ref == bindparam("ref")))


@dataclass(frozen=True, repr=False)
class Entry:
    """One line of the log; every field is a code, an id or a name, never what somebody wrote."""

    actor: str
    place: str
    case_ref: str | None
    command: str
    subject: str | None
    outcome: str
    cause: str


def write(session: Connection, keyring: Keyring, entry: Entry, at: datetime, newest: bytes | None) -> bytes:
    """Add a line behind the newest one (its digest), and give its own digest.

    Two that follow the same line cannot both be written.
    """
    previous = newest or _FIRST
    fields = {name: getattr(entry, name) for name in _FIELDS}
    digest = _digest(previous, at, fields)
    line = {"at": at, "previous": previous, "digest": digest, "signature": keyring.sign(digest), **fields}
    _WRITE.run(session, line)
    return digest


@dataclass(frozen=True, repr=False)
class Line:
    """What a line of somebody's message, or of an edit of it, was carried out as, or refused."""

    cause: str
    command: str
    subject: str | None
    done: bool
    case_ref: str | None
    at: datetime
    place: str


def lines_of(session: Connection, event_id: str, actor: str) -> list[Line]:
    """The lines of somebody's message and of its edits, oldest first; of another's message there are none.

    They are heard at several moments when a crash came between them.
    """
    begin, end = causes.of_lines(event_id)
    log = tables.audit.c
    named = or_(log.cause.startswith(begin, autoescape=True), log.cause.endswith(end, autoescape=True))
    found = session.execute(select(tables.audit).where(log.actor == actor, named).order_by(log.id))
    return [
        _line(row)
        for row in found
        # Some databases compare without regard to case.
        if row.cause.startswith(begin) or row.cause.endswith(end)
    ]


def latest_of(session: Connection, actor: str, place: str, case_ref: str | None, after: datetime) -> list[Line]:
    """What somebody typed last in a room after this moment, the newest first, but for what failed by a fault of ours.

    Only the end of the log is looked at.
    """
    asked = {"who": actor, "where": place, "after": after}
    if case_ref is None:
        return [_line(row) for row in _LATEST_ANYWHERE.all(session, asked)]
    return [_line(row) for row in _LATEST_OF_CASE.all(session, asked | {"ref": case_ref})]


def commands_in(session: Connection, case_ref: str) -> set[str]:
    """The commands that people had carried out in a case."""
    log = tables.audit.c
    done = (log.case_ref == case_ref, log.outcome == "done", log.cause.startswith(f"{causes.EVENT}/"))
    return set(session.scalars(select(log.command).where(*done).distinct()))


def newest_outcome(session: Connection, actor: str, place: str, case_ref: str | None, after: datetime) -> str | None:
    """How it ended what somebody did last in a room after this moment; only the end of the log is looked at."""
    log = tables.audit.c
    end = select(func.max(log.id) - THE_END).scalar_subquery()
    query = select(log.outcome).where(log.id > end, log.actor == actor, log.place == place, log.at > after)
    if case_ref is not None:
        query = query.where(log.case_ref == case_ref)
    return session.scalar(query.order_by(log.id.desc()).limit(1))


def _line(row: Any) -> Line:  # noqa: ANN401 a row of the log
    done = row.outcome == "done"
    return Line(causes.without_edited(row.cause), row.command, row.subject, done, row.case_ref, row.at, row.place)


def author_of(session: Connection, event_id: str) -> str | None:
    """Whose message it was that was carried out or refused."""
    begin, _ = causes.of_lines(event_id)
    log = tables.audit.c
    own = (log.cause.startswith(begin, autoescape=True), log.command != ERASE)
    rows = session.execute(select(log.actor, log.cause).where(*own).order_by(log.id))
    return next((row.actor for row in rows if row.cause.startswith(begin)), None)


def first_fault(session: Connection, keyring: Keyring) -> int | None:
    """The number of the first line that was changed, moved or follows a missing one; None: the log is whole."""
    log = tables.audit
    previous = _FIRST
    lines = session.execute(select(log).order_by(log.c.id))
    try:
        for row in lines:
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
        lines.close()
    return None


def _digest(previous: bytes, at: datetime, fields: dict[str, object]) -> bytes:
    line = json.dumps({"at": at.timestamp(), **fields}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + line.encode()).digest()
