"""Who comes and goes, and whether a room still is as we made it: looked at before anything that was said there."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

import structlog

from bot.matrix.alone import alone
from bot.matrix.backoff import Backoff
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import MatrixError, NotAllowed, Rejected, Unavailable
from bot.matrix.crypto.events import Invitation, StateChange
from bot.matrix.room_guard import REMOVED, TOMBSTONE, find_tampering, is_replacement
from bot.matrix.sender import DECLINED
from cases.roles import Place
from chat.context import direct_channel
from commands.case.comings import Comings, welcomed
from commands.trust.watch import Watch
from storage import causes
from storage.database import StoreAwayError
from storage.find import Find, place_of
from storage.progress import Progress
from storage.store import Store

log = structlog.get_logger(__name__)
MOST_TRIES_TO_JOIN = 3
WELCOME_AFTER_SECONDS = 2.0


class Membership:
    """Looks at the state of rooms: people, power, and whether they are ours."""

    def __init__(self, client: HardenedClient, store: Store, watch: Watch, comings: Comings) -> None:
        self._client = client
        self._store = store
        self._progress = Progress(store)
        self._watch = watch
        self._comings = comings
        self._arriving: dict[str, dict[str, str]] = {}
        self._welcomes: set[asyncio.Task[None]] = set()
        self._ended = False
        self._join_failures: Counter[str] = Counter()

    async def end(self) -> None:
        """Look at nothing more; who has just come is still welcomed."""
        self._ended = True
        await asyncio.gather(*self._welcomes)

    async def look(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """What changed in a room. Raises StoreAwayError, Unavailable or Rejected."""
        changes = tuple(changes)
        # First of all: in a room that is not safe any more, nothing is said.
        for part in (self.guard, self.meet, self.meet_others):
            await alone(part(room_id, changes), room_id=room_id)

    async def look_around(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """A room as it is when the bot first listens."""
        changes = tuple(changes)
        for part in (self.guard, self.meet_others):
            await alone(part(room_id, changes), room_id=room_id)

    async def guard(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """A room of ours that was replaced or tampered with. What people make of their direct chats is their affair."""
        us = self._client.user_id
        tombs = [change for change in changes if change.type == "m.room.tombstone" and change.state_key == ""]
        found = [(code, change.event_id) for change in changes if (code := find_tampering(change, us))]
        if not tombs and not found:
            return
        channel = await self._store.ask(lambda find: find.channel(room_id))
        if channel is None or place_of(channel) is Place.DIRECT:
            return
        for tomb in tombs[-1:]:
            replacement = tomb.content.get("replacement_room")
            if not found and isinstance(replacement, str) and await self._replaced(room_id, replacement, tomb.sender):
                await self._watch.room_moved(room_id, replacement, causes.of_job("moved", room_id, tomb.event_id))
            else:
                found.append((TOMBSTONE, tomb.event_id))
        for code, event_id in found:
            log.warning("room tampered with", room=room_id, code=code)
            await self._watch.room_lost(room_id, code, causes.of_job("lost", room_id, event_id))

    async def _replaced(self, room_id: str, by_room_id: str, sender: str) -> bool:
        """Whether we replaced a room ourselves, by one that is as safe."""
        if sender != self._client.user_id:
            return False
        try:
            state = await self._client.room_state(by_room_id)
        except NotAllowed:
            return False
        return is_replacement(state, room_id, self._client.user_id)

    async def meet(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """Members who came or went."""
        changes = [c for c in changes if c.type == "m.room.member" and c.state_key != self._client.user_id]
        if not changes:
            return
        channel, seated = await self._store.ask(lambda find: _seated_in(find, room_id))
        if channel is None or seated is None:
            return
        arrived, gone, declined = _sort_changes(changes, seated)
        for change in arrived:
            if change.state_key in seated:
                self._welcome_soon(room_id, change)
            else:
                await self._comings.joined(
                    room_id, (change.state_key,), _came(room_id, change.state_key, change.event_id)
                )
        for change in declined:
            cause = causes.of_job("declined", room_id, change.state_key, change.event_id)
            await self._watch.not_coming(channel, change.state_key, DECLINED, cause)
        for change in gone:
            await self._comings.left(
                room_id, change.state_key, causes.of_job("left", room_id, change.state_key, change.event_id)
            )

    async def meet_others(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """Those who came into a room that is no case's: they are welcomed; whoever does not belong there must go."""
        joins = [c for c in changes if c.type == "m.room.member" and c.content.get("membership") == "join"]
        arrived = {change.state_key: change.event_id for change in joins if change.state_key != self._client.user_id}
        if not arrived:
            return

        def look(find: Find) -> tuple[str | None, frozenset[str], frozenset[str]]:
            channel = find.channel(room_id)
            if channel is None:
                return None, frozenset(), frozenset()
            return channel, find.audience(channel), welcomed(find, channel)

        channel, audience, known = await self._store.ask(look)
        if channel is None or place_of(channel) is Place.CASE:
            return
        for change in joins:
            if change.state_key in audience - known:
                self._welcome_soon(room_id, change)
        if place_of(channel) is Place.DIRECT:
            return
        for user_id in arrived.keys() - audience:
            await self._watch.stranger_came(
                channel, user_id, causes.of_job("stranger", room_id, user_id, arrived[user_id])
            )
        if channel == Place.ADMIN:
            await self._watch.admin_came(sorted(arrived.keys() & audience))

    async def lose(self, room_id: str, token: str) -> None:
        """We are no longer in a room. Another direct chat is made when there is something to say."""
        channel = await self._store.ask(lambda find: find.channel(room_id))
        if channel is not None and place_of(channel) is Place.DIRECT:
            await self._progress.forget_room(channel)
        elif channel is not None:
            await self._watch.room_lost(room_id, REMOVED, causes.of_job("lost", room_id, token))

    def _welcome_soon(self, room_id: str, change: StateChange) -> None:
        """Welcome those together who come within a moment. After a crash they are seen again at the next start."""
        waiting = self._arriving.setdefault(room_id, {})
        # Whoever is met twice, as a sync tells it and as the room is looked at, is welcomed once.
        is_first = not waiting
        waiting[change.state_key] = change.event_id
        if is_first:
            welcome = asyncio.create_task(self._welcome(room_id))
            self._welcomes.add(welcome)
            welcome.add_done_callback(self._welcomes.discard)

    def meet_soon(self, room_id: str) -> None:
        """Look who is in a room that has just been made: who came before it was on file was taken for nobody's."""
        meeting = asyncio.create_task(self._meet_again(room_id))
        self._welcomes.add(meeting)
        meeting.add_done_callback(self._welcomes.discard)

    async def _meet_again(self, room_id: str) -> None:
        backoff = Backoff()
        while not self._ended:
            try:
                state = await self._client.room_state(room_id)
                await alone(self.meet(room_id, state), room_id=room_id)
                await alone(self.meet_others(room_id, state), room_id=room_id)
            except (Unavailable, StoreAwayError):
                await asyncio.sleep(backoff.next())
            except MatrixError:
                # Not our room any more: the next sync says so.
                return
            else:
                return

    async def _welcome(self, room_id: str) -> None:
        await asyncio.sleep(WELCOME_AFTER_SECONDS)
        arrived = self._arriving.pop(room_id)
        backoff = Backoff()
        while True:
            cause = _came(room_id, *next(reversed(arrived.items())))
            try:
                await alone(self._comings.joined(room_id, tuple(arrived), cause), room_id=room_id)
                await alone(self._comings.came(room_id, tuple(arrived)), room_id=room_id)
            except StoreAwayError:
                await asyncio.sleep(backoff.next())
            else:
                break

    async def accept(self, invitation: Invitation) -> None:
        """Accept a direct chat from somebody we know, if it is encrypted and nobody else is in it; decline the rest."""
        known = await self._store.ask(lambda find: invitation.sender in find.directory().people)
        try:
            if known:
                await self._client.join(invitation.room_id)
                state = await self._client.room_state(invitation.room_id)
                people = {
                    c.state_key
                    for c in state
                    if c.type == "m.room.member" and c.content.get("membership") in {"join", "invite"}
                }
                encrypted = any(c.type == "m.room.encryption" for c in state)
                if encrypted and people == {self._client.user_id, invitation.sender}:
                    await self._progress.save_room(direct_channel(invitation.sender), invitation.room_id)
                    await self._comings.came(invitation.room_id, (invitation.sender,))
                    return
            await self._client.leave(invitation.room_id)
        except NotAllowed:
            log.info("invitation is gone", room_id=invitation.room_id)
        except (Rejected, Unavailable) as problem:
            # Perhaps it is only this room that can't be joined, such as one of a server that is away.
            self._join_failures[invitation.room_id] += 1
            if self._join_failures[invitation.room_id] < MOST_TRIES_TO_JOIN:
                raise
            log.warning("invitation given up", room_id=invitation.room_id, reason=str(problem))
        self._join_failures.pop(invitation.room_id, None)


def _came(room_id: str, user_id: str, event_id: str) -> str:
    return causes.of_job("joined", room_id, user_id, event_id)


def _seated_in(find: Find, room_id: str) -> tuple[str | None, dict[str, bool] | None]:
    """The channel of a case's room, and who sits at its table and has joined it; None: it is no case's."""
    channel = find.channel(room_id)
    if channel is None or place_of(channel) is not Place.CASE:
        return None, None
    # At a start this is asked for every room: reading the whole cases would take most of it.
    return channel, find.seated(channel.partition(":")[2])


def _sort_changes(
    changes: Iterable[StateChange], seated: Mapping[str, bool]
) -> tuple[list[StateChange], list[StateChange], list[StateChange]]:
    """Who came into a case's room, who left it, and who declined; ``seated``: who has joined, of those at the table."""
    arrived, gone, declined = [], [], []
    for change in changes:
        membership, joined = change.content.get("membership"), seated.get(change.state_key)
        if membership == "join" and not joined:
            arrived.append(change)
        elif membership in {"leave", "ban"} and joined:
            gone.append(change)
        elif membership == "leave" and joined is False and change.sender == change.state_key:
            declined.append(change)
    return arrived, gone, declined
