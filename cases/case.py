# lines: the one aggregate: whatever changes who sits at a table or what is on file goes through here
"""A case: why a table came together around one person, who sits at it, and everything that is on its file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from cases import effects
from cases.effects import OF_CASE
from cases.errors import Refusal
from cases.handover import give_back_all
from cases.record import GAP, KINDS, Entry, Record, Step, T, Words, kind_of, record, snapshot
from cases.roles import Role
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cases.people import Professional
    from cases.verbs import Verb

OPENED = verb("open", "opened the case", final=True)
REOPENED = verb("reopen", "opened the case again", final=True)
REPEATED = verb("repeat", "opened the case again, as a repeat", final=True)
REVIEW_PLANNED = verb("review", "planned the next review", final=True, kept=False)
INVITED = verb("invite", "invited {person}", final=True)
BRIEFED = verb("brief", "gave what was on file before to {person}")
RELEASED = verb("release", "released {person}", final=True, in_a_full_case=True)
DIRECTED = verb("direct", "gave the process to {person}", final=True)
REROOMED = verb("reroom", "gave the case a new room", sets_nothing=True, in_a_full_case=True)
JOINED = verb("join", "joined", sets_nothing=True, in_a_full_case=True)
FILED = verb("file", "put {id} on file", final=True)
"""From elsewhere: with its author and date."""
FILED_MORE = verb("file more", "put more of {whole} on file", final=True)
LEFT = verb("leave", "left", sets_nothing=True, in_a_full_case=True)
UNDONE = verb(
    "undo",
    "took back the last step ({record})",
    "took back the last step",
    sets_nothing=True,
    leads_nowhere=True,
    in_a_full_case=True,
)

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
DIGITS = "2346789"
"""Without look-alikes: no I, L, O, 0, 1, 5 (S)."""
MOST_STEPS = 5_000
"""Of one case: what it holds is held in memory, and read by people."""
NUMBERS_LEFT_OUT = 1_000
"""After a restore: more than a case can have given meanwhile."""
UNDO_WITHIN = timedelta(minutes=10)
FIRST_REVIEW = timedelta(weeks=4)
AT_THE_TABLE = frozenset({Role.PRACTITIONER, Role.COORDINATOR})
"""Managers and admins never sit at one: they receive content-free notices."""


class Mode(StrEnum):
    """How a table works together (practice, section 1)."""

    TABLE = "table"
    """Its people join now and then: the room is quiet until the meeting."""
    TEAM = "team"
    """Its people work together every day, and begin it with a digest."""


@record("member")
@dataclass(eq=False, repr=False)
class Member(Entry):
    """A person who was asked to the table; ``joined_at`` once in the room, ``left_at`` once out of it."""

    id: str
    user_id: str
    agency: str
    invited_at: datetime
    because: Words
    joined_at: datetime | None = None
    left_at: datetime | None = None
    apart: bool = False
    """Whether who is out of the room is still asked, in the agency's own."""


@record("reopening")
@dataclass(eq=False, repr=False)
class Reopening(Record):
    """Why a closed case was opened again."""

    because: Words
    repeat: bool = False
    """Whether it came back with something new (practice, section 5: flag and repeat)."""


@record("case")
@dataclass(eq=False, repr=False)
class Head(Entry):
    """What a case says of itself: why it was opened, who runs it, and how it stands."""

    ref: str
    scheme: str
    opened_because: Words
    goal: Words
    zone: str
    """IANA name: the scheme's zone, in which working days are counted."""
    opened_by: str
    opened_at: datetime
    director: str | None
    """The process director: runs the process, owns no content."""
    next_review: datetime | None
    seats: tuple[str, ...]
    """The agencies at the table, by short name."""
    closed_at: datetime | None = None
    closed_because: Words | None = None
    residual_owner: str | None = None
    """The agency that stays the first contact after closing."""
    mode: Mode = Mode.TABLE
    brought_by: str | None = None
    """The agency that brought the case to the table, by short name."""
    topic: str | None = None
    """Which of the scheme's concerns it is about."""
    id: str = OF_CASE


@dataclass(eq=False, repr=False)
class Case(Head):
    """The aggregate: concepts' functions (``cases.request.ask``) change it, and every change is a step."""

    steps: list[Step] = field(default_factory=list["Step"])
    rewritten: set[int] = field(default_factory=set[int])
    """The numbers of the steps from which words were wiped, for the store to write them again."""
    _by_kind: dict[type, list[Any]] = field(default_factory=dict[type, list[Any]], init=False)
    _by_verb: dict[str, list[Step]] = field(default_factory=dict[str, list["Step"]], init=False)
    _seats_before: list[tuple[int, tuple[str, ...]]] = field(
        default_factory=list[tuple[int, tuple[str, ...]]], init=False
    )
    """The numbers of the steps that changed who has a seat, and the seats before each."""
    _seats_read: int = field(default=0, init=False)

    @property
    def members(self) -> list[Member]:
        """Who was ever asked to the table."""
        return self.all(Member)

    @property
    def reopenings(self) -> list[Reopening]:
        """Each time that it was opened again."""
        return self.all(Reopening)

    @property
    def why(self) -> str:
        """Why the table came together, and each time again."""
        return "\n".join((self.opened_because, *(again.because for again in self.reopenings)))

    @property
    def closed(self) -> bool:
        """Whether the table has dissolved."""
        return self.closed_at is not None

    @property
    def has_table(self) -> bool:
        """Whether agencies sit at it, in a room of its own; else it only passes between agencies' rooms."""
        return bool(self.seats)

    @property
    def zone_info(self) -> ZoneInfo:
        """The scheme's zone."""
        return ZoneInfo(self.zone)

    @property
    def present(self) -> list[Member]:
        """The members who have not left, joined or not yet."""
        return [m for m in self.members if m.left_at is None]

    @property
    def last_sign_of_life(self) -> datetime:
        """When somebody last did something (UTC); what the bot does by itself, for no agency, is none."""
        return max((s.at for s in self.steps if s.agency), default=self.opened_at)

    def is_member(self, user_id: str) -> bool:
        """Whether this person sits at the table."""
        return any(m.user_id == user_id for m in self.present)

    def has_left(self, user_id: str) -> bool:
        """Whether this person sat at the table and does no more: released, or gone by themselves."""
        last = next((m for m in reversed(self.members) if m.user_id == user_id), None)
        return last is not None and not self.is_member(user_id) and not last.apart

    def agency_of(self, user_id: str) -> str | None:
        """The agency a person spoke for in this case, also after leaving it."""
        return next((m.agency for m in reversed(self.members) if m.user_id == user_id), None)

    def stays_inside(self, record_id: str) -> bool:
        """Whether nobody hears of a record outside of this case's room: it came from elsewhere, where they know it."""
        return any(step.subject == record_id for step in self.told(FILED))

    def require_open(self) -> None:
        """Refuse on a closed case."""
        if self.closed:
            raise Refusal("case/closed", ref=self.ref)

    def seats_after(self, number: int) -> tuple[str, ...]:
        """The agencies that had a seat once a step (its number) was taken."""
        # The last step may still be under way; of those before it each is looked at once.
        settled = max(0, len(self.steps) - 1)
        self._seats_before += _seats_before(self.steps[self._seats_read : settled])
        self._seats_read = settled
        changed = (*self._seats_before, *_seats_before(self.steps[settled:]))
        return next((seats for changed_by, seats in changed if changed_by > number), self.seats)

    def require_seat(self, agency: str) -> None:
        """Refuse unless the agency sits at the table."""
        if agency not in self.seats:
            raise Refusal("case/agency_not_at_table", agency=agency, seats=self.seats)

    def require_member(self, user_id: str) -> None:
        """Refuse unless the person sits at the table."""
        if not self.is_member(user_id):
            raise Refusal("case/not_a_member", person=user_id, ref=self.ref)

    def step(self, what: Verb, subject: str, by: Professional, at: datetime) -> Step:
        """Write the next step into the journal; ``what`` is its declared verb, ``subject`` a record's id.

        Raises Refusal when the case is full, but for what ends something.
        """
        if len(self.steps) >= MOST_STEPS and not what.in_a_full_case:
            raise Refusal("case/full", ref=self.ref, most=MOST_STEPS)
        step = Step(len(self.steps) + 1, what.name, subject, by.user_id, by.agency, at)
        self._append(step)
        return step

    def _append(self, step: Step) -> None:
        self.steps.append(step)
        self._by_verb.setdefault(step.verb, []).append(step)

    def told(self, what: Verb) -> list[Step]:
        """The steps with this verb, also what was undone."""
        # A step that was wiped bears another verb by now.
        return [step for step in self._by_verb.get(what.name, ()) if step.what is what]

    @classmethod
    def load(cls, steps: Iterable[Step]) -> Case:
        """A case from its journal; the first step opened it."""
        first, *following = steps
        head = next(entry for entry in first.entries if entry.id == OF_CASE)
        case = cls(**dict[str, Any](head.fields))
        case.apply((first, *following))
        return case

    def apply(self, steps: Iterable[Step]) -> None:
        """Let stored steps have their effect, as they had it when they were written."""
        entries = self.entries()
        for step in steps:
            for added in step.entries:
                kind = KINDS[added.kind]
                if kind.kept_as is not Head:
                    if added.id in entries:
                        raise ValueError(f"two entries have the id {added.id}")
                    entry = entries[added.id] = kind.kept_as(**added.fields)
                    self.all(kind.kept_as).append(entry)
            for change in step.changes:
                setattr(entries[change.id], change.field, change.new)
            self._append(step)
            step.mark_all(self.steps)

    def entries(self) -> dict[str, Any]:
        """All that a step can change, by id: the case itself, its members, and its records."""
        return {entry.id: entry for entry in chain[Entry | Record]((self,), self.members, self.records())}

    def all(self, kind: type[T]) -> list[T]:
        """Everything of a kind that was put on file, in its order, also what was withdrawn."""
        return self._by_kind.setdefault(kind, [])

    def records(self) -> Iterator[Record]:
        """Every record on file, also what was withdrawn."""
        kinds = [kind.kept_as for kind in KINDS.values() if issubclass(kind.kept_as, Record)]
        # Not by ``all``: that would keep an empty list of each kind, twice the size of what most cases hold.
        return chain.from_iterable(self._by_kind.get(kind, ()) for kind in kinds)

    def begins_for(self, user_id: str) -> int:
        """The number of the step from which on a member reads what is on file.

        0, all of it, for who was asked to the table when it opened, and whom it has briefed; else the step that invited
        them.
        """
        told = [s for s in self.steps if s.subject == user_id and s.what in {INVITED, BRIEFED} and not s.undone]
        return told[-1].number if told and told[-1].what is INVITED else 0

    def hidden_from(self, *people: str) -> frozenset[str]:
        """The ids of the records that one of these members does not read: on file before they were invited."""
        begins = max((self.begins_for(person) for person in people), default=0)
        return frozenset(record_id for step in self.steps[: max(0, begins - 1)] for record_id in step.added)

    def brief(self, user_id: str, *, by: Professional, at: datetime) -> None:
        """Let a member who came later read what was on file before; whoever reads it does."""
        self.require_open()
        self.require_member(user_id)
        if self.begins_for(by.user_id):
            raise Refusal("case/not_briefed", ref=self.ref)
        if not self.begins_for(user_id):
            raise Refusal("case/reads_all", person=user_id, ref=self.ref)
        self.step(BRIEFED, user_id, by, at)

    def require_not_left(self, by: Professional) -> None:
        """Refuse to whoever has left the table: nothing of the case is theirs any more, in no room."""
        if self.has_left(by.user_id):
            others = [m.user_id for m in self.present if m.agency == by.agency]
            raise Refusal("case/has_left", ref=self.ref, people=others)

    def invite(
        self, person: Professional, *, because: str, by: Professional, at: datetime, seated: bool = True
    ) -> Member:
        """Ask a person to the table; the agency takes a seat if it had none, unless they come for themselves.

        Raises Refusal for those whose role keeps them away from content, too.
        """
        self.require_open()
        if self.is_member(person.user_id):
            raise Refusal("case/already_member", person=person.user_id, ref=self.ref)
        require_role(person)
        return self.seat(person, because, self.step(INVITED, person.user_id, by, at), seated=seated)

    def awaits(self, user_id: str) -> bool:
        """Whether somebody has a place at the table, and has not come into the room."""
        return any(member.user_id == user_id and member.joined_at is None for member in self.present)

    def seat(self, person: Professional, because: str, step: Step, *, seated: bool = True) -> Member:
        """Give a person a place at the table as part of a step; raises Refusal, see ``require_role``.

        ``seated``: the agency, too.
        """
        require_role(person)
        member_id = f"member/{len(self.members) + 1}"
        member = step.add(self.members, Member(member_id, person.user_id, person.agency, step.at, because))
        # A coordinator runs the process: that alone gives the agency no part in the content.
        if seated and person.agency not in self.seats and person.role is not Role.COORDINATOR:
            step.change(self, seats=(*self.seats, person.agency))
        return member

    def join(self, person: Professional, at: datetime) -> Member | None:
        """Note that a member came into the room; None for one who is there already, and for a stranger."""
        for member in self.present:
            if member.user_id == person.user_id and member.joined_at is None:
                self.step(JOINED, person.user_id, person, at).change(member, joined_at=at)
                return member
        return None

    def expect_everybody(self, *, by: Professional, at: datetime) -> None:
        """The table has a new room: nobody is in it yet, and everybody keeps the seat."""
        step = self.step(REROOMED, self.ref, by, at)
        for member in self.present:
            step.change(member, joined_at=None)

    def leave(self, person: Professional, at: datetime) -> Member | None:
        """Note that a member left the room, and thereby the table: coming back takes a new invitation."""
        for member in self.present:
            if member.user_id == person.user_id:
                self.step(LEFT, person.user_id, person, at).change(member, left_at=at)
                return member
        return None

    def direct(self, user_id: str, *, by: Professional, at: datetime) -> None:
        """Give the case to another process director, who must sit at the table."""
        self.require_open()
        self.require_member(user_id)
        if user_id == self.director:
            raise Refusal("case/directs_already", person=user_id, ref=self.ref)
        self.step(DIRECTED, user_id, by, at).change(self, director=user_id)

    def leave_a_gap(self, *, by: Professional, at: datetime) -> int:
        """Let no number be given that may have been given already, since the file is an older one; gives the last."""
        numbers = [int(r.id.partition("-")[2]) for r in self.records() if kind_of(r).letter]
        numbers += [int(step.subject) for step in self.told(GAP)]
        last = (max(numbers, default=0) // NUMBERS_LEFT_OUT + 1) * NUMBERS_LEFT_OUT
        self.step(GAP, str(last), by, at)
        return last

    def plan_review(self, when: datetime, *, by: Professional, at: datetime) -> None:
        """Set when the table looks at the case as a whole again."""
        self.require_open()
        self.set_review(when, self.step(REVIEW_PLANNED, self.ref, by, at))

    def set_review(self, when: datetime | None, step: Step) -> None:
        """Set the next review as part of a step, which keeps the earlier one."""
        step.change(self, next_review=when)

    def release(self, user_id: str, *, by: Professional, at: datetime) -> Member:
        """Let a person leave the table; the agency's seat stays, a case is never closed by that."""
        for member in self.present:
            if member.user_id == user_id:
                step = self.step(RELEASED, user_id, by, at)
                step.change(member, left_at=at)
                give_back_all(self, user_id, step)
                return member
        raise Refusal("case/not_a_member", person=user_id, ref=self.ref)

    @property
    def repeats(self) -> int:
        """How often it came back with something new."""
        return sum(again.repeat for again in self.reopenings)

    def reopen(self, *, because: str, by: Professional, at: datetime, repeat: bool = False) -> None:
        """Open again, with a reason, which joins the why; the next review is planned four weeks on.

        ``repeat``: it came back with something new.
        """
        if not self.closed:
            raise Refusal("case/not_closed", ref=self.ref)
        step = self.step(REPEATED if repeat else REOPENED, self.ref, by, at)
        step.change(self, closed_at=None, closed_because=None, residual_owner=None)
        number = len(self.reopenings) + 1
        step.add(self.reopenings, Reopening(f"reopening/{number}", by.user_id, by.agency, at, because, repeat))
        self.set_review(at + FIRST_REVIEW, step)

    def undo(self, *, by: Professional, at: datetime) -> Step:
        """Take back this person's last step, within ten minutes and unless others have built on it."""
        # What was deleted stays deleted: what came before it was not meant.
        deleted = {number for number, e in effects.erasures(self).items() if number in e.undoes}
        said = [s for s in self.steps if s.by == by.user_id and not s.what.sets_nothing]
        mine = [s for s in said if not s.undone or s.number in deleted]
        if not mine or at - mine[-1].at > UNDO_WITHIN:
            raise Refusal("undo/nothing", minutes=UNDO_WITHIN // timedelta(minutes=1))
        step = mine[-1]
        if step.what.final:
            raise Refusal("undo/final", verb=step.verb, subject=step.subject)
        # What the table agreed on when it dissolved would be unresolved again, and nobody would look at it.
        self.require_open()
        later = [s for s in self.steps[step.number :] if touches(s, step) and not (s.undone or s.what.leads_nowhere)]
        if later:
            raise Refusal(
                "undo/moved_on", verb=step.verb, worded=step.what.worded, subject=step.subject, by=later[0].by
            )
        effects.take_back(self, step, self.step(UNDONE, step.subject, by, at))
        return step


def open_case(
    ref: str,
    *,
    scheme: str,
    why: str,
    goal: str,
    zone: str,
    agencies: tuple[str, ...],
    director: str | None,
    by: Professional,
    at: datetime,
    people: Iterable[Professional] = (),
    mode: Mode = Mode.TABLE,
    brought_by: str | None = None,
    topic: str | None = None,
) -> Case:
    """Open a case: never without a why and a goal; ``people`` are those who are asked to the table from the start."""
    case = Case(
        ref,
        scheme,
        why,
        goal,
        zone,
        by.user_id,
        at,
        director,
        at + FIRST_REVIEW,
        tuple(dict.fromkeys(agencies)),
        mode=mode,
        brought_by=brought_by,
        topic=topic,
    )
    step = case.step(OPENED, ref, by, at)
    step.entries = (snapshot(case),)
    for person in people:
        if not case.is_member(person.user_id):
            case.seat(person, why, step)
    return case


def _seats_before(steps: Iterable[Step]) -> list[tuple[int, tuple[str, ...]]]:
    changes = ((step.number, change) for step in steps for change in step.changes)
    return [(n, cast("tuple[str, ...]", c.old)) for n, c in changes if (c.id, c.field) == (OF_CASE, "seats")]


def require_role(person: Professional) -> None:
    """Refuse those whose role keeps them away from content."""
    if person.role not in AT_THE_TABLE:
        raise Refusal("case/not_for_role", person=person.user_id, role=person.role)


def earlier_wordings(case: Case, entry: Record) -> list[str]:
    """What a record said before it was corrected, oldest first."""
    name = kind_of(entry).wording
    return [str(c.old) for s in case.steps for c in s.changes if (c.id, c.field) == (entry.id, name)]


def touches(later: Step, earlier: Step) -> bool:
    """Whether a step is about what an earlier one was about, added or changed.

    That is a record, or a record and a part of it (``M-1``, ``M-1/n2``).
    """
    one, others = f"{later.subject}/", (f"{o}/" for o in (earlier.subject, *earlier.added, *earlier.before))
    return any(one.startswith(other) or other.startswith(one) for other in others)


def new_reference() -> str:
    """A random reference of four letters and digits: never a date, initials, or a sequence.

    Two letters at least begin it: ``R234`` would be read as the number of a record.
    """
    letters = [*(secrets.choice(LETTERS) for _ in range(2)), secrets.choice(LETTERS + DIGITS), secrets.choice(DIGITS)]
    return "".join(letters)
