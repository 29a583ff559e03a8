"""Making a room of ours: found again after a crash, so that none is made twice, with its people invited at once."""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import Rejected
from cases.roles import Place
from commands.trust.watch import Watch
from storage import restoring
from storage.store import Store

MARKER = "org.roundtable.channel"
"""In the creation content of each of our rooms: finds a room again that was made just before a crash."""
MOST_INVITED_AT_ONCE = 10
"""Synapse, as it is installed, refuses more. What is asked with the room counts in none of its limits, and who is asked
later waits for the limits of the room, of the bot, and of each person."""

NAMES = {
    Place.COORDINATION.value: "Coordination",
    Place.STEERING.value: "Steering group",
    Place.LEADERS.value: "Leaders",
    Place.COMMITTEE.value: "Lawfulness committee",
    Place.ADMIN.value: "Admin",
}
"""What the rooms of the house are called, by channel; those of agencies have their agency's name."""
_OF_CASE = re.compile(rf"{Place.CASE}:([A-Z0-9]{{4}})(?: [0-9]{{1,9}})?", re.ASCII)
IN_SPACE = frozenset({Place.AGENCY, *map(Place, NAMES)})
"""The kinds of room that everybody sees in the space: who is in no case learns of none."""


class MakesRooms(Protocol):
    """What making a room needs of Matrix; the hardened client has it."""

    async def create_room(
        self,
        *,
        name: str,
        topic: str,
        creation_content: Mapping[str, object],
        invite: Iterable[str],
        space: bool,
        parent: str | None,
        picture: str | None,
    ) -> str:
        """Make a room, or a space, and invite people into it."""

    async def add_to_space(self, space_id: str, room_id: str) -> None:
        """Show a room in a space."""

    async def find_room(self, marker: tuple[str, str]) -> str | None:
        """The room of ours with this key and value in its creation content."""


async def make_room(
    rooms: MakesRooms,
    marker: str,
    *,
    name: str,
    topic: str = "",
    invite: Iterable[str] = (),
    space: bool = False,
    parent: str | None = None,
    picture: str | None = None,
) -> tuple[str, frozenset[str]]:
    """Find or make the room with this marker; gives its id, and who was invited with it. Others are to be asked yet."""
    found = await rooms.find_room((MARKER, marker))
    if found is not None:
        if parent is not None:
            await rooms.add_to_space(parent, found)
        return found, frozenset()
    first = tuple(invite)[:MOST_INVITED_AT_ONCE]
    content = {MARKER: marker}
    try:
        room_id = await rooms.create_room(
            name=name,
            topic=topic,
            creation_content=content,
            invite=first,
            space=space,
            parent=parent,
            picture=picture,
        )
    except Rejected:
        if not first:
            raise
        # One of them can't be invited, or not so many: they are asked one by one. The room may be there all the same.
        return await make_room(rooms, marker, name=name, topic=topic, space=space, parent=parent, picture=picture)
    return room_id, frozenset(first)


async def find_unfiled(client: HardenedClient, store: Store, watch: Watch) -> None:
    """After a restore, tell of the case rooms that are ours and younger than the file, so that nobody waits there.

    Raises Unavailable or Rejected: it is looked for again.
    """
    if await store.ask(restoring.looks_for_rooms):
        markers = map(_OF_CASE.fullmatch, await client.list_markers(MARKER))
        await watch.unfiled(sorted({marker[1] for marker in markers if marker}))
