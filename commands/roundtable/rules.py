# lines: one life of a round table, with the records that only it has
"""Round tables: scheduled, prepared, held, ended (practice, section 3). Any member can chair, from any agency."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.handover import hands_over
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, Words, next_id, one_of, record
from cases.scheme import QUORUM_AGENCIES
from cases.verbs import Verb, verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

SCHEDULED = verb("roundtable", "planned a round table ({id})", settles_a_time=True)
CANCELLED = verb("roundtable cancel", "cancelled the round table {id}")
STARTED = verb("roundtable start", "started the round table {id}", final=True)
ENDED = verb("roundtable end", "ended the round table {id}", final=True, in_a_full_case=True)
ATTENDS = verb("attend", "comes to {whole}")
EXCUSED = verb("apologies", "noted apologies for {whole}")
CONFIRMED = verb("confirm", "confirmed confidentiality at {whole}")
TAKEN_OVER = verb("confirmed before", "took over at {id} who has confirmed before", final=True)
TOLD_BOUND = verb("told bound", "told at {id} who is bound all the same", sets_nothing=True, in_a_full_case=True)
PUT_ON_AGENDA = verb("agenda", "put a point on the agenda of {whole}")
NOTED = verb("note", "took a note ({id})")
UNAPPROVED = todo("unapproved", "approve the minutes of {id}", "minutes not approved yet")
NO_TIME = todo("no time", "decide when {id} is:  !roundtable fix {id} WHEN", "has no time yet")
NOT_HELD = todo("not held", "start or cancel {id}", "was not held")


class State(StrEnum):
    """Where a round table stands."""

    PLANNING = "planning"
    """Times are proposed, none is fixed."""
    SCHEDULED = "scheduled"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """What a member said about coming, and in the meeting."""

    ATTENDS = "attends"
    APOLOGIES = "apologies"
    CONFIRMED = "confirmed"
    """Present, and has confirmed the confidentiality statement."""


class NoteKind(StrEnum):
    """How a line was taken down."""

    NOTE = "note"
    APOLOGIES = "apologies"
    VIEW = "view"
    """What the person says, or why that isn't known."""
    WORRIED = "worried"
    WORKING = "working"
    NEEDED = "needed"
    CREDIT = "credit"
    """What an agency's contribution changed."""
    CONFLICT = "conflict"
    """Why somebody has a conflict of interest."""


MEETING = "meeting"
"""The kind of item that a held meeting is."""
DEFAULT_MINUTES = 60
MOST_ITEMS = 50
MOST_NOTES = 200
"""Of one meeting: its minutes are a file that a homeserver must take."""


@dataclass(frozen=True, repr=False)
class Quorum:
    """What it takes beside the chair so that a table may decide."""

    agencies: int = QUORUM_AGENCIES
    needs: Collection[str] = ()
    """Those that must be among them; one that has no seat in a case doesn't count."""

    def number(self, seats: Collection[str]) -> int:
        """How many of the agencies that have a seat must be there: of a smaller table, all."""
        return min(self.agencies, len(seats))

    def missing(self, seats: Collection[str], there: Collection[str]) -> list[str]:
        """The agencies without which it doesn't go, and that aren't there."""
        return [agency for agency in seats if agency in self.needs and agency not in there]

    def is_met(self, seats: Collection[str], there: Collection[str]) -> bool:
        """Whether these agencies, with the chair, are enough."""
        return len([a for a in seats if a in there]) >= self.number(seats) and not self.missing(seats, there)


USUAL = Quorum()


@record("roundtable", letter="M", noun="round table")
@dataclass(eq=False, repr=False)
class RoundTable(Record):
    """One meeting; its minutes bear the same id."""

    starts_at: datetime
    minutes: int
    chair: str
    about: Words | None = None
    where: Words | None = None
    state: State = State.SCHEDULED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancelled_because: Words | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None
    series: str | None = None
    """The series that it is one of (its id)."""
    occurs_at: datetime | None = None
    """When the rule of its series has it, wherever it was moved to."""
    moved_from: datetime | None = None
    moved_because: Words | None = None
    taker: str | None = None
    """Whose lines are taken down beside the chair's."""
    needs: tuple[str, ...] = ()
    """The agencies without which there is no quorum, as the scheme had it when the meeting began."""
    late_because: Words | None = None
    """Why it lies later than a new date should after a meeting without quorum."""
    sitting: str | None = None
    """The sitting that it is one of (its number)."""
    told: dict[str, str] = field(default_factory=dict[str, str])
    """Who was told here that they are bound (Matrix ids), each by the version of the text."""


@record("agenda item")
@dataclass(eq=False, repr=False)
class AgendaItem(Record):
    """A point that a member wants to talk about."""

    roundtable: str
    text: Words
    minutes: int | None = None
    """How long the table takes for it; None: as long as it takes."""
    begun_at: datetime | None = None


@record("attendance")
@dataclass(eq=False, repr=False)
class Attendance(Record):
    """What a member said about coming, or the chair for them; ``by`` is the member. The latest of a person counts."""

    roundtable: str
    presence: Presence
    deputy: str | None = None
    why: Words | None = None
    bound: str = ""
    """The version of the text that told this person that they are bound; none was shown: they have a secrecy."""


@record("note")
@dataclass(eq=False, repr=False)
class Note(Record):
    """A line that was taken down during the meeting, or added to the draft of its minutes."""

    roundtable: str
    kind: NoteKind
    text: Words
    credits: str | None = None
    """The agency that a credit is due to."""


def schedule(
    case: Case,
    starts_at: datetime,
    *,
    chair: str,
    by: Professional,
    at: datetime,
    about: str | None = None,
    minutes: int = DEFAULT_MINUTES,
    where: str | None = None,
    because: str | None = None,
    sitting: str | None = None,
) -> RoundTable:
    """Schedule a round table; it is the case's next review if none is ahead."""
    case.require_open()
    case.require_member(chair)
    step = case.step(SCHEDULED, next_id("M", case.all(RoundTable), case.steps), by, at)
    said = (starts_at, minutes, chair, about, where)
    table = RoundTable(step.subject, by.user_id, by.agency, at, *said, late_because=because, sitting=sitting)
    step.add(case.all(RoundTable), table)
    plan_review(case, starts_at, step)
    return table


def plan_review(case: Case, starts_at: datetime, step: Step) -> None:
    """A meeting is the case's next review if none is ahead when it is planned."""
    if case.next_review is None or case.next_review <= step.at:
        case.set_review(starts_at, step)


def cancel(case: Case, table_id: str | None, *, because: str, by: Professional, at: datetime) -> RoundTable:
    """Call a meeting off, with a reason."""
    table = require(case, table_id, State.PLANNING, State.SCHEDULED)
    case.step(CANCELLED, table.id, by, at).change(table, state=State.CANCELLED, cancelled_because=because)
    return table


def start(
    case: Case,
    table_id: str | None,
    *,
    by: Professional,
    at: datetime,
    steers: bool,
    taker: str | None = None,
    needs: Collection[str] = (),
) -> RoundTable:
    """Begin; who begins, and sits at this table, has read the confidentiality statement and thereby confirms it.

    ``needs``: the agencies without which the scheme has no quorum; those that have no seat in this case don't count.
    """
    table = require(case, table_id, State.SCHEDULED)
    require_chair(table, by, steers=steers)
    if taker:
        case.require_member(taker)
    if other := running(case):
        raise Refusal("roundtable/another_runs", id=other.id)
    step = case.step(STARTED, table.id, by, at)
    needed = tuple(agency for agency in case.seats if agency in needs)
    step.change(table, state=State.RUNNING, started_at=at, taker=taker, needs=needed)
    if case.is_member(by.user_id):
        said = _attendance(case, table, Presence.CONFIRMED, by.user_id, by.agency, at=at)
        step.add(case.all(Attendance), said)
    return table


def end(case: Case, table_id: str | None = None, *, by: Professional, at: datetime, steers: bool) -> RoundTable:
    """End the running meeting; the next review is then the next meeting, and open if none is planned."""
    table = require(case, table_id, State.RUNNING) if table_id else require_running(case)
    require_chair(table, by, steers=steers)
    step = case.step(ENDED, table.id, by, at)
    step.change(table, state=State.ENDED, ended_at=at)
    if case.next_review is None or case.next_review <= at:
        case.set_review(next((t.starts_at for t in upcoming(case) if t.starts_at > at), None), step)
    return table


def is_before_their_time(case: Case, table_id: str, user_id: str) -> bool:
    """Whether a round table had ended when this member was invited, who was not briefed."""
    before = case.steps[: max(0, case.begins_for(user_id) - 1)]
    return any(step.what is ENDED and step.subject == table_id for step in before)


def announce(
    case: Case,
    table_id: str | None,
    presence: Presence,
    *,
    by: Professional,
    at: datetime,
    deputy: Professional | None = None,
    why: str | None = None,
) -> RoundTable:
    """Say that I come, or send apologies and perhaps a deputy of my agency."""
    table = require(case, table_id, State.SCHEDULED, State.RUNNING)
    _require_absent(case, table, by.user_id)
    if deputy and deputy.user_id == by.user_id:
        raise Refusal("roundtable/own_deputy", id=table.id)
    if deputy and deputy.agency != by.agency:
        raise Refusal("roundtable/deputy_elsewhere", id=table.id, deputy=deputy.user_id, agency=by.agency)
    said = _attendance(
        case, table, presence, by.user_id, by.agency, at=at, deputy=deputy.user_id if deputy else None, why=why
    )
    what = ATTENDS if presence is Presence.ATTENDS else EXCUSED
    case.step(what, said.id, by, at).add(case.all(Attendance), said)
    return table


def excuse(
    case: Case, person: str, why: str | None, *, by: Professional, at: datetime, steers: bool
) -> tuple[RoundTable, Attendance]:
    """Take down, during the meeting, the apologies of a member who isn't there; only the chair does."""
    table = require_running(case)
    require_recorder(table, by, steers=steers)
    case.require_member(person)
    _require_absent(case, table, person)
    said = _attendance(case, table, Presence.APOLOGIES, person, case.agency_of(person) or by.agency, at=at, why=why)
    return table, case.step(EXCUSED, said.id, by, at).add(case.all(Attendance), said)


def confirm(case: Case, table_id: str | None = None, *, by: Professional, at: datetime) -> RoundTable:
    """Confirm the confidentiality statement of the running meeting."""
    table = require(case, table_id, State.RUNNING) if table_id else require_running(case)
    if presences(case, table).get(by.user_id) is Presence.CONFIRMED:
        raise Refusal("roundtable/already_confirmed", id=table.id)
    said = _attendance(case, table, Presence.CONFIRMED, by.user_id, by.agency, at=at)
    case.step(CONFIRMED, said.id, by, at).add(case.all(Attendance), said)
    return table


def not_told(case: Case, table: RoundTable) -> list[str]:
    """Those in the room who were not told at this meeting that they are bound; who has not come yet is told then."""
    return [m.user_id for m in case.present if m.joined_at is not None and m.user_id not in table.told]


def note_told(case: Case, table: RoundTable, told: Mapping[str, str], *, by: Professional, at: datetime) -> None:
    """Note who is told that they are bound (Matrix ids), and by which version of the text; also who has confirmed."""
    step = case.step(TOLD_BOUND, table.id, by, at)
    step.change(table, told={**table.told, **told})
    for said in _of(case, table):
        if said.by in told and said.presence is Presence.CONFIRMED:
            step.change(said, bound=told[said.by])


def told_of_bonds(case: Case, table: RoundTable) -> dict[str, list[str]]:
    """Those who confirmed and were told that they are bound (Matrix ids), by the version of the text."""
    told: dict[str, list[str]] = {}
    for said in case.all(Attendance):
        if (said.roundtable, said.presence) == (table.id, Presence.CONFIRMED) and said.bound and not said.withdrawn:
            told.setdefault(said.bound, []).append(said.by)
    return told


def take_over(case: Case, people: Collection[str], *, by: Professional, at: datetime) -> list[str]:
    """Take over who has confirmed elsewhere what holds here, too; gives those of the running meeting's members.

    Not who had confirmed before, nor whose last word is that they can't come to this one.
    """
    table = require_running(case)
    said = presences(case, table)
    there = [m for m in case.present if m.user_id in people and said.get(m.user_id) in {None, Presence.ATTENDS}]
    if there:
        step = case.step(TAKEN_OVER, table.id, by, at)
        for member in there:
            confirmed = _attendance(case, table, Presence.CONFIRMED, member.user_id, member.agency, at=at)
            step.add(case.all(Attendance), confirmed)
    return [member.user_id for member in there]


def add_agenda_item(
    case: Case, table_id: str | None, text: str, *, by: Professional, at: datetime, minutes: int | None = None
) -> AgendaItem:
    """Put a point on the agenda, perhaps with the time that the table takes for it."""
    table = require(case, table_id, State.SCHEDULED, State.RUNNING)
    number = sum(i.roundtable == table.id for i in case.all(AgendaItem)) + 1
    if number > MOST_ITEMS:
        raise Refusal("roundtable/agenda_full", id=table.id, most=MOST_ITEMS)
    item = AgendaItem(f"{table.id}/i{number}", by.user_id, by.agency, at, table.id, text, minutes)
    return case.step(PUT_ON_AGENDA, item.id, by, at).add(case.all(AgendaItem), item)


def take_note(
    case: Case,
    kind: NoteKind,
    text: str,
    *,
    by: Professional,
    at: datetime,
    steers: bool,
    credits_: str | None = None,
) -> Note:
    """Take a line down; only during the meeting, and only the chair's and the minute-taker's."""
    table = require_running(case)
    require_recorder(table, by, steers=steers)
    return write_note(case, table, NOTED, kind, text, by=by, at=at, credits_=credits_)


def write_note(
    case: Case,
    table: RoundTable,
    what: Verb,
    kind: NoteKind,
    text: str,
    *,
    by: Professional,
    at: datetime,
    credits_: str | None = None,
) -> Note:
    """Put a line on file, as the step ``what``; a credit goes to an agency at the table."""
    if credits_:
        case.require_seat(credits_)
    number = sum(n.roundtable == table.id for n in case.all(Note)) + 1
    if number > MOST_NOTES:
        raise Refusal("roundtable/notes_full", id=table.id, most=MOST_NOTES)
    note = Note(f"{table.id}/n{number}", by.user_id, by.agency, at, table.id, kind, text, credits_)
    return case.step(what, note.id, by, at).add(case.all(Note), note)


def agenda_of(case: Case, table: RoundTable) -> list[AgendaItem]:
    """What the members want to talk about, in the order it was said."""
    return [i for i in case.all(AgendaItem) if i.roundtable == table.id and not i.withdrawn]


def notes_of(case: Case, table: RoundTable) -> list[Note]:
    """What was taken down."""
    return [n for n in case.all(Note) if n.roundtable == table.id and not n.withdrawn]


def presences(case: Case, table: RoundTable) -> dict[str, Presence]:
    """What counts for each person: the latest word; who has confirmed is here, and says no other."""
    return {a.by: a.presence for a in _of(case, table)}


def apologies(case: Case, table: RoundTable) -> list[Attendance]:
    """Who sent apologies and did not come after all."""
    latest = {a.by: a for a in _of(case, table)}
    return [a for a in latest.values() if a.presence is Presence.APOLOGIES]


def agencies_present(case: Case, table: RoundTable, until: datetime | None = None) -> list[str]:
    """The agencies with somebody who confirmed, by then if a moment is given, in the order of the seats."""
    confirmed = [a for a in _of(case, table) if a.presence is Presence.CONFIRMED]
    there = {a.agency for a in confirmed if until is None or a.at <= until}
    return [agency for agency in case.seats if agency in there] + sorted(there - set(case.seats))


def has_quorum(case: Case, table: RoundTable, until: datetime | None = None, *, quorum: Quorum = USUAL) -> bool:
    """Whether the chair and enough agencies of the case are there, or all of a smaller table; by then, if given.

    Those that the scheme called mandatory when the meeting began are among them. Of a meeting that is over the seats
    count as they were then: who gives theirs up later takes no decision with them.
    """
    chaired = presences(case, table).get(table.chair) is Presence.CONFIRMED
    seats = case.seats_after(_last_step(case, table, until))
    return chaired and replace(quorum, needs=table.needs).is_met(seats, agencies_present(case, table, until))


def _last_step(case: Case, table: RoundTable, until: datetime | None) -> int:
    """The number of the last step of a meeting, or of all while it is held; by then, if a moment is given."""
    ended = (step.number for step in reversed(case.told(ENDED)) if step.subject == table.id and not step.undone)
    number = next(ended, len(case.steps))
    while until and number and case.steps[number - 1].at > until:
        number -= 1
    return number


def running(case: Case) -> RoundTable | None:
    """The meeting that is being held now."""
    return next((t for t in case.all(RoundTable) if t.state is State.RUNNING), None)


def upcoming(case: Case) -> list[RoundTable]:
    """The meetings that are planned, soonest first."""
    planned = [t for t in case.all(RoundTable) if t.state is State.SCHEDULED and not t.withdrawn]
    return sorted(planned, key=lambda t: t.starts_at)


def chairs(case: Case) -> list[str]:
    """Who chairs a meeting that is held, planned, or whose date is asked for (Matrix ids); first of the one held."""
    ahead = [*filter(None, (running(case),)), *upcoming(case)]
    asked = (t for t in case.all(RoundTable) if t.state is State.PLANNING and not t.withdrawn)
    return list(dict.fromkeys(table.chair for table in (*ahead, *asked)))


def require_running(case: Case) -> RoundTable:
    """The meeting that is being held now; raises Refusal when there is none."""
    case.require_open()
    table = running(case)
    if not table:
        planned = upcoming(case)
        raise Refusal("roundtable/none_runs", next=planned[0] if planned else None)
    return table


def require_chair(table: RoundTable, by: Professional, *, steers: bool) -> None:
    """Refuse unless this person chairs the table, or steers the case as its coordinator."""
    if by.user_id != table.chair and not steers:
        raise Refusal("roundtable/not_chair", id=table.id, chair=table.chair)


def require_recorder(table: RoundTable, by: Professional, *, steers: bool) -> None:
    """Refuse unless this person's lines are taken down: the chair's, the minute-taker's, the coordinator's."""
    if by.user_id != table.taker:
        require_chair(table, by, steers=steers)


def require(case: Case, table_id: str | None, *states: State) -> RoundTable:
    """The meeting with this id, or the only one that fits when no id was typed; raises Refusal."""
    case.require_open()
    if table_id is None:
        fitting = [t for t in case.all(RoundTable) if t.state in states and not t.withdrawn]
        if len(fitting) > 1:
            raise Refusal("roundtable/which", tables=sorted(fitting, key=lambda t: t.starts_at))
        if not fitting:
            raise Refusal("roundtable/none_planned", running=running(case))
        return fitting[0]
    table = one_of(case.all(RoundTable), table_id)
    if table.state not in states:
        raise Refusal("roundtable/wrong_state", table=table)
    return table


def _require_absent(case: Case, table: RoundTable, person: str) -> None:
    if presences(case, table).get(person) is Presence.CONFIRMED:
        raise Refusal("roundtable/is_here", id=table.id, person=person)


def _of(case: Case, table: RoundTable) -> list[Attendance]:
    return [a for a in case.all(Attendance) if a.roundtable == table.id and not a.withdrawn]


def _attendance(
    case: Case,
    table: RoundTable,
    presence: Presence,
    person: str,
    agency: str,
    *,
    at: datetime,
    deputy: str | None = None,
    why: str | None = None,
) -> Attendance:
    bound = table.told.get(person, "") if presence is Presence.CONFIRMED else ""
    number = sum(a.roundtable == table.id for a in case.all(Attendance)) + 1
    return Attendance(f"{table.id}/a{number}", person, agency, at, table.id, presence, deputy, why, bound)


@offers_items
def list_meetings(case: Case) -> Iterator[Item]:
    """Which meetings were held, or are."""
    for table in case.all(RoundTable):
        if table.started_at is not None:
            yield Item(table.id, MEETING, NOBODY, None, None, table.state is State.RUNNING)


@offers_followups
def list_unheld(case: Case, now: datetime) -> Iterator[Followup]:
    """The round tables that somebody has to see to."""
    for t in case.all(RoundTable):
        chair, about = case.agency_of(t.chair) or t.agency, t.about or ""
        if t.state is State.ENDED and not t.approved_at:
            # Once the chair has left the table, whoever runs the process approves.
            approver = t.chair if case.is_member(t.chair) else case.director or t.chair
            yield Followup(t.id, UNAPPROVED, case.agency_of(approver) or chair, approver, None, late=False, text=about)
        elif t.state is State.PLANNING and not t.withdrawn:
            yield Followup(t.id, NO_TIME, chair, t.chair, None, late=False, text=about)
        elif t.state is State.SCHEDULED and not t.withdrawn and t.starts_at < now:
            yield Followup(t.id, NOT_HELD, chair, t.chair, t.starts_at, late=True, text=about)


@hands_over
def hand_chair_over(case: Case, agency: str, to: str, step: Step) -> list[str]:
    """Somebody of the next owner chairs what people of an agency that withdraws would have chaired."""
    people = [member.user_id for member in case.present if member.agency == to]
    planned = (t for t in case.all(RoundTable) if t.state in {State.PLANNING, State.SCHEDULED} and not t.withdrawn)
    handed = [t for t in planned if case.agency_of(t.chair) == agency and people]
    for table in handed:
        step.change(table, chair=people[0])
    return [table.id for table in handed]
