"""Every field of a sync, wrong in every way: nothing raises, nothing is believed, and no id without a form comes in."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import vodozemac

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import Unavailable
from bot.matrix.crypto.events import Batch
from bot.matrix.crypto.machine import MEGOLM, OLM, Machine
from bot.matrix.crypto.store import StoreFolder
from bot.matrix.crypto.trust import MemoryPins
from bot.matrix.crypto.wire import Wire
from storage.identifiers import is_event_id, is_room_id, is_user_id, is_visible

BOT, ADA, DIRK, ROOM = "@bot:localhost", "@ada:localhost", "@dirk:localhost", "!room:localhost"
Json = dict[str, Any]
WRONG: tuple[Any, ...] = (
    None,
    7,
    -1,
    10**15,
    True,
    "",
    "digest:K7QF:2026-W45",
    "$" + "x" * 70_000,
    "@" + "x" * 300 + ":localhost",
    "!\x00",
    "\ufffd",
    [],
    {},
    [None, {}, [], "x"],
    {"$x": None, "\ufffd" * 300: {}},
)


class Answers:
    """A homeserver that gives one answer to each sync, and next to nothing to everything else."""

    def __init__(self) -> None:
        self.sync: Json = {}

    async def ask(self, _method: str, path: str, _body: object = None, **_how: object) -> Json:
        return copy.deepcopy(self.sync) if path == "v3/sync" else {}


@pytest.fixture
def wire() -> Answers:
    return Answers()


@pytest.fixture
def client(tmp_path: Path, wire: Answers) -> Iterator[HardenedClient]:
    folder = StoreFolder(tmp_path)
    machine = Machine(folder.open(BOT, "BOT", os.urandom(32)))
    machine.prepare_upload(0, fallback=True)
    machine.mark_uploaded()
    yield HardenedClient(cast("Wire", wire), machine, MemoryPins(), folder)
    machine.close()
    folder.release()


def make_answer(machine: Machine) -> Json:
    """A sync with something of everything that we look at. Nobody in it has a device that we know."""
    session = vodozemac.GroupSession()
    machine.add_own_session(ROOM, session)
    inside = {"type": "m.room.message", "room_id": ROOM, "content": {"msgtype": "m.text", "body": "!concern x"}}
    ciphertext = session.encrypt(json.dumps(inside).encode()).to_base64()
    relation = {"rel_type": "m.replace", "event_id": "$first", "m.in_reply_to": {"event_id": "$card"}}
    content = {
        "algorithm": MEGOLM,
        "session_id": session.session_id,
        "ciphertext": ciphertext,
        "m.relates_to": relation,
    }
    said = {"type": "m.room.encrypted", "event_id": "$said", "sender": ADA, "origin_server_ts": 1, "content": content}
    said["unsigned"] = {"transaction_id": "t", "age": 1, "m.relations": {"m.replace": {"event_id": "$first"}}}
    lost = {**said, "event_id": "$lost", "content": {**content, "session_id": "another"}}
    plain = {**said, "event_id": "$plain", "type": "m.room.message", "content": {**inside["content"], **relation}}  # type: ignore[dict-item]
    redaction = {"type": "m.room.redaction", "event_id": "$gone", "sender": ADA, "redacts": "$said", "content": {}}

    def state(kind: str, state_key: str, content: Json) -> Json:
        return {"type": kind, "event_id": f"$of{kind}", "sender": BOT, "state_key": state_key, "content": content}

    member, invited = {"membership": "join"}, {"membership": "invite"}
    states = [
        state("m.room.member", BOT, member),
        state("m.room.member", ADA, member),
        state("m.room.encryption", "", {"algorithm": MEGOLM, "rotation_period_msgs": 5, "rotation_period_ms": 10**8}),
        state("m.room.power_levels", "", {"users": {}}),
        state("m.room.tombstone", "", {"replacement_room": "!other:localhost"}),
    ]
    withheld = {"code": "m.unverified", "room_id": ROOM, "session_id": "another", "sender_key": "key"}
    olm = {"algorithm": OLM, "sender_key": "key", "ciphertext": {machine.identity_key: {"type": 0, "body": "x"}}}
    timeline = {"events": [said, lost, plain, redaction], "limited": True, "prev_batch": "t1"}
    return {
        "next_batch": "s1",
        "to_device": {
            "events": [
                {"type": "m.room_key.withheld", "sender": ADA, "content": withheld},
                {"type": "m.room.encrypted", "sender": ADA, "content": olm},
                {"type": "m.key.verification.request", "sender": ADA, "content": {"transaction_id": "v"}},
            ]
        },
        "device_lists": {"changed": [ADA], "left": [DIRK]},
        "device_one_time_keys_count": {"signed_curve25519": 50},
        "device_unused_fallback_key_types": ["signed_curve25519"],
        "rooms": {
            "join": {ROOM: {"timeline": timeline, "state": {"events": states}}},
            "invite": {"!new:localhost": {"invite_state": {"events": [state("m.room.member", BOT, invited)]}}},
            "leave": {"!old:localhost": {}},
        },
    }


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every value stands in an answer."""
    if path:
        yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths_of(inner, (*path, key))


def changed(answer: Json, path: tuple[str | int, ...], wrong: object) -> Json:
    made: Any = copy.deepcopy(answer)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = wrong
    return cast("Json", made)


def check(batch: Batch) -> None:
    assert batch.unlocked == frozenset()
    for room in batch.joined:
        assert is_room_id(room.room_id)
        for event in room.events:
            assert not event.trusted
            assert is_event_id(event.event_id)
            assert is_user_id(event.sender)
            assert is_visible(event.type)
            outer = event.outside
            named = (event.replaces, event.replies_to, event.redacts, outer.replaces, outer.replies_to)
            assert all(name is None or is_event_id(name) for name in named)
            assert not event.encrypted or (event.replaces, event.replies_to) == (None, None)
        for change in room.changes:
            assert is_event_id(change.event_id)
            assert is_user_id(change.sender)
            assert len(change.state_key) <= 255
    assert all(is_room_id(i.room_id) and is_user_id(i.sender) for i in batch.invited)
    assert all(is_room_id(room_id) for room_id in batch.left)
    assert all(is_user_id(message.sender) for message in batch.to_device)


async def test_a_true_answer_is_read(client: HardenedClient, wire: Answers) -> None:
    wire.sync = make_answer(client.machine)
    batch = await client.sync_once("s0", timeout_ms=0)
    (room,) = batch.joined
    assert [event.event_id for event in room.events] == ["$said", "$lost", "$plain", "$gone"]
    assert room.events[0].outside.replaces == "$first"
    assert (batch.invited[0].sender, batch.left, len(batch.to_device)) == (BOT, ("!old:localhost",), 1)
    assert client.members(ROOM) == {BOT, ADA}
    check(batch)


async def test_each_field_of_an_answer_can_be_anything(client: HardenedClient, wire: Answers) -> None:
    answer = make_answer(client.machine)
    paths = list(paths_of(answer))
    assert len(paths) > 100
    for path in paths:
        for wrong in WRONG:
            wire.sync = changed(answer, path, wrong)
            try:
                check(await client.sync_once("s0", timeout_ms=0))
            except Unavailable:
                assert path == ("next_batch",), (path, wrong)
            assert all(is_user_id(member) for member in client.members(ROOM))
            # It knows us again for the next one.
            wire.sync = answer
            await client.sync_once("s0", timeout_ms=0)


async def test_each_field_of_an_answer_can_be_missing_and_each_name_another(
    client: HardenedClient, wire: Answers
) -> None:
    answer = make_answer(client.machine)
    for path in paths_of(answer):
        for name in (None, "\ufffd", "!" + "x" * 300, "unsigned"):
            wire.sync = copy.deepcopy(answer)
            at: Any = wire.sync
            for key in path[:-1]:
                at = at[key]
            taken = at.pop(path[-1])
            if name is not None and isinstance(at, dict):
                at[name] = taken
            try:
                check(await client.sync_once("s0", timeout_ms=0))
            except Unavailable:
                assert path == ("next_batch",)
