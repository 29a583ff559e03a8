"""Several people in one process, and single devices whose syncs the test itself decides on."""

import asyncio
import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.events import Batch, Event
from bot.matrix.crypto.trust import MemoryPins
from tests.bot.matrix.crypto.proxy import Fault, Proxy
from tests.professional import Professional
from tests.waiting import PATIENCE_SECONDS

PASSWORD = "correct horse"


class Meet(Protocol):
    """Signs in new people with these names; the names are made unique on the shared homeserver."""

    async def __call__(self, *names: str) -> list[Professional]: ...


class OpenDevice(Protocol):
    """Signs in one more device, which nobody has signed and which does not listen by itself."""

    async def __call__(self, user_id: str, homeserver_url: str | None = None) -> HardenedClient: ...


async def open_device(homeserver: str, user_id: str, store_dir: Path) -> HardenedClient:
    device_id, token = await sign_in(homeserver, user_id, PASSWORD, "Laptop")
    return await HardenedClient.open_client(
        homeserver, user_id, device_id, token, store_dir, os.urandom(32), MemoryPins()
    )


async def wait_for(client: HardenedClient, since: str | None, wanted: Callable[[Batch], bool]) -> Batch:
    """Sync until a batch is wanted."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not wanted(batch := await client.sync_once(since, timeout_ms=2000)):
            since = batch.next_batch
    return batch


async def see(client: HardenedClient, since: str | None, event_id: str) -> Event:
    """Sync until an event comes."""
    batch = await wait_for(client, since, lambda batch: any(event.event_id == event_id for event in list_events(batch)))
    return next(event for event in list_events(batch) if event.event_id == event_id)


def list_events(batch: Batch) -> list[Event]:
    return [event for room in batch.joined for event in room.events]


async def make_room(host: Professional, *guests: Professional) -> str:
    room = await host.client.create_room(name="K7QF", topic="", invite=[guest.user_id for guest in guests])
    for guest in guests:
        await guest.is_in(room)
        await host.knows(room, guest.user_id)
    return room


async def fetch(who: Professional, room: str, event_id: str) -> dict[str, Any]:
    """An event as the homeserver has it."""
    return {**await who.client.wire.ask("GET", f"v3/rooms/{room}/event/{event_id}"), "room_id": room}


async def send_raw(who: Professional, room: str, kind: str, content: Mapping[str, object], txn_id: str) -> str:
    """Send as it is, past all that protects."""
    answer = await who.client.wire.ask("PUT", f"v3/rooms/{room}/send/{kind}/{txn_id}", content)
    return str(answer["event_id"])


async def open_signed(owner: Professional, open_another: OpenDevice, proxy: Proxy) -> HardenedClient:
    """One more device of a person, behind the proxy."""
    device = await open_another(owner.user_id, proxy.url)
    await owner.identity.sign_device(device)
    return device


def fail_on(part: str, *, status: int, text: str, content_type: str = "text/html") -> Fault:
    async def fail(request: web.Request) -> web.Response | None:
        if part not in request.path:
            return None
        return web.Response(status=status, text=text, content_type=content_type)

    return fail


async def send_to_device(sender: Professional, user_id: str, device_id: str, kind: str, content: object) -> None:
    """Send to one device as it is, past all that protects."""
    path = f"v3/sendToDevice/{kind}/{uuid.uuid4().hex}"
    await sender.client.wire.ask("PUT", path, {"messages": {user_id: {device_id: content}}})


async def claim_key(claimer: Professional, user_id: str, device_id: str) -> dict[str, object] | None:
    """Take one of a device's one-time keys, the fallback key when there is none, or None without either."""
    question = {"one_time_keys": {user_id: {device_id: "signed_curve25519"}}}
    answer = await claimer.client.wire.ask("POST", "v3/keys/claim", question)
    keys = answer["one_time_keys"].get(user_id, {}).get(device_id, {})
    return next(iter(keys.values()), None)


async def claim_keys(claimer: Professional, user_id: str, device_id: str, number: int) -> None:
    """Take so many of a device's one-time keys."""
    await asyncio.gather(*(claim_key(claimer, user_id, device_id) for _ in range(number)))


async def count_keys(owner: HardenedClient) -> int:
    """How many one-time keys the homeserver holds for a device."""
    answer = await owner.wire.ask("POST", "v3/keys/upload", {})
    return int(answer["one_time_key_counts"].get("signed_curve25519", 0))
