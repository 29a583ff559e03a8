"""A question for advice: worded without names, sent once somebody has approved that, and answered (practice, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb
from commands.phase.rules import chair_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

WORDED = verb("advice", "worded a question for advice ({id})")
SENT = verb("send", "sent {id} for advice", final=True)
ADVISED = verb("advise", "gave advice ({id})", final=True, in_a_full_case=True)
UNSENT = todo("advice unsent", "read {id} again, and send it", "a question for advice is not sent")
UNADVISED = todo("advice", "{id} waits for advice", "no advice yet")


@record("advice", letter="V", noun="question for advice")
@dataclass(eq=False, repr=False)
class Advice(Record):
    """What is asked, as it leaves the room; and what came back."""

    text: Words
    to: str
    """The place that is asked: ``steering`` or ``committee``."""
    sent_at: datetime | None = None
    sent_by: str | None = None
    answer: Words | None = None
    answered_by: str | None = None
    """Who answered (Matrix id): for those who were asked, not for an agency."""
    answered_at: datetime | None = None


def word(case: Case, text: str, to: str, *, by: Professional, at: datetime) -> Advice:
    """Put a question on file that names nobody; it takes the place of one by the same person that was not sent."""
    case.require_open()
    asked = Advice(next_id("V", case.all(Advice), case.steps), by.user_id, by.agency, at, text, to)
    step = case.step(WORDED, asked.id, by, at)
    for earlier in case.all(Advice):
        if (earlier.by, earlier.to, earlier.sent_at, earlier.withdrawn) == (by.user_id, to, None, False):
            step.change(earlier, withdrawn=True)
    return step.add(case.all(Advice), asked)


def send(case: Case, advice_id: str, text: str, *, by: Professional, at: datetime, steers: bool) -> Advice:
    """Let it leave the room, as it reads now: its author does, the chair, or who steers the case."""
    asked = one_of(case.all(Advice), advice_id)
    case.require_open()
    if asked.sent_at is not None:
        raise Refusal("advice/sent_already", id=asked.id)
    if not steers and by.user_id not in {asked.by, chair_of(case)}:
        raise Refusal("advice/not_yours", id=asked.id, person=asked.by)
    step = case.step(SENT, asked.id, by, at)
    step.change(asked, sent_at=at, sent_by=by.user_id)
    if text != asked.text:
        worded = next(s.number for s in reversed(case.told(WORDED)) if s.subject == asked.id)
        step.change(asked, worded, text=text)
    return asked


def advise(case: Case, advice_id: str, text: str, *, by: Professional, at: datetime) -> Advice:
    """Answer it; who has answered may say it again, better."""
    asked = one_of(case.all(Advice), advice_id)
    if asked.answered_by not in {None, by.user_id}:
        raise Refusal("advice/answered_already", person=asked.answered_by)
    case.step(ADVISED, asked.id, by, at).change(asked, answer=text, answered_by=by.user_id, answered_at=at)
    return asked


@offers_followups
def list_unanswered(case: Case, now: datetime) -> Iterator[Followup]:
    """What is not sent, and what is not answered."""
    del now
    for one in case.all(Advice) if not case.closed else ():
        if not one.withdrawn and one.answer is None:
            what = UNSENT if one.sent_at is None else UNADVISED
            yield Followup(one.id, what, one.agency, one.by, None, late=False, text=one.text)
