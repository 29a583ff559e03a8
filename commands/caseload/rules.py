"""What is unresolved over many cases, by reference only (practice, sections 1 and 5: work over many cases at once)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cases.followups import unresolved
from commands.escalation.rules import Escalation
from commands.practice.rules import is_practice
from commands.radar import rules as radar
from commands.radar.rules import Finding
from commands.roundtable import rules as roundtable
from commands.urgent.rules import Urgent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cases.case import Case
    from cases.followups import Followup


@dataclass(frozen=True, repr=False)
class Look:
    """A case as it stands at a moment: what is unresolved in it, and what it lacks."""

    case: Case
    now: datetime
    items: list[Followup]
    findings: list[Finding]

    @property
    def ref(self) -> str:
        """The case's reference."""
        return self.case.ref

    @property
    def practised(self) -> bool:
        """Whether nothing of it is real."""
        return is_practice(self.case)

    @property
    def late(self) -> list[Followup]:
        """What is late, what has been for longest first."""
        return [item for item in self.items if item.late]

    @property
    def silent_days(self) -> int:
        """For how many days nobody has done anything."""
        return (self.now - self.case.last_sign_of_life).days


class Owes(NamedTuple):
    """What one agency owes."""

    agency: str
    items: int
    late: int
    refs: tuple[str, ...]
    """In which cases, where it owes most first."""


class Ahead(NamedTuple):
    """A round table that is ahead."""

    ref: str
    id: str
    starts_at: datetime


@dataclass(frozen=True, repr=False)
class Digest:
    """All that is unresolved across cases, each list with the most pressing first."""

    cases: int
    urgent: list[Look]
    late: list[Look]
    waiting: list[Owes]
    tables: list[Ahead]
    reviews: list[Look]
    silent: list[Look]
    undirected: list[Look]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be told."""
        return not any((self.urgent, self.late, self.waiting, self.tables, self.reviews, self.silent, self.undirected))


def look_at(case: Case, now: datetime, *, repeats: bool = False) -> Look:
    """How a case stands; ``repeats``: in its scheme a case comes back instead of being reviewed."""
    return Look(case, now, unresolved(case, now), radar.sweep(case, now, repeats=repeats))


def is_urgent(case: Case) -> bool:
    """Whether help was called and nobody has said yet why, or a disagreement where somebody may be harmed climbs."""
    called = any(one.reason is None and not one.withdrawn for one in case.all(Urgent))
    return called or any(one.waits and one.urgent for one in case.all(Escalation))


def digest(looks: Sequence[Look], now: datetime) -> Digest:
    """What is unresolved in these cases, but those that are practised."""
    looks = [look for look in looks if not look.practised]

    def lacking(finding: Finding) -> list[Look]:
        return [look for look in looks if finding in look.findings]

    late = sorted((look for look in looks if look.late), key=lambda look: (-len(look.late), look.ref))
    tables = [
        Ahead(look.ref, table.id, table.starts_at)
        for look in looks
        for table in roundtable.upcoming(look.case)
        if table.starts_at > now
    ]
    return Digest(
        cases=len(looks),
        urgent=[look for look in looks if is_urgent(look.case)],
        late=late,
        waiting=_owed(looks),
        tables=sorted(tables, key=lambda table: (table.starts_at, table.ref)),
        reviews=lacking(Finding.NO_NEXT_REVIEW),
        silent=sorted(lacking(Finding.SILENT), key=lambda look: -look.silent_days),
        undirected=lacking(Finding.NO_DIRECTOR),
    )


def _owed(looks: Sequence[Look]) -> list[Owes]:
    """What each agency owes over all of these cases: who is late with most comes first."""
    by_agency: dict[str, list[tuple[str, Followup]]] = {}
    for look in looks:
        for item in look.items:
            by_agency.setdefault(item.agency, []).append((look.ref, item))
    owes = []
    for agency, found in by_agency.items():
        refs = [ref for ref, _ in found]
        most = sorted(dict.fromkeys(refs), key=lambda ref: -refs.count(ref))
        owes.append(Owes(agency, len(found), sum(item.late for _, item in found), tuple(most)))
    return sorted(owes, key=lambda one: (-one.late, -one.items, one.agency))
