"""What can happen in a case: each verb is declared once, beside its rule, with what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.record import Step

Places = Callable[["Step"], Mapping[str, str]]
"""What stands in the places of a phrase, beside those that every step has (``Phrase.places``)."""


@dataclass(frozen=True, repr=False)
class Phrase:
    """What is told of a step, behind who did it."""

    text: str
    """In English, with places: ``asked {agency} for information ({id})``."""
    places: Mapping[str, str]
    """``id``: the subject; ``whole``: the record that it is a part of; ``record``: the same as id, if it is no person.

    ``person`` is somebody's Matrix id, ``agency`` a short name, ``state`` how a record stands: these are shown by name.
    """


@dataclass(frozen=True, eq=False, repr=False)
class Verb:
    """What was declared of a verb, and what follows from it."""

    name: str
    """As it stands in the journal, mostly the command's word."""
    phrases: tuple[str, ...]
    """Its lines in the timeline: the first whose places are all known is told. None of a step that nobody is told."""
    places: Places
    final: bool
    """It has gone out into the world and cannot be taken back."""
    kept: bool
    """The table stands on it: when it is deleted its words go, and what it did stays."""
    sets_nothing: bool
    """It is about other steps, or no command: nothing is taken back of it, and it builds on nothing."""
    leads_nowhere: bool
    """An earlier step can still be taken back behind it."""
    in_a_full_case: bool
    """It ends something, and is written into a case that holds no more."""
    news: bool
    """The others want to hear of it: not of comings and goings, nor of what somebody arranged for themselves."""
    merges: bool
    """Of a list of names it adds its own; every other step that touches one sets it anew."""
    worded: bool
    """Its wording can be replaced with ``!correct``."""
    settles_a_time: bool
    """It gives a meeting its time, or takes it away."""
    makes_a_version: bool
    """It changes what the minutes say."""

    def phrase(self, step: Step) -> Phrase:
        """What is told of a step of this verb."""
        id = step.subject  # noqa: A001 the place is named so
        places = {"id": id, "whole": id.partition("/")[0], "person": id, **self.places(step)}
        if "@" not in id:
            places["record"] = id
        return Phrase(next(text for text in self.phrases if places_in(text) <= places.keys()), places)


VERBS: dict[str, Verb] = {}
"""By name."""


def verb(
    name: str,
    *phrases: str,
    places: Places = lambda _: {},
    final: bool = False,
    kept: bool | None = None,
    sets_nothing: bool = False,
    leads_nowhere: bool = False,
    in_a_full_case: bool = False,
    news: bool = True,
    merges: bool = False,
    worded: bool = False,
    settles_a_time: bool = False,
    makes_a_version: bool = False,
) -> Verb:
    """Declare a verb; one that a journal may hold stays declared. What is final is kept, unless that is denied."""
    if name in VERBS:
        raise RuntimeError(f"two verbs are named {name!r}")
    VERBS[name] = Verb(
        name,
        phrases,
        places,
        final,
        final if kept is None else kept,
        sets_nothing,
        leads_nowhere,
        in_a_full_case,
        news and not sets_nothing,
        merges,
        worded,
        settles_a_time,
        makes_a_version,
    )
    return VERBS[name]


def places_in(text: str) -> set[str]:
    """The places of a phrase."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
