"""Which cases a list shows, by words that people type together: ``late police``, ``review due phase: decide``."""

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from cases.case import Mode
from cases.errors import Refusal
from cases.gates import Phase
from cases.people import Agency
from chat.reading import suggest
from chat.said import COURTESY, folded
from commands.caseload.rules import Look, is_urgent
from commands.phase import rules as phases
from commands.radar.rules import Finding

_WORDS = re.compile(r"[^\s,;.:!?]+")
_BETWEEN = COURTESY | {
    *("and", "en", "with", "met", "only", "alleen", "cases", "zaken", "which", "are", "is", "the", "in"),
}
_LONGEST = 5
"""In words."""


class Fits(StrEnum):
    """Why a case is in the list."""

    LATE = "late"
    URGENT = "urgent"
    SILENT = "silent"
    REVIEW_DUE = "review due"
    NO_DIRECTOR = "no director"
    NOT_COME = "not come"
    TEAM = "team"
    TABLE = "table"


_ALSO: Mapping[str, Fits] = {
    **{fits.value: fits for fits in Fits},
    **dict.fromkeys(("overdue", "delayed", "behind", "te laat", "verlopen", "laat"), Fits.LATE),
    **dict.fromkeys(("emergency", "danger", "red", "spoed", "dringend"), Fits.URGENT),
    **dict.fromkeys(("quiet", "inactive", "dormant", "stil"), Fits.SILENT),
    **dict.fromkeys(("review", "reviews", "no review", "due review", "review late"), Fits.REVIEW_DUE),
    **dict.fromkeys(("herziening", "geen herziening"), Fits.REVIEW_DUE),
    **dict.fromkeys(("undirected", "without director", "geen regisseur"), Fits.NO_DIRECTOR),
    **dict.fromkeys(("not joined", "missing people", "niet gekomen"), Fits.NOT_COME),
    **dict.fromkeys(("teams", "daily"), Fits.TEAM),
    **dict.fromkeys(("tables",), Fits.TABLE),
}
_FINDING = {
    Fits.SILENT: Finding.SILENT,
    Fits.REVIEW_DUE: Finding.NO_NEXT_REVIEW,
    Fits.NO_DIRECTOR: Finding.NO_DIRECTOR,
    Fits.NOT_COME: Finding.NOT_COME,
}


class Wanted(NamedTuple):
    """Which cases are asked for; what names nothing is not asked about."""

    fits: tuple[Fits, ...]
    agencies: tuple[str, ...]
    """By short name: they all sit at the table."""
    phases: tuple[Phase, ...]
    """One of them."""


def read_filters(text: str, agencies: Mapping[str, Agency]) -> Wanted:
    """The filters, agencies and phases that a text names, in any order; raises Refusal for any other word.

    ``agencies``: all there are, by short name.
    """
    known: dict[str, Fits | Phase | str] = {phase.value: phase for phase in Phase}
    known |= {folded(name): short for short, agency in agencies.items() for name in (short, agency.name)}
    known |= _ALSO
    found: list[Fits | Phase | str] = []
    for word in _split(text, known):
        if word not in known:
            near = suggest(word, known)
            phases_ = [phase for phase in Phase if phase is not Phase.CLOSED]
            facts = {"filters": list(Fits), "agencies": list(agencies), "phases": phases_}
            raise Refusal("caseload/filter", nearest=str(known[near]) if near else None, **facts)
        found.append(known[word])
    found = list(dict.fromkeys(found))
    wanted = [one for one in found if isinstance(one, Phase)]
    shorts = [one for one in found if not isinstance(one, Fits | Phase)]
    return Wanted(tuple(one for one in found if isinstance(one, Fits)), tuple(shorts), tuple(wanted))


def _split(text: str, known: Collection[str]) -> Iterator[str]:
    """The filters as they were typed: the longest name that is known, and words that say nothing left out."""
    words = [folded(word) for word in _WORDS.findall(text)]
    while words:
        length = next((n for n in range(_LONGEST, 1, -1) if " ".join(words[:n]) in known), 1)
        several = " ".join(words[:length])
        if several in known or several not in _BETWEEN:
            yield several
        del words[:length]


def fits(look: Look, wanted: Wanted) -> bool:
    """Whether a case is in the list; of an agency that is asked for it is late only with what it owes itself."""
    if not set(wanted.agencies) <= set(look.case.seats):
        return False
    if wanted.phases and phases.standing(look.case, look.now).phase not in wanted.phases:
        return False
    return all(_has(look, one, wanted.agencies) for one in wanted.fits)


def _has(look: Look, one: Fits, agencies: Collection[str]) -> bool:
    if one is Fits.LATE:
        return any(not agencies or item.agency in agencies for item in look.late)
    if one is Fits.URGENT:
        return is_urgent(look.case)
    if one in {Fits.TEAM, Fits.TABLE}:
        return look.case.mode is (Mode.TEAM if one is Fits.TEAM else Mode.TABLE)
    return _FINDING[one] in look.findings
