"""While a round table is held: who speaks in which turn, who may contribute, decide, write, and chair (practice, 3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.roles import restrains
from cases.verbs import verb
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import USUAL, Note, NoteKind, Presence, RoundTable, State

if TYPE_CHECKING:
    from datetime import datetime

    from cases.calendar import Calendar
    from cases.case import Case
    from cases.people import Professional
    from commands.roundtable.rules import AgendaItem, Quorum, RoundTable

CONFLICT = verb("conflict", "declared a conflict of interest at {whole}")
TAKER_NAMED = verb("roundtable taker", "named who writes the minutes of {id}")
CHAIR_HANDED = verb("roundtable chair", "gave away the chair of {id}")
WENT_ON = verb("roundtable next", "went to the next point: {id}")

COMINGS = frozenset(
    {roundtable.ATTENDS, roundtable.EXCUSED, roundtable.CONFIRMED, roundtable.TAKEN_OVER, roundtable.ENDED}
)
FORGOTTEN_AFTER = timedelta(hours=1)
"""Behind the end that was planned, the chair is asked whether the meeting is over."""
NEW_DATE_WITHIN = 10
"""Working days, after a meeting without quorum."""


@restrains
def restrain_observer(case: Case, by: Professional) -> Refusal | None:
    """While a meeting is held, whoever has not confirmed confidentiality only looks on."""
    table = roundtable.running(case)
    if table is None or roundtable.presences(case, table).get(by.user_id) is Presence.CONFIRMED:
        return None
    return Refusal("meeting/observer", card=table.id, id=table.id)


def require_quorum(case: Case, quorum: Quorum) -> None:
    """Refuse a decision while a meeting without quorum is held; information and interim actions are welcome."""
    table = roundtable.running(case)
    if table and not roundtable.has_quorum(case, table, quorum=quorum):
        present = roundtable.agencies_present(case, table)
        missing = replace(quorum, needs=table.needs).missing(case.seats, present)
        needed = quorum.number(case.seats)
        raise Refusal("meeting/no_quorum", id=table.id, here=len(present), needed=needed, missing=missing)


def is_interim(case: Case, table: RoundTable, at: datetime, quorum: Quorum = USUAL) -> bool:
    """Whether what was agreed at this moment of a meeting was agreed without quorum."""
    return not roundtable.has_quorum(case, table, at, quorum=quorum)


def speaking_order(case: Case, table: RoundTable) -> list[str]:
    """The agencies in the order in which they speak: who said least at the last meeting begins (practice, 5, row 17).

    Of those that said as much, another one begins from meeting to meeting.
    """
    held = [t for t in case.all(RoundTable) if t.ended_at and t is not table]
    seats = case.seats
    in_turn = [seats[(len(held) + place) % len(seats)] for place in range(len(seats))]
    last = max(held, key=lambda t: t.ended_at or t.at, default=None)
    said = _count_said(case, last) if last else Counter[str]()
    return sorted(in_turn, key=lambda agency: said[agency])


def _count_said(case: Case, table: RoundTable) -> Counter[str]:
    """How much of each agency was put on file while a meeting was held; who came is no word of theirs."""
    begun, ended = (
        max((s.number for s in case.told(what) if s.subject == table.id), default=0)
        for what in (roundtable.STARTED, roundtable.ENDED)
    )
    return Counter(s.agency for s in case.steps[begun:ended] if s.what not in COMINGS and not s.undone)


def declare_conflict(case: Case, why: str, *, by: Professional, at: datetime) -> Note:
    """Say that I have a conflict of interest: I take no position at this meeting."""
    table = roundtable.require_running(case)
    if has_conflict(case, table.id, by.user_id):
        raise Refusal("meeting/conflict_known", id=table.id)
    number = sum(n.roundtable == table.id for n in case.all(Note)) + 1
    note = Note(f"{table.id}/n{number}", by.user_id, by.agency, at, table.id, NoteKind.CONFLICT, why)
    return case.step(CONFLICT, note.id, by, at).add(case.all(Note), note)


def has_conflict(case: Case, table_id: str, person: str) -> bool:
    """Whether a person declared a conflict of interest at a meeting."""
    return any(
        n.roundtable == table_id and n.kind is NoteKind.CONFLICT and n.by == person and not n.withdrawn
        for n in case.all(Note)
    )


def require_no_conflict(case: Case, by: Professional, table_id: str | None = None) -> None:
    """Refuse a position to who declared a conflict of interest: at the meeting that is held, or at the decision's."""
    table = roundtable.running(case)
    for held in (table_id, table.id if table else None):
        if held and has_conflict(case, held, by.user_id):
            raise Refusal("meeting/conflict", id=held, agency=by.agency)


def appoint(case: Case, person: str, *, by: Professional, at: datetime, steers: bool) -> RoundTable:
    """Let another member's lines be taken down, too; the chair does."""
    table = roundtable.require_running(case)
    roundtable.require_chair(table, by, steers=steers)
    case.require_member(person)
    case.step(TAKER_NAMED, table.id, by, at).change(table, taker=person)
    return table


def hand_chair(
    case: Case, table_id: str | None, person: str, *, by: Professional, at: datetime, steers: bool
) -> RoundTable:
    """Give the chair to another member: the chair or the coordinator does, and anybody there once the chair is gone."""
    table = roundtable.require(case, table_id, State.SCHEDULED, State.RUNNING)
    case.require_member(person)
    said = roundtable.presences(case, table)
    gone = not case.is_member(table.chair) or said.get(table.chair) is Presence.APOLOGIES
    if not gone:
        roundtable.require_chair(table, by, steers=steers)
    if person == table.chair:
        raise Refusal("meeting/chairs_already", id=table.id, chair=person)
    if table.state is State.RUNNING and said.get(person) is not Presence.CONFIRMED:
        raise Refusal("meeting/chair_confirms_first", id=table.id, chair=person)
    case.step(CHAIR_HANDED, table.id, by, at).change(table, chair=person)
    return table


def begin_next(case: Case, *, by: Professional, at: datetime, steers: bool) -> AgendaItem:
    """Go to the next point of the agenda; the chair does."""
    table = roundtable.require_running(case)
    roundtable.require_chair(table, by, steers=steers)
    item = next((i for i in roundtable.agenda_of(case, table) if i.begun_at is None), None)
    if item is None:
        raise Refusal("meeting/agenda_done", id=table.id)
    case.step(WENT_ON, item.id, by, at).change(item, begun_at=at)
    return item


def current_item(case: Case, table: RoundTable) -> AgendaItem | None:
    """The point that the table is at."""
    begun = [i for i in roundtable.agenda_of(case, table) if i.begun_at]
    return begun[-1] if begun else None


def ends_at(item: AgendaItem) -> datetime | None:
    """When the time of a point is over that was begun and has one."""
    return item.begun_at + timedelta(minutes=item.minutes) if item.begun_at and item.minutes else None


def is_forgotten(table: RoundTable, now: datetime) -> bool:
    """Whether a meeting is still open an hour after it was to end."""
    began = table.started_at if table.state is State.RUNNING else None
    return began is not None and now >= began + timedelta(minutes=table.minutes) + FORGOTTEN_AFTER


def require_soon(case: Case, starts_at: datetime, because: str | None, calendar: Calendar, quorum: Quorum) -> None:
    """Refuse a date too long after a meeting without quorum that gives no reason, while no other lies before it."""
    ended = max((t for t in case.all(RoundTable) if t.ended_at), key=lambda t: t.ended_at or t.at, default=None)
    if because or ended is None or ended.ended_at is None or roundtable.has_quorum(case, ended, quorum=quorum):
        return
    last = calendar.add(calendar.day(ended.ended_at), NEW_DATE_WITHIN)
    if calendar.day(starts_at) > last and not any(calendar.day(t.starts_at) <= last for t in roundtable.upcoming(case)):
        raise Refusal("meeting/late_date", id=ended.id, by=calendar.morning(last), days=NEW_DATE_WITHIN)


def failed_twice(case: Case, table: RoundTable, quorum: Quorum = USUAL) -> bool:
    """Whether this meeting and the one before it ended without quorum."""
    ended = sorted((t for t in case.all(RoundTable) if t.ended_at), key=lambda t: t.ended_at or t.at)
    before = ended[: ended.index(table)][-1:]
    return bool(before) and not any(roundtable.has_quorum(case, t, quorum=quorum) for t in (*before, table))
