"""Keys that did not come: asked for, explained, and never taken for more than they are."""

import json
import uuid
from typing import Any

import pytest
from aiohttp import web

from bot.matrix.crypto import missing
from bot.matrix.crypto.machine import MEGOLM
from bot.matrix.crypto.trust import Verdict
from tests.bot.matrix.crypto.people import (
    Meet,
    OpenDevice,
    claim_key,
    count_keys,
    fetch,
    list_events,
    make_room,
    open_signed,
    see,
    send_to_device,
    wait_for,
)
from tests.bot.matrix.crypto.proxy import Proxy
from tests.professional import Professional


async def test_refused_device_is_told_why(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    stolen = await open_another(anna.user_id)
    since = (await stolen.sync_once(None, timeout_ms=0)).next_batch

    secret = await bot.say(room, "secret")
    await anna.hears("secret")
    unread = await see(stolen, since, secret)

    assert (unread.verdict, unread.withheld) == (Verdict.UNDECRYPTABLE, "m.unverified")
    assert bot.client.figures.keys_withheld == 1


async def test_refused_device_is_told_once_for_each_key(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    stolen = await open_another(anna.user_id)
    await stolen.sync_once(None, timeout_ms=0)

    for number in range(3):
        await bot.say(room, f"secret {number}")

    assert bot.client.figures.keys_withheld == 1


async def test_nobody_else_can_say_that_a_key_is_withheld(meet: Meet) -> None:
    bot, anna, mallory = await meet("bot", "anna", "mallory")
    room = await make_room(bot, anna)
    await bot.stop_listening()
    withheld = {"algorithm": MEGOLM, "room_id": room, "session_id": "S", "sender_key": "x", "code": "m.blacklisted"}
    await send_to_device(mallory, bot.user_id, bot.client.device_id, "m.room_key.withheld", withheld)
    odd: list[dict[str, object]] = [{}, {"code": []}, {**withheld, "code": "<b>"}, {**withheld, "room_id": {}}]
    for nonsense in odd:
        await send_to_device(anna, bot.user_id, bot.client.device_id, "m.room_key.withheld", nonsense)

    await bot.client.sync_once(bot.since, timeout_ms=0)

    assert bot.client._reader._missing.explain(anna.user_id, room, "S") is None
    assert bot.client._reader._missing.explain(mallory.user_id, room, "S") == "m.blacklisted"


async def test_key_is_asked_for_from_our_own_other_devices_and_not_trusted_when_it_comes(
    meet: Meet, open_another: OpenDevice
) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    tablet = await open_another(anna.user_id)
    await tablet.sync_once(None, timeout_ms=0)
    said = await bot.say(room, "before the tablet")
    await anna.hears("before the tablet")
    await anna.identity.sign_device(tablet)
    unread = await see(tablet, None, said)
    assert unread.source is not None

    batch = await tablet.sync_once(None, timeout_ms=0)
    assert tablet.figures.keys_asked_for == 1
    await hand_over(anna, tablet.device_id, room, bot, str(unread.session_id))
    batch = await wait_for(tablet, batch.next_batch, lambda batch: unread.session_id in batch.unlocked)
    read = await tablet.retry(unread.source)

    assert read is not None
    assert read.content["body"] == "before the tablet"
    assert read.verdict is Verdict.FORWARDED_KEY


async def test_no_more_keys_are_waited_for_than_are_remembered(
    meet: Meet, open_another: OpenDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "MOST_KEPT", 2)
    (anna,) = await meet("anna")
    tablet = await open_another(anna.user_id)
    await anna.identity.sign_device(tablet)
    await tablet.sync_once(None, timeout_ms=0)

    for number in range(4):
        tablet._reader._missing.want("!room:localhost", f"S{number}")
        await tablet._reader._missing.ask()

    assert tablet.figures.keys_asked_for == 4
    assert list(tablet.machine._olm.outgoing_key_requests) == ["S2", "S3"]


async def test_key_that_nobody_asked_for_is_not_taken(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)
    said = await bot.say(room, "hello")
    await anna.hears("hello")
    tablet = await open_another(anna.user_id)
    await anna.identity.sign_device(tablet)
    batch = await tablet.sync_once(None, timeout_ms=0)
    session_id = str((await fetch(anna, room, said))["content"]["session_id"])

    # From another person, even after asking; and from our own device, for another session.
    await anna.client.devices.refresh([ben.user_id])
    await hand_over(ben, tablet.device_id, room, bot, session_id, to=anna)
    await tablet.sync_once(batch.next_batch, timeout_ms=0)

    assert await tablet.retry(await fetch(anna, room, said)) is None


async def test_key_that_its_maker_did_not_give_makes_nobody_the_writer(
    meet: Meet, open_another: OpenDevice, proxy: Proxy
) -> None:
    host, anna, mallory = await meet("host", "anna", "mallory")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna, mallory)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch

    def withhold(request: web.Request, answer: dict[str, Any]) -> dict[str, Any]:
        if request.path.endswith("/v3/sync"):
            answer.pop("to_device", None)
        return answer

    proxy.bend = withhold
    await anna.say(room, "hello")
    session = anna.client._sharing._outbound[room].session
    key = {"algorithm": MEGOLM, "room_id": room, "session_id": session.session_id}
    key["session_key"] = session.session_key.to_base64()
    said = await anna.say(room, "who wrote this?")
    heard = await wait_for(bot, since, lambda batch: said in {event.event_id for event in list_events(batch)})
    proxy.bend = None
    raw = await fetch(mallory, room, said)

    # As it is, unencrypted: as if nobody had said anything.
    await send_to_device(mallory, bot.user_id, bot.device_id, "m.room_key", key)
    heard = await bot.sync_once(heard.next_batch, timeout_ms=0)
    assert await bot.retry(raw) is None
    # By another member, who has it as well: it is Anna's session no more.
    await write_to(mallory, bot.user_id, bot.device_id, "m.room_key", key)
    await wait_for(bot, heard.next_batch, lambda batch: session.session_id in batch.unlocked)
    read = await bot.retry(raw)

    assert read is not None
    assert (read.sender, read.verdict) == (anna.user_id, Verdict.UNKNOWN_DEVICE)


async def test_key_is_given_again_to_whoever_lost_its_sessions(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await anna.say(room, "hello")
    await bot.hears("hello")
    await bot.say(room, "hello anna")
    await anna.hears("hello anna")
    ours, theirs = bot.client.machine, anna.client.machine
    # Anna's phone loses all its sessions, with us and of the room; the bot sends the next key in the old one.
    theirs._olm.session_store[ours.identity_key].clear()
    theirs._olm.inbound_group_store[room].clear()
    bot.client._sharing.forget(room)
    await bot.say(room, "lost")
    await bot._wait(lambda: bot.client.figures.sessions_renewed or None, 20)
    assert anna.client.figures.sessions_mended == 1

    await bot.say(room, "found")

    assert (await anna.hears("found")).trusted
    assert anna.client.figures.sessions_mended == 1


async def test_key_that_comes_again_later_does_not_hide_what_was_readable(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    early = await bot.say(room, "early")
    await anna.hears("early")
    bot.client._sharing._outbound[room].holders.clear()
    await bot.say(room, "late")
    await anna.hears("late")

    read = await anna.client.retry(await fetch(anna, room, early))

    assert read is not None
    assert read.content["body"] == "early"


async def test_one_time_keys_never_run_out_under_a_thousand_new_sessions(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    await bot.stop_listening()
    since = bot.since
    fallbacks = set()
    for _ in range(1000 // 20):
        keys = [await claim_key(anna, bot.user_id, bot.client.device_id) for _ in range(20)]
        assert not [key for key in keys if key is None or key.get("fallback")]
        since = (await bot.client.sync_once(since, timeout_ms=0)).next_batch
        since = (await bot.client.sync_once(since, timeout_ms=0)).next_batch
        assert await count_keys(bot.client) >= 25
    for _ in range(2):
        while not (key := await claim_key(anna, bot.user_id, bot.client.device_id) or {}).get("fallback"):
            pass
        fallbacks.add(json.dumps(key["key"]))
        since = (await bot.client.sync_once(since, timeout_ms=0)).next_batch
    # Another one after the first was used.
    assert len(fallbacks) == 2


async def hand_over(  # noqa: PLR0917 - who, to which device, what
    giver: Professional, device_id: str, room: str, maker: Professional, session_id: str, to: Professional | None = None
) -> None:
    """Forward a room key, as Element does from one device of a person to another."""
    user_id = (to or giver).user_id
    known = giver.client.machine._olm.inbound_group_store
    session = known.get(room, maker.client.machine.identity_key, session_id)
    content = {
        "algorithm": MEGOLM,
        "room_id": room,
        "session_id": session_id,
        "session_key": session.export_session(session.first_known_index),
        "sender_key": maker.client.machine.identity_key,
        "sender_claimed_ed25519_key": maker.client.machine.signing_key,
        "forwarding_curve25519_key_chain": [],
    }
    await write_to(giver, user_id, device_id, "m.forwarded_room_key", content)


async def write_to(giver: Professional, user_id: str, device_id: str, kind: str, content: dict[str, Any]) -> None:
    """Send to a device what it alone can read."""
    giver.client.devices.mark_outdated([user_id])
    await giver.client.devices.refresh([user_id])
    device = next(each for each in giver.client.devices.list_trusted([user_id]) if each.device_id == device_id)
    await giver.client._sharing._claim([device])
    sealed = giver.client.machine.write(device, kind, content)
    path = f"v3/sendToDevice/m.room.encrypted/{uuid.uuid4().hex}"
    await giver.client.wire.ask("PUT", path, {"messages": {user_id: {device_id: sealed}}})
