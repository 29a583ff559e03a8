"""What nio 0.26 does wrong with what comes in; each test shows it, and that it does not reach us."""

import asyncio
import binascii
import json
import uuid
from pathlib import Path
from typing import Any

import nio
import pytest
import vodozemac
from aiohttp import web

from bot.matrix.backoff import Backoff
from bot.matrix.crypto.errors import Unavailable
from bot.matrix.crypto.machine import MEGOLM, OLM
from bot.matrix.crypto.signing import encode_base64
from bot.matrix.crypto.trust import Verdict
from tests.bot.matrix.crypto.people import (
    Meet,
    OpenDevice,
    claim_keys,
    count_keys,
    fail_on,
    list_events,
    make_room,
    open_signed,
    see,
    send_raw,
    send_to_device,
)
from tests.bot.matrix.crypto.plain import (
    OpenPlain,
    count_requests,
    do_until,
    make_plain,
    make_plain_room,
    record,
    say_plain,
)
from tests.bot.matrix.crypto.proxy import Proxy
from tests.homeserver import Homeserver
from tests.waiting import PATIENCE_SECONDS


@pytest.mark.nio_fault(1)
async def test_poison_stops_nio_but_not_us(meet: Meet, plain: OpenPlain) -> None:
    bot, mallory = await meet("bot", "mallory")
    await bot.stop_listening()
    theirs = await plain("bot")
    before = theirs.next_batch

    def brew(for_key: str) -> dict[str, object]:
        part = {"type": 1, "body": "not base64 !!!"}
        return {"algorithm": OLM, "sender_key": mallory.client.machine.identity_key, "ciphertext": {for_key: part}}

    await send_to_device(
        mallory,
        theirs.user_id,
        theirs.device_id,
        "m.room.encrypted",
        brew(theirs.olm.account.identity_keys["curve25519"]),
    )
    await send_to_device(
        mallory, bot.user_id, bot.client.device_id, "m.room.encrypted", brew(bot.client.machine.identity_key)
    )

    with pytest.raises(binascii.Error):
        await theirs.sync(timeout=0)
    # What else came with it is lost as well.
    assert theirs.next_batch != before
    await bot.client.sync_once(bot.since, timeout_ms=0)
    assert bot.client.figures.unreadable_to_device == 1


@pytest.mark.nio_fault(2)
async def test_nio_storms_a_homeserver_that_is_away_and_we_wait(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy
) -> None:
    (anna,) = await meet("anna")
    ours = await open_another(anna.user_id, proxy.url)
    await ours.announce()
    theirs = await plain("bot", proxy.url)

    requests = count_requests(proxy, "/sync", fail_on("/sync", status=502, text="<html>"))
    with pytest.raises(Unavailable):
        await ours.sync_once(None)
    assert requests() == 1
    backoff = Backoff()
    # What the caller's loop waits between ten attempts.
    assert sum(backoff.next() for _ in range(10)) > 60

    requests = count_requests(proxy, "/sync", fail_on("/sync", status=502, text="<html>"))
    await do_until(lambda: requests() > 50, theirs.sync_forever(timeout=30_000))


@pytest.mark.nio_fault(3)
async def test_nio_loses_what_could_not_be_handled_and_we_hear_it_again(
    meet: Meet, plain: OpenPlain, homeserver: Homeserver
) -> None:
    theirs, they = await plain("bot", store_sync_tokens=True), await plain("anna")
    room = await make_plain_room(theirs, they)
    await say_plain(they, room, "do this")

    def fail(*_: object) -> None:
        raise RuntimeError("the database is away")

    theirs.add_event_callback(fail, nio.RoomMessage)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(theirs.sync_forever(timeout=0), PATIENCE_SECONDS)
    again = make_plain(homeserver.url, theirs.user_id, Path(theirs.store_path), store_sync_tokens=True)
    again.restore_login(theirs.user_id, theirs.device_id, theirs.access_token)
    heard = record(again)
    await again.sync(timeout=0, full_state=True)
    await again.close()
    assert heard == []

    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await bot.stop_listening()
    said = await anna.say(room, "do this")
    assert await see(bot.client, bot.since, said) == await see(bot.client, bot.since, said)


@pytest.mark.nio_fault(4)
async def test_nio_ignores_that_its_one_time_keys_ran_out_and_we_refill_them(meet: Meet, plain: OpenPlain) -> None:
    bot, anna = await meet("bot", "anna")
    await bot.stop_listening()
    theirs = await plain("bot")
    await claim_keys(anna, theirs.user_id, theirs.device_id, 50)
    await claim_keys(anna, bot.user_id, bot.client.device_id, 51)
    await send_to_device(anna, theirs.user_id, theirs.device_id, "org.example.tick", {})

    answer = await theirs.sync(timeout=0)
    told = (await answer.transport_response.json())["device_one_time_keys_count"]
    assert told.get("signed_curve25519", 0) == 0
    assert not theirs.should_upload_keys

    await bot.client.sync_once(bot.since, timeout_ms=0)
    assert await count_keys(bot.client) == 50


@pytest.mark.nio_fault(5)
async def test_nio_skips_an_answer_whose_token_did_not_move_and_we_do_not(meet: Meet, plain: OpenPlain) -> None:
    bot, anna = await meet("bot", "anna")
    await bot.stop_listening()
    theirs = await plain("bot")
    before = await bot.client.sync_once(bot.since, timeout_ms=0)
    token = (await theirs.sync(timeout=0)).next_batch
    await claim_keys(anna, theirs.user_id, theirs.device_id, 40)
    await claim_keys(anna, bot.user_id, bot.client.device_id, 40)

    answer = await theirs.sync(timeout=0)
    told = (await answer.transport_response.json())["device_one_time_keys_count"]
    assert (answer.next_batch, told["signed_curve25519"]) == (token, 10)
    assert not theirs.should_upload_keys

    after = await bot.client.sync_once(before.next_batch, timeout_ms=0)
    assert after.next_batch == before.next_batch
    assert await count_keys(bot.client) == 50


@pytest.mark.nio_fault(14)
async def test_nio_drops_most_of_what_was_said_meanwhile_and_we_hear_all(meet: Meet, plain: OpenPlain) -> None:
    theirs, they = await plain("bot"), await plain("anna")
    room = await make_plain_room(theirs, they)
    heard = record(theirs)
    for number in range(15):
        await say_plain(they, room, f"message {number}")
    await theirs.sync(timeout=0)
    assert heard == [f"message {number}" for number in range(5, 15)]

    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await bot.stop_listening()
    before = await bot.client.sync_once(bot.since, timeout_ms=0)
    for number in range(15):
        await anna.say(room, f"message {number}")
    batch = await bot.client.sync_once(before.next_batch, timeout_ms=0)
    assert [event.content["body"] for event in list_events(batch)] == [f"message {number}" for number in range(15)]


@pytest.mark.nio_fault(16)
async def test_nio_never_reads_what_came_before_its_key_and_we_do(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy
) -> None:
    theirs, they = await plain("bot", proxy.url), await plain("anna")
    room = await make_plain_room(theirs, they)
    heard = record(theirs)
    late = HeldBackKeys(proxy)
    await say_plain(they, room, "early")
    await theirs.sync(timeout=0)
    late.release()
    await say_plain(they, room, "in time")
    await theirs.sync(timeout=0)
    assert heard == ["MegolmEvent", "in time"]

    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    late = HeldBackKeys(proxy)
    said = await anna.say(room, "early")
    unread = await see(bot, since, said)
    assert (unread.verdict, unread.content) == (Verdict.UNDECRYPTABLE, {})
    late.release()
    batch = await bot.sync_once(since, timeout_ms=0)
    assert unread.session_id in batch.unlocked
    assert unread.source is not None
    read = await bot.retry(unread.source)
    assert read is not None
    assert read.trusted
    assert read.content["body"] == "early"


@pytest.mark.nio_fault(17)
async def test_nio_forgets_a_broken_session_with_a_device_it_does_not_know_yet_and_we_mend_it(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, homeserver: Homeserver
) -> None:
    host, anna = await meet("host", "anna")
    room = await make_room(host, anna)
    theirs = await plain("bot")
    await host.client.invite(room, theirs.user_id)
    await theirs.join(room)
    theirs_key = theirs.olm.account.identity_keys["curve25519"]
    await send_to_device(
        anna, theirs.user_id, theirs.device_id, "m.room.encrypted", make_unreadable(anna.client.machine, theirs_key)
    )
    with pytest.raises(vodozemac.SessionCreationException):
        await theirs.sync(timeout=0)
    await anna.client.wire.ask("PUT", f"v3/rooms/{room}/send/m.reaction/{uuid.uuid4().hex}", {})
    await theirs.sync(timeout=0, full_state=True)
    await theirs.keys_query()
    assert theirs.olm.device_store[anna.user_id]
    assert not theirs.should_claim_keys

    bot = await open_another(host.user_id)
    await host.identity.sign_device(bot)
    unreadable = make_unreadable(anna.client.machine, bot.machine.identity_key)
    await send_to_device(anna, bot.user_id, bot.device_id, "m.room.encrypted", unreadable)
    await bot.sync_once(None, timeout_ms=0)
    assert bot.figures.sessions_mended == 1
    sessions = anna.client.machine._olm.session_store
    await anna._wait(lambda: sessions.get(bot.machine.identity_key), 20)


@pytest.mark.nio_fault(19)
async def test_nio_misses_a_change_during_a_query_and_we_ask_again(
    meet: Meet, plain: OpenPlain, open_another: OpenDevice, proxy: Proxy
) -> None:
    theirs, they = await plain("bot", proxy.url), await plain("anna")
    await make_plain_room(theirs, they)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def delay(request: web.Request) -> web.Response | None:
        if "keys/query" in request.path:
            asked.set()
            await answer.wait()
        return None

    proxy.fault = delay
    theirs.olm.add_changed_users({they.user_id})
    query = asyncio.create_task(theirs.keys_query())
    await asked.wait()
    theirs.olm.add_changed_users({they.user_id})
    answer.set()
    await query
    assert not theirs.should_query_keys

    anna, host = await meet("anna", "host")
    proxy.fault = None
    bot = await open_another(host.user_id, proxy.url)
    asked.clear()
    answer.clear()
    proxy.fault = delay
    refreshing = asyncio.create_task(bot.devices.refresh([anna.user_id]))
    await asked.wait()
    bot.devices.mark_outdated([anna.user_id])
    answer.set()
    await refreshing
    asked.clear()
    await bot.devices.refresh([anna.user_id])
    assert asked.is_set()


@pytest.mark.nio_fault(22)
async def test_nio_drops_an_event_without_deprecated_fields_and_we_read_it(meet: Meet, plain: OpenPlain) -> None:
    bot, anna = await meet("bot", "anna")
    theirs = await plain("bot")
    room = await make_room(bot, anna)
    await bot.client.invite(room, theirs.user_id)
    await theirs.join(room)
    await bot.knows(room, theirs.user_id)
    await theirs.sync(timeout=0)
    heard = record(theirs)
    await anna.say(room, "hello")
    await bot.hears("hello")
    session = anna.client._sharing._outbound[room].session
    plaintext = json.dumps(
        {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "again"}, "room_id": room}
    )
    content = {
        "algorithm": MEGOLM,
        "session_id": session.session_id,
        "ciphertext": session.encrypt(plaintext.encode()).to_base64(),
    }
    await send_raw(anna, room, "m.room.encrypted", content, uuid.uuid4().hex)

    await theirs.sync(timeout=0)
    assert heard == ["MegolmEvent"]  # the greeting, whose key it was refused: nothing signed nio's device
    assert (await bot.hears("again")).trusted


class HeldBackKeys:
    """Hold back the to-device messages of each sync until they are released."""

    def __init__(self, proxy: Proxy) -> None:
        self._held: list[object] = []
        self._released = False
        proxy.bend = self._bend

    def release(self) -> None:
        self._released = True

    def _bend(self, request: web.Request, answer: Any) -> Any:  # noqa: ANN401 - JSON
        if request.path.endswith("/sync"):
            self._held += answer.pop("to_device", {}).get("events", [])
            if self._released:
                answer["to_device"] = {"events": self._held}
                self._held = []
        return answer


def make_unreadable(machine: Any, for_key: str) -> dict[str, object]:  # noqa: ANN401 - the sender's Olm machine
    """A first message of a session that was made with a one-time key nobody has."""
    stranger = vodozemac.Account()
    stranger.generate_one_time_keys(1)
    (key,) = stranger.one_time_keys.values()
    account = machine._olm.account._account
    session = account.create_outbound_session(vodozemac.Curve25519PublicKey.from_base64(for_key), key)
    kind, body = session.encrypt(b"{}").to_parts()
    return {
        "algorithm": OLM,
        "sender_key": machine.identity_key,
        "ciphertext": {for_key: {"type": kind, "body": encode_base64(body)}},
    }
