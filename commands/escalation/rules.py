"""Escalation: dissent does not just lie in the minutes, an outcome is demanded of each level (practice, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.record import Record, Words, one_of, record
from cases.verbs import verb
from commands.action.rules import Action
from commands.action.rules import State as Stands
from commands.decision.rules import Decision, Stance, positions_on
from commands.request.rules import Request, State
from commands.research import rules as research
from commands.research.rules import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

ESCALATED = verb("escalate", "escalated {whole}")
CLIMBED = verb("climb", "saw {whole} go on to the next level", final=True)
RESOLVED = verb("resolve", "told how {whole} was resolved")
UNRESOLVED = todo(
    "escalated", "say how {id} is resolved:  !resolve {id} …", "escalated, no outcome yet", blocks_closing=True
)
DISPUTED = frozenset({Stands.DECLINED, Stands.NOT_CARRIED_OUT})


@record("escalation")
@dataclass(eq=False, repr=False)
class Escalation(Record):
    """A disagreement on its way up; ``id`` is the record's that it is about, with a number behind the stroke."""

    about: str
    because: Words
    due_at: datetime
    """Until when the level where it is settles it."""
    urgent: bool = False
    level: int = 0
    """Its place on the ladder of the scheme."""
    outcome: Words | None = None
    ended_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether an outcome is demanded."""
        return self.ended_at is None and not self.withdrawn


def escalate(
    case: Case, about: str, *, because: str, due_at: datetime, urgent: bool, by: Professional, at: datetime
) -> Escalation:
    """Bring a dissent, a refusal or a declined action to the ladder."""
    case.require_open()
    case.require_seat(by.agency)
    if not _is_disputed(case, about):
        raise Refusal("escalation/no_dispute", id=about)
    if standing(case, about):
        raise Refusal("escalation/already", id=about)
    number = sum(e.about == about for e in case.all(Escalation)) + 1
    one = Escalation(f"{about}/e{number}", by.user_id, by.agency, at, about, because, due_at, urgent)
    case.step(ESCALATED, one.id, by, at).add(case.all(Escalation), one)
    return one


def climb(case: Case, one: Escalation, *, due_at: datetime, by: Professional, at: datetime) -> None:
    """The level has not settled it in its time: the next one does."""
    case.step(CLIMBED, one.id, by, at).change(one, level=one.level + 1, due_at=due_at)


def resolve(case: Case, about: str, outcome: str, *, by: Professional, at: datetime) -> Escalation:
    """Tell how it ended."""
    case.require_open()
    one = standing(case, about)
    if one is None:
        raise Refusal("escalation/not_escalated", id=about)
    case.step(RESOLVED, one.id, by, at).change(one, outcome=outcome, ended_at=at)
    return one


def standing(case: Case, about: str) -> Escalation | None:
    """The one about this record that has no outcome yet."""
    return next((e for e in case.all(Escalation) if e.about == about and e.waits), None)


def concerned(case: Case, one: Escalation) -> tuple[str, ...]:
    """The agencies that disagree."""
    found = [one.agency]
    if one.about.startswith("D"):
        decision = one_of(case.all(Decision), one.about)
        found += [decision.agency]
        found += [a for a, p in positions_on(case, decision).items() if p.stance is Stance.DISSENTS]
    elif one.about.startswith("R"):
        asked = one_of(case.all(Request), one.about)
        found += [asked.agency, asked.to_agency]
    elif one.about.startswith("Q"):
        found += [one_of(case.all(Check), one.about).to_agency]
    else:
        action = one_of(case.all(Action), one.about)
        found += [action.agency, *action.owners]
    return tuple(dict.fromkeys(found))


def _is_disputed(case: Case, about: str) -> bool:
    if about.startswith("D"):
        positions = positions_on(case, one_of(case.all(Decision), about))
        return any(position.stance is Stance.DISSENTS for position in positions.values())
    if about.startswith("R"):
        return one_of(case.all(Request), about).state is State.REFUSED
    if about.startswith("Q"):
        returned = research.return_to(case, one_of(case.all(Check), about))
        return returned is not None and returned.refused
    return one_of(case.all(Action), about).state in DISPUTED


@offers_followups
def list_escalated(case: Case, now: datetime) -> Iterator[Followup]:
    """What has no outcome yet."""
    for e in case.all(Escalation):
        if e.waits:
            yield Followup(e.about, UNRESOLVED, e.agency, None, e.due_at, e.due_at < now, e.because)
