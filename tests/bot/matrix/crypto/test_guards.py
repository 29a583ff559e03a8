import asyncio
import itertools
import json
from typing import Any

import pytest
from aiohttp import web

from bot.matrix.crypto.errors import NotAllowed, NotEncrypted, Rejected, TokenRevoked, Unavailable
from bot.matrix.crypto.machine import MEGOLM, OLM
from bot.matrix.crypto.sync import upload_keys
from bot.matrix.crypto.trust import Verdict
from tests.bot.matrix.crypto.people import (
    Meet,
    OpenDevice,
    claim_key,
    count_keys,
    fail_on,
    fetch,
    make_room,
    open_signed,
    see,
    send_raw,
    send_to_device,
)
from tests.bot.matrix.crypto.proxy import Proxy
from tests.professional import Professional

POISON = [
    {"type": 0, "body": "AAAA"},
    {"type": 1, "body": "not base64 !!!"},
    {"type": 1, "body": "AAAA"},
    {"type": 7, "body": "AAAA"},
    {"type": [], "body": {}},
    "text",
    None,
]
POISON_PLAINTEXT = [
    b"\xff\xfe",
    b"[1]",
    b"{}",
    b"[" * 30_000,
    b'{"type": 1, "content": {}, "room_id": "x"}',
    b'{"type": "m.room.message", "content": "text", "room_id": "x"}',
    b'{"type": "m.room.message", "content": {}, "room_id": "!another:room"}',
]


async def test_poisonous_to_device_messages_stop_nothing(meet: Meet) -> None:
    bot, anna, mallory = await meet("bot", "anna", "mallory")
    room = await make_room(bot, anna)
    ours, theirs = bot.client.machine.identity_key, mallory.client.machine.identity_key
    for part in POISON:
        poison = {"algorithm": OLM, "sender_key": theirs, "ciphertext": {ours: part}}
        await send_to_device(mallory, bot.user_id, bot.client.device_id, "m.room.encrypted", poison)
    await send_to_device(
        mallory,
        bot.user_id,
        bot.client.device_id,
        "m.room.encrypted",
        {"algorithm": OLM, "sender_key": 1, "ciphertext": []},
    )
    await send_to_device(
        mallory,
        bot.user_id,
        bot.client.device_id,
        "m.room_key",
        {"room_id": room, "session_id": "x", "session_key": "y"},
    )

    await anna.say(room, "still there?")

    assert (await bot.hears("still there?")).trusted


async def test_poisonous_room_events_stop_nothing(meet: Meet) -> None:
    bot, mallory = await meet("bot", "mallory")
    room = await make_room(bot, mallory)
    await mallory.say(room, "hello")
    await bot.hears("hello")
    session = mallory.client._sharing._outbound[room].session
    base = {"algorithm": MEGOLM, "session_id": session.session_id}
    numbers = itertools.count()
    for plaintext in POISON_PLAINTEXT:
        content = {**base, "ciphertext": session.encrypt(plaintext).to_base64()}
        await send_raw(mallory, room, "m.room.encrypted", content, f"p{next(numbers)}")
    nonsense: object
    for nonsense in ("!!", "", 7, None, {}):
        garbage: dict[str, object] = {**base, "ciphertext": nonsense}
        await send_raw(mallory, room, "m.room.encrypted", garbage, f"n{next(numbers)}")
    await send_raw(mallory, room, "m.room.encrypted", {"session_id": [], "algorithm": {}}, "empty")
    odd = {"m.relates_to": 5, "m.mentions": [], "body": {}, "msgtype": []}
    plaintext = json.dumps({"type": "m.room.message", "content": odd, "room_id": room}).encode()
    content = {**base, "ciphertext": session.encrypt(plaintext).to_base64()}
    await send_raw(mallory, room, "m.room.encrypted", content, "odd")

    await mallory.say(room, "still there?")

    assert (await bot.hears("still there?")).trusted
    verdicts = [event.verdict for event in bot.heard]
    # The greeting, the odd one, and the question.
    assert verdicts.count(Verdict.TRUSTED) == 3
    assert verdicts.count(Verdict.BAD_EVENT) == len(POISON_PLAINTEXT)


async def test_one_time_keys_are_refilled_from_none(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    while not await claim_is_fallback(anna, bot):
        pass
    await bot.stop_listening()
    assert await count_keys(bot.client) == 0

    await bot.client.sync_once(bot.since, timeout_ms=0)

    assert await count_keys(bot.client) == bot.client.machine._olm.account.max_one_time_keys


async def test_people_reach_us_by_the_fallback_key(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna)
    await bot.stop_listening()
    while not await claim_is_fallback(ben, bot):
        pass

    said = await anna.say(room, "are you there?")

    assert (await see(bot.client, bot.since, said)).trusted


async def test_crash_after_an_upload_of_keys_does_no_harm(meet: Meet) -> None:
    (bot,) = await meet("bot")
    await bot.stop_listening()
    upload = bot.client.machine.prepare_upload(0, fallback=True)
    assert upload is not None
    await bot.client.wire.ask("POST", "v3/keys/upload", upload)

    await upload_keys(bot.client.wire, bot.client.machine, held=0, fallback=True)

    assert bot.client.machine.prepare_upload(50, fallback=False) is None


async def test_room_key_arrives_through_failures(meet: Meet, open_another: OpenDevice, proxy: Proxy) -> None:
    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)
    failures = [
        web.json_response({"errcode": "M_LIMIT_EXCEEDED", "error": "", "retry_after_ms": 10}, status=429),
        web.json_response({"errcode": "M_UNKNOWN", "error": ""}, status=500),
        web.Response(status=502, text="<html>"),
    ]

    async def fail(request: web.Request) -> web.Response | None:
        return failures.pop(0) if "sendToDevice" in request.path and failures else None

    proxy.fault = fail
    await bot.post(room, {"msgtype": "m.text", "body": "through the storm"}, txn_id="1")

    assert failures == []
    assert (await anna.hears("through the storm")).trusted


@pytest.mark.parametrize("broken", ["sendToDevice", "keys/claim", "keys/query"])
async def test_failed_sharing_is_told_and_made_good_later(
    meet: Meet, open_another: OpenDevice, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr("bot.matrix.crypto.sharing.LONGEST_WAIT", 0.01)
    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    await bot.sync_once(None, timeout_ms=0)

    proxy.fault = fail_on(broken, status=502, text="<html>")
    with pytest.raises(Unavailable):
        await bot.post(room, {"msgtype": "m.text", "body": "lost"}, txn_id="1")
    proxy.fault = None
    await bot.post(room, {"msgtype": "m.text", "body": "found"}, txn_id="2")

    assert (await anna.hears("found")).trusted


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, '{"errcode": "M_UNKNOWN_TOKEN", "error": "secret"}', TokenRevoked),
        (401, '{"errcode": "M_MISSING_TOKEN", "error": "secret"}', TokenRevoked),
        (403, '{"errcode": "M_FORBIDDEN", "error": "secret"}', NotAllowed),
        (400, '{"errcode": "M_BAD_JSON", "error": "secret"}', Rejected),
        (404, "<html>secret</html>", Unavailable),
        (429, '{"errcode": "M_LIMIT_EXCEEDED", "error": "secret", "retry_after_ms": 1500}', Unavailable),
        (500, '{"errcode": "M_UNKNOWN", "error": "secret"}', Unavailable),
        (502, "<html>secret</html>", Unavailable),
        (200, "<html>secret</html>", Unavailable),
        (200, "[]", Unavailable),
    ],
)
async def test_each_failure_of_a_sync_has_its_exception(
    meet: Meet, open_another: OpenDevice, proxy: Proxy, *, status: int, body: str, expected: type[Exception]
) -> None:
    (anna,) = await meet("anna")
    device = await open_another(anna.user_id, proxy.url)
    await device.announce()
    proxy.fault = fail_on("/sync", status=status, text=body, content_type="application/json")

    with pytest.raises(expected) as raised:
        await device.sync_once(None, timeout_ms=0)

    assert type(raised.value) is expected
    assert "secret" not in str(raised.value)
    if status == 429:
        assert isinstance(raised.value, Unavailable)
        assert raised.value.retry_after == 1.5


async def test_homeserver_that_is_gone_is_unavailable(meet: Meet, open_another: OpenDevice) -> None:
    (anna,) = await meet("anna")
    async with Proxy(anna.client.wire._homeserver) as proxy:
        device = await open_another(anna.user_id, proxy.url)

    with pytest.raises(Unavailable):
        await device.sync_once(None, timeout_ms=0)


async def test_unencrypted_room_gets_nothing(meet: Meet) -> None:
    (bot,) = await meet("bot")
    answer = await bot.client.wire.ask("POST", "v3/createRoom", {"preset": "private_chat"})
    room = str(answer["room_id"])

    with pytest.raises(NotEncrypted):
        await bot.say(room, "secret")

    page = await bot.client.wire.ask("GET", f"v3/rooms/{room}/messages", query={"dir": "b", "limit": "50"})
    assert "secret" not in json.dumps(page)
    assert not [raw for raw in page["chunk"] if "state_key" not in raw]


async def test_room_that_we_are_not_in_is_not_allowed(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna)
    await bot.client.remove(room, anna.user_id, "left-the-case")

    with pytest.raises(NotAllowed):
        await anna.say(room, "but I")
    with pytest.raises(NotAllowed):
        await ben.say(room, "me too")


async def test_key_changes_as_often_as_the_room_asks(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    state = {"algorithm": MEGOLM, "rotation_period_msgs": 2}
    await bot.client.wire.ask("PUT", f"v3/rooms/{room}/state/m.room.encryption/", state)
    await bot._wait(lambda: bot.client._rooms[room].key_messages == 2 or None, 20)

    sent = [await bot.say(room, f"message {number}") for number in range(5)]
    sessions = [(await read_content(bot, room, event_id))["session_id"] for event_id in sent]

    assert [len(list(same)) for _, same in itertools.groupby(sessions)] == [2, 2, 1]
    assert (await anna.hears("message 4")).trusted


async def test_concurrent_posts_share_one_key(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)

    sent = await asyncio.gather(*(bot.say(room, f"message {number}") for number in range(5)))

    assert len({(await read_content(bot, room, event_id))["session_id"] for event_id in sent}) == 1
    for number in range(5):
        assert (await anna.hears(f"message {number}")).trusted


async def test_signing_out_a_device_changes_the_key(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    laptop = await open_another(anna.user_id)
    await anna.identity.sign_device(laptop)
    await laptop.sync_once(None, timeout_ms=0)
    said = await laptop.post(room, {"msgtype": "m.text", "body": "from my laptop"}, txn_id="1")
    assert (await bot.hears("from my laptop")).event_id == said
    before = await read_content(bot, room, await bot.say(room, "both"))
    assert laptop.device_id in {device.device_id for device in bot.client._sharing._outbound[room].holders}

    await laptop.wire.ask("POST", "v3/logout", {})
    await anna.say(room, "the laptop is gone")
    await bot.hears("the laptop is gone")
    after = await read_content(bot, room, await bot.say(room, "phone only"))

    assert before["session_id"] != after["session_id"]
    assert (await anna.hears("phone only")).trusted


async def test_broken_session_is_mended(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await anna.say(room, "hello")
    await bot.hears("hello")
    await bot.say(room, "hello anna")
    await anna.hears("hello anna")
    # The bot loses its session with Anna's phone: her next key comes in a message that it cannot read.
    theirs, ours = anna.client.machine, bot.client.machine
    ours._olm.session_store[theirs.identity_key].clear()
    anna.client._sharing.forget(room)
    await anna.say(room, "lost")
    await anna._wait(lambda: len(theirs._olm.session_store[ours.identity_key]) > 1 or None, 20)

    anna.client._sharing.forget(room)
    await anna.say(room, "found")

    assert (await bot.hears("found")).trusted


async def claim_is_fallback(claimer: Professional, owner: Professional) -> bool:
    key = await claim_key(claimer, owner.user_id, owner.client.device_id)
    return key is not None and bool(key.get("fallback"))


async def read_content(who: Professional, room: str, event_id: str) -> Any:  # noqa: ANN401 - JSON
    return (await fetch(who, room, event_id))["content"]
