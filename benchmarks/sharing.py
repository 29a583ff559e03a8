"""The first message in a room: sessions with every device, and the room key to each; no homeserver in between."""

import os
import time
from pathlib import Path
from typing import Any

import nio as plain
from nio.crypto import OlmDevice

from benchmarks.blocking import DEVICE, ROOM, USER, open_client
from benchmarks.people import make_people
from bot.crypto.rooms import Room


async def ours(folder: Path, devices: int) -> float:
    """Seconds of our client."""
    people, answers = make_people(devices)
    client = open_client(folder, answers)
    client._rooms[ROOM] = Room(ROOM, encrypted=True, joined={USER, *(device.user_id for device in people)})
    began = time.perf_counter()
    await client.post(ROOM, {"msgtype": "m.text", "body": "hello"}, txn_id="1")
    seconds = time.perf_counter() - began
    holders = client._sharing._outbound[ROOM].holders
    await client.close()
    if len(holders) != devices:
        raise RuntimeError(f"{len(holders)} of {devices} devices got the key")
    return seconds


async def nio(folder: Path, devices: int) -> float:
    """Seconds of nio, which knows the devices already: it is spared asking for them, checking them, and encrypting."""
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
    began = time.perf_counter()
    claimed = plain.KeysClaimResponse.from_dict({**answers["keys/claim"], "failures": {}}, ROOM)
    client.olm.handle_response(claimed)
    list(client.olm.share_group_session_parallel(ROOM, users, ignore_unverified_devices=True))
    seconds = time.perf_counter() - began
    client.store.database.close()
    return seconds
