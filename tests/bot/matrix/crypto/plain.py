"""nio's own client, as its documentation shows it: what stands around it in bot/matrix/crypto/ must be needed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import nio
from aiohttp import web

from tests.bot.matrix.crypto.people import PASSWORD
from tests.bot.matrix.crypto.proxy import Fault, Proxy
from tests.waiting import until

Plain: TypeAlias = Any
"""nio's AsyncClient, which is not typed."""


class OpenPlain(Protocol):
    """Signs in a new person with this name, whose client is nio's."""

    async def __call__(self, name: str, homeserver_url: str | None = None, **config: object) -> Plain: ...


def make_plain(homeserver: str, user_id: str, folder: Path, **config: object) -> Plain:
    folder.mkdir(exist_ok=True)
    chosen: dict[str, Any] = {"store": nio.store.SqliteStore, **config}
    return nio.AsyncClient(
        homeserver,
        user_id,
        # nio leaves out every device, whoever it belongs to, that has the same id as its own.
        device_id=user_id[1:].partition(":")[0].upper(),
        store_path=str(folder),
        config=nio.AsyncClientConfig(**chosen),
    )


@contextlib.asynccontextmanager
async def open_plain(
    homeserver: str,
    user_id: str,
    folder: Path,
    **config: object,
) -> AsyncIterator[Plain]:
    """Signed in, its keys uploaded, synced once."""
    client = make_plain(homeserver, user_id, folder, **config)
    try:
        await client.login(PASSWORD)
        await client.keys_upload()
        await client.sync(timeout=0, full_state=True)
        yield client
    finally:
        await client.close()


async def go_on(*clients: Plain) -> None:
    """What sync_forever does in one round, so that a test can say when."""
    for client in clients:
        await client.sync(timeout=0)
        await client.send_to_device_messages()
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())


async def make_plain_room(host: Plain, *guests: Plain, **encryption: object) -> str:
    """An encrypted room that everybody joined, and knows that the others did."""
    state = {"algorithm": "m.megolm.v1.aes-sha2", **encryption}
    made = await host.room_create(
        preset=nio.RoomPreset.private_chat,
        invite=[guest.user_id for guest in guests],
        initial_state=[{"type": "m.room.encryption", "state_key": "", "content": state}],
    )
    assert isinstance(made, nio.RoomCreateResponse)
    for guest in guests:
        await guest.join(made.room_id)
    for _ in range(2):
        await go_on(host, *guests)
    return str(made.room_id)


async def say_plain(client: Plain, room: str, text: str, txn_id: str | None = None) -> object:
    content = {"msgtype": "m.text", "body": text}
    return await client.room_send(room, "m.room.message", content, txn_id, ignore_unverified_devices=True)


def record(client: Plain) -> list[str]:
    """What reaches the callbacks of a bot, as it comes: texts, and MegolmEvent for what could not be read."""
    heard: list[str] = []

    def hear(_: nio.MatrixRoom, event: nio.Event) -> None:
        heard.append(getattr(event, "body", type(event).__name__))

    client.add_event_callback(hear, (nio.RoomMessage, nio.MegolmEvent))
    return heard


def key_in_use(client: Plain, room: str) -> str:
    """The id of the session that the room is written with."""
    return str(client.olm.outbound_group_sessions[room].id)


def lock_out(proxy: Proxy, part: str) -> None:
    """Break off each request whose path has this part, as a network does that fails."""

    async def break_off(request: web.Request) -> web.Response | None:
        if part in request.path and request.transport is not None:
            request.transport.abort()
        return None

    proxy.fault = break_off


async def do_until(enough: Callable[[], bool], work: Coroutine[Any, Any, object]) -> None:
    """Do what has no end until it is enough."""
    doing = asyncio.create_task(work)
    try:
        await until(enough, "as much as nio does")
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


def count_requests(proxy: Proxy, part: str, fault: Fault | None = None) -> Callable[[], int]:
    """How many requests with this part in their path have come, asked at any time."""
    seen = []

    async def count(request: web.Request) -> web.Response | None:
        if part in request.path:
            seen.append(request.path)
        return None if fault is None else await fault(request)

    proxy.fault = count
    return lambda: len(seen)
