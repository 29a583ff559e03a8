"""A case on file: its steps, each sealed as a whole, and what must be found without opening it (storage/tables.py)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from cases.case import Case
from cases.items import Item, items
from cases.record import Step
from storage import codec, tables
from storage.crypto import Keyring
from storage.statement import Statement

STEP_BODY = "steps.body"
_steps, _items, _members, _cases = tables.steps, tables.items, tables.members, tables.cases
_BEHIND = Statement(
    select(_cases.c.scheme, _cases.c.version, _steps.c.number, _steps.c.body)
    .outerjoin(_steps, (_steps.c.case_ref == _cases.c.ref) & (_steps.c.number > bindparam("saved")))
    .where(_cases.c.ref == bindparam("ref"))
    .order_by(_steps.c.number)
)
_ADD_STEPS = Statement(insert(_steps), "case_ref", "number", "body")
_ADD_ITEMS = Statement(insert(_items), "case_ref", *Item._fields)
_ADD_MEMBERS, _ADD_CASE = map(insert, (_members, _cases))
_REWRITE = (
    update(_steps)
    .where(_steps.c.case_ref == bindparam("ref"), _steps.c.number == bindparam("nr"))
    .values(body=bindparam("sealed"))
)
_DROP_ITEM = Statement(
    delete(_items).where(
        *(_items.c[name] == bindparam(f"old_{name}") for name in ("case_ref", "record", "kind", "agency"))
    )
)
_DROP_MEMBER = delete(_members).where(_members.c.case_ref == bindparam("ref"), _members.c.number == bindparam("nr"))
_STATE = (
    update(_cases)
    .where(_cases.c.ref == bindparam("case"))
    .values(closed=bindparam("is_closed"), version=bindparam("new_version"))
)


class Seat(NamedTuple):
    """A place at the table, as it stands beside the journal."""

    number: int
    user_id: str
    joined: bool
    gone: bool


@dataclass(repr=False)
class OnFile:
    """A case in memory, and how much of it is on file."""

    case: Case
    version: int = 0
    saved: int = 0
    """Steps."""
    items: frozenset[Item] = frozenset()
    seats: frozenset[Seat] = frozenset()
    closed: bool = False
    written: bool = False
    """Whether this transaction has written it: should it be broken off, the case is read again."""

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return len(self.case.steps) != self.saved or bool(self.case.rewritten)


class UnreadableCaseError(Exception):
    """A case is on file and can't be read: its rows were changed, its key is gone, or a fault of ours wrote it."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"the case {ref} can't be read")


def read(
    connection: Connection,
    ring: Keyring,
    ref: str,
    known: OnFile | None = None,
    schemes: Collection[str] | None = None,
) -> OnFile | None:
    """A case from its steps, of one that is ``known`` those that came since; None: there is none in these schemes."""
    behind = _BEHIND.all(connection, {"ref": ref, "saved": known.saved if known else 0})
    if not behind or (schemes is not None and behind[0].scheme not in schemes):
        return None
    version = behind[0].version
    if known and known.version != version:
        return read(connection, ring, ref)
    steps = [open_step(ring, ref, row.number, row.body) for row in behind if row.number is not None]
    if known is None:
        return _as_it_is(Case.load(steps), version)
    if steps:
        known.case.apply(steps)
        return _as_it_is(known.case, version)
    return known


def open_step(ring: Keyring, ref: str, number: int, body: bytes) -> Step:
    """A step from its sealed row; raises WrongKeyError when it was changed, or moved there."""
    return codec.decode(ring.open(body, scope=ref, place=STEP_BODY, row=str(number)).encode())


def write(connection: Connection, ring: Keyring, kept: OnFile) -> None:
    """Write the steps that are new, those from which words were wiped, and what changed beside them."""
    case, ref = kept.case, kept.case.ref
    rows = [_row(ring, ref, step) for step in case.steps[kept.saved :]]
    now = _as_it_is(case, kept.version + bool(case.rewritten))
    if kept.saved == 0:
        connection.execute(
            _ADD_CASE,
            {"ref": ref, "scheme": case.scheme, "opened_at": case.opened_at, "closed": case.closed, "version": 0},
        )
    elif (now.closed, now.version) != (kept.closed, kept.version):
        connection.execute(_STATE, {"case": ref, "is_closed": now.closed, "new_version": now.version})
    if rows:
        _ADD_STEPS.run_each(connection, rows)
    if old := [case.steps[number - 1] for number in case.rewritten if number <= kept.saved]:
        sealed = [_row(ring, ref, step) for step in old]
        connection.execute(_REWRITE, [{"ref": ref, "nr": r["number"], "sealed": r["body"]} for r in sealed])
    if gone := kept.items - now.items:
        keys = ("record", "kind", "agency")
        _DROP_ITEM.run_each(
            connection, [{"old_case_ref": ref} | {f"old_{key}": getattr(item, key) for key in keys} for item in gone]
        )
    if new := now.items - kept.items:
        _ADD_ITEMS.run_each(connection, [{"case_ref": ref, **item._asdict()} for item in new])
    if left := kept.seats - now.seats:
        connection.execute(_DROP_MEMBER, [{"ref": ref, "nr": seat.number} for seat in left])
    if came := now.seats - kept.seats:
        connection.execute(_ADD_MEMBERS, [{"case_ref": ref, **seat._asdict()} for seat in came])
    case.rewritten.clear()
    kept.written = True
    kept.version, kept.saved, kept.items, kept.seats, kept.closed = (
        now.version,
        now.saved,
        now.items,
        now.seats,
        now.closed,
    )


def differences(connection: Connection, ring: Keyring, ref: str) -> list[str]:
    """The tables beside the journal whose rows are not what it says (a case without a gap in its numbers)."""
    now = read(connection, ring, ref)
    if now is None:
        return []
    numbers = [step.number for step in now.case.steps]
    row = connection.execute(select(_cases).where(_cases.c.ref == ref)).one()
    found = {
        "steps": numbers == list(range(1, len(numbers) + 1)),
        "opening, scheme or closing": (row.scheme, row.opened_at, row.closed)
        == (now.case.scheme, now.case.opened_at, now.case.closed),
        "items": _beside(connection, _items, Item, ref) == now.items,
        "members": _beside(connection, _members, Seat, ref) == now.seats,
    }
    return [name for name, right in found.items() if not right]


def _beside(connection: Connection, table: Table, kind: type[Item] | type[Seat], ref: str) -> frozenset[Item | Seat]:
    columns = [table.c[name] for name in kind._fields]
    return frozenset(kind(*row) for row in connection.execute(select(*columns).where(table.c.case_ref == ref)))


def _as_it_is(case: Case, version: int) -> OnFile:
    return OnFile(case, version, len(case.steps), frozenset(items(case)), frozenset(_seats(case)), case.closed)


def _seats(case: Case) -> Iterable[Seat]:
    for number, m in enumerate(case.members, 1):
        # Who is asked apart from the table neither sits at it nor has left it: they read what their agency is asked.
        if not m.apart:
            yield Seat(number, m.user_id, m.joined_at is not None, m.left_at is not None)


def _row(ring: Keyring, ref: str, step: Step) -> dict[str, object]:
    sealed = ring.seal(codec.encode(step).decode(), scope=ref, place=STEP_BODY, row=str(step.number))
    return {"case_ref": ref, "number": step.number, "body": sealed}
