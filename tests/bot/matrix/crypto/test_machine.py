"""What strangers can make the Olm machine keep has a bound."""

import base64
import json
import os
import time
from pathlib import Path

import pytest
import vodozemac
from nio.crypto.sessions import OlmAccount, OutboundSession

from bot.matrix.crypto import machine as machine_module
from bot.matrix.crypto.machine import MEGOLM, MOST_KEYS, MOST_KEYS_ELSEWHERE, OLM, Machine
from bot.matrix.crypto.store import StoreFolder
from bot.matrix.crypto.wire import Json


def begin_session(machine: Machine, sender: str, one_time_key: str) -> Json:
    """The first message of a new session, from a key that nobody has seen."""
    account = OlmAccount()
    message = OutboundSession(account, machine.identity_key, one_time_key).encrypt("{}")
    kind, body = message.to_parts()
    text = base64.b64encode(body).decode().rstrip("=")
    return {
        "type": "m.room.encrypted",
        "sender": sender,
        "content": {
            "algorithm": OLM,
            "sender_key": account.identity_keys["curve25519"],
            "ciphertext": {machine.identity_key: {"type": kind, "body": text}},
        },
    }


def test_whoever_begins_sessions_without_end_is_heard_no_more_for_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(machine_module, "MOST_BEGUN", 3)
    machine = Machine(StoreFolder(tmp_path).open("@bot:localhost", "BOT", os.urandom(32)))
    upload = machine.prepare_upload(0, fallback=True)
    assert upload
    keys = [key["key"] for key in upload["one_time_keys"].values()]

    def begin(sender: str, times: int) -> int:
        for _ in range(times):
            machine.receive(begin_session(machine, sender, keys.pop()))
        return len(list(machine._olm.session_store))

    assert begin("@mallory:localhost", 5) == 3
    assert begin("@ada:localhost", 1) == 4
    now[0] += 3600
    assert begin("@mallory:localhost", 5) == 7
    assert machine.figures.unreadable_to_device >= 4
    machine.close()


def send_key(machine: Machine, sender: str, session: OutboundSession, account: OlmAccount, room_id: str) -> str:
    """A room key in an encrypted to-device message; gives the id of its session."""
    group = vodozemac.GroupSession()
    payload = {
        "type": "m.room_key",
        "sender": sender,
        "recipient": machine.user_id,
        "recipient_keys": {"ed25519": machine.signing_key},
        "keys": {"ed25519": account.identity_keys["ed25519"]},
        "content": {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": group.session_id,
            "session_key": group.session_key.to_base64(),
        },
    }
    kind, body = session.encrypt(json.dumps(payload)).to_parts()
    text = base64.b64encode(body).decode().rstrip("=")
    raw: Json = {
        "type": "m.room.encrypted",
        "sender": sender,
        "content": {
            "algorithm": OLM,
            "sender_key": account.identity_keys["curve25519"],
            "ciphertext": {machine.identity_key: {"type": kind, "body": text}},
        },
    }
    machine.receive(raw)
    return str(group.session_id)


def kept(machine: Machine) -> set[str]:
    """The ids of the room sessions in memory, which are those on disk."""
    on_disk = machine._store.database.execute_sql("SELECT session_id FROM megolminboundsessions").fetchall()
    in_memory = {session.id for session in machine._olm.inbound_group_store}
    assert in_memory == {session_id for (session_id,) in on_disk}
    return in_memory


def test_room_keys_are_kept_of_people_we_know_and_of_each_the_newest(tmp_path: Path) -> None:
    folder = StoreFolder(tmp_path)
    key = os.urandom(32)
    machine = Machine(folder.open("@bot:localhost", "BOT", key))
    upload = machine.prepare_upload(0, fallback=True)
    assert upload
    keys = [one["key"] for one in upload["one_time_keys"].values()]
    machine.accept_keys(
        lambda sender, room: sender == "@ada:localhost" or room == "!open", {"!ours", "!open"}.__contains__
    )

    def send(sender: str, *rooms: str) -> list[str]:
        account = OlmAccount()
        session = OutboundSession(account, machine.identity_key, keys.pop())
        return [send_key(machine, sender, session, account, room) for room in rooms]

    # Strangers fill nothing, whatever room they name.
    send("@mallory:localhost", *["!ours", "!invented"] * 200)
    assert kept(machine) == set()
    # Who is in the room can be read there.
    theirs = send("@mallory:localhost", "!open")
    # Whoever we know can ask us into a room, but not into rooms without end.
    elsewhere = send("@ada:localhost", *[f"!invented{number}" for number in range(3 * MOST_KEYS_ELSEWHERE)])
    in_ours = send("@ada:localhost", *["!ours"] * (MOST_KEYS + 5))
    # From another device it is no more.
    in_ours += send("@ada:localhost", *["!ours"] * 5)
    expected = {*theirs, *elsewhere[-MOST_KEYS_ELSEWHERE:], *in_ours[-MOST_KEYS:]}
    assert kept(machine) == expected
    machine.close()
    machine = Machine(folder.open("@bot:localhost", "BOT", key))
    assert kept(machine) == expected
    machine.close()
