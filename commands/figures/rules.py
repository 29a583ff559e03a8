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
    from collections.abc import Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional

SAID = verb("categories", "said the categories", news=False)


@record("category")
@dataclass(eq=False, repr=False)
class Category(Record):
    """What was chosen of one of the scheme's categories; the last one of a name counts."""

    name: str
    choice: Words
    """One of a closed list, and sealed all the same: it is about the person, and goes when its message is deleted."""


def say(case: Case, chosen: Mapping[str, str], *, by: Professional, at: datetime) -> None:
    """Say them, in place of what was said before; only whoever runs the process is asked."""
    if by.user_id != case.director:
        raise Refusal("figures/not_the_director")
    case.require_open()
    step = case.step(SAID, case.ref, by, at)
    for name, choice in chosen.items():
        for earlier in case.all(Category):
            if earlier.name == name and not earlier.withdrawn:
                step.change(earlier, withdrawn=True)
        number = len(case.all(Category)) + 1
        step.add(case.all(Category), Category(f"category/{number}", by.user_id, by.agency, at, name, choice))


def said(case: Case) -> dict[str, str]:
    """What was chosen, by the name of the category."""
    return {one.name: one.choice for one in case.all(Category) if not one.withdrawn}
