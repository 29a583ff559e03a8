"""What somebody may have meant, kept until they say yes: what may hold words of a case is sealed with its key."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from storage import tables
from storage.crypto import WrongKeyError
from storage.find import Card, Find
from storage.work import Work

OPEN_FOR = timedelta(days=1)
_QUESTION = "question "
"""What the name of a setting begins with that holds a question; it ends with the cause of what was asked about."""
_PLACE = "settings.question"


@dataclass(frozen=True, repr=False)
class Question:
    """Whether ``line`` is meant: asked of a person, in a channel, about what they said in an event."""

    cause: str
    person: str
    channel: str
    event_id: str
    line: str
    card: Card | None
    asked_at: datetime


def ask(work: Work, question: Question) -> None:
    """Keep a question."""
    card = question.card
    scope = card.case_ref if card else question.channel.partition(":")[2]
    scope = work.seals_for(scope)
    kept = {
        "person": question.person,
        "channel": question.channel,
        "event_id": question.event_id,
        "card": [card.channel, card.case_ref, card.subject] if card else None,
        "asked_at": question.asked_at.isoformat(),
        "scope": scope,
        "line": base64.b64encode(work.seal(question.line, scope, _PLACE, question.cause)).decode(),
    }
    work.keep(_QUESTION + question.cause, json.dumps(kept))


def open_to(find: Find, person: str, channel: str, now: datetime, *, cause: str | None = None) -> Question | None:
    """What this person can say yes to in a channel: the question about this cause, or the newest."""
    found = [_question(find, row.key, json.loads(row.value)) for row in _rows(find)]
    ours = [
        one
        for one in found
        if one and (one.person, one.channel) == (person, channel) and now - one.asked_at <= OPEN_FOR
    ]
    if cause is not None:
        return next((one for one in ours if one.cause == cause), None)
    return max(ours, key=lambda one: one.asked_at, default=None)


def settle(work: Work, cause: str) -> None:
    """It is answered, or what it was about is gone."""
    _drop(work, _QUESTION + cause)


def too_old(find: Find, now: datetime) -> list[str]:
    """The causes of the questions that nobody can answer any more."""
    found = [(row.key, datetime.fromisoformat(json.loads(row.value)["asked_at"])) for row in _rows(find)]
    return [key.removeprefix(_QUESTION) for key, asked_at in found if now - asked_at > OPEN_FOR]


def _rows(find: Find) -> list:  # type: ignore[type-arg]
    s = tables.settings.c
    ours = (s.account == find.account.user_id, s.key.startswith(_QUESTION, autoescape=True))
    return list(find.rows(select(s.key, s.value).where(*ours)))


def _question(find: Find, key: str, kept: dict[str, object]) -> Question | None:
    cause = key.removeprefix(_QUESTION)
    try:
        line = find.unseal(base64.b64decode(str(kept["line"])), str(kept["scope"]), _PLACE, cause)
    except WrongKeyError:
        # Its case is gone.
        return None
    card = kept["card"]
    return Question(
        cause,
        str(kept["person"]),
        str(kept["channel"]),
        str(kept["event_id"]),
        line,
        Card(*card) if isinstance(card, list) else None,
        datetime.fromisoformat(str(kept["asked_at"])),
    )


def _drop(work: Work, key: str) -> None:
    s = tables.settings
    work.session.execute(delete(s).filter_by(account=work.account.user_id, key=key))
