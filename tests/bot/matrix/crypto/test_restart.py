import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import NotOurDevice
from bot.matrix.crypto.events import StateChange
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.store import DATABASE
from bot.matrix.crypto.trust import MemoryPins
from storage.backup import back_up
from tests.bot.matrix.crypto.people import PASSWORD, Meet, claim_keys, list_events, see
from tests.homeserver import Homeserver

KEY = os.urandom(32)
Start = Callable[[], Awaitable[HardenedClient]]


async def sign_up(homeserver: Homeserver, name: str, folder: Path) -> Start:
    """A bot's device; what starts it, again and again."""
    user_id = homeserver.register(name, PASSWORD)
    device_id, token = await sign_in(homeserver.url, user_id, PASSWORD, "Bot")
    pins = MemoryPins()

    async def start() -> HardenedClient:
        return await HardenedClient.open_client(homeserver.url, user_id, device_id, token, folder, KEY, pins)

    return start


async def test_after_a_crash_everything_comes_again_and_is_still_trusted(
    homeserver: Homeserver, meet: Meet, tmp_path: Path
) -> None:
    (anna,) = await meet("anna")
    start = await sign_up(homeserver, "bot-that-restarts", tmp_path / "bot")
    bot = await start()
    await Identity.create().publish(bot)
    room = await bot.create_room(name="K7QF", topic="", invite=[anna.user_id])
    await anna.is_in(room)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    said = await anna.say(room, "did you get this?")
    before = await see(bot, since, said)
    await bot.close()

    bot = await start()
    # Even before its first sync it can say what waits in the outbox.
    await bot.post(room, {"msgtype": "m.text", "body": "I am back"}, txn_id="1")
    batch = await bot.sync_once(since, timeout_ms=0)
    again = await bot.sync_once(since, timeout_ms=0)
    await bot.close()

    assert (await anna.hears("I am back")).trusted
    assert before in list_events(batch)
    assert list_events(batch) == list_events(again)
    assert {event.verdict.value for event in list_events(batch)} == {"trusted"}


async def test_who_is_in_a_hurry_hears_what_is_new_first_and_says_it_to_everybody(
    homeserver: Homeserver, meet: Meet, tmp_path: Path
) -> None:
    anna, ben = await meet("anna", "ben")
    start = await sign_up(homeserver, "bot-in-a-hurry", tmp_path / "bot")
    bot = await start()
    await Identity.create().publish(bot)
    rooms = [await bot.create_room(name=name, topic="", invite=[anna.user_id]) for name in ("K7QF", "M3XT")]
    for room in rooms:
        await anna.is_in(room)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    # A key that ben sends in a broken session must be mended once it is known that he shares a room with us.
    await bot.invite(rooms[0], ben.user_id)
    await ben.is_in(rooms[0])
    await bot.close()
    said = await anna.say(rooms[0], "is anybody there?")

    bot = await start()
    bot.machine.mark_broken(ben.user_id, ben.client.machine.identity_key)
    glance = await bot.sync_once(since, timeout_ms=0, in_a_hurry=True)
    assert said in {event.event_id for event in list_events(glance)}
    assert {room.room_id for room in glance.joined} == {rooms[0]}
    await bot.post(rooms[0], {"msgtype": "m.text", "body": "I am"}, txn_id="1")
    assert {person: (await person.hears("I am")).trusted for person in (anna, ben)} == {anna: True, ben: True}
    assert bot.figures.sessions_mended == 0
    whole = await bot.sync_once(glance.next_batch, timeout_ms=0)
    await bot.close()

    assert {room.room_id for room in whole.joined} == {*rooms}
    assert bot.members(rooms[1]) == {bot.user_id, anna.user_id}
    assert bot.figures.sessions_mended == 1


async def test_whoever_came_while_the_room_was_asked_for_can_read_what_is_said(
    homeserver: Homeserver, meet: Meet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await meet("anna", "ben")
    start = await sign_up(homeserver, "bot-that-asks", tmp_path / "bot")
    bot = await start()
    await Identity.create().publish(bot)
    room = await bot.create_room(name="K7QF", topic="", invite=[anna.user_id])
    await anna.is_in(room)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    await bot.close()
    await anna.say(room, "is anybody there?")

    bot = await start()
    since = (await bot.sync_once(since, timeout_ms=0, in_a_hurry=True)).next_batch
    ask = bot.room_state

    async def ask_slowly(room_id: str) -> tuple[StateChange, ...]:
        state = await ask(room_id)
        await bot.invite(room, ben.user_id)
        await ben.is_in(room)
        await bot.sync_once(since, timeout_ms=0)
        return state

    monkeypatch.setattr(bot, "room_state", ask_slowly)
    await bot.post(room, {"msgtype": "m.text", "body": "welcome"}, txn_id="1")
    assert (await ben.hears("welcome")).trusted
    assert bot.members(room) == {bot.user_id, anna.user_id, ben.user_id}
    await bot.close()


async def test_lost_store_is_noticed_before_anything_is_uploaded(
    homeserver: Homeserver, meet: Meet, tmp_path: Path
) -> None:
    (anna,) = await meet("anna")
    token = anna.client.wire._token
    assert token is not None
    client = await HardenedClient.open_client(
        homeserver.url, anna.user_id, anna.client.device_id, token, tmp_path / "empty", KEY, MemoryPins()
    )

    with pytest.raises(NotOurDevice):
        await client.sync_once(None, timeout_ms=0)

    await client.close()


async def test_an_older_store_that_was_put_back_is_noticed(homeserver: Homeserver, meet: Meet, tmp_path: Path) -> None:
    (anna,) = await meet("anna")
    user_id = homeserver.register("bot-of-yesterday", PASSWORD)
    device_id, token = await sign_in(homeserver.url, user_id, PASSWORD, "Bot")
    store = tmp_path / "bot" / DATABASE

    async def start() -> HardenedClient:
        return await HardenedClient.open_client(
            homeserver.url, user_id, device_id, token, tmp_path / "bot", KEY, MemoryPins()
        )

    bot = await start()
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    # Not marked as a copy, as a snapshot of the whole machine would not be.
    back_up(store, tmp_path / "yesterday.db")
    await claim_keys(anna, user_id, device_id, 30)
    since = (await bot.sync_once(since, timeout_ms=0)).next_batch
    await bot.close()
    (tmp_path / "yesterday.db").replace(store)
    bot = await start()
    await claim_keys(anna, user_id, device_id, 30)

    with pytest.raises(NotOurDevice, match="roundtable init --recover"):
        await bot.sync_once(since, timeout_ms=0)

    await bot.close()
