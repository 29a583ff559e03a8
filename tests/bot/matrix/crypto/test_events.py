"""What is believed of an event: what stood inside the encryption, and of what stands outside only what has its form."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import vodozemac

from bot.matrix.crypto.events import Ciphertext, Event, Relation, is_event, is_invitation, read_event, read_to_device
from bot.matrix.crypto.machine import MEGOLM, Machine, Opened
from bot.matrix.crypto.store import StoreFolder
from bot.matrix.crypto.trust import Verdict

ROOM = "!room:localhost"
ADA = "@ada:localhost"
REPLY = {"m.in_reply_to": {"event_id": "$card"}}
EDIT = {"rel_type": "m.replace", "event_id": "$first"}
REFERENCE = {"rel_type": "m.reference", "event_id": "$asked"}
LONG = "$" + "x" * 20_000
WRONG = [None, 7, "", "card", "$", LONG, "$a b", "$\x00", "$\ud800", "digest:K7QF:2026-W45", ["$card"], {"$card": 1}]


def encrypted(**outside: object) -> dict[str, Any]:
    content = {"algorithm": MEGOLM, "ciphertext": "…", "session_id": "session"}
    return {"type": "m.room.encrypted", "event_id": "$1", "sender": ADA, "content": content, **outside}


def read(inside: Mapping[str, object], outside: object = None, **fields: object) -> Event:
    """A trusted event with this content inside the encryption, and this relation outside."""
    raw = encrypted(**fields)
    if outside is not None:
        raw["content"]["m.relates_to"] = outside
    content = {"msgtype": "m.text", "body": "done with my tea", **inside}
    return read_event(
        raw, ROOM, Verdict.TRUSTED, decrypted=("m.room.message", content), ciphertext=Ciphertext("key", "session", 3)
    )


@pytest.mark.parametrize("relation", [REPLY, EDIT, REFERENCE, {**REPLY, **EDIT}])
def test_a_relation_that_stands_only_outside_is_a_hint(relation: dict[str, object]) -> None:
    event = read({}, relation)
    assert (event.replies_to, event.replaces, event.refers_to) == (None, None, None)
    assert event.outside != Relation()


def test_a_relation_inside_is_the_senders() -> None:
    assert read({"m.relates_to": REPLY}, REPLY).replies_to == "$card"
    assert read({"m.relates_to": EDIT}, EDIT).replaces == "$first"
    assert read({"m.relates_to": REFERENCE}).refers_to == "$asked"


@pytest.mark.parametrize("inside", [REPLY, {}, None, "nonsense", {"rel_type": "m.thread", "event_id": "$root"}])
def test_where_inside_and_outside_differ_the_inside_counts(inside: object) -> None:
    event = read({"m.relates_to": inside}, {**EDIT, "m.in_reply_to": {"event_id": "$other"}})
    assert event.replies_to == ("$card" if inside is REPLY else None)
    assert event.replaces is None
    assert event.outside == Relation()


@pytest.mark.parametrize("wrong", WRONG)
def test_an_id_of_no_form_is_not_there(wrong: object) -> None:
    for relation in ({"m.in_reply_to": {"event_id": wrong}}, {"rel_type": "m.replace", "event_id": wrong}):
        for event in (read({"m.relates_to": relation}), read({}, relation)):
            assert (event.replies_to, event.replaces, event.outside) == (None, None, Relation())
    assert read({"m.mentions": {"user_ids": [wrong, ADA, "@" + LONG]}}).mentions == {ADA}
    redaction = {"type": "m.room.redaction", "event_id": "$1", "sender": ADA, "content": {}}
    assert read_event({**redaction, "redacts": wrong}, ROOM, Verdict.PLAINTEXT).redacts is None
    assert read_event({**redaction, "content": {"redacts": wrong}}, ROOM, Verdict.PLAINTEXT).redacts is None
    assert not is_event({**redaction, "event_id": wrong})


@pytest.mark.parametrize("relation", [None, 7, [], "$card", {"m.in_reply_to": ["$card"]}, {"rel_type": ["m.replace"]}])
def test_a_relation_of_no_form_is_none(relation: object) -> None:
    for event in (read({"m.relates_to": relation}), read({}, relation)):
        assert (event.replies_to, event.replaces, event.refers_to) == (None, None, None)


def test_the_server_makes_no_deletion_of_what_is_encrypted() -> None:
    raw = encrypted(redacts="$card")
    raw["content"]["redacts"] = "$card"
    event = read_event(raw, ROOM, Verdict.TRUSTED, decrypted=("m.room.redaction", {"redacts": "$card"}))
    assert event.redacts is None


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "@" + LONG},
        {"sender": "ada"},
        {"sender": None},
        {"sender": "@ada:local\ud800"},
        {"type": "m.room\nmessage"},
        {"type": "m" * 300},
        {"type": 7},
        {"content": []},
        {"state_key": 7},
        {"state_key": "x" * 300},
        {"type": "m.room.member", "state_key": "nobody"},
    ],
)
def test_what_is_no_event_is_not_there(fields: dict[str, object]) -> None:
    assert is_event(encrypted())
    assert not is_event(encrypted(**fields))


@pytest.mark.parametrize("when", [None, "soon", -1, 10**30, 1e400, True, [], {}])
def test_a_time_that_the_server_made_up_decides_nothing(when: object) -> None:
    event = read({"m.relates_to": REPLY}, origin_server_ts=when)
    assert (event.replies_to, event.trusted) == ("$card", True)
    assert event.sent_at.tzinfo is UTC
    assert event.sent_at <= datetime.now(UTC)


def test_what_the_server_adds_to_an_event_is_nowhere() -> None:
    added = {"unsigned": {"m.relations": {"m.replace": EDIT}, "prev_content": {}}, "room_id": "!other:localhost"}
    assert read({}, **added) == read({})


def test_what_waits_for_its_key_is_kept_without_what_the_server_added() -> None:
    raw = encrypted(unsigned={"x": "x" * 100}, added="x" * 100_000)
    waiting = read_event(raw, ROOM, Verdict.UNDECRYPTABLE, session_id="session").source
    assert waiting == {**encrypted(), "room_id": ROOM}
    raw["content"]["ciphertext"] = "x" * 70_000
    assert read_event(raw, ROOM, Verdict.UNDECRYPTABLE, session_id="session").source is None


def test_who_invites_and_who_writes_between_devices_has_an_id() -> None:
    invitation = {"type": "m.room.member", "sender": ADA, "state_key": ADA, "content": {"membership": "invite"}}
    assert is_invitation(invitation)
    message = {"type": "m.key.verification.request", "sender": ADA, "content": {}}
    assert read_to_device(message) is not None
    for sender in (None, "ada", "@" + LONG, "@\ud800:x"):
        assert not is_invitation({**invitation, "sender": sender})
        assert read_to_device({**message, "sender": sender}) is None


# Which ciphertext is new


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StoreFolder]:
    made = StoreFolder(tmp_path)
    yield made
    made.release()


KEY = os.urandom(32)


def open_machine(folder: StoreFolder) -> Machine:
    return Machine(folder.open("@bot:localhost", "BOT", KEY))


def encrypt(session: vodozemac.GroupSession, body: str, **outside: object) -> dict[str, Any]:
    inside = {"type": "m.room.message", "room_id": ROOM, "content": {"msgtype": "m.text", "body": body}}
    ciphertext = session.encrypt(json.dumps(inside).encode()).to_base64()
    raw = encrypted()
    return {**raw, "content": {**raw["content"], "session_id": session.session_id, "ciphertext": ciphertext}, **outside}


def test_the_same_ciphertext_under_another_id_is_refused_also_after_a_restart(folder: StoreFolder) -> None:
    machine = open_machine(folder)
    session = vodozemac.GroupSession()
    machine.add_own_session(ROOM, session)
    first, second = encrypt(session, "one"), encrypt(session, "two", event_id="$2")
    opened = machine.open(ROOM, first, ())
    assert isinstance(opened, Opened)
    assert opened.ciphertext == Ciphertext(machine.identity_key, session.session_id, 0)
    around = {**first["content"], "m.relates_to": EDIT}
    for _ in range(2):
        # Once more under its own id it is the same message, as after a crash.
        assert machine.open(ROOM, {**first, "content": around}, ()) == opened
        assert machine.open(ROOM, {**first, "event_id": "$again"}, ()) is Verdict.REPLAYED
        assert machine.open(ROOM, {**first, "event_id": "$again", "content": around}, ()) is Verdict.REPLAYED
        assert machine.open(ROOM, {**first, "event_id": "$else", "sender": "@dirk:localhost"}, ()) is Verdict.REPLAYED
        machine.close()
        machine = open_machine(folder)
    following = machine.open(ROOM, second, ())
    assert isinstance(following, Opened)
    assert following.ciphertext.position == 1
    machine.close()


@pytest.mark.parametrize("field", ["session_id", "ciphertext", "algorithm"])
def test_what_stands_around_a_ciphertext_opens_nothing_when_it_is_wrong(folder: StoreFolder, field: str) -> None:
    machine = open_machine(folder)
    session = vodozemac.GroupSession()
    machine.add_own_session(ROOM, session)
    true = encrypt(session, "one")
    for wrong in (*WRONG, 1.5, True):
        raw = {**true, "content": {**true["content"], field: wrong}}
        assert machine.open(ROOM, raw, ()) is Verdict.UNDECRYPTABLE
    assert machine.open("!other:localhost", true, ()) is Verdict.UNDECRYPTABLE
    assert isinstance(machine.open(ROOM, true, ()), Opened)
    machine.close()
