# lines: one life of a question, from asking to its last answer
"""Information requests: why I ask, and why I cannot share (practice, sections 1 and 2).

A request is open until it has one of the five legitimate answers; silence is the only illegitimate one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.handover import gives_back
from cases.items import Item, offers_items
from cases.record import Record, Words, next_id, one_of, record, require_agency
from cases.verbs import verb
from commands.concern.rules import Basis, Domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Addressee, Professional
    from cases.record import Step


def _asked(step: Step) -> dict[str, str]:
    return {"agency": str(step.entries[0].fields["to_agency"])}


def _answered(step: Step) -> dict[str, str]:
    result = str(step.entries[0].fields["result"])
    return {} if result == State.ANSWERED else {"state": result}


ASKED = verb("request", "asked {agency} for information ({id})", places=_asked, worded=True)
ANSWERED = verb("answer", "answered {id}: {state}", "answered {id}", places=_answered, worded=True)
NEEDS_TIME = verb("moretime", "needs more time for {id}")
NARROWED = verb("narrow", "narrowed the question {id}", worded=True)
PASSED = verb("pass", "passed {id} on to a colleague")
DROPPED = verb("drop", "took the question back: {id}")
UNANSWERED = todo("unanswered", "answer {id}", "not answered yet", blocks_closing=True)


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    MORE_TIME = "more time"
    ANSWERED = "answered"
    PARTLY = "partly answered"
    NOTHING = "nothing held"
    REFUSED = "refused"
    DROPPED = "dropped"


WAITING = frozenset({State.OPEN, State.MORE_TIME})
NARROWABLE = frozenset({State.OPEN, State.MORE_TIME, State.PARTLY, State.REFUSED, State.NOTHING})


class Use(StrEnum):
    """How far an answer may go on, by the word of the agency that gave it."""

    THIS_ROOM = "this room"
    NAMED = "named"
    """To those whom it names with ``see``."""
    SCHEME = "scheme"
    """To every agency of the scheme."""


class Consent(StrEnum):
    """Whether the person agreed that it is told."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, repr=False)
class Standing:
    """On what it stands that something is asked or told."""

    basis: str | None = None
    condition: str | None = None
    """The second condition beside the basis, for sensitive data."""
    version: str | None = None
    """Of the scheme's catalogue, if the basis is one of it."""
    consent: Consent | None = None
    not_asked: str | None = None
    """Why there was no asking for consent."""


NOTHING_SAID = Standing()


class Ground(StrEnum):
    """Why an agency cannot share."""

    NO_LAWFUL_BASIS = "no lawful basis"
    PROFESSIONAL_SECRECY = "professional secrecy"
    NOT_NECESSARY = "not necessary"
    TOO_BROAD = "too broad"
    ONGOING_INVESTIGATION = "ongoing investigation"
    CONSENT_REFUSED = "consent refused"
    SAFETY_OF_A_SOURCE = "safety of a source"
    OTHER = "other"


@record("request", letter="R", wording="question")
@dataclass(eq=False, repr=False)
class Request(Record):
    """A question from one agency to another, with its reason."""

    to_agency: str
    to_person: str | None
    question: Words
    because: Words
    due_at: datetime
    basis: Words | None = None
    see: tuple[str, ...] = ()
    """Who may see the answer beside the agency that asks: agencies, and persons (Matrix ids); empty: the table."""
    state: State = State.OPEN
    first_due_at: datetime | None = None
    """The date first asked for, once it was moved: the old one stays visible."""
    condition: Words | None = None
    bases_version: str | None = None
    """Of the scheme's catalogue, if the basis is one of it."""
    passed_because: Words | None = None
    """Why it was last passed on inside of the agency."""
    domain: Domain | None = None
    """Which part of life it is about."""

    @property
    def waiting(self) -> bool:
        """Whether the addressee still owes an answer."""
        return self.state in WAITING and not self.withdrawn

    @property
    def seen_by(self) -> tuple[str, ...]:
        """The agencies and persons that may see the answer; empty: everybody at the table."""
        return self.audience(self.see)

    def audience(self, see: tuple[str, ...]) -> tuple[str, ...]:
        """Those who see an answer that is for these: they, the agency that asks, and the asked one; for none: all."""
        return tuple(dict.fromkeys((self.agency, self.to_agency, *see))) if see else ()


@record("answer", wording="text")
@dataclass(eq=False, repr=False)
class Answer(Record):
    """One of the five legitimate answers; ``id`` is the request's, with a number behind the stroke."""

    request: str
    result: State
    text: Words
    withheld: Words | None = None
    grounds: tuple[Ground, ...] = ()
    instead: Words | None = None
    kind: Basis | None = None
    """Whether it is fact or opinion."""
    as_of: datetime | None = None
    """Of when it is what the agency knows."""
    use: Use | None = None
    """How far it may go on; unsaid: it stays in this room."""
    basis: Words | None = None
    """On which the answering agency tells it, or not."""
    condition: Words | None = None
    bases_version: str | None = None
    consent: Consent | None = None
    not_asked: Words | None = None
    """Why there was no asking for consent."""


def ask(
    case: Case,
    to: Addressee,
    question: str,
    *,
    because: str,
    due_at: datetime,
    by: Professional,
    at: datetime,
    on: Standing = NOTHING_SAID,
    see: tuple[str, ...] = (),
    domain: Domain | None = None,
) -> Request:
    """Ask an agency, or one person of it, and say why."""
    case.require_open()
    if to.agency == by.agency:
        raise Refusal("request/own_agency", agency=next((a for a in sorted(case.seats) if a != to.agency), "AGENCY"))
    request = Request(
        next_id("R", case.all(Request), case.steps),
        by.user_id,
        by.agency,
        at,
        to.agency,
        to.person,
        question,
        because,
        due_at,
        on.basis,
        see,
        condition=on.condition,
        bases_version=on.version,
        domain=domain,
    )
    case.step(ASKED, request.id, by, at).add(case.all(Request), request)
    return request


def answer(
    case: Case,
    request_id: str,
    result: State,
    text: str = "",
    *,
    by: Professional,
    at: datetime,
    withheld: str | None = None,
    grounds: tuple[Ground, ...] = (),
    instead: str | None = None,
    see: tuple[str, ...] = (),
    kind: Basis | None = None,
    as_of: datetime | None = None,
    use: Use | None = None,
    on: Standing = NOTHING_SAID,
    domain: Domain | None = None,
) -> tuple[Request, Answer]:
    """Give one of the answers ANSWERED, PARTLY, NOTHING or REFUSED; only those who were asked can.

    That is the agency, or the person; then also colleagues who sit at the table, where the question is read. Nobody
    who has left the table. ``see``: only these agencies of those that the question names may see it.
    """
    request = _asked_of(case, request_id, by)
    if result is State.REFUSED:
        require_explanation(text, request.id)
    step = case.step(ANSWERED, request.id, by, at)
    given = step.add(
        case.all(Answer),
        Answer(
            _answer_id(case, request),
            by.user_id,
            by.agency,
            at,
            request.id,
            result,
            text,
            withheld,
            grounds,
            instead,
            kind,
            as_of,
            use,
            on.basis,
            on.condition,
            on.version,
            on.consent,
            on.not_asked,
        ),
    )
    step.change(request, state=result, see=_narrowed(case, request, see))
    if domain is not None and domain is not request.domain:
        step.change(request, domain=domain)
    return request, given


MIN_EXPLANATION_WORDS = 2
"""A refusal of one word ("no") explains nothing and is sent back."""
ITEM = "request"
"""The kind of item that a question is."""


def require_explanation(text: str, record_id: str) -> None:
    """Refuse a refusal that says no reason."""
    if len(text.split()) < MIN_EXPLANATION_WORDS:
        raise Refusal("request/refusal_without_explanation", id=record_id)


def ask_for_time(
    case: Case, request_id: str, until: datetime, *, because: str, by: Professional, at: datetime
) -> tuple[Request, Answer]:
    """Say that the answer needs more time, until when, and why."""
    request = _asked_of(case, request_id, by)
    if until <= request.due_at:
        raise Refusal("request/not_later", id=request.id, due=request.due_at)
    step = case.step(NEEDS_TIME, request.id, by, at)
    given = step.add(
        case.all(Answer),
        Answer(_answer_id(case, request), by.user_id, by.agency, at, request.id, State.MORE_TIME, because),
    )
    step.change(request, state=State.MORE_TIME, due_at=until, first_due_at=request.first_due_at or request.due_at)
    return request, given


def pass_on(
    case: Case, request_id: str, colleague: Professional, *, because: str, by: Professional, at: datetime
) -> Request:
    """Pass a question on to a colleague of the same agency, who then answers it."""
    request = _asked_of(case, request_id, by)
    if colleague.agency != request.to_agency:
        raise Refusal("request/no_colleague", person=colleague.user_id, agency=request.to_agency)
    if colleague.user_id in {by.user_id, request.to_person}:
        raise Refusal("request/has_it", id=request.id, person=colleague.user_id)
    case.step(PASSED, request.id, by, at).change(request, to_person=colleague.user_id, passed_because=because)
    return request


def narrow(
    case: Case,
    request_id: str,
    question: str,
    *,
    due_at: datetime,
    by: Professional,
    at: datetime,
    see: tuple[str, ...] = (),
) -> Request:
    """Ask a narrower question under the same id and reason; earlier answers stay.

    ``see``: only these agencies of those that the question names may see the answer.
    """
    request = _mine(case, request_id, by)
    if request.state not in NARROWABLE:
        raise Refusal("request/settled", id=request.id, state=request.state)
    due_at = max(due_at, request.due_at)
    case.step(NARROWED, request.id, by, at).change(
        request,
        question=question,
        state=State.OPEN,
        due_at=due_at,
        see=_narrowed(case, request, see),
    )
    return request


def drop(case: Case, request_id: str, *, because: str, by: Professional, at: datetime) -> Request:
    """Take the question back, with a reason."""
    request = _mine(case, request_id, by)
    if not request.waiting and request.state is not State.REFUSED:
        raise Refusal("request/settled", id=request.id, state=request.state)
    step = case.step(DROPPED, request.id, by, at)
    step.add(
        case.all(Answer),
        Answer(_answer_id(case, request), by.user_id, by.agency, at, request.id, State.DROPPED, because),
    )
    step.change(request, state=State.DROPPED)
    return request


def answers_to(case: Case, request: Request) -> list[Answer]:
    """What was answered, oldest first, without what was taken back."""
    return [a for a in case.all(Answer) if a.request == request.id and not a.withdrawn]


def _narrowed(case: Case, request: Request, see: tuple[str, ...]) -> tuple[str, ...]:
    """Who may see the answers from now on: never more than before, for earlier ones were given to those only."""
    may = request.seen_by
    if see and request.see and not all(one in may or case.agency_of(one) in may for one in see):
        raise Refusal("request/not_wider", id=request.id, see=request.seen_by)
    return see or request.see


def _answer_id(case: Case, request: Request) -> str:
    return f"{request.id}/{sum(a.request == request.id for a in case.all(Answer)) + 1}"


def _asked_of(case: Case, request_id: str, by: Professional) -> Request:
    case.require_open()
    request = one_of(case.all(Request), request_id)
    require_agency(request.to_agency, by, "request/not_asked_of_you", id=request.id)
    case.require_not_left(by)
    if request.to_person not in {None, by.user_id} and not case.is_member(by.user_id):
        raise Refusal("request/asked_of_somebody", id=request.id, person=request.to_person)
    if not request.waiting:
        raise Refusal("request/settled", id=request.id, state=request.state)
    return request


def _mine(case: Case, request_id: str, by: Professional) -> Request:
    case.require_open()
    request = one_of(case.all(Request), request_id)
    require_agency(request.agency, by, "request/not_yours", id=request.id)
    return request


@offers_items
def list_asked(case: Case) -> Iterator[Item]:
    """Who was asked what."""
    for asked in case.all(Request):
        if not asked.withdrawn:
            yield Item(asked.id, ITEM, asked.to_agency, None, None, asked.waiting)


@offers_followups
def list_unanswered(case: Case, now: datetime) -> Iterator[Followup]:
    """The questions that wait for their answer."""
    for r in case.all(Request):
        if r.waiting:
            yield Followup(
                r.id, UNANSWERED, r.to_agency, r.to_person, r.due_at, r.due_at < now, r.question, r.first_due_at
            )


@gives_back
def give_questions_back(case: Case, user_id: str, step: Step) -> None:
    """What they were asked and have not answered: it is asked of their agency."""
    for r in case.all(Request):
        if r.to_person == user_id and r.waiting:
            step.change(r, to_person=None)
