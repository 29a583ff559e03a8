"""Which rooms show a page of ours, and under which address: so that it is put there once, and taken away again."""

import json

from sqlalchemy import delete, insert

from storage import tables
from storage.find import Find
from storage.store import Store
from storage.thread import in_store_thread

_KEPT = "rooms with a page"
"""The name of a setting."""


class Shown:
    """What stands in the state of the rooms of cases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @in_store_thread
    def load(self) -> tuple[dict[str, str], list[str]]:
        """The address that each room shows, by room id; and the rooms of all cases."""
        with self._store.look() as find:
            return _shown(find), find.case_rooms()

    @in_store_thread
    def note(self, room_id: str, address: str | None) -> None:
        """A room shows this address now, or none."""
        with self._store.look() as find:
            shown = _shown(find)
        shown.pop(room_id, None)
        if address:
            shown[room_id] = address
        s = tables.settings
        with self._store.update() as session:
            ours = {"account": self._store.account.user_id, "key": _KEPT}
            session.execute(delete(s).filter_by(**ours))
            session.execute(insert(s).values(**ours, value=json.dumps(shown)))


def _shown(find: Find) -> dict[str, str]:
    shown: dict[str, str] = json.loads(find.setting(_KEPT) or "{}")
    return shown
