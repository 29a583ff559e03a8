"""In which phase a case is, and what its gates need (practice, section 1: the 120 project).

A case goes through a gate when nothing is missing. The chair, a coordinator, or the process director goes on without
that for a reason, which stands in the minutes. Nothing moves a case by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cases.case import REOPENED, REPEATED
from cases.errors import Refusal
from cases.followups import Followup, todo, unresolved
from cases.gates import Phase, gate, lacks
from cases.record import Record, Words, record
from cases.scheme import QUORUM_AGENCIES
from cases.verbs import verb
from commands.action.rules import LEFT_TO_NOBODY, UNACCEPTED
from commands.concern.rules import Concern
from commands.correction.rules import CORRECTED
from commands.decision import rules as decisions
from commands.decision.rules import Decision
from commands.posture import rules as postures
from commands.request import rules as requests
from commands.request.rules import UNANSWERED, Answer, Request
from commands.research.rules import Return
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.followups import Todo
    from cases.people import Professional
    from cases.record import Step


def _where(step: Step) -> Mapping[str, str]:
    return {"state": str(step.entries[0].fields["phase"])}


WENT_ON = verb("phase", "went on to {state}", places=_where)
OVERRODE = verb("phase override", "went on to {state} without what its gate needs", places=_where)
WENT_BACK = verb("phase back", "went back to {state}", places=_where)

NOT_HEARD = todo("not heard", "say what you know:  !concern TEXT", "has said nothing yet")
TOO_FEW = todo(
    "too few", "hear what more agencies know:  !request AGENCY QUESTION because: REASON", "too few were heard"
)
UNDECIDED = todo("undecided", "put a decision:  !decide TEXT because: REASON", "nothing is decided yet")
LEGITIMATE = frozenset(requests.State) - {requests.State.OPEN, requests.State.DROPPED}
"""The five answers; silence is the only one that is none."""


@record("phase")
@dataclass(eq=False, repr=False)
class Change(Record):
    """That the case went on, or back, to a phase."""

    phase: Phase
    because: Words | None = None
    overrides: bool = False
    """Whether a gate was not held then."""
    missed: tuple[str, ...] = ()
    """The agencies whose move it was."""


class Silent(NamedTuple):
    """An agency that has said nothing."""

    agency: str
    since: datetime
    request: str | None
    """The question that waits for it; None: it was asked none, and has put nothing on file."""


class Standing(NamedTuple):
    """The phase of a case, since when, and what it lacks."""

    phase: Phase
    since: datetime
    lacks: list[Followup]
    silent: list[tuple[str, int]]
    """While it is gathered: the agencies that have said nothing, and for how many days."""
    after: Phase
    """The next one."""

    @property
    def agencies(self) -> tuple[str, ...]:
        """Whose move it is."""
        return tuple(dict.fromkeys(item.agency for item in self.lacks))


def standing(case: Case, now: datetime) -> Standing:
    """In which phase a case is, and what that lacks."""
    phase, since = _begun(case)
    here = now.astimezone(case.zone_info).date()
    quiet = silent(case) if phase is Phase.GATHER else []
    days = [(one.agency, (here - one.since.astimezone(case.zone_info).date()).days) for one in quiet]
    after = list(Phase)[min(phase.place + 1, Phase.CLOSED.place)]
    return Standing(phase, since, lacks(case, phase, now), days, after)


def go(
    case: Case,
    to: Phase,
    *,
    because: str | None,
    by: Professional,
    at: datetime,
    steers: bool,
    anonymous: bool = False,
) -> Change:
    """Go on to a phase, when the gates before it hold; or override them, or go back, for a reason.

    ``anonymous``: the person is named only once somebody has opened the gate of gathering, and said why.
    """
    case.require_open()
    now, _ = _begun(case)
    if to is Phase.CLOSED:
        raise Refusal("phase/use_close", ref=case.ref)
    if to is now:
        raise Refusal("phase/there", ref=case.ref, phase=now)
    gates = [phase for phase in Phase if now.place <= phase.place < to.place]
    missing = [item for phase in gates for item in lacks(case, phase, at)]
    opens_name = anonymous and now is Phase.GATHER
    overrides = bool(missing) or to.place < now.place
    may = steers or by.user_id == chair_of(case)
    if overrides and not (because and may):
        code = "phase/not_yet" if missing else "phase/back"
        raise Refusal(code, ref=case.ref, to=to, missing=missing, may=may, people=overriders(case))
    if opens_name and not because:
        raise Refusal("phase/names_the_person", ref=case.ref, to=to)
    what = WENT_BACK if to.place < now.place else OVERRODE if missing else WENT_ON
    step = case.step(what, f"phase/{len(case.all(Change)) + 1}", by, at)
    missed = tuple(dict.fromkeys(item.agency for item in missing))
    return step.add(
        case.all(Change), Change(step.subject, by.user_id, by.agency, at, to, because, bool(missing), missed)
    )


def overriders(case: Case) -> list[str]:
    """Who may go on although something is missing, beside the coordinators (Matrix ids)."""
    able = (case.director, chair_of(case))
    return [person for person in dict.fromkeys(able) if person and case.is_member(person)]


def chair_of(case: Case) -> str | None:
    """Who chairs: the meeting that is held, else the next, else the last."""
    planned = [running] if (running := roundtable.running(case)) else roundtable.upcoming(case)
    ended = [t for t in case.all(RoundTable) if t.state is State.ENDED and not t.withdrawn]
    tables = [*planned[:1], *sorted(ended, key=lambda t: t.ended_at or t.at, reverse=True)]
    return tables[0].chair if tables else None


def silent(case: Case) -> list[Silent]:
    """The agencies at the table that have said nothing: to the question that waits longest, or at all."""
    found = []
    for agency in case.seats:
        waiting = [r for r in case.all(Request) if r.to_agency == agency and r.state is requests.State.OPEN]
        waiting = [r for r in waiting if not r.withdrawn]
        if waiting:
            since = {r.id: asked_at(case, r) for r in waiting}
            first = min(waiting, key=lambda r: since[r.id])
            found.append(Silent(agency, since[first.id], first.id))
        elif not has_contributed(case, agency) and agency not in postures.consulted(case):
            found.append(Silent(agency, _seated_at(case, agency), None))
    return found


def has_contributed(case: Case, agency: str) -> bool:
    """Whether an agency brought the case, raised a concern, gave one of the five answers, or returned its research."""
    answers = [a for a in case.all(Answer) if a.result in LEGITIMATE]
    told = (*case.all(Concern), *answers, *case.all(Return))
    said = (r for r in told if r.agency == agency and not r.withdrawn)
    return case.brought_by == agency or any(said)


def asked_at(case: Case, request: Request) -> datetime:
    """When somebody last did something about a question that waits for its answer."""
    moves = [s.at for s in case.steps if s.subject == request.id and not s.undone and s.what is not CORRECTED]
    return max(moves, default=request.at)


def changes(case: Case) -> list[Change]:
    """Each time that the case went on or back."""
    return [change for change in case.all(Change) if not change.withdrawn]


def _begun(case: Case) -> tuple[Phase, datetime]:
    """The phase, and since when; a case that was opened again begins anew."""
    if case.closed_at is not None:
        return Phase.CLOSED, case.closed_at
    known = {change.id: change for change in changes(case)}
    for step in reversed(case.steps):
        if step.what in {REOPENED, REPEATED}:
            return Phase.GATHER, step.at
        if change := known.get(step.subject):
            return change.phase, change.at
    return Phase.GATHER, case.opened_at


def _seated_at(case: Case, agency: str) -> datetime:
    return min((m.invited_at for m in case.members if m.agency == agency), default=case.opened_at)


def _of_director(case: Case, what: Todo) -> Followup:
    """What is for whoever runs the process to see to."""
    director = case.director if case.director and case.is_member(case.director) else None
    agency = (case.agency_of(director) if director else None) or case.seats[0]
    return Followup(case.ref, what, agency, director, None, late=False, text="")


@gate(Phase.GATHER)
def list_silent(case: Case, now: datetime) -> Iterator[Followup]:
    """Each agency at the table gives one of the five answers, or says what it knows."""
    waiting = {item.id: item for item in unresolved(case, now) if item.what is UNANSWERED}
    for one in silent(case):
        if one.request and one.request in waiting:
            yield waiting[one.request]
        else:
            yield Followup(case.ref, NOT_HEARD, one.agency, None, None, late=False, text="")


@gate(Phase.ASSESS)
def require_enough(case: Case, now: datetime) -> Iterator[Followup]:
    """Three agencies see it together, or all of a smaller table."""
    del now
    heard = [agency for agency in case.seats if has_contributed(case, agency)]
    if len(heard) < min(QUORUM_AGENCIES, len(case.seats)):
        yield _of_director(case, TOO_FEW)


@gate(Phase.DECIDE)
def list_undecided(case: Case, now: datetime) -> Iterator[Followup]:
    """Something is decided by a quorum, and each agency has said where it stands."""
    of_decisions = {decisions.NO_POSITION, decisions.PROPOSED, decisions.NOT_CARRIED}
    yield from (item for item in unresolved(case, now) if item.what in of_decisions)
    if all(d.withdrawn for d in case.all(Decision)):
        yield _of_director(case, UNDECIDED)


@gate(Phase.ACT)
def list_unaccepted(case: Case, now: datetime) -> Iterator[Followup]:
    """Each action is accepted by whoever carries it out."""
    yield from (item for item in unresolved(case, now) if item.what in {UNACCEPTED, LEFT_TO_NOBODY})


@gate(Phase.REVIEW)
def list_unfinished(case: Case, now: datetime) -> Iterator[Followup]:
    """Nothing is left that somebody must still do."""
    yield from (item for item in unresolved(case, now) if item.what.blocks_closing)
