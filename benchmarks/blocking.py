"""How long the event loop is held up at most: in that time the bot hears nobody, and its health check is silent.

Opening the store at start is not in it (about 0.1 ms for each room key that is kept): nothing runs beside it yet.
Run as `python -m benchmarks.blocking`; exits with 1 when it is longer than LIMIT.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import vodozemac

from benchmarks import sharing
from benchmarks.people import USER, Device, make_people, open_client
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.machine import MEGOLM, Machine
from bot.matrix.crypto.rooms import describe_room
from bot.matrix.crypto.wire import Json

LIMIT = 0.25
ROOMS = 500
DEVICES = 200
PEOPLE_IN_A_ROOM = 12
MESSAGES_IN_A_ROOM = 2
# As many as a homeserver gives at once.
NEW_SESSIONS = 100
PROBE_EVERY = 0.001


async def longest_block(work: Awaitable[object]) -> float:
    """The longest time, in seconds, that nothing else could run while this was done."""
    longest = 0.0

    async def probe() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            try:
                await asyncio.sleep(PROBE_EVERY)
            finally:
                longest = max(longest, time.perf_counter() - before - PROBE_EVERY)

    probing = asyncio.create_task(probe())
    await asyncio.sleep(PROBE_EVERY)
    await work
    # Once more, or what blocked last would not be seen.
    await asyncio.sleep(2 * PROBE_EVERY)
    probing.cancel()
    await asyncio.gather(probing, return_exceptions=True)
    return longest


async def measure_sharing(folder: Path, devices: int = DEVICES) -> float:
    """Write a room for the first time: new sessions with every device, and the room key to each."""
    return await sharing.ours(folder, devices, longest_block)


async def measure_nio_sharing(folder: Path, devices: int = DEVICES) -> float:
    """The same by nio 0.26: what its client runs in the event loop in one piece (fault 21)."""
    return max(await sharing.nio(folder, devices, longest_block))


async def measure_syncing(folder: Path, rooms: int = ROOMS, devices: int = DEVICES) -> dict[str, float]:
    """Start with everything of all rooms; then new room keys of many devices, with a message in each room."""
    people, answers = make_people(devices)
    client = open_client(folder, answers)
    upload = client.machine.prepare_upload(0, fallback=True)
    if upload is None:
        raise RuntimeError("a new account uploads keys")
    client.machine.mark_uploaded()
    names = [f"!room{number}" for number in range(rooms)]
    sessions = {name: vodozemac.GroupSession() for name in names}
    writers = {name: people[number % len(people)] for number, name in enumerate(names)}
    late = set(names[-NEW_SESSIONS:])
    with client.machine.transaction():
        for name in names:
            if name not in late:
                _know(client.machine, name, writers[name], sessions[name])
    room_keys = [
        writers[name].give_key(client.machine, key, _describe_key(name, sessions[name]))
        for name, key in zip(late, _list_keys(upload), strict=False)
    ]

    def answer(token: str, *, complete: bool) -> Json:
        join = {
            name: {
                "state": {"events": _describe_state(name, writers[name], people) if complete else []},
                "timeline": {
                    "events": [
                        _write(name, writers[name], sessions[name], f"{token}{n}") for n in range(MESSAGES_IN_A_ROOM)
                    ]
                },
            }
            for name in names
        }
        return {
            "next_batch": token,
            "rooms": {"join": join},
            "to_device": {"events": [] if complete else room_keys},
            "device_one_time_keys_count": {"signed_curve25519": 50},
            "device_unused_fallback_key_types": ["signed_curve25519"],
        }

    measured = {}
    for what, token, complete in (("start", "s1", True), ("new keys", "s2", False)):
        client.wire._answers["v3/sync"] = json.dumps(answer(token, complete=complete))  # type: ignore[attr-defined]
        measured[what] = await longest_block(_sync(client, rooms if not complete else rooms - len(late)))
    await client.close()
    return measured


async def _sync(client: HardenedClient, readable: int) -> None:
    batch = await client.sync_once(None, timeout_ms=0)
    read = sum(all(event.trusted for event in room.events) for room in batch.joined)
    if read != readable:
        raise RuntimeError(f"{read} instead of {readable} rooms could be read")


def _know(machine: Machine, room_id: str, writer: Device, session: vodozemac.GroupSession) -> None:
    key = session.session_key.to_base64()
    machine._olm.create_group_session(writer.identity_key, writer.signing_key, room_id, session.session_id, key)


def _describe_key(room_id: str, session: vodozemac.GroupSession) -> Json:
    return {
        "algorithm": MEGOLM,
        "room_id": room_id,
        "session_id": session.session_id,
        "session_key": session.session_key.to_base64(),
    }


def _list_keys(upload: Json) -> list[vodozemac.Curve25519PublicKey]:
    """The one-time keys that were uploaded, then the fallback key for whoever comes too late."""
    once = [key["key"] for key in upload["one_time_keys"].values()]
    fallback = [key["key"] for key in upload["fallback_keys"].values()]
    keys = [*once, *fallback * NEW_SESSIONS]
    return [vodozemac.Curve25519PublicKey.from_base64(key) for key in keys]


def _write(room_id: str, writer: Device, session: vodozemac.GroupSession, event_id: str) -> Json:
    plain = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "hello " * 30}, "room_id": room_id}
    content = {
        "algorithm": MEGOLM,
        "session_id": session.session_id,
        "ciphertext": session.encrypt(json.dumps(plain).encode()).to_base64(),
    }
    return _describe_event("m.room.encrypted", writer.user_id, content, event_id=f"${room_id}{event_id}")


def _describe_state(room_id: str, writer: Device, people: list[Device]) -> list[Json]:
    first = people.index(writer)
    others = [people[(first + step * 4) % len(people)].user_id for step in range(1, PEOPLE_IN_A_ROOM)]
    made = describe_room(
        name="K7QF", topic="", creation_content=None, invite=(), space=False, parent=None, server="localhost"
    )
    return [
        _describe_event("m.room.create", USER, {"room_version": "12"}, "", f"${room_id}create"),
        _describe_event("m.room.power_levels", USER, made["power_level_content_override"], "", f"${room_id}power"),
        *(_describe_event(s["type"], USER, s["content"], "", f"${room_id}{s['type']}") for s in made["initial_state"]),
        *(
            _describe_event("m.room.member", user_id, {"membership": "join"}, user_id, f"${room_id}{user_id}")
            for user_id in {USER, writer.user_id, *others}
        ),
    ]


def _describe_event(kind: str, sender: str, content: Json, state_key: str | None = None, event_id: str = "") -> Json:
    event = {"type": kind, "sender": sender, "content": content, "event_id": event_id, "origin_server_ts": 1}
    return event if state_key is None else {**event, "state_key": state_key}


async def measure() -> dict[str, float]:
    """Everything, in seconds, each in a store of its own on this disk."""
    with tempfile.TemporaryDirectory(prefix="roundtable-blocking-") as directory:
        folder = Path(directory)
        syncing = await measure_syncing(folder / "syncing")
        return {
            f"start with {ROOMS} rooms": syncing["start"],
            f"{NEW_SESSIONS} new sessions, a message in each room": syncing["new keys"],
            f"share a key with {DEVICES} devices": await measure_sharing(folder / "sharing"),
            f"for comparison, nio: share a key with {DEVICES} devices": await measure_nio_sharing(folder / "nio"),
        }


def main() -> int:
    """Measure, and print a table and a line of JSON."""
    measured = asyncio.run(measure())
    width = max(map(len, measured))
    lines = [f"{what:<{width}}  {seconds * 1000:7.1f} ms" for what, seconds in measured.items()]
    ours = {what: seconds for what, seconds in measured.items() if "nio" not in what}
    held = max(ours.values()) <= LIMIT
    lines.append(f"longest block at most {LIMIT * 1000:.0f} ms: {'yes' if held else 'NO'}")
    result = {"benchmark": "blocking", "limit_s": LIMIT, "held": held, "longest_block_s": measured}
    sys.stdout.write("\n".join(lines) + "\n" + json.dumps(result) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
