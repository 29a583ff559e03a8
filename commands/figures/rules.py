"""The categories of a case: asked once of whoever runs the process, and told nowhere but in the authority's return.

Their names and choices are closed lists of the scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.record import Record, Words, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

SAID = verb("categories", "said the categories", news=False)


@record("category")
@dataclass(eq=False, repr=False)
class Category(Record):
    """One of the scheme's categories, and what was chosen of it."""

    name: str
    choices: tuple[str, ...]
    """As they were when it was asked for."""
    choice: Words | None = None
    """One of them, and sealed all the same: it is about the person, and goes when its message is deleted."""


def expect(case: Case, categories: Mapping[str, Sequence[str]]) -> None:
    """Ask for the categories of the scheme, as part of the step that opens a case."""
    for name, choices in categories.items():
        _add(case, name, choices, case.steps[0])


def say(
    case: Case, chosen: Mapping[str, str], categories: Mapping[str, Sequence[str]], *, by: Professional, at: datetime
) -> None:
    """Say them, in place of what was said before; only whoever runs the process is asked."""
    if by.user_id != case.director:
        raise Refusal("figures/not_the_director")
    case.require_open()
    known = {one.name: one for one in case.all(Category) if not one.withdrawn}
    step = case.step(SAID, case.ref, by, at)
    for name, choice in chosen.items():
        step.change(known.get(name) or _add(case, name, categories[name], step), choice=choice)


def said(case: Case) -> dict[str, str]:
    """What was chosen, by the name of the category."""
    return {one.name: one.choice for one in case.all(Category) if one.choice is not None and not one.withdrawn}


def _add(case: Case, name: str, choices: Sequence[str], step: Step) -> Category:
    number = len(case.all(Category)) + 1
    made = Category(f"category/{number}", step.by, step.agency, step.at, name, tuple(choices))
    return step.add(case.all(Category), made)
