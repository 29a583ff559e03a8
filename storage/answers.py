"""What admins have answered about a verification, from the command to the bot that carries it out."""

import json
from dataclasses import dataclass

from sqlalchemy import delete, select

from storage import tables
from storage.find import Find
from storage.store import Store
from storage.work import Work

_SHOWN = "verification shown "
_ANSWERED = "verification answered "


@dataclass(frozen=True, repr=False)
class Answer:
    """Whether the emoji that were shown for a person are what that person sees."""

    person: str
    compared: str
    same: bool
    cause: str


def show(work: Work, person: str, compared: str) -> None:
    """Remember what the admins were shown for a person."""
    work.keep(_SHOWN + person, compared)


def shown(find: Find, person: str) -> str | None:
    """What the admins were shown for a person, and nobody has answered."""
    return find.setting(_SHOWN + person)


def hide(work: Work, person: str) -> None:
    """There is nothing to compare any more."""
    s = tables.settings
    work.session.execute(delete(s).filter_by(account=work.account.user_id, key=_SHOWN + person))


def answer(work: Work, person: str, compared: str, *, same: bool) -> None:
    """Write an admin's answer down; the bot carries it out after this is committed."""
    hide(work, person)
    work.keep(_ANSWERED + person, json.dumps({"compared": compared, "same": same, "cause": work.cause}))


def take(store: Store) -> list[Answer]:
    """The answers that wait; they are taken once. One that is lost in a crash is lost with its verification."""
    s = tables.settings
    ours = (s.c.account == store.account.user_id, s.c.key.startswith(_ANSWERED, autoescape=True))
    query = select(s.c.key, s.c.value).where(*ours)
    with store.look() as find:
        rows = find.rows(query)
    if not rows:
        return []
    with store.update() as session:
        session.execute(delete(s).where(*ours, s.c.key.in_([row.key for row in rows])))
    return [Answer(person=row.key.removeprefix(_ANSWERED), **json.loads(row.value)) for row in rows]
