"""What somebody may have meant, kept until they say yes: what may hold words of a case is sealed with its key."""

import base64
import json
from collections.abc import Collection
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
    """Whether ``line`` is meant: asked of a person, about what they said in an event; where it counts is ``channel``.

    ``lacks_words``: or which words go with it.
    """

    cause: str
    person: str
    channel: str
    event_id: str
    line: str
    card: Card | None
    asked_at: datetime
    lacks_words: bool = False


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
        "lacks_words": question.lacks_words,
        "scope": scope,
        "line": base64.b64encode(work.seal(question.line, scope, _PLACE, question.cause)).decode(),
    }
    work.keep(_QUESTION + question.cause, json.dumps(kept))


def open_to(find: Find, person: str, channel: str, now: datetime) -> Question | None:
    """What this person can say yes to in a channel: the newest."""
    ours = [one for one in _open_to(find, person, now) if one.channel == channel and not one.lacks_words]
    return max(ours, key=lambda one: one.asked_at, default=None)


def about(find: Find, person: str, cause: str, now: datetime) -> Question | None:
    """What this person was asked about a cause, wherever it counts."""
    return next((one for one in _open_to(find, person, now) if one.cause == cause), None)


def line_about(find: Find, person: str, cause: str) -> str | None:
    """The line that this person was asked about, as long as the question is kept."""
    kept = find.setting(_QUESTION + cause)
    question = _question(find, _QUESTION + cause, json.loads(kept)) if kept else None
    return question.line if question and question.person == person else None


def _open_to(find: Find, person: str, now: datetime) -> list[Question]:
    found = [_question(find, row.key, json.loads(row.value)) for row in _rows(find)]
    return [one for one in found if one and one.person == person and now - one.asked_at <= OPEN_FOR]


def settle(work: Work, cause: str, *, once_said: bool = False, but: Collection[str] = ()) -> None:
    """It is answered, or what it was about is gone: what asked it is removed; the rest as for ``retract``."""
    work.retract(cause, once_said=once_said, but=but)
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
        bool(kept["lacks_words"]),
    )


def _drop(work: Work, key: str) -> None:
    s = tables.settings
    work.session.execute(delete(s).filter_by(account=work.account.user_id, key=key))
