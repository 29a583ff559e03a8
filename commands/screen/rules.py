"""Intake screens: half of those referred had unmet health needs, so each is looked at, or said not to be needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.record import Record, Words, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step


def _which(step: Step) -> dict[str, str]:
    return {"id": step.subject.partition("/")[2]}


LOOKED = verb("screen", "looked at: {id}", places=_which)
UNSCREENED = todo("not screened", "look at it:  !screen {id} looked", "not looked at yet")


@record("screen")
@dataclass(eq=False, repr=False)
class Screen(Record):
    """One thing that is looked at for each person; ``id`` is ``screen/health``."""

    due_at: datetime
    looked: bool | None = None
    """None: nobody has said yet; False: it is not needed."""
    note: Words | None = None
    """What was seen, or why it is not needed."""

    @property
    def name(self) -> str:
        """What is looked at."""
        return self.id.partition("/")[2]


def expect(case: Case, names: Collection[str], due_at: datetime) -> None:
    """Ask for the screens of the scheme, as part of the step that opens a case."""
    opened = case.steps[0]
    for name in names:
        screen = Screen(f"screen/{name}", case.opened_by, opened.agency, opened.at, due_at)
        opened.add(case.all(Screen), screen)


def answer(case: Case, name: str, *, looked: bool, note: str | None, by: Professional, at: datetime) -> Screen:
    """Say that it was looked at, or is not needed and why."""
    case.require_open()
    case.require_seat(by.agency)
    known = {screen.name.casefold(): screen for screen in case.all(Screen)}
    if name.casefold() not in known:
        near = get_close_matches(name.casefold(), known, n=1)
        raise Refusal("screen/unknown", screens=sorted(known), nearest=near[0] if near else None)
    screen = known[name.casefold()]
    case.step(LOOKED, screen.id, by, at).change(screen, looked=looked, note=note)
    return screen


@offers_followups
def list_unscreened(case: Case, now: datetime) -> Iterator[Followup]:
    """What nobody has looked at in time; whoever runs the process sees to it."""
    for screen in case.all(Screen):
        if screen.looked is None and screen.due_at < now:
            agency = case.agency_of(case.director or "") or screen.agency
            yield Followup(screen.name, UNSCREENED, agency, case.director, screen.due_at, late=True, text="")
