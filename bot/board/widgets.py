"""The page in each case room: its address stands in the room's state, which the homeserver reads; nothing of a case."""

from typing import Protocol

import structlog

from bot.matrix.crypto.errors import NotAllowed, Rejected, Unavailable
from storage.shown import Shown
from storage.store import Store

log = structlog.get_logger(__name__)
WIDGET_ID = "org.roundtable.board"
MOST_AT_ONCE = 50
"""Rooms: what else is due with a tick does not wait long for them."""


class ShowsWidgets(Protocol):
    """What showing a page needs of Matrix; the hardened client has it."""

    async def show_widget(self, room_id: str, widget_id: str, widget: dict[str, object] | None) -> None:
        """Have apps show a page in a room; None: no longer."""


class Widgets:
    """Has the page shown in the rooms of cases, or in none."""

    def __init__(self, client: ShowsWidgets, store: Store, address: str | None) -> None:
        self._client = client
        self._us = store.account.user_id
        self._shown = Shown(store)
        self._address = address

    async def keep(self) -> None:
        """Show the page where it is not shown yet, under this address; take it away where boards are off.

        Raises StoreAwayError. What is left the next tick takes up.
        """
        shown, rooms = await self._shown.load()
        wanted = dict.fromkeys(rooms, self._address) if self._address else {}
        changed = [room_id for room_id in {**shown, **wanted} if shown.get(room_id) != wanted.get(room_id)]
        for room_id in changed[:MOST_AT_ONCE]:
            address = wanted.get(room_id)
            try:
                await self._client.show_widget(room_id, WIDGET_ID, describe(address, self._us) if address else None)
            except Unavailable as problem:
                log.warning("board not shown yet", reason=type(problem).__name__)
                return
            except (NotAllowed, Rejected) as problem:
                # It is gone, or this homeserver takes no such thing: nobody waits for it.
                log.warning("board not shown", room=room_id, code=problem.code)
            await self._shown.note(room_id, address)


def describe(address: str, us: str) -> dict[str, object]:
    """The page as apps read of it (MSC1236); what stands behind the hash stays in the browser."""
    own = "user=$matrix_user_id&language=$org.matrix.msc2873.client_language&theme=$org.matrix.msc2873.client_theme"
    return {
        "id": WIDGET_ID,
        "type": "m.custom",
        "name": "Roundtable",
        "url": f"{address}/#{own}",
        "creatorUserId": us,
        "data": {},
    }
