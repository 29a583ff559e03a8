# lines: all calls on the homeserver, so that nothing leaves by another way; what they need has its own modules
"""The Matrix client of the bot: everything that leaves is encrypted, everything that comes in is judged."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Self, TypeGuard

from bot.matrix.crypto.devices import Devices
from bot.matrix.crypto.errors import NotAllowed, NotEncrypted, NotOurDevice, Rejected, Unavailable
from bot.matrix.crypto.events import Batch, Event, StateChange, is_event, is_redacted, is_state, read_change
from bot.matrix.crypto.figures import Figures
from bot.matrix.crypto.machine import Machine
from bot.matrix.crypto.missing import MissingKeys
from bot.matrix.crypto.rooms import Room, describe_room
from bot.matrix.crypto.sharing import Sharing
from bot.matrix.crypto.signing import equals
from bot.matrix.crypto.store import StoreFolder
from bot.matrix.crypto.sync import Reader, Syncing, upload_keys
from bot.matrix.crypto.trust import Pins, Verdict
from bot.matrix.crypto.wire import LARGEST_LIST, Json, Patience, Wire, encode_path, is_token
from storage.identifiers import is_event_id, is_room_id

PAGE = 100
MOST_PAGES = 1000
CLOCKS_APART = timedelta(hours=1)
"""How far the clocks of the bot and of the homeserver may differ."""


async def sign_in(
    homeserver: str, user_id: str, password: str, device_name: str, *, patience: Patience | None = None
) -> tuple[str, str]:
    """Make a new device with a password; gives its device id and access token.

    Raises NotAllowed when the homeserver does not accept the password, or Unavailable.
    """
    request = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user_id},
        "password": password,
        "initial_device_display_name": device_name,
    }
    async with Wire(homeserver) as wire:
        wire.patience = patience
        answer = await wire.ask("POST", "v3/login", request)
    return str(answer["device_id"]), str(answer["access_token"])


class HardenedClient:
    """One signed-in device. Open it with HardenedClient.open_client, end it with close.

    It is not nio's AsyncClient, and has none of its methods: of nio only the Olm machine and its store are used, behind
    the machine beside it. So there is no way to send in plaintext by mistake. Every method that talks to the homeserver
    raises Unavailable (try again later), TokenRevoked (sign in again), NotAllowed or Rejected (don't try again).
    """

    def __init__(self, wire: Wire, machine: Machine, pins: Pins, folder: StoreFolder) -> None:
        """Not for use from outside: open_client puts the parts together."""
        self.wire = wire
        self.machine = machine
        self.pins = pins
        self.devices = Devices(wire, machine, pins)
        self.user_id = machine.user_id
        self.device_id = machine.device_id
        self._server = self.user_id.partition(":")[2]
        self._folder = folder
        self._rooms: dict[str, Room] = {}
        missing = MissingKeys(wire, machine, self.devices)
        self._reader = Reader(machine, self.devices, missing)
        self._sharing = Sharing(wire, machine, self.devices)
        self._syncing = Syncing(wire, machine, self.devices, self._sharing, self._rooms, self._reader, missing)
        self._announcing = asyncio.Lock()
        self.people: Collection[str] | None = None
        """Whose room keys are kept, wherever they write, beside those of a room's own members; None: everybody's."""
        machine.accept_keys(self._admits, self._rooms.__contains__)

    def __repr__(self) -> str:
        return f"HardenedClient({self.user_id}, {self.device_id})"

    @classmethod
    async def open_client(  # noqa: PLR0917 - where, who, and with which store, in that order
        cls,
        homeserver: str,
        user_id: str,
        device_id: str,
        access_token: str,
        store_dir: Path,
        store_key: bytes,
        pins: Pins,
    ) -> Self:
        """Restore a signed-in device; nothing is asked from the homeserver yet. store_key is 32 random bytes.

        Raises StoreLocked when another process uses the store, StoreUnreadable when it is corrupt, of another account
        or device, or its key is wrong.
        """
        folder = StoreFolder(store_dir)
        try:
            machine = Machine(folder.open(user_id, device_id, store_key))
        except BaseException:
            folder.release()
            raise
        return cls(Wire(homeserver, access_token), machine, pins, folder)

    async def close(self) -> None:
        """End the connections and let another process have the store."""
        await self.wire.close()
        self.machine.close()
        self._folder.release()

    def _admits(self, sender: str, room_id: str) -> bool:
        room = self._rooms.get(room_id)
        inside = room is not None and (sender in room.joined or sender in room.invited)
        return inside or sender == self.user_id or self.people is None or sender in self.people

    @property
    def figures(self) -> Figures:
        """What went wrong between devices since this process started."""
        return self.machine.figures

    async def announce(self) -> None:
        """Upload our device's keys if this was never done.

        Raises NotOurDevice when the homeserver already has others: the store was lost, a new device is needed.
        """
        async with self._announcing:
            if self.machine.announced:
                return
            question = {"device_keys": {self.user_id: [self.device_id]}}
            answer = await self.wire.ask("POST", "v3/keys/query", question)
            try:
                theirs = answer["device_keys"][self.user_id][self.device_id]["keys"][f"ed25519:{self.device_id}"]
            except (KeyError, TypeError):
                theirs = None
            if theirs is not None and not (isinstance(theirs, str) and equals(theirs, self.machine.signing_key)):
                raise NotOurDevice("the homeserver has other keys for our device: the crypto store was lost")
            await upload_keys(self.wire, self.machine, held=0, fallback=True)

    # Hearing

    async def sync_once(self, since: str | None, *, timeout_ms: int = 30_000, in_a_hurry: bool = False) -> Batch:
        """What is new since a token, or everything without one. Waits at most timeout_ms for something new.

        Once in each process it brings the whole state of all rooms, at once: the first time, or the second when that is
        not in_a_hurry.
        The same token can be used again: events then come again, with the same verdicts as far as keys did not change.
        """
        await self.announce()
        return await self._syncing.sync(since, timeout_ms=timeout_ms, in_a_hurry=in_a_hurry)

    async def retry(self, source: Mapping[str, object]) -> Event | None:
        """Read an event that could not be decrypted before; None as long as its key is still missing (fault 16)."""
        room_id = source.get("room_id")
        if not is_room_id(room_id) or not is_event(source):
            return None
        raw = dict(source)
        await self._reader.learn_senders([(room_id, raw)])
        (event,) = await self._reader.read([(room_id, raw)])
        return None if event.verdict is Verdict.UNDECRYPTABLE else event

    async def history(
        self, room_id: str, *, back_to_event_id: str | None, from_token: str, limit: int, to_token: str | None = None
    ) -> list[Event]:
        """Page back from a token (prev_batch of a limited timeline) to an event, itself excluded; oldest first.

        Gives at most limit events, the newest ones (fault 14), and none from before to_token (next_batch of an earlier
        sync). State is left out.
        """
        found: list[Json] = []
        async for page in self._page_back(room_id, from_token, to_token):
            ids = [raw["event_id"] for raw in page]
            reached = back_to_event_id is not None and back_to_event_id in ids
            events = page[: ids.index(back_to_event_id)] if reached else page
            found += [raw for raw in events if not is_state(raw) and not is_redacted(raw)]
            if reached or len(found) >= limit:
                break
        newest = list(reversed(found[:limit]))
        await self._reader.learn_senders((room_id, raw) for raw in newest)
        return await self._reader.read([(room_id, raw) for raw in newest])

    async def find_sent(self, room_id: str, txn_id: str, *, since: datetime) -> str | None:
        """The event that this device posted under a transaction id, if the homeserver has it; None: it was not posted.

        A homeserver forgets after a day that it knows a transaction id, and takes the same message a second time. What
        it keeps is the id on the event itself, and it shows it only to the device that sent it (specification: Event
        format, unsigned.transaction_id). The timeline is paged back to what is an hour older than since.
        """
        oldest = (since - CLOCKS_APART).timestamp() * 1000
        async for events in self._page_back(room_id, None, None):
            for raw in events:
                unsigned = raw.get("unsigned")
                known = unsigned.get("transaction_id") if isinstance(unsigned, dict) else None
                if known == txn_id and raw["sender"] == self.user_id:
                    return str(raw["event_id"])
            sent = [raw.get("origin_server_ts") for raw in events]
            if sent and all(isinstance(ts, int) and ts < oldest for ts in sent):
                break
        return None

    async def _page_back(self, room_id: str, from_token: str | None, to_token: str | None) -> AsyncIterator[list[Json]]:
        """The events of a room, newest first, in pages; without from_token from the newest on."""
        path = "v3/" + encode_path("rooms", room_id, "messages")
        query = {"dir": "b", "limit": str(PAGE)}
        if to_token is not None:
            query["to"] = to_token
        token: object = from_token
        for _ in range(MOST_PAGES):
            asked = {**query, "from": token} if isinstance(token, str) else query
            page = await self.wire.ask("GET", path, query=asked, largest=LARGEST_LIST)
            chunk = page.get("chunk")
            # A page can be empty, and not be the last: what we may not see is left out of it.
            yield [raw for raw in chunk if is_event(raw)] if isinstance(chunk, list) else []
            if not is_token(page.get("end")) or page["end"] == token:
                return
            token = page["end"]

    # Speaking

    async def post(
        self,
        room_id: str,
        content: Mapping[str, object],
        *,
        txn_id: str,
        type: str = "m.room.message",  # noqa: A002
        only_for: Collection[str] | None = None,
    ) -> str:
        """Encrypt and send; gives the event id. The same txn_id sent again within a day gives the same event.

        Joined members can read it; with only_for, those of them who are in it and nobody else.

        Raises NotEncrypted, with nothing sent, in a room that is not encrypted; NotAllowed when the room is gone.
        """
        room = await self._find_room(room_id)
        if not room.encrypted:
            raise NotEncrypted(room_id)
        encrypted, said = await self._sharing.encrypt(room, type, content, only_for)
        path = "v3/" + encode_path("rooms", room_id, "send", "m.room.encrypted", txn_id)
        try:
            return _read_id(await self.wire.ask("PUT", path, encrypted), "event_id", is_event_id)
        finally:
            said.until = time.monotonic()

    def unreachable(self, room_id: str) -> dict[str, Verdict]:
        """The joined members who could not read our last message there, and why."""
        room = self._rooms.get(room_id)
        return {} if room is None else self._sharing.list_unreachable(room)

    def unsigned(self, room_id: str) -> dict[str, frozenset[str]]:
        """Who is joined, ourselves included, with devices that they have not signed, and the ids of those."""
        room = self._rooms.get(room_id)
        return {} if room is None else self._sharing.list_unsigned(room)

    async def explain_doubt(self, user_id: str) -> Verdict | None:
        """What speaks against an account, for what no device signs, such as a deletion. Raises Unavailable."""
        await self.devices.refresh([user_id])
        return self.devices.explain_doubt(user_id)

    async def redact(self, room_id: str, event_id: str, *, txn_id: str) -> None:
        """Withdraw an event. It recalls no copies."""
        await self.wire.ask("PUT", "v3/" + encode_path("rooms", room_id, "redact", event_id, txn_id), {})

    async def react(self, room_id: str, event_id: str, key: str, *, txn_id: str) -> str:
        """Annotate an event, in plaintext as all clients do: the key must tell nothing. Sent again, it is one."""
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}}
        path = "v3/" + encode_path("rooms", room_id, "send", "m.reaction", txn_id)
        return _read_id(await self.wire.ask("PUT", path, relation), "event_id", is_event_id)

    # Rooms

    async def create_room(
        self,
        *,
        name: str,
        topic: str,
        creation_content: Mapping[str, object] | None = None,
        invite: Iterable[str] = (),
        space: bool = False,
        parent: str | None = None,
        picture: str | None = None,
    ) -> str:
        """Make a room, or a space, in which we alone have power; post works in it at once.

        Everything here is readable by the homeserver. A room is encrypted from its first event; a space says nothing.
        """
        invite = tuple(invite)
        request = describe_room(
            name=name,
            topic=topic,
            creation_content=creation_content,
            invite=invite,
            space=space,
            parent=parent,
            picture=picture,
            server=self._server,
        )
        room_id = _read_id(await self.wire.ask("POST", "v3/createRoom", request), "room_id", is_room_id)
        made = Room(room_id, complete=True, encrypted=not space, created=creation_content or {})
        known = self._rooms.setdefault(room_id, made)
        known.complete, known.encrypted = True, made.encrypted
        known.joined.add(self.user_id)
        known.invited.update(set(invite) - known.joined)
        if parent is not None:
            await self.add_to_space(parent, room_id)
        return room_id

    async def add_to_space(self, space_id: str, room_id: str) -> None:
        """Show a room in a space."""
        path = "v3/" + encode_path("rooms", space_id, "state", "m.space.child", room_id)
        await self.wire.ask("PUT", path, {"via": [self._server]})

    async def rename(self, room_id: str, name: str) -> None:
        """Give a room of ours another name, which the homeserver can read."""
        await self.wire.ask("PUT", "v3/" + encode_path("rooms", room_id, "state", "m.room.name"), {"name": name})

    async def show_as(self, name: str, picture: str) -> None:
        """Give our account a name and a picture (its address), which everybody can see."""
        profile = {"displayname": name, "avatar_url": picture}
        for key, value in profile.items():
            await self.wire.ask("PUT", "v3/" + encode_path("profile", self.user_id, key), {key: value})

    async def upload_picture(self, png: bytes) -> str:
        """Put a picture on the homeserver that anybody may see, not encrypted; gives its address."""
        address = (await self.wire.upload(png, content_type="image/png")).get("content_uri")
        if not isinstance(address, str) or not address.startswith("mxc://"):
            raise Unavailable("an upload without an address")
        return address

    async def pin(self, room_id: str, event_id: str) -> None:
        """Have one message of a room of ours pinned, and no other; the homeserver sees which, not what it says."""
        path = "v3/" + encode_path("rooms", room_id, "state", "m.room.pinned_events")
        await self.wire.ask("PUT", path, {"pinned": [event_id]})

    async def show_widget(self, room_id: str, widget_id: str, widget: Mapping[str, object] | None) -> None:
        """Have apps show a page in a room of ours, above its messages; None: no longer.

        The homeserver sees its address, and nothing of what it shows.
        """
        state = ("rooms", room_id, "state")
        shown = {widget_id: {"container": "top", "index": 0, "width": 100, "height": 60}} if widget else {}
        await self.wire.ask(
            "PUT", "v3/" + encode_path(*state, "im.vector.modular.widgets", widget_id), dict(widget or {})
        )
        await self.wire.ask("PUT", "v3/" + encode_path(*state, "io.element.widgets.layout"), {"widgets": shown})

    async def has_account(self, user_id: str) -> bool:
        """Whether there is such an account, as far as the homeserver tells; who can't be asked for counts as there.

        An account that was deactivated may well count as there: no homeserver says so.
        """
        try:
            await self.wire.ask("GET", "v3/" + encode_path("profile", user_id))
        except Rejected as problem:
            # Synapse says M_UNKNOWN, with its own 404: what a proxy says without a code is no Rejected.
            return problem.status != HTTPStatus.NOT_FOUND or problem.code not in {"M_NOT_FOUND", "M_UNKNOWN"}
        except Unavailable as problem:
            if problem.limited:
                raise
        return True

    async def find_room(self, marker: tuple[str, str]) -> str | None:
        """The room whose creation content has this key and value, made by us: so that a crash makes no second one."""
        key, value = marker
        async for room_id, found in self._marked(key, value):
            if found == value:
                return room_id
        return None

    async def list_markers(self, key: str) -> frozenset[str]:
        """What the rooms of ours that we are in have under this key in their creation content."""
        return frozenset([found async for _, found in self._marked(key)])

    async def _marked(self, key: str, wanted: str | None = None) -> AsyncIterator[tuple[str, str]]:
        """Each room made by us with this key; ``wanted``: rooms that are known to have another value are left out."""
        answer = await self.wire.ask("GET", "v3/joined_rooms", largest=LARGEST_LIST)
        rooms = answer.get("joined_rooms")
        for room_id in filter(is_room_id, rooms) if isinstance(rooms, list) else ():
            known = self._rooms.get(room_id)
            if wanted is not None and known is not None and known.created and known.created.get(key) != wanted:
                continue
            try:
                state = await self.room_state(room_id)
            except NotAllowed:
                continue
            for change in state:
                value = change.content.get(key)
                if change.type == "m.room.create" and change.sender == self.user_id and isinstance(value, str):
                    yield room_id, value

    async def room_state(self, room_id: str) -> tuple[StateChange, ...]:
        """The room's state now, from the homeserver."""
        raws = await self.wire.ask_list("v3/" + encode_path("rooms", room_id, "state"))
        state = tuple(read_change(raw) for raw in raws if is_event(raw) and is_state(raw))
        room = self._rooms.get(room_id)
        if room is not None and any(room.contradicts(change) for change in state):
            # What we know from syncs is older, or newer: it is asked for again when we next speak.
            room.complete = False
        return state

    def members(self, room_id: str) -> frozenset[str]:
        """Who is in the room as of the last sync; nobody in a room that we are not in."""
        room = self._rooms.get(room_id)
        return frozenset() if room is None else frozenset(room.joined)

    def is_expected(self, room_id: str, user_id: str) -> bool:
        """Whether somebody is in the room as of the last sync, or invited and has not answered yet."""
        room = self._rooms.get(room_id)
        return room is not None and user_id in room.joined | room.invited

    async def joined_members(self, room_id: str) -> frozenset[str]:
        """Who is in the room now, from the homeserver."""
        path = "v3/" + encode_path("rooms", room_id, "joined_members")
        answer = await self.wire.ask("GET", path, largest=LARGEST_LIST)
        joined = answer.get("joined")
        if not isinstance(joined, dict):
            raise Unavailable("a member list without members")
        return frozenset(joined)

    async def invite(self, room_id: str, user_id: str, reason: str | None = None) -> None:
        """Invite someone; ``reason``: a word to them that the homeserver can read.

        They get the room's key when they join. Nothing happens if they are in the room.
        """
        room = self._rooms.get(room_id)
        if room is not None and user_id in room.joined:
            return
        asked = {"user_id": user_id, **({"reason": reason} if reason else {})}
        await self.wire.ask("POST", "v3/" + encode_path("rooms", room_id, "invite"), asked)
        if room is not None:
            room.invited.add(user_id)

    async def remove(self, room_id: str, user_id: str, reason_code: str) -> None:
        """Remove someone or withdraw their invitation; what is posted from now on has a new key (fault 10).

        The reason is readable by the homeserver: a code, never content.
        """
        body = {"user_id": user_id, "reason": reason_code}
        await self.wire.ask("POST", "v3/" + encode_path("rooms", room_id, "kick"), body)
        self._sharing.forget(room_id)
        self._syncing.note_removal(room_id, user_id)
        room = self._rooms.get(room_id)
        if room is not None:
            room.joined.discard(user_id)
            room.invited.discard(user_id)

    async def join(self, room_id: str) -> None:
        """Accept an invitation."""
        await self.wire.ask("POST", "v3/" + encode_path("join", room_id), {})

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline its invitation."""
        await self.wire.ask("POST", "v3/" + encode_path("rooms", room_id, "leave"), {})
        self._rooms.pop(room_id, None)
        self._sharing.forget(room_id)

    async def _find_room(self, room_id: str) -> Room:
        """What we know of a room; asks the homeserver when we know too little to encrypt for it."""
        while (known := self._known(room_id)) is None:
            before = self.members(room_id)
            room = Room(room_id, complete=True)
            for change in await self.room_state(room_id):
                room.apply(change.type, change.state_key, change.content)
            if self._known(room_id) is not None or self.members(room_id) != before:
                # What a sync brought in the meantime is newer.
                continue
            if self.user_id not in room.joined:
                raise NotAllowed(403, "M_FORBIDDEN")
            found = self._rooms.setdefault(room_id, room)
            return found if found is room else self._merge(found, room)
        return known

    def _known(self, room_id: str) -> Room | None:
        """A room of which we know enough to encrypt for it."""
        known = self._rooms.get(room_id)
        usable = known is not None and known.complete and known.encrypted and self.user_id in known.joined
        return known if usable else None

    def _merge(self, known: Room, fresh: Room) -> Room:
        known.complete = True
        known.encrypted = known.encrypted or fresh.encrypted
        known.joined, known.invited = fresh.joined, fresh.invited
        known.created = fresh.created
        return known


def _read_id(answer: Json, key: str, fits: Callable[[object], TypeGuard[str]]) -> str:
    value = answer.get(key)
    if not fits(value):
        raise Unavailable(f"an answer without {key}")
    return value
