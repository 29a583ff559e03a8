# lines: each move of an action, and what becomes of it when people and agencies leave; none is long
"""Actions: an agency owns one once it has accepted it; its end is told, never just ticked (practice, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, Leaving, offers_followups, todo
from cases.handover import gives_back, hands_over
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb
from commands.urgent import rules as urgents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Addressee, Professional
    from cases.record import Step

PROPOSED = verb("action", "proposed an action ({id})", worded=True)
ACCEPTED = verb("accept", "accepted {id}", merges=True)
DECLINED = verb("decline", "declined {id}")
GOES_ON = verb("going", "said that {id} is on its way")
FINISHED = verb("done", "carried out {id}", merges=True)
GIVEN_UP = verb("notpossible", "found it not possible: {id}")
LEFT_UNDONE = verb("notdone", "did not carry out {id}")
MOVED = verb("move", "moved the date of {id}")
HANDED = verb("hand", "handed over {id}")
CHECKED = verb("worse", "said whether {id} could make it worse")
UNACCEPTED = todo(
    "unaccepted", "accept or decline {id}", "not accepted yet", blocks_closing=True, on_withdrawal=Leaving.HANDED
)
LEFT_TO_NOBODY = todo(
    "declined",
    "{id} was declined: hand it to somebody",
    "declined: who takes it on?",
    blocks_closing=True,
    on_withdrawal=Leaving.HANDED,
)
HALF = todo(
    "half",
    "find another agency to carry {id}, too:  !hand {id} AGENCY because: REASON",
    "one of two declined: who carries it, too?",
    blocks_closing=True,
    on_withdrawal=Leaving.HANDED,
)
WORSE = todo("worse", "say whether {id} could make it worse:  !worse {id} TEXT", "could it make things worse?")
UNFINISHED = todo("unfinished", "carry out {id}", "to be done", blocks_closing=True, on_withdrawal=Leaving.HANDED)


class State(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    NOT_POSSIBLE = "not possible"
    """Circumstances changed."""
    NOT_CARRIED_OUT = "not carried out"
    """It could have been done."""


PENDING = frozenset({State.PROPOSED, State.ACCEPTED})


@record("action", letter="A", wording="outcome")
@dataclass(eq=False, repr=False)
class Action(Record):
    """What shall come about, by whom, by when."""

    outcome: Words
    owner: str
    """The lead agency: only it closes the action."""
    owner_person: str | None
    due_at: datetime
    support: str | None = None
    """A second agency that carries the action too: both must accept."""
    safety: str | None = None
    """The agency that is there for safety only."""
    worse: Words | None = None
    """The harm check: could this make it worse?"""
    roundtable: str | None = None
    state: State = State.PROPOSED
    accepted_by: tuple[str, ...] = ()
    remark: Words | None = None
    """What was said with the last move: how it ended, why it was declined, handed over or moved."""
    first_due_at: datetime | None = None
    """The date first agreed, once it was moved: the old one stays visible."""
    handed_from: str | None = None
    going_at: datetime | None = None
    """When its lead last said that it is on its way."""
    how: Words | None = None
    """How it is known that it is done."""
    because: Words | None = None
    """Why it is to be done, for whoever was not there."""
    asks_worse: bool = False
    """Whether whoever proposed it is asked if it could make things worse."""
    declined_half: str | None = None
    """Of two that carry it, the one that declined: another is looked for, and who accepted has accepted."""
    accept_by: datetime | None = None
    """When it goes to the chair, unless it is accepted."""
    urgent: str | None = None
    """The urgent call while which it was set, with the quorum waived."""

    @property
    def pending(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.state in PENDING and not self.withdrawn

    @property
    def owners(self) -> tuple[str, ...]:
        """The agencies that must accept: the lead, and the one in tandem."""
        return (self.owner, self.support) if self.support else (self.owner,)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The agencies that have neither accepted nor declined it."""
        return tuple(a for a in self.owners if a not in self.accepted_by and a != self.declined_half)

    @property
    def half(self) -> str | None:
        """Of two, one of which declined, the other."""
        return next((a for a in self.owners if a != self.declined_half), None) if self.declined_half else None

    def consequences(self) -> dict[str, object]:
        """As accepted if all who must have accepted it, and else as proposed, while it is still to be done."""
        if self.state not in PENDING:
            return {}
        return {"state": State.ACCEPTED if set(self.owners) <= set(self.accepted_by) else State.PROPOSED}

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The agencies whose move it is: those that have not accepted, else who looks for another, else the lead."""
        return self.unanswered or ((self.agency,) if self.declined_half else (self.owner,))


def propose(
    case: Case,
    outcome: str,
    to: Addressee,
    *,
    due_at: datetime,
    by: Professional,
    at: datetime,
    support: str | None = None,
    safety: str | None = None,
    worse: str | None = None,
    roundtable: str | None = None,
    how: str | None = None,
    because: str | None = None,
    asks_worse: bool = False,
    accept_by: datetime | None = None,
) -> Action:
    """Propose an action to an agency, or to one person of it.

    ``asks_worse``: it is asked whether it could make things worse. ``accept_by``: when it goes to the chair.
    """
    case.require_open()
    _require_at_table(case, to)
    for other in (support, safety):
        if other:
            case.require_seat(other)
    if support == to.agency:
        support = None
    urgent = urgents.standing(case, at)
    action = Action(
        next_id("A", case.all(Action), case.steps),
        by.user_id,
        by.agency,
        at,
        outcome,
        to.agency,
        to.person,
        due_at,
        support,
        safety,
        worse,
        roundtable,
        how=how,
        because=because,
        asks_worse=asks_worse,
        accept_by=accept_by,
        urgent=urgent.id if urgent else None,
    )
    case.step(PROPOSED, action.id, by, at).add(case.all(Action), action)
    return action


def accept(case: Case, action_id: str, *, by: Professional, at: datetime) -> Action:
    """Take it on for my agency; a tandem is accepted once both have."""
    action = _owned(case, action_id, by, lead_only=False)
    if by.agency in action.accepted_by:
        raise Refusal("action/already_accepted", id=action.id)
    accepted = (*action.accepted_by, by.agency)
    everybody = set(action.owners) <= set(accepted)
    # Whoever runs the process can accept for the agency, and owns no content by it.
    person = None if by.user_id == case.director else by.user_id
    case.step(ACCEPTED, action.id, by, at).change(
        action,
        accepted_by=accepted,
        state=State.ACCEPTED if everybody else State.PROPOSED,
        owner_person=action.owner_person or (person if by.agency == action.owner else None),
        declined_half=None if by.agency == action.declined_half else action.declined_half,
    )
    return action


def decline(case: Case, action_id: str, why: str, *, by: Professional, at: datetime) -> Action:
    """Say that my agency does not take it on, and why; of two the other stays, and another half is looked for."""
    action = _owned(case, action_id, by, lead_only=False)
    if by.agency in action.accepted_by:
        raise Refusal("action/accepted_already_use_hand", id=action.id)
    if by.agency == action.declined_half:
        raise Refusal("action/declined", id=action.id)
    step = case.step(DECLINED, action.id, by, at)
    if action.support and not action.declined_half:
        step.change(action, declined_half=by.agency, state=State.PROPOSED, remark=why)
    else:
        step.change(action, declined_half=None, state=State.DECLINED, remark=why)
    return action


def check_harm(case: Case, action_id: str, worse: str, *, by: Professional, at: datetime) -> Action:
    """Say whether it could make things worse, and what then: anybody at the table sees what others do not."""
    case.require_open()
    action = one_of(case.all(Action), action_id)
    if not action.pending:
        raise Refusal("action/ended", id=action.id, state=action.state)
    case.step(CHECKED, action.id, by, at).change(action, worse=worse)
    return action


def tell_it_goes_on(case: Case, action_id: str, *, by: Professional, at: datetime) -> Action:
    """Say that what was accepted is on its way, for the table to know."""
    action = _owned(case, action_id, by)
    if action.state is not State.ACCEPTED:
        raise Refusal("action/not_accepted", id=action.id)
    case.step(GOES_ON, action.id, by, at).change(action, going_at=at)
    return action


def finish(case: Case, action_id: str, note: str, *, by: Professional, at: datetime) -> Action:
    """Tell that it is done and how; doing a proposed action accepts it, but never for the other of a tandem."""
    action = _owned(case, action_id, by)
    if action.support and action.support not in action.accepted_by:
        raise Refusal("action/other_has_not_accepted", id=action.id, agency=action.support)
    accepted = tuple(dict.fromkeys((*action.accepted_by, by.agency)))
    case.step(FINISHED, action.id, by, at).change(action, state=State.DONE, remark=note, accepted_by=accepted)
    return action


def give_up(case: Case, action_id: str, why: str, *, by: Professional, at: datetime) -> Action:
    """Tell that circumstances made it impossible; what was declined ends like this too, when nobody takes it on."""
    action = _owned(case, action_id, by, also_declined=True)
    case.step(GIVEN_UP, action.id, by, at).change(action, state=State.NOT_POSSIBLE, remark=why)
    return action


def leave_undone(case: Case, action_id: str, why: str, *, by: Professional, at: datetime) -> Action:
    """Tell that it was not carried out though it could have been, and why; what nobody took on ends like this, too."""
    action = _owned(case, action_id, by, also_declined=True)
    case.step(LEFT_UNDONE, action.id, by, at).change(action, state=State.NOT_CARRIED_OUT, remark=why)
    return action


def move(case: Case, action_id: str, due_at: datetime, *, because: str, by: Professional, at: datetime) -> Action:
    """Change the due date, with a reason; the first date stays visible.

    Until somebody accepts it the date is also the proposer's.
    """
    action = _owned(case, action_id, by, also_proposed=True)
    if due_at == action.due_at:
        raise Refusal("action/same_date", id=action.id, due=due_at)
    case.step(MOVED, action.id, by, at).change(
        action,
        due_at=due_at,
        first_due_at=action.first_due_at or action.due_at,
        remark=because,
    )
    return action


def hand(
    case: Case,
    action_id: str,
    to: Addressee,
    *,
    because: str,
    by: Professional,
    at: datetime,
    asks_worse: bool = False,
    accept_by: datetime | None = None,
) -> Action:
    """Hand it to another agency or person; it is theirs once they accept, and nobody's silence hides it until then.

    What was declined may also be handed on by the agency that proposed it, and asked again of those who declined. Where
    one of two declined, the other stays and this names another half. ``asks_worse``, ``accept_by``: see ``propose``.
    """
    action = _owned(case, action_id, by, also_declined=True, also_half=True)
    _require_at_table(case, to)
    same = (to.agency, to.person or action.owner_person) == (action.owner, action.owner_person)
    if same and action.state is not State.DECLINED and not action.declined_half:
        raise Refusal("action/handed_to_self", id=action.id)
    owner, person, support = to.agency, to.person, action.support
    if action.declined_half and action.declined_half == action.support and to.agency != action.owner:
        owner, person, support = action.owner, action.owner_person, to.agency
    elif support in {to.agency, action.declined_half, _declined_by(case, action)}:
        support = None
    kept = {support, owner} - {to.agency} if action.declined_half else {support}
    case.step(HANDED, action.id, by, at).change(
        action,
        owner=owner,
        owner_person=person,
        support=support,
        handed_from=action.declined_half or action.owner,
        declined_half=None,
        state=State.PROPOSED,
        accepted_by=tuple(a for a in action.accepted_by if a in kept),
        remark=because,
        asks_worse=action.asks_worse or asks_worse,
        accept_by=accept_by,
    )
    return action


def ask_again(action: Action, step: Step) -> None:
    """Another wording of what is still to be done: who accepted the earlier one has not accepted this."""
    accepted = tuple(agency for agency in action.accepted_by if agency == action.agency)
    if action.state in PENDING and accepted != action.accepted_by:
        step.change(action, accepted_by=accepted, state=State.PROPOSED)


def _require_at_table(case: Case, to: Addressee) -> None:
    """Refuse whoever cannot see the case's room: nobody owns what they cannot read."""
    case.require_seat(to.agency)
    if to.person:
        case.require_member(to.person)
    if to.person and to.person == case.director:
        raise Refusal("action/for_director", ref=case.ref, person=to.person, agency=to.agency)


def _declined_by(case: Case, action: Action) -> str | None:
    """The agency that declined it last, if it stands declined."""
    if action.state is not State.DECLINED:
        return None
    return next(s.agency for s in reversed(case.steps) if (s.what, s.subject, s.undone) == (DECLINED, action.id, False))


def _owned(
    case: Case,
    action_id: str,
    by: Professional,
    *,
    lead_only: bool = True,
    also_declined: bool = False,
    also_proposed: bool = False,
    also_half: bool = False,
) -> Action:
    """The action that this person's agency may move.

    ``also_declined``: what nobody owns is its proposer's as well; ``also_proposed``: what nobody accepted yet, too;
    ``also_half``: of what one of two declined, both may, and the proposer.
    """
    case.require_open()
    action = one_of(case.all(Action), action_id)
    declined = also_declined and action.state is State.DECLINED
    allowed = (action.owner,) if lead_only else action.owners
    half = also_half and action.declined_half is not None
    if half:
        allowed = action.owners
    if declined or half or (also_proposed and action.state is State.PROPOSED and not action.accepted_by):
        allowed = tuple(dict.fromkeys((*allowed, action.agency)))
    if by.agency not in allowed:
        raise Refusal("action/not_yours", id=action.id, agencies=allowed)
    if action.state is State.DECLINED and not declined:
        raise Refusal("action/declined", id=action.id)
    if action.state not in PENDING and not declined:
        raise Refusal("action/ended", id=action.id, state=action.state)
    return action


@offers_followups
def list_unfinished(case: Case, now: datetime) -> Iterator[Followup]:
    """The actions that are not at their end, each with who moves next."""
    for a in case.all(Action):
        if a.withdrawn:
            continue
        if a.state is State.DECLINED:
            # Nobody owns it any more: it is the table's, and the agency that proposed it is asked.
            yield Followup(a.id, LEFT_TO_NOBODY, a.agency, a.by, a.due_at, a.due_at < now, a.outcome, a.first_due_at)
        elif a.pending:
            late = a.due_at < now
            what = UNACCEPTED if a.state is State.PROPOSED else UNFINISHED
            for agency in a.unanswered or ((a.owner,) if not a.declined_half else ()):
                person = a.owner_person if agency == a.owner else None
                yield Followup(a.id, what, agency, person, a.due_at, late, a.outcome, a.first_due_at)
            if a.declined_half:
                yield Followup(a.id, HALF, a.agency, a.by, a.due_at, late, a.outcome, a.first_due_at)
            if a.asks_worse and not a.worse:
                yield Followup(a.id, WORSE, a.agency, a.by, None, late=False, text=a.outcome)


@gives_back
def give_actions_back(case: Case, user_id: str, step: Step) -> None:
    """What they own and is not at its end: their agency accepts it anew."""
    for a in case.all(Action):
        if a.owner_person == user_id and a.pending:
            accepted = tuple(agency for agency in a.accepted_by if agency != a.owner)
            step.change(a, owner_person=None, accepted_by=accepted, state=State.PROPOSED)


@hands_over
def hand_actions_over(case: Case, agency: str, to: str, step: Step) -> list[str]:
    """What an agency leads and is not at its end is the next owner's, once that accepts it; it supports none."""
    handed = []
    for a in case.all(Action):
        declined = a.state is State.DECLINED and agency in {a.owner, a.agency} and not a.withdrawn
        if declined or (a.pending and a.owner == agency):
            support = None if a.support in {agency, to} else a.support
            accepted = tuple(other for other in a.accepted_by if other == support)
            values = {"owner": to, "owner_person": None, "support": support, "handed_from": a.owner}
            values["declined_half"] = None
            step.change(a, **values, state=State.PROPOSED, accepted_by=accepted)
            handed.append(a.id)
        elif a.pending and a.support == agency:
            accepted = tuple(other for other in a.accepted_by if other != agency)
            state = State.ACCEPTED if a.owner in accepted else State.PROPOSED
            state = State.DECLINED if a.declined_half == a.owner else state
            step.change(a, support=None, accepted_by=accepted, state=state, declined_half=None)
            handed.append(a.id)
        if a.pending and a.safety == agency:
            step.change(a, safety=None)
            handed.append(a.id)
    return list(dict.fromkeys(handed))
