"""What nio 0.26 does wrong with what goes out; each test shows it, and that it does not reach us."""

import asyncio
import os
import uuid
from pathlib import Path

import nio
import pytest
from aiohttp import ClientConnectionError, web

from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import Unavailable
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.machine import MEGOLM
from bot.matrix.crypto.trust import MemoryPins, Verdict
from tests.bot.matrix.crypto.people import PASSWORD, Meet, OpenDevice, fail_on, fetch, make_room, open_signed
from tests.bot.matrix.crypto.plain import (
    OpenPlain,
    count_requests,
    do_until,
    go_on,
    key_in_use,
    lock_out,
    make_plain,
    make_plain_room,
    record,
    say_plain,
)
from tests.bot.matrix.crypto.proxy import Proxy
from tests.homeserver import Homeserver
from tests.waiting import PATIENCE_SECONDS


@pytest.mark.nio_fault(7)
async def test_nio_hides_that_a_key_was_not_shared_and_we_say_so_and_make_it_good(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, they = await plain("bot", proxy.url), await plain("anna")
    room = await make_plain_room(theirs, they)
    heard = record(they)
    proxy.fault = fail_on("sendToDevice", status=502, text="<html>")
    assert isinstance(await say_plain(theirs, room, "lost"), nio.RoomSendResponse)
    proxy.fault = None
    await say_plain(theirs, room, "lost as well")
    await they.sync(timeout=0)
    assert heard == ["MegolmEvent", "MegolmEvent"]

    theirs.invalidate_outbound_session(room)
    error = '{"errcode": "M_UNKNOWN", "error": "Internal server error"}'
    proxy.fault = fail_on("sendToDevice", status=500, text=error, content_type="application/json")
    await say_plain(theirs, room, "signed out")
    assert theirs.access_token == ""

    monkeypatch.setattr("bot.matrix.crypto.sharing.LONGEST_WAIT", 0.01)
    anna, host = await meet("anna", "host")
    proxy.fault = None
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)
    for status, text in ((502, "<html>"), (500, error)):
        proxy.fault = fail_on("sendToDevice", status=status, text=text, content_type="application/json")
        with pytest.raises(Unavailable):
            await bot.post(room, {"msgtype": "m.text", "body": "lost"}, txn_id="1")
    proxy.fault = None
    await bot.post(room, {"msgtype": "m.text", "body": "found"}, txn_id="1")
    assert (await anna.hears("found")).trusted


@pytest.mark.nio_fault(8)
async def test_nio_hangs_for_ever_after_a_failure_and_we_go_on(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy
) -> None:
    theirs, they = await plain("bot", proxy.url, max_timeouts=0), await plain("anna")
    room = await make_plain_room(theirs, they)
    lock_out(proxy, "keys/claim")
    with pytest.raises(ClientConnectionError):
        await say_plain(theirs, room, "lost")
    proxy.fault = None
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(say_plain(theirs, room, "never sent"), 1)

    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)
    lock_out(proxy, "keys/claim")
    with pytest.raises(Unavailable):
        await bot.post(room, {"msgtype": "m.text", "body": "lost"}, txn_id="1")
    proxy.fault = None
    await asyncio.wait_for(bot.post(room, {"msgtype": "m.text", "body": "found"}, txn_id="2"), PATIENCE_SECONDS)
    assert (await anna.hears("found")).trusted


@pytest.mark.nio_fault(9)
async def test_nio_greets_newcomers_unreadably_and_we_readably(meet: Meet, plain: OpenPlain) -> None:
    theirs, they, newcomer = await plain("bot"), await plain("anna"), await plain("carol")
    room = await make_plain_room(theirs, they)
    await say_plain(theirs, room, "before carol")
    heard = record(newcomer)
    greeted = []

    async def greet(_: nio.MatrixRoom, event: nio.RoomMemberEvent) -> None:
        if event.state_key == newcomer.user_id and event.membership == "join":
            greeted.append(await say_plain(theirs, room, "welcome"))

    theirs.add_event_callback(greet, nio.RoomMemberEvent)
    await theirs.room_invite(room, newcomer.user_id)
    await newcomer.join(room)
    await go_on(theirs, newcomer)
    assert len(greeted) == 1
    # Neither what was said before she came, nor the greeting.
    assert heard == ["MegolmEvent", "MegolmEvent"]

    bot, anna, carol = await meet("bot", "anna", "carol")
    room = await make_room(bot, anna)
    await bot.say(room, "before carol")
    await bot.client.invite(room, carol.user_id)
    await bot.knows(room, carol.user_id)
    await bot.say(room, "welcome")
    assert (await carol.hears("welcome")).trusted


@pytest.mark.nio_fault(10)
async def test_nio_keeps_a_key_after_a_removal_and_we_change_it(meet: Meet, plain: OpenPlain) -> None:
    theirs, they = await plain("bot"), await plain("anna")
    room = await make_plain_room(theirs, they)
    await say_plain(theirs, room, "both")
    before = key_in_use(theirs, room)
    await theirs.room_kick(room, they.user_id)
    await say_plain(theirs, room, "secret")
    assert key_in_use(theirs, room) == before

    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    both = await bot.say(room, "both")
    await anna.hears("both")
    await bot.stop_listening()
    await bot.client.remove(room, anna.user_id, "left-the-case")
    secret = await bot.say(room, "secret")
    used = [(await fetch(bot, room, sent))["content"]["session_id"] for sent in (both, secret)]
    assert used[0] != used[1]


@pytest.mark.nio_fault(11)
async def test_nio_keeps_a_key_longer_than_the_room_asks_and_we_do_not(meet: Meet, plain: OpenPlain) -> None:
    theirs, they = await plain("bot"), await plain("anna")
    room = await make_plain_room(theirs, they, rotation_period_msgs=2)
    used = set()
    for number in range(4):
        await say_plain(theirs, room, f"message {number}")
        used.add(key_in_use(theirs, room))
    assert len(used) == 1

    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    state = {"algorithm": MEGOLM, "rotation_period_msgs": 2}
    await bot.client.wire.ask("PUT", f"v3/rooms/{room}/state/m.room.encryption/", state)
    await bot._wait(lambda: bot.client._rooms[room].key_messages == 2 or None, 20)
    used = set()
    for number in range(4):
        await bot.say(room, f"message {number}")
        used.add(bot.client._sharing._outbound[room].session.session_id)
    assert len(used) == 2


@pytest.mark.nio_fault(12)
async def test_nio_skips_a_device_without_a_word_and_we_say_so_and_reach_it_later(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_no_keys(request: web.Request, answer: dict[str, object]) -> dict[str, object]:
        return {"one_time_keys": {}, "failures": {}} if "keys/claim" in request.path else answer

    theirs, they = await plain("bot", proxy.url), await plain("anna")
    room = await make_plain_room(theirs, they)
    heard = record(they)
    proxy.bend = has_no_keys
    assert isinstance(await say_plain(theirs, room, "out of reach"), nio.RoomSendResponse)
    proxy.bend = None
    await say_plain(theirs, room, "out of reach still")
    await they.sync(timeout=0)
    assert heard == ["MegolmEvent", "MegolmEvent"]

    monkeypatch.setattr("bot.matrix.crypto.sharing.CLAIM_AGAIN_AFTER", 0)
    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)
    proxy.bend = has_no_keys
    await bot.post(room, {"msgtype": "m.text", "body": "out of reach"}, txn_id="1")
    assert bot.unreachable(room) == {anna.user_id: Verdict.NO_SESSION}
    assert bot.figures.devices_without_session > 0
    proxy.bend = None
    await bot.post(room, {"msgtype": "m.text", "body": "reached"}, txn_id="2")
    assert (await anna.hears("reached")).trusted
    assert bot.unreachable(room) == {}


@pytest.mark.nio_fault(13)
async def test_nio_gives_keys_to_the_invited_and_we_do_not(meet: Meet, plain: OpenPlain) -> None:
    theirs, they, invited = await plain("bot"), await plain("anna"), await plain("carol")
    room = await make_plain_room(theirs, they)
    await theirs.room_invite(room, invited.user_id)
    await go_on(theirs)
    await say_plain(theirs, room, "before carol")
    shared = {user_id for user_id, _ in theirs.olm.outbound_group_sessions[room].users_shared_with}
    assert invited.user_id in shared

    bot, anna, carol = await meet("bot", "anna", "carol")
    room = await make_room(bot, anna)
    await carol.stop_listening()
    await bot.client.invite(room, carol.user_id)
    await bot.say(room, "before carol")
    assert {device.user_id for device in bot.client._sharing._outbound[room].holders} == {anna.user_id}


@pytest.mark.nio_fault(15)
async def test_nio_repeats_a_send_without_end_or_never_and_we_leave_it_to_the_outbox(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy
) -> None:
    busy = fail_on(
        "/send/",
        status=429,
        text='{"errcode": "M_LIMIT_EXCEEDED", "error": "", "retry_after_ms": 10}',
        content_type="application/json",
    )
    broken = fail_on(
        "/send/", status=500, text='{"errcode": "M_UNKNOWN", "error": ""}', content_type="application/json"
    )
    theirs, they = await plain("bot", proxy.url), await plain("anna")
    room = await make_plain_room(theirs, they)
    requests = count_requests(proxy, "/again", busy)
    await do_until(lambda: requests() > 5, say_plain(theirs, room, "again", "again"))
    # Counted by its transaction id: of the former a request may still be under way.
    requests = count_requests(proxy, "/never", broken)
    assert isinstance(await say_plain(theirs, room, "never", "never"), nio.RoomSendError)
    assert requests() == 1

    anna, host = await meet("anna", "host")
    proxy.fault = None
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)
    for fault in (busy, broken):
        requests = count_requests(proxy, "/row-1", fault)
        with pytest.raises(Unavailable):
            await bot.post(room, {"msgtype": "m.text", "body": "once"}, txn_id="row-1")
        assert requests() == 1
    proxy.fault = None
    await bot.post(room, {"msgtype": "m.text", "body": "once"}, txn_id="row-1")
    assert (await anna.hears("once")).trusted


@pytest.mark.nio_fault(18)
async def test_nio_knows_no_room_after_a_restart_and_we_can_write_at_once(
    meet: Meet, plain: OpenPlain, homeserver: Homeserver, tmp_path: Path
) -> None:
    theirs, they = await plain("bot"), await plain("anna")
    room = await make_plain_room(theirs, they)
    again = make_plain(homeserver.url, theirs.user_id, Path(theirs.store_path))
    again.restore_login(theirs.user_id, theirs.device_id, theirs.access_token)
    await again.sync(timeout=0, since=theirs.next_batch)
    with pytest.raises(nio.LocalProtocolError):
        await say_plain(again, room, "I am back")
    await again.close()

    (anna,) = await meet("anna")
    user_id = homeserver.register(f"bot-{uuid.uuid4().hex}", PASSWORD)
    device_id, token = await sign_in(homeserver.url, user_id, PASSWORD, "Bot")
    key, pins = os.urandom(32), MemoryPins()

    async def start() -> HardenedClient:
        return await HardenedClient.open_client(homeserver.url, user_id, device_id, token, tmp_path / "bot", key, pins)

    bot = await start()
    await Identity.create().publish(bot)
    room = await bot.create_room(name="K7QF", topic="", invite=[anna.user_id])
    await anna.is_in(room)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    await bot.close()
    bot = await start()
    await bot.post(room, {"msgtype": "m.text", "body": "I am back"}, txn_id="1")
    await bot.sync_once(since, timeout_ms=0)
    await bot.close()
    assert (await anna.hears("I am back")).trusted
    assert bot.members(room) == {user_id, anna.user_id}
