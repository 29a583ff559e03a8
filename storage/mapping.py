"""The classes of ``cases`` onto the tables: they stay plain Python and know nothing of it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.orm import Mapper, QueryContext, Session, configure_mappers, registry, relationship
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from cases import (
    action,
    case,
    concern,
    decision,
    minutes,
    people,
    planning,
    record,
    reminders,
    request,
    roundtable,
    series,
)
from storage import tables
from storage.crypto import BoundMap, SealedText, WrongKeyError, bind, bound_to

RECORDS: dict[str, tuple[type[Any], Table]] = {
    "members": (case.Member, tables.members),
    "concerns": (concern.Concern, tables.concerns),
    "requests": (request.Request, tables.requests),
    "answers": (request.Answer, tables.answers),
    "actions": (action.Action, tables.actions),
    "decisions": (decision.Decision, tables.decisions),
    "positions": (decision.Position, tables.positions),
    "roundtables": (roundtable.RoundTable, tables.roundtables),
    "proposed_times": (planning.ProposedTime, tables.proposed_times),
    "availabilities": (planning.Availability, tables.availabilities),
    "series": (series.Series, tables.series),
    "agenda": (roundtable.AgendaItem, tables.agenda),
    "attendances": (roundtable.Attendance, tables.attendances),
    "notes": (roundtable.Note, tables.notes),
    "minutes": (minutes.Version, tables.minutes),
    "remarks": (minutes.Remark, tables.remarks),
    "corrections": (case.Correction, tables.corrections),
    "pauses": (reminders.Pause, tables.pauses),
    "steps": (record.Step, tables.steps),
}
"""The lists of a case, in the order of their rows."""

_mapping = registry(metadata=tables.metadata)


def map_classes() -> None:
    """Map the domain, once for the process."""
    if _mapping.mappers:
        return
    _mapping.map_imperatively(people.Agency, tables.agencies)
    _mapping.map_imperatively(people.Professional, tables.professionals)
    _mapping.map_imperatively(people.Preferences, tables.preferences)
    lists = {}
    for name, (kind, table) in RECORDS.items():
        _mapping.map_imperatively(kind, table)
        lists[name] = relationship(kind, lazy="selectin", order_by=table.c.pk, cascade="save-update, merge")
    _mapping.map_imperatively(case.Case, tables.cases, version_id_col=tables.cases.c.version, properties=lists)
    configure_mappers()
    for kind, table in [(case.Case, tables.cases), *RECORDS.values()]:
        event.listen(kind, "before_insert", _settle)
        event.listen(kind, "before_update", _settle)
        if any(isinstance(column.type, SealedText) for column in table.c):
            event.listen(kind, "before_insert", _bind)
            event.listen(kind, "before_update", _bind)
            event.listen(kind, "load", _check)
    event.listen(Session, "before_flush", _make_new_version)


def version_of(found: case.Case) -> int:
    """The number of a case's version, one more with each unit of work that changed anything in it."""
    version: int = found.version  # type: ignore[attr-defined]  # mapped
    return version


def _make_new_version(session: Session, _context: object, _instances: object) -> None:
    """Let a changed record change its case, too: who kept a copy of the case sees from the version that it is old."""
    kinds: tuple[type[Any], ...] = tuple(kind for kind, _ in RECORDS.values())
    # A case whose lists have grown is itself among what has changed.
    cases = {changed.ref for changed in session.dirty if isinstance(changed, case.Case)}
    cases |= {changed.case_ref for changed in session.dirty if isinstance(changed, kinds)}
    for found in session.identity_map.values():
        if isinstance(found, case.Case) and found.ref in cases:
            flag_modified(found, "scheme")


def _settle(mapper: Mapper[Any], _connection: Connection, target: object) -> None:
    """Let a moment be as it is read back, in UTC: what is kept in memory must not differ from what is on file."""
    for column in mapper.columns:
        value = getattr(target, column.key) if isinstance(column.type, tables.Utc) else None
        if isinstance(value, datetime) and value.tzinfo is not UTC:
            setattr(target, column.key, value.astimezone(UTC))


def _bind(mapper: Mapper[Any], _connection: Connection, target: object) -> None:
    """Bind each value to the row that it stands in, wherever it was taken from: what is written can be read again."""
    where = _where(target)
    for name in _sealed(mapper):
        value = getattr(target, name)
        if value is not None and bound_to(value) != where:
            setattr(target, name, bind(value, *where))


def _check(target: object, _context: QueryContext) -> None:
    """Refuse a sealed value that was copied here from another row or another case."""
    where = _where(target)
    for name in _sealed(_mapping_of(target)):
        value = getattr(target, name)
        if value is not None and bound_to(value) != where:
            raise WrongKeyError(f"a sealed value of {name} belongs to another row")
        if isinstance(value, BoundMap):
            # The journal's map is replaced as a whole when it changes; loading it is no change.
            set_committed_value(target, name, value)


def _mapping_of(target: object) -> Mapper[Any]:
    mapper: Mapper[Any] = type(target).__mapper__  # type: ignore[attr-defined]  # set by imperative mapping
    return mapper


def _sealed(mapper: Mapper[Any]) -> list[str]:
    return [column.key for column in mapper.columns if isinstance(column.type, SealedText)]


def _where(target: Any) -> tuple[str, str]:  # noqa: ANN401 any mapped class
    if isinstance(target, case.Case):
        return target.ref, target.ref
    if isinstance(target, case.Member):
        return target.case_ref, f"{target.user_id} {target.invited_at.isoformat()}"  # type: ignore[attr-defined]  # mapped
    if isinstance(target, record.Step):
        return target.case_ref, str(target.number)  # type: ignore[attr-defined]  # mapped
    return target.case_ref, target.id
