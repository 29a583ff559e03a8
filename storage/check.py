"""Is a store whole: its tables, its keys, everything sealed, and the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from storage import audit, database, journal, rows, tables
from storage.crypto import HOUSE, Keyring, WrongKeyError
from storage.head import HeadMissingError, KeptHead
from storage.journal import STEP_BODY
from storage.messages import OUTBOX_BODY, open_body

_CHANGED = "does not open: it was changed, or moved there"


@dataclass(repr=False)
class Findings:
    """What was looked at, and what is wrong; never content."""

    revision: str
    rows: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    """Sealed values that opened."""
    erased: int = 0
    """Sealed values whose case has no key any more: nobody can read them."""
    problems: list[str] = field(default_factory=list)


def check(engine: Engine, master: bytes, *, head_in: Path | None = None) -> Findings:
    """Look at everything and change nothing; raises StoreProblemError or WrongKeyError when there is nothing to see.

    ``head_in``: the folder in which the head of the audit log is kept.
    """
    revision = database.need_newest(engine)
    found = Findings(revision)
    with database.explained(database.url_of(engine)), engine.execution_options(reads_only=True).connect() as connection:
        ring = take_keys(connection, master)
        found.rows = {name: sum_.rows for name, sum_ in (rows.sum_up(connection)).items()}
        for scope, place, row, sealed in _list_sealed(connection):
            if not ring.knows(scope):
                found.erased += 1
                continue
            try:
                ring.open(sealed, scope=scope, place=place, row=row)
                found.opened += 1
            except WrongKeyError:
                found.problems.append(f"{place} of {row} in {scope} {_CHANGED}")
        found.problems += _check_cases(connection, ring)
        _check_outbox(connection, ring, found)
        line = first_fault(connection, ring)
        if line is not None:
            found.problems.append(f"line {line} of the audit log was changed, moved, or follows a missing one")
        if head_in is not None:
            try:
                KeptHead(head_in, ring).require(connection)
            except HeadMissingError as problem:
                found.problems.append(str(problem))
    return found


def take_keys(connection: Connection, master: bytes) -> Keyring:
    """The keys of a store; raises WrongKeyError."""
    ring = Keyring(master)
    keys = tables.case_keys.c
    for scope, wrapped in connection.execute(select(keys.scope, keys.wrapped)):
        ring.unwrap(scope, wrapped)
    if not ring.knows(HOUSE):
        raise WrongKeyError("the store has lost its house key: restore it from a backup")
    return ring


def first_fault(connection: Connection, ring: Keyring) -> int | None:
    """The first line of the audit log that is not as it was written."""
    return audit.first_fault(connection, ring)


def _check_cases(connection: Connection, ring: Keyring) -> Iterator[str]:
    """What stands beside the journal must be what follows from it."""
    for ref in connection.scalars(select(tables.cases.c.ref)).all():
        if not ring.knows(ref):
            continue
        try:
            wrong = journal.differences(connection, ring, ref)
        except Exception:  # noqa: BLE001 whatever it is: this case can't be read
            yield f"the journal of {ref} can't be read"
            continue
        yield from (f"{name} of {ref} do not follow from its journal" for name in wrong)


def _list_sealed(connection: Connection) -> Iterator[tuple[str, str, str, bytes]]:
    """Every sealed value of a case: whose key opens it, its place, its row, and itself."""
    s = tables.steps.c
    for ref, number, body in rows.read(connection, select(s.case_ref, s.number, s.body)):
        yield ref, STEP_BODY, str(number), body


def _check_outbox(connection: Connection, ring: Keyring, found: Findings) -> None:
    o = tables.outbox.c
    asked = select(o.txn_id, o.channel, o.kind, o.person, o.subject, o.scope, o.body, o.sent_at)
    for row in rows.read(connection, asked):
        if not ring.knows(row.scope):
            found.erased += 1
            continue
        try:
            _open_body(ring, row)
            found.opened += 1
        except WrongKeyError:
            found.problems.append(f"{OUTBOX_BODY} of {row.txn_id} in {row.scope} {_CHANGED}")


def _open_body(ring: Keyring, row: Any) -> None:  # noqa: ANN401 a row of the outbox
    try:
        open_body(ring, row)
    except WrongKeyError:
        if row.sent_at is None:
            raise
        # What was sent goes nowhere any more: it was emptied, which binds it to less.
        ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=row.txn_id)
