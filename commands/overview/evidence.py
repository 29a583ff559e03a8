"""The evidence map: what is known of each part of a person's life, and where that stops (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commands.concern.rules import Concern, Domain
from commands.request.rules import Answer, Ground, Request, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cases.case import Case

_ANSWERED = frozenset({State.ANSWERED, State.PARTLY, State.NOTHING})


@dataclass(frozen=True, repr=False)
class Evidence:
    """The domains by what is known of them; each in one place, where something was answered first."""

    concern: list[Domain] = field(default_factory=list[Domain])
    """Somebody raised a concern; nothing was asked."""
    answered: list[Domain] = field(default_factory=list[Domain])
    refused: list[tuple[Domain, tuple[Ground, ...]]] = field(default_factory=list[tuple[Domain, tuple[Ground, ...]]])
    """With the grounds, unless these are for a few only."""
    silent: list[tuple[Domain, int]] = field(default_factory=list[tuple[Domain, int]])
    """With the days for which nobody has answered."""
    unknown: list[Domain] = field(default_factory=list[Domain])

    @property
    def known(self) -> int:
        """Of how many domains anything is on file."""
        return len(Domain) - len(self.unknown)


def evidence(case: Case, hidden: Collection[str], silent_days: Callable[[Request], int]) -> Evidence:
    """Of all domains; without the concerns (ids) that are hidden from whoever asks."""
    found = Evidence()
    concerns = {c.domain for c in case.all(Concern) if not c.withdrawn and c.id not in hidden}
    for domain in Domain:
        asked = [r for r in case.all(Request) if r.domain is domain and not r.withdrawn]
        refused = [r for r in asked if r.state is State.REFUSED]
        waiting = [r for r in asked if r.waiting]
        if any(r.state in _ANSWERED for r in asked):
            found.answered.append(domain)
        elif refused:
            found.refused.append((domain, _grounds(case, refused[-1])))
        elif waiting:
            found.silent.append((domain, max(map(silent_days, waiting))))
        elif domain in concerns:
            found.concern.append(domain)
        else:
            found.unknown.append(domain)
    return found


def _grounds(case: Case, asked: Request) -> tuple[Ground, ...]:
    """On which the question was refused last; of an answer that is for a few they are told to nobody else."""
    given = [a for a in case.all(Answer) if a.request == asked.id and a.result is State.REFUSED and not a.withdrawn]
    return given[-1].grounds if given and not asked.seen_by else ()
