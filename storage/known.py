"""What seldom changes, kept as it was last read: the directory, and which channel is which room.

Only of a store that no other process writes to. Whatever changes the tables behind it makes all of it unknown.
"""

import threading
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ClauseElement, Connection, Engine, event
from sqlalchemy.sql.dml import UpdateBase

from storage import tables

T = TypeVar("T")
ROOMS = tables.rooms.name
WATCHED = frozenset({ROOMS, tables.agencies.name, tables.professionals.name, tables.preferences.name})
CHANGES_NOTHING_KNOWN = {"changes_nothing_known": True}
"""The execution options of a statement that changes one of the tables, but nothing of what is kept."""


class Known:
    """What was read since the last change.

    A transaction of a moment ago may not put what it read then in the place of what is true now: it says with ``age``
    as of when it read.
    """

    def __init__(self, engine: Engine) -> None:
        self.age = 0
        self.changed: set[str] = set()
        """The tables that the transaction which is under way has changed so far."""
        self._exclusive = engine.dialect.name == "sqlite"
        self._found: dict[Hashable, Any] = {}
        # Between looking at the age and keeping an answer nothing may be forgotten.
        self._keeping = threading.Lock()
        event.listen(engine, "before_execute", self._notice)

    def __repr__(self) -> str:
        return f"<{len(self._found)} known answers>"

    def get(self, question: Hashable) -> Any:  # noqa: ANN401 what was kept for the question
        """The answer, or None: not known, or not for sure."""
        return None if self.changed else self._found.get(question)

    def keep(self, question: Hashable, answer: T, age: int) -> T:
        """Keep an answer that was read at this age, and hand it back."""
        with self._keeping:
            if answer is not None and self._exclusive and not self.changed and age == self.age:
                self._found[question] = answer
        return answer

    def settle(self) -> bool:
        """The transaction that changes something is over, in whichever way; gives whether it was about rooms."""
        rooms = ROOMS in self.changed
        if self.changed:
            self._forget()
            self.changed.clear()
        return rooms

    def _notice(
        self,
        _connection: Connection,
        statement: ClauseElement,
        _multi: object,
        _parameters: object,
        options: Mapping[str, object],
    ) -> None:
        if not isinstance(statement, UpdateBase) or CHANGES_NOTHING_KNOWN.items() <= options.items():
            return
        if (name := getattr(statement.table, "name", "")) in WATCHED:
            self.changed.add(name)
            self._forget()

    def _forget(self) -> None:
        with self._keeping:
            self.age += 1
            self._found.clear()
