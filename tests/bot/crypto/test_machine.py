"""What strangers can make the Olm machine keep has a bound."""

import base64
import os
import time
from pathlib import Path

import pytest
from nio.crypto.sessions import OlmAccount, OutboundSession

from bot.crypto import machine as machine_module
from bot.crypto.machine import OLM, Machine
from bot.crypto.store import StoreFolder
from bot.crypto.wire import Json


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
