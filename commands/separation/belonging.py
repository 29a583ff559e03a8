"""What of a case belongs together, and to whom: what hangs together is not torn apart."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from cases import words
from cases.record import ERASED, KINDS, kind_of
from commands.action.rules import Action
from commands.assessment.rules import Round
from commands.concern.rules import Concern
from commands.decision import rules as decisions
from commands.decision.rules import Decision
from commands.disclosure import rules as disclosure
from commands.disclosure.rules import Disclosure
from commands.escalation.rules import Escalation
from commands.referral.rules import Referral
from commands.reminder.rules import Pause
from commands.request.rules import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cases.case import Case
    from cases.record import Record

DIVIDED: tuple[type[Record], ...] = (Concern, Request, Action, Decision, Round, Referral)
"""What is allocated. Round tables and their minutes can't be split, and an urgent call is over soon: they stay."""
# Cards show another dash, so that no id is broken in two; keyboards have others.
_AN_ID = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])[-\u2010-\u2014]([0-9]{1,9})(?![0-9])", re.ASCII)


def list_divided(case: Case) -> list[Record]:
    """What is on file that can be allocated."""
    return [one for kind in DIVIDED for one in case.all(kind) if not one.withdrawn]


def letters() -> str:
    """What the ids of such records begin with."""
    return "".join(kind.letter for kind in KINDS.values() if kind.letter and issubclass(kind.kept_as, DIVIDED))


def with_parts(case: Case, record_id: str) -> list[Record]:
    """A record and all that is a part of it: answers, positions, what was escalated, what was disclosed of it.

    Without what somebody arranged for themselves, such as when to be reminded (``with_pauses``).
    """
    return [one for one in with_pauses(case, record_id) if not isinstance(one, Pause)]


def with_pauses(case: Case, record_id: str) -> list[Record]:
    """All that is a part of it."""

    def belongs(one: Record) -> bool:
        told = isinstance(one, Disclosure) and one.about == record_id
        return one.id == record_id or told or one.id.startswith(f"{record_id}/")

    return sorted((one for one in case.records() if belongs(one)), key=lambda one: one.id != record_id)


def renumber(text: str, ids: Mapping[str, str]) -> str:
    """A text, with other numbers for the records that it names."""
    return _AN_ID.sub(lambda found: ids.get(_read_id(found), found[0]), text)


def _read_id(found: re.Match[str]) -> str:
    return f"{found[1].upper()}-{found[2]}"


def said_of(records: Collection[Record]) -> Iterator[str]:
    """All that people said in these records."""
    for one in records:
        for name in kind_of(one).words:
            if (text := getattr(one, name)) and text != ERASED:
                yield text


def together(case: Case, ids: Collection[str]) -> list[str]:
    """These records and those that hang together with them, since one names the other: in the order of the file."""
    known = {one.id: with_parts(case, one.id) for one in list_divided(case)}
    names: dict[str, set[str]] = {record_id: set() for record_id in known}
    for record_id, parts in known.items():
        for named in {_read_id(found) for text in said_of(parts) for found in _AN_ID.finditer(text)} & known.keys():
            names[record_id].add(named)
            names[named].add(record_id)
    found, new = set[str](), set(ids)
    while new:
        found |= new
        new = set(chain.from_iterable(names[one] for one in new if one in names)) - found
    return [record_id for record_id in known if record_id in found]


def originators(case: Case, records: Collection[Record]) -> tuple[str, ...]:
    """The agencies that brought these records, that said some of what they say, or that have taken them on."""
    spoke = words.speakers(case.steps).now
    found: list[str] = []
    for one in records:
        found.append(one.agency)
        said = [spoke[one.id, name] for name in kind_of(one).words if getattr(one, name)]
        found += [case.steps[number - 1].agency for number in sorted(said)]
        found += one.accepted_by if isinstance(one, Action) and one.pending else ()
    return tuple(agency for agency in dict.fromkeys(found) if agency)


def under_way(case: Case, records: Collection[Record]) -> str | None:
    """The id of one of these in which somebody's answer is waited for: it is settled first. An action can go on."""

    def waits(one: Record) -> bool:
        asks = isinstance(one, Request) and one.waiting
        asks = asks or (isinstance(one, Referral) and one.pending) or (isinstance(one, Escalation) and one.waits)
        leaves = isinstance(one, Disclosure) and one.state is disclosure.State.ASKED and not one.withdrawn
        proposed = isinstance(one, Decision) and decisions.taken(case, one) is None
        return asks or leaves or proposed or (isinstance(one, Round) and one.closed_at is None)

    return next((one.id for one in records if waits(one)), None)


def names_case(case: Case, records: Collection[Record]) -> bool:
    """Whether some of what is said in these names the case that it is on file of."""
    own = re.compile(rf"(?<![A-Za-z0-9]){re.escape(case.ref)}(?![A-Za-z0-9])", re.IGNORECASE)
    return any(own.search(text) for text in said_of(records))
