"""The whole way on real parts: a real Synapse, real encryption, the bot as it runs, members with their own devices."""

import asyncio
import contextlib
import os
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import TokenRevoked
from bot.matrix.crypto.events import Batch, Event
from bot.matrix.crypto.trust import MemoryPins
from commands.case.comings import topic_of
from storage import tables
from storage.database import StoreProblemError
from tests.deployment import Deployment
from tests.homeserver import Homeserver

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "dirk", "ada", "finn")

CANARY = "Zephyrine Quillfeather"


def now() -> datetime:
    return datetime.now(UTC)


def by_bot(deployment: Deployment, *parts: str) -> "Wanted":
    return Wanted(deployment.bot_id, parts)


class Wanted:
    """A message of the bot with these parts."""

    def __init__(self, sender: str, parts: tuple[str, ...]) -> None:
        self._sender = sender
        self._parts = parts

    def __call__(self, event: Event) -> bool:
        body = str(event.content.get("body", ""))
        return event.sender == self._sender and all(part in body for part in self._parts)


async def open_case(
    deployment: Deployment,
    agencies: str = "police, social, health",
    table: tuple[str, ...] = ("cleo", "dirk", "ada", "finn"),
) -> str:
    """A case with these people at its table; its room id."""
    cleo = deployment.people["cleo"]
    coordination = await deployment.room("coordination")
    await cleo.is_in(coordination)
    await cleo.say(coordination, f"!case open why: {CANARY} is missing goal: found agencies: {agencies}")
    opened = await cleo.hears(by_bot(deployment, "invited"), coordination)
    room = await deployment.room(f"case:{str(opened.content['body']).split()[0]}")
    for person in (deployment.people[who] for who in table):
        await person.is_in(room)
        await person.hears(by_bot(deployment, "Goal"), room)
    return room


def answers(deployment: Deployment, who: str, room: str, *parts: str) -> list[Event]:
    """What this person's client decrypted of the bot's messages with these parts."""
    wanted = by_bot(deployment, *parts)
    return [event for event in deployment.people[who].heard if event.room_id == room and wanted(event)]


async def test_a_command_is_answered_so_that_another_member_can_read_it(deployment: Deployment) -> None:
    room = await open_case(deployment)
    await deployment.people["dirk"].say(room, "!request health is she seen? because: the search depends on it")
    card = await deployment.people["ada"].hears(by_bot(deployment, "R-1", "the search depends on it"), room)
    assert card.trusted
    assert card.encrypted
    finn = deployment.people["finn"]
    own_room = await deployment.room("agency:health")
    in_own_room = await finn.hears(by_bot(deployment, "R-1"), own_room)
    await finn.reply(own_room, in_own_room.event_id, "partly yes, on Monday withheld: medical details")
    told = await deployment.people["ada"].hears(by_bot(deployment, "R-1", "yes, on Monday"), room)
    assert told.trusted


async def test_a_person_is_asked_by_mention_under_the_name_that_the_app_shows(deployment: Deployment) -> None:
    room = await open_case(deployment)
    finn = deployment.people["finn"].user_id
    await deployment.people["dirk"].say(
        room,
        "!request Dr. G. & team: is she seen? because: the search depends on it",
        format="org.matrix.custom.html",
        formatted_body=f'!request <a href="https://matrix.to/#/{finn}">Dr. G. &amp; team</a>: is she seen? because: …',
        **{"m.mentions": {"user_ids": [finn]}},
    )
    card = await deployment.people["ada"].hears(by_bot(deployment, "Question: is she seen?"), room)
    assert "Finn de Boer" in str(card.content["body"])


async def test_a_case_room_is_closed_to_the_server_and_the_curious(deployment: Deployment) -> None:
    room = await open_case(deployment)
    state = {
        (change.type, change.state_key): change.content
        for change in await deployment.people["dirk"].client.room_state(room)
    }
    ref = state["m.room.name", ""]["name"]
    assert len(ref) in range(4, 7)
    # What the homeserver reads is the same for every case.
    assert state["m.room.topic", ""]["topic"] == topic_of("case:M4XD", "en")
    assert state["m.room.avatar", ""]["url"].startswith("mxc://localhost/")
    profile = await deployment.people["dirk"].client.wire.ask("GET", f"v3/profile/{deployment.bot_id}")
    assert (profile["displayname"], str(profile["avatar_url"])[:6]) == ("Roundtable", "mxc://")
    own = await deployment.people["dirk"].client.room_state(await deployment.room("agency:social"))
    shown = {change.type: change.content for change in own}
    assert shown["m.room.topic"]["topic"] == topic_of("agency:social", "en")
    assert shown["m.room.avatar"]["url"] != state["m.room.avatar", ""]["url"]
    assert state["m.room.create", ""]["room_version"] == "12"
    assert state["m.room.encryption", ""]["algorithm"] == "m.megolm.v1.aes-sha2"
    assert state["m.room.history_visibility", ""]["history_visibility"] == "joined"
    assert state["m.room.join_rules", ""]["join_rule"] == "invite"
    power = state["m.room.power_levels", ""]
    assert power.get("users", {}) == {}
    assert min(power["state_default"], power["invite"], power["kick"], power["ban"], power["redact"]) > 0


async def test_what_is_typed_while_the_bot_is_down_is_answered_once_and_in_order(deployment: Deployment) -> None:
    room = await open_case(deployment)
    await deployment.stop_bot()
    dirk = deployment.people["dirk"]
    for number in range(1, 31):
        await dirk.say(room, f"!concern number {number} kind: fact")
    await deployment.start_bot()
    ada = deployment.people["ada"]
    await ada.hears(by_bot(deployment, "C-30", "number 30"), room)
    await deployment.stop_bot()
    await deployment.start_bot()
    await dirk.say(room, "!concern the last kind: fact")
    await ada.hears(by_bot(deployment, "C-31", "the last"), room)
    said = [str(e.content["body"]).split()[0] for e in answers(deployment, "ada", room, "concern from")]
    assert said == [f"C-{number}" for number in range(1, 32)]


async def test_a_homeserver_that_goes_away_is_waited_for(deployment: Deployment) -> None:
    room = await open_case(deployment)
    deployment.homeserver.stop(kill=True)
    deployment.homeserver.start()
    await deployment.people["dirk"].say(room, "!concern after the restart kind: fact")
    await deployment.people["ada"].hears(by_bot(deployment, "C-1", "after the restart"), room)


async def open_unverified(deployment: Deployment, who: str, store_dir: Path) -> HardenedClient:
    url, user_id = deployment.homeserver.url, deployment.user_id(who)
    device_id, token = await sign_in(url, user_id, deployment.password, "Stolen")
    return await HardenedClient.open_client(url, user_id, device_id, token, store_dir, bytes(32), MemoryPins())


async def test_a_device_that_its_owner_has_not_verified_cannot_command(deployment: Deployment, tmp_path: Path) -> None:
    room = await open_case(deployment)
    thief = await open_unverified(deployment, "dirk", tmp_path / "thief")
    try:
        batch = await thief.sync_once(None, timeout_ms=0)
        await thief.post(room, {"msgtype": "m.text", "body": "!concern forged words"}, txn_id=uuid.uuid4().hex)
        await deployment.people["ada"].hears(by_bot(deployment, "I don’t know this device"), room)
        await deployment.people["dirk"].say(room, "!concern true words kind: fact")
        await deployment.people["ada"].hears(by_bot(deployment, "C-1", "true words"), room)
        assert answers(deployment, "ada", room, "forged") == []
        later = await thief.sync_once(batch.next_batch, timeout_ms=0)
        read = [e.content.get("body", "") for r in later.joined for e in r.events if e.sender == deployment.bot_id]
        assert read
        assert not any(read)
    finally:
        await thief.close()


async def test_each_device_that_is_not_trusted_is_told_once(deployment: Deployment, tmp_path: Path) -> None:
    room = await open_case(deployment)
    ada = deployment.people["ada"]
    for number in range(1, 3):
        thief = await open_unverified(deployment, "dirk", tmp_path / f"thief-{number}")
        try:
            await thief.sync_once(None, timeout_ms=0)
            for attempt in range(3):
                await thief.post(room, {"msgtype": "m.text", "body": "!concern forged"}, txn_id=f"{number}-{attempt}")
        finally:
            await thief.close()
        # The bot handles what was said in its order: when it answers this one, it has answered those.
        await deployment.people["dirk"].say(room, "!concern true words kind: fact")
        await ada.hears(by_bot(deployment, f"C-{number}", "true words"), room)
        assert len(answers(deployment, "ada", room, "I don’t know this device")) == number


async def test_what_the_server_can_have_written_is_no_command(deployment: Deployment) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await dirk.client.wire.ask(
        "PUT",
        f"v3/rooms/{room}/send/m.room.message/{uuid.uuid4().hex}",
        {"msgtype": "m.text", "body": "!concern plain words"},
    )
    await ada.hears(by_bot(deployment, "encrypted"), room)
    await dirk.say(room, "!concern quiet words", msgtype="m.notice")
    await dirk.say(room, "!concern true words kind: fact")
    await ada.hears(by_bot(deployment, "C-1", "true words"), room)
    assert answers(deployment, "ada", room, "plain words") == []
    assert answers(deployment, "ada", room, "quiet words") == []


async def test_in_a_direct_chat_the_prefix_may_be_left_out(deployment: Deployment) -> None:
    room = await open_case(deployment)
    dirk = deployment.people["dirk"]
    await deployment.people["ada"].say(room, "!action look around the station for: social by: in 3 days")
    await dirk.hears(by_bot(deployment, "A-1"), room)
    chat = await dirk.client.create_room(name="", topic="", invite=[deployment.bot_id])
    await dirk.knows(chat, deployment.bot_id)
    await dirk.say(chat, "mine")
    owed = await dirk.hears(by_bot(deployment, "A-1"), chat)
    assert "station" not in str(owed.content["body"])


async def test_a_manager_hears_only_that_something_is_late(homeserver: Homeserver, tmp_path: Path) -> None:
    moved = timedelta()
    monday = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    deployment = await Deployment.make(tmp_path, homeserver, lambda: monday + moved, people=("cleo", "dirk", "ella"))
    try:
        await deployment.start_bot()
        room = await open_case(deployment, agencies="social", table=("cleo", "dirk"))
        await deployment.people["dirk"].say(room, f"!action look for {CANARY} for: social by: tue 12:00")
        await deployment.people["cleo"].hears(by_bot(deployment, "A-1"), room)
        moved = timedelta(days=9)
        ella = deployment.people["ella"]
        notice = await ella.hears(by_bot(deployment, "1 item"))
        assert notice.room_id != room
        assert CANARY not in str(notice.content)
    finally:
        await deployment.close()


async def test_somebody_who_was_released_reads_nothing_more(deployment: Deployment) -> None:
    room = await open_case(deployment)
    ref = str(answers(deployment, "cleo", await deployment.room("coordination"), "invited")[0].content["body"]).split()[
        0
    ]
    cleo, finn = deployment.people["cleo"], deployment.people["finn"]
    await cleo.say(await deployment.room("coordination"), f"!case release {ref} Finn de Boer because: another ward")
    await finn.is_out_of(room)
    await deployment.people["dirk"].say(room, "!concern not for Finn kind: fact")
    await deployment.people["ada"].hears(by_bot(deployment, "not for Finn"), room)
    assert answers(deployment, "finn", room, "not for Finn") == []


async def test_content_is_found_nowhere_but_at_the_members(deployment: Deployment) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await dirk.say(room, f"!concern {CANARY} was seen at the station kind: fact")
    await dirk.say(room, f"!request health do you know {CANARY}? because: {CANARY} is missing")
    await dirk.say(room, f"!action look for {CANARY} for: {CANARY} by: {CANARY}")
    await dirk.say(room, f"!{CANARY}")
    await ada.hears(by_bot(deployment, "R-1", CANARY), room)
    await ada.hears(by_bot(deployment, "I don't know that word"), room)
    await deployment.stop_bot()
    homeserver = deployment.homeserver
    with contextlib.closing(sqlite3.connect(homeserver.database_path)) as database:
        database.execute("PRAGMA wal_checkpoint(FULL)")
    places = [*deployment.files(), *(path for path in homeserver.directory.rglob("*") if path.is_file())]
    found = {path.name for path in places for name in CANARY.split() if name.encode() in path.read_bytes()}
    assert any(path.suffix == ".log" for path in places)
    assert found == set()


async def test_two_bots_on_one_store_are_refused(deployment: Deployment) -> None:
    with pytest.raises(StoreProblemError, match="another bot"):
        await deployment.another_bot().run(asyncio.Event())


async def test_a_revoked_token_ends_the_bot_with_a_clear_sentence(deployment: Deployment) -> None:
    await deployment.sign_bot_out()
    with pytest.raises(TokenRevoked, match="no longer knows our access token"):
        await deployment.bot_ends()


async def test_what_a_member_deletes_is_off_the_file_and_out_of_the_room(deployment: Deployment) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    said = await dirk.say(room, f"!concern {CANARY} sleeps in a car kind: fact")
    card = await ada.hears(by_bot(deployment, "C-1", CANARY), room)
    await dirk.client.redact(room, said, txn_id=uuid.uuid4().hex)
    await ada.hears(by_bot(deployment, "deleted a message", "C-1"), room)
    await ada.hears(lambda event: event.redacts == card.event_id and event.sender == deployment.bot_id, room)
    await ada.say(room, "!timeline")
    timeline = await ada.hears(by_bot(deployment, "deleted what was said in C-1"), room)
    assert CANARY not in str(timeline.content)


async def test_whoever_has_only_the_password_takes_no_words_off_the_file(
    deployment: Deployment, tmp_path: Path
) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    said = await dirk.say(room, f"!concern {CANARY} sleeps in a car kind: fact")
    card = await ada.hears(by_bot(deployment, "C-1", CANARY), room)
    url, password = deployment.homeserver.url, deployment.password
    device, token = await sign_in(url, dirk.user_id, password, "Stolen")
    stolen = await HardenedClient.open_client(
        url, dirk.user_id, device, token, tmp_path / "stolen", os.urandom(32), MemoryPins()
    )
    try:
        await stolen.announce()
        await stolen.redact(room, said, txn_id=uuid.uuid4().hex)
    finally:
        await stolen.close()
    asked = await dirk.hears(by_bot(deployment, "still on file", "C-1", "have not verified"), room)
    await dirk.hears(lambda event: event.room_id != room and "still on file" in str(event.content.get("body")))
    o = tables.outbox.c
    with deployment.store() as connection:
        assert connection.scalars(sa.select(o.kind).where(o.channel == "admin", o.subject.is_(None))).all()
    await ada.say(room, "!concern he was seen kind: fact")
    await ada.hears(by_bot(deployment, "C-2"), room)
    assert not [event for event in ada.heard if event.redacts == card.event_id]
    await dirk.reply(room, asked.event_id, "yes")
    await ada.hears(by_bot(deployment, "is off the file", "C-1"), room)
    await ada.hears(lambda event: event.redacts == card.event_id and event.sender == deployment.bot_id, room)


async def test_whoever_declines_is_told_to_the_coordinators_and_comes_when_asked_again(
    deployment: Deployment,
) -> None:
    finn, cleo = deployment.people["finn"], deployment.people["cleo"]

    async def decline(batch: Batch) -> None:
        for invitation in batch.invited:
            await finn.client.leave(invitation.room_id)

    await finn.is_in(await deployment.room("agency:health"))
    finn.take_batch = decline
    room = await open_case(deployment, table=("cleo", "dirk", "ada"))
    coordination = await deployment.room("coordination")
    told = await cleo.hears(by_bot(deployment, "Finn de Boer", "declined my invitation"), coordination)

    finn.take_batch = None
    ref = str(told.content["body"]).split(":")[0]
    await cleo.say(coordination, f"!case invite {ref} Finn de Boer because: he knows the mother")
    await finn.is_in(room)
    await finn.hears(by_bot(deployment, "Welcome", "Finn de Boer"), room)
