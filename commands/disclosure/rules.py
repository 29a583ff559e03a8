"""What leaves a table: only with the agreement of those who brought it (practice, sections 4 and 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.items import Item, offers_items
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb
from commands.request import rules as request
from commands.request.rules import Answer, Request, Use
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

ASKED = verb("disclose", "asked whether something may leave this table ({id})")
CONSENTED = verb("consent", final=True, news=False)
"""Nobody is told which agency said what: one no stops it, and none is named for that."""
RETAINED = verb("retain", final=True, news=False)
WENT = verb("disclosed", "passed on what was agreed ({id})", final=True)
STOPPED = verb("disclosure stopped", "did not pass it on: not everybody agrees ({id})", final=True)
SUMMARY_APPROVED = verb("minutes summary", "approved the summary for release of {whole}", final=True)
UNDECIDED = todo("disclosure", "consent {id} or retain {id}", "may it leave this table?", blocks_closing=False)
UNAPPROVED = todo("summary", "read and approve the summary for {id}", "the summary for release is not approved yet")
ITEM = "disclosure"
"""The kind of item that it is."""
_GIVEN = frozenset({request.State.ANSWERED, request.State.PARTLY})


class State(StrEnum):
    """Where it stands."""

    ASKED = "asked"
    GONE = "gone"
    STOPPED = "stopped"


@record("disclosure", letter="L")
@dataclass(eq=False, repr=False)
class Disclosure(Record):
    """Something that is to leave the table: the summary of minutes (``M-1``), or an answer (``R-1``)."""

    about: str
    to_agency: str
    because: Words
    needs: tuple[str, ...] = ()
    """The agencies without whose agreement it stays."""
    agreed: tuple[str, ...] = ()
    state: State = State.ASKED

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The agencies that have not said yet whether it may go."""
        return tuple(agency for agency in self.needs if agency not in self.agreed)


@record("summary approval")
@dataclass(eq=False, repr=False)
class Approval(Record):
    """That a chair approved the summary of minutes; none of its words: they stand in its decisions and actions."""

    roundtable: str
    checksum: str
    without: tuple[str, ...] = ()
    """The records that were left out."""


def disclose(
    case: Case, about: str, to_agency: str, *, because: str, by: Professional, at: datetime, consensus: bool
) -> Disclosure:
    """Ask that something leave the table; who brought it is asked, or with ``consensus`` each agency that was there."""
    case.require_open()
    if to_agency == by.agency:
        raise Refusal("disclosure/own_agency", id=about)
    needs = _needed_for_answer(case, about, to_agency, by) if about[0] == "R" else ()
    if about[0] == "M":
        table = one_of(case.all(RoundTable), about)
        if table.state is not roundtable.State.ENDED:
            raise Refusal("disclosure/not_held", id=about)
        needs = tuple(roundtable.agencies_present(case, table)) if consensus else ()
    agreed = (by.agency,) if by.agency in needs else ()
    number = next_id("L", case.all(Disclosure), case.steps)
    asked = Disclosure(number, by.user_id, by.agency, at, about, to_agency, because, needs, agreed)
    return case.step(ASKED, asked.id, by, at).add(case.all(Disclosure), asked)


def consent(case: Case, disclosure_id: str, *, by: Professional, at: datetime) -> Disclosure:
    """Agree, for my agency, that it goes."""
    asked = _open(case, disclosure_id, by)
    case.step(CONSENTED, asked.id, by, at).change(asked, agreed=(*asked.agreed, by.agency))
    return asked


def retain(case: Case, disclosure_id: str, *, by: Professional, at: datetime) -> Disclosure:
    """Say, for my agency, that it stays: nothing goes."""
    asked = _open(case, disclosure_id, by)
    case.step(RETAINED, asked.id, by, at)
    return asked


def stop(case: Case, asked: Disclosure, *, by: Professional, at: datetime) -> None:
    """End it: it stays."""
    case.step(STOPPED, asked.id, by, at).change(asked, state=State.STOPPED)


def let_go(case: Case, asked: Disclosure, *, by: Professional, at: datetime) -> None:
    """Note that it has gone."""
    case.step(WENT, asked.id, by, at).change(asked, state=State.GONE)


def approve(
    case: Case,
    table: RoundTable,
    checksum: str,
    without: tuple[str, ...],
    *,
    by: Professional,
    at: datetime,
    steers: bool,
) -> Approval:
    """Approve a summary for release; the chair does."""
    roundtable.require_chair(table, by, steers=steers and not case.is_member(table.chair))
    number = sum(one.roundtable == table.id for one in case.all(Approval)) + 1
    approval = Approval(f"{table.id}/s{number}", by.user_id, by.agency, at, table.id, checksum, without)
    return case.step(SUMMARY_APPROVED, approval.id, by, at).add(case.all(Approval), approval)


def approval_of(case: Case, table_id: str) -> Approval | None:
    """The latest approval of a meeting's summary."""
    found = [one for one in case.all(Approval) if one.roundtable == table_id and not one.withdrawn]
    return found[-1] if found else None


def pending(case: Case) -> list[Disclosure]:
    """What has not gone yet, and was not stopped."""
    return [one for one in case.all(Disclosure) if one.state is State.ASKED and not one.withdrawn]


def given(case: Case, request_id: str) -> Answer:
    """The answer to a question that can be passed on; raises Refusal when there is none."""
    asked = one_of(case.all(Request), request_id)
    answers = [answer for answer in request.answers_to(case, asked) if answer.result in _GIVEN]
    if not answers:
        raise Refusal("disclosure/no_answer", id=request_id)
    return answers[-1]


def _needed_for_answer(case: Case, request_id: str, to_agency: str, by: Professional) -> tuple[str, ...]:
    asked, answer = one_of(case.all(Request), request_id), given(case, request_id)
    if asked.seen_by and by.agency not in asked.seen_by and by.user_id not in asked.seen_by:
        raise Refusal("disclosure/not_for_you", id=request_id)
    may_go = answer.use is Use.SCHEME or (answer.use is Use.NAMED and to_agency in asked.see)
    return () if may_go or by.agency == answer.agency else (answer.agency,)


def _open(case: Case, disclosure_id: str, by: Professional) -> Disclosure:
    case.require_open()
    case.require_not_left(by)
    asked = one_of(case.all(Disclosure), disclosure_id)
    if by.agency not in asked.needs:
        raise Refusal("disclosure/not_asked", id=asked.id)
    if asked.state is not State.ASKED:
        raise Refusal("disclosure/over", id=asked.id)
    if by.agency in asked.agreed:
        raise Refusal("disclosure/agreed_already", id=asked.id)
    return asked


@offers_items
def list_asked(case: Case) -> Iterator[Item]:
    """Which agencies are asked whether something may leave."""
    for asked in case.all(Disclosure):
        for agency in () if asked.withdrawn else asked.needs:
            yield Item(asked.id, ITEM, agency, None, None, asked.state is State.ASKED and agency in asked.waits_for)


@offers_followups
def list_undecided(case: Case, _now: datetime) -> Iterator[Followup]:
    """The agencies that have not said whether something may leave, and the chair whose summary is not approved."""
    for asked in pending(case):
        for agency in asked.waits_for:
            yield Followup(asked.id, UNDECIDED, agency, None, None, late=False, text="")
        if asked.about[0] == "M" and approval_of(case, asked.about) is None:
            table = one_of(case.all(RoundTable), asked.about)
            yield Followup(
                asked.id, UNAPPROVED, case.agency_of(table.chair) or "", table.chair, None, late=False, text=""
            )
