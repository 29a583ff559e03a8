"""Research returns: each agency checks its own records before a round table (practice, section 5, row 2).

Nothing known, or known: with a lead worker, the relevant facts, and what the agency suggests. Silence is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cases.briefing import briefs
from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.items import Item, offers_items
from cases.record import Record, Words, next_id, one_of, record, require_agency
from cases.verbs import verb
from commands.request.rules import NOTHING_SAID, Consent, Ground, require_explanation
from commands.request.rules import Standing as Basis
from commands.roundtable.rules import RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step


def _for_table(step: Step) -> Mapping[str, str]:
    return {"whole": str(step.entries[0].fields["roundtable"])}


ASKED = verb("research", "asked the agencies to check their records for {whole}", places=_for_table)
KNOWN = verb("known", "returned what it knows ({whole})", worded=True)
NOTHING = verb("nothing known", "returned that nothing is known ({whole})")
REFUSED = verb("research refused", "did not share what it found ({whole})", worded=True)
WAITING = todo("research", "check your records for {id}, and return it in your own room", "no research return yet")
ITEM = "research"
"""The kind of item that a check is."""
AHEAD = frozenset({State.PLANNING, State.SCHEDULED, State.RUNNING})
"""The round tables for which something can still be returned."""


@record("research", letter="Q", noun="check of records")
@dataclass(eq=False, repr=False)
class Check(Record):
    """That an agency is asked to check its records before a round table."""

    roundtable: str
    to_agency: str
    because: Words | None = None
    """Why it is asked, as the chair put it for those who read it outside of the case's room."""


@record("research return")
@dataclass(eq=False, repr=False)
class Return(Record):
    """What an agency returned; ``id`` is the check's, with a number behind the stroke. The latest counts."""

    check: str
    known: bool
    text: Words = ""
    """The relevant facts; where nothing is known, what there is to add; where nothing is shared, why."""
    lead: Words | None = None
    """Who works with the person, in the agency's words: often nobody that is known here."""
    suggest: Words | None = None
    basis: Words | None = None
    """On which the agency tells it."""
    condition: Words | None = None
    bases_version: str | None = None
    consent: Consent | None = None
    not_asked: Words | None = None
    grounds: tuple[Ground, ...] = ()
    """On which the agency does not share what it found; empty: it does."""
    instead: Words | None = None
    """What could help."""

    @property
    def refused(self) -> bool:
        """Whether the agency does not share what it found."""
        return bool(self.grounds)


class Standing(NamedTuple):
    """How the research of one agency stands."""

    check: Check
    returned: Return | None


def ask(
    case: Case,
    table_id: str,
    agencies: Collection[str],
    *,
    by: Professional,
    at: datetime,
    because: str | None = None,
) -> list[Check]:
    """Ask these agencies, but for those that are asked already; gives the new checks."""
    case.require_open()
    table = _require_ahead(case, table_id)
    to_ask = [agency for agency in unasked(case, table.id) if agency in agencies]
    if not to_ask:
        return []
    first = next_id("Q", case.all(Check), case.steps)
    step = case.step(ASKED, first, by, at)
    for agency in to_ask:
        number = next_id("Q", case.all(Check), case.steps) if step.entries else first
        step.add(case.all(Check), Check(number, by.user_id, by.agency, at, table.id, agency, because))
    return checks_for(case, table.id)[-len(to_ask) :]


def give_back(
    case: Case,
    check_id: str,
    *,
    known: bool,
    by: Professional,
    at: datetime,
    text: str = "",
    lead: str | None = None,
    suggest: str | None = None,
    on: Basis = NOTHING_SAID,
    grounds: tuple[Ground, ...] = (),
    instead: str | None = None,
) -> tuple[Check, Return]:
    """Return what my agency found, that it found nothing, or why it can't share it; once more: the latest counts."""
    case.require_open()
    check = one_of(case.all(Check), check_id)
    require_agency(check.to_agency, by, "research/not_asked_of_you", id=check.id)
    case.require_not_left(by)
    _require_ahead(case, check.roundtable, check.id)
    if grounds:
        require_explanation(text, check.id)
    number = sum(one.check == check.id for one in case.all(Return)) + 1
    given = Return(
        f"{check.id}/{number}",
        by.user_id,
        by.agency,
        at,
        check.id,
        known,
        text,
        lead,
        suggest,
        on.basis,
        on.condition,
        on.version,
        on.consent,
        on.not_asked,
        grounds,
        instead,
    )
    what = REFUSED if grounds else KNOWN if known else NOTHING
    return check, case.step(what, given.id, by, at).add(case.all(Return), given)


def checks_for(case: Case, table_id: str) -> list[Check]:
    """Who was asked before a round table, in that order."""
    return [check for check in case.all(Check) if check.roundtable == table_id and not check.withdrawn]


def unasked(case: Case, table_id: str) -> list[str]:
    """The agencies at the table that were not asked before a round table."""
    asked = {check.to_agency for check in checks_for(case, table_id)}
    return [agency for agency in case.seats if agency not in asked]


def return_to(case: Case, check: Check) -> Return | None:
    """What the agency returned last."""
    given = [one for one in case.all(Return) if one.check == check.id and not one.withdrawn]
    return given[-1] if given else None


def standing(case: Case, table_id: str) -> list[Standing]:
    """How the research for a round table stands, agency by agency; nothing where nobody was asked."""
    return [Standing(check, return_to(case, check)) for check in checks_for(case, table_id)]


@briefs
def has_returned(case: Case, agency: str, table_id: str) -> bool:
    """Whether an agency has returned something for a round table: what it knows, or that nothing is known."""
    return agency in told(case, table_id)


def told(case: Case, table_id: str) -> list[str]:
    """The agencies that have told something for a round table: what they know, or that nothing is known."""
    return [check.to_agency for check, given in standing(case, table_id) if given and not given.refused]


def waits_for(case: Case, table_id: str) -> list[str]:
    """The agencies that were asked for a round table, sit at it, and have returned nothing yet."""
    silent = (one.check.to_agency for one in standing(case, table_id) if one.returned is None)
    return [agency for agency in silent if agency in case.seats]


def _require_ahead(case: Case, table_id: str, check_id: str | None = None) -> RoundTable:
    """The round table, for which something can still be returned; raises Refusal."""
    table = one_of(case.all(RoundTable), table_id)
    if table.state not in AHEAD:
        raise Refusal("research/over", id=check_id, table=table)
    return table


@offers_items
def list_checks(case: Case) -> Iterator[Item]:
    """Which agency was asked."""
    for check in case.all(Check):
        if not check.withdrawn:
            yield Item(check.id, ITEM, check.to_agency, None, None, return_to(case, check) is None)


@offers_followups
def list_waiting(case: Case, now: datetime) -> Iterator[Followup]:
    """The agencies that have returned nothing yet for a round table that is ahead; one entry for all of them."""
    for table in case.all(RoundTable):
        if table.state is State.SCHEDULED and not table.withdrawn and table.starts_at > now:
            for agency in waits_for(case, table.id):
                yield Followup(table.id, WAITING, agency, None, table.starts_at, late=False, text="")
