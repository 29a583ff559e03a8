"""The posture of each agency: who is only consulted is outside the room, and is asked in its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.handover import give_back_all
from cases.record import Record, Words, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step


class Posture(StrEnum):
    """How far an agency is in a case."""

    LEAD = "lead"
    ACTIVE = "active"
    BACKGROUND = "background"
    """It sits at the table, and keeps out of sight of the person."""
    CONSULT = "consult"
    """It is outside the room, keeps its seat, and is asked in its own room."""


def _whose(step: Step) -> Mapping[str, str]:
    return {"agency": str(step.entries[0].fields["of"])}


SET = verb("posture", "said how far {agency} is in", places=_whose, final=True)


@record("posture")
@dataclass(eq=False, repr=False)
class Change(Record):
    """That an agency is so far in from then on."""

    of: str
    """The agency, by short name."""
    posture: Posture
    because: Words | None = None
    people: tuple[str, ...] = ()
    """Who left the room with it (Matrix ids)."""


def set_posture(
    case: Case,
    agency: str,
    posture: Posture,
    *,
    because: str | None,
    by: Professional,
    at: datetime,
    steers: Callable[[str], bool] = lambda _: False,
) -> Change:
    """Say how far an agency is in; the people of one that is only consulted leave the room, and its seat stays.

    ``steers``: who of them coordinates, and stays to run the process (Matrix ids).
    """
    case.require_open()
    case.require_seat(agency)
    if posture is posture_of(case, agency):
        raise Refusal("posture/same", ref=case.ref, agency=agency, posture=posture)
    leaving = [
        member
        for member in case.present
        if posture is Posture.CONSULT
        and member.agency == agency
        and member.user_id != case.director
        and not steers(member.user_id)
    ]
    step = case.step(SET, f"posture/{len(case.all(Change)) + 1}", by, at)
    for member in leaving:
        step.change(member, left_at=at, apart=True)
        give_back_all(case, member.user_id, step)
    people = tuple(member.user_id for member in leaving)
    made = Change(step.subject, by.user_id, by.agency, at, agency, posture, because, people)
    return step.add(case.all(Change), made)


def posture_of(case: Case, agency: str) -> Posture:
    """How far an agency is in now; active, unless it was said otherwise."""
    said = [change.posture for change in case.all(Change) if change.of == agency and not change.withdrawn]
    return said[-1] if said else Posture.ACTIVE


def postures(case: Case) -> dict[str, Posture]:
    """The agencies that are not simply active."""
    found = {agency: posture_of(case, agency) for agency in case.seats}
    return {agency: posture for agency, posture in found.items() if posture is not Posture.ACTIVE}


def consulted(case: Case) -> set[str]:
    """The agencies that are only asked."""
    return {agency for agency, posture in postures(case).items() if posture is Posture.CONSULT}
