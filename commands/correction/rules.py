"""Another wording in the place of one on file: ``!correct``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.record import named, one_of
from cases.verbs import verb
from commands.action import rules as action
from commands.concern.rules import Concern
from commands.decision import rules as decision
from commands.request.rules import Answer
from commands.research import rules as research
from commands.research.rules import Check

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Record
    from commands.concern.rules import Basis

CORRECTED = verb("correct", "corrected {id}")


def correct(
    case: Case, record_id: str, text: str | None, *, by: Professional, at: datetime, basis: Basis | None = None
) -> tuple[str, Record]:
    """Supersede a record's text; the earlier wording stays on file. Returns the kind and the record.

    Nobody has agreed to words that they never saw: who accepted an action or agreed with a decision is asked again.
    ``basis`` marks a concern as fact or opinion; without ``text`` its wording stays.
    """
    case.require_open()
    letter = record_id[0]
    kind = named(letter)
    returned = research.return_to(case, one_of(case.all(Check), record_id)) if letter == "Q" else None
    if kind is None or (kind.wording is None and returned is None):
        raise Refusal("correct/use_minutes" if letter == "M" else "correct/no_text", id=record_id)
    record: Record = returned or one_of(case.all(kind.kept_as), record_id)
    name = kind.wording or "text"
    if letter == "R" and by.agency != record.agency:
        mine = [a for a in case.all(Answer) if a.request == record_id and a.agency == by.agency and not a.withdrawn]
        if mine:
            record, name = mine[-1], "text"
    if by.agency != record.agency:
        raise Refusal("correct/not_yours", id=record_id, agency=record.agency)
    if basis and not isinstance(record, Concern | Answer):
        raise Refusal("correct/only_concerns", id=record_id)
    step = case.step(CORRECTED, record_id, by, at)
    if text is not None:
        step.change(record, **{name: text})
        if isinstance(record, action.Action):
            action.ask_again(record, step)
        elif isinstance(record, decision.Decision):
            decision.ask_again(case, record, step)
    if basis:
        step.change(record, kind=basis)
    return kind.name, record
