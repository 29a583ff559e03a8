"""The first message in a room: sessions with every device, and the room key to each; no homeserver in between."""

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nio as plain
from nio.crypto import OlmDevice

from benchmarks.people import DEVICE, ROOM, USER, make_people, open_client
from bot.matrix.crypto.rooms import Room

Measure = Callable[[Awaitable[object]], Awaitable[float]]


async def seconds(work: Awaitable[object]) -> float:
    """How long this takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def ours(folder: Path, devices: int, measure: Measure = seconds) -> float:
    """What is measured of our client."""
    people, answers = make_people(devices)
    client = open_client(folder, answers)
    joined = {USER, *(device.user_id for device in people)}
    client._rooms[ROOM] = Room(ROOM, complete=True, encrypted=True, joined=joined)
    measured = await measure(client.post(ROOM, {"msgtype": "m.text", "body": "hello"}, txn_id="1"))
    holders = client._sharing._outbound[ROOM].holders
    await client.close()
    if len(holders) != devices:
        raise RuntimeError(f"{len(holders)} of {devices} devices got the key")
    return measured


async def nio(folder: Path, devices: int, measure: Measure = seconds) -> tuple[float, float]:
    """What is measured of nio 0.26: to take the keys of the devices, and to share; each holds up the event loop.

    It knows the devices already: it is spared asking for them, checking them, and encrypting the message.
    """
    people, answers = make_people(devices)
    os.makedirs(folder, mode=0o700)  # noqa: PTH103 - before anything is measured
    config = plain.AsyncClientConfig(store=plain.store.SqliteStore)
    client: Any = plain.AsyncClient("http://127.0.0.1:9", USER, device_id=DEVICE, store_path=str(folder), config=config)
    client.restore_login(USER, DEVICE, "token")
    for device in people:
        keys = {"ed25519": device.signing_key, "curve25519": device.identity_key}
        known = OlmDevice(device.user_id, device.device_id, keys)
        client.olm.device_store.add(known)
        client.store.save_device_keys({device.user_id: {device.device_id: known}})
    users = {device.user_id for device in people}

    async def claim() -> None:
        claimed = plain.KeysClaimResponse.from_dict({**answers["keys/claim"], "failures": {}}, ROOM)
        client.olm.handle_response(claimed)

    async def share() -> None:
        list(client.olm.share_group_session_parallel(ROOM, users, ignore_unverified_devices=True))

    measured = (await measure(claim()), await measure(share()))
    client.store.database.close()
    return measured
