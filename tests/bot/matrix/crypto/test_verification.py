# lines: each way to break one protocol, beside the one that keeps it
"""Verification by someone who does not keep to the rules. That it works with Element, tests/interop shows."""

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vodozemac
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.crypto.errors import NotTheSame, VerificationFailed
from bot.matrix.crypto.events import VERIFICATION, Event, ToDevice
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.sas import AGREEMENT, HASH, MAC, METHOD, Exchange, Party
from bot.matrix.crypto.signing import is_signed
from bot.matrix.crypto.trust import Verdict
from bot.matrix.crypto.verification import Progress, Stage
from tests.bot.matrix.crypto.admin import Admin
from tests.bot.matrix.crypto.asker import OFFERS, Asker, commit
from tests.bot.matrix.crypto.people import PASSWORD, Meet, OpenDevice, make_room, send_raw, wait_for
from tests.bot.matrix.crypto.proxy import Proxy
from tests.professional import Professional


@pytest.fixture
async def bot(meet: Meet) -> Professional:
    (bot,) = await meet("bot")
    return bot


@pytest.fixture
async def anna(meet: Meet) -> Professional:
    (anna,) = await meet("anna")
    return anna


@pytest.fixture
def admin(bot: Professional) -> Admin:
    return Admin(bot)


@pytest.fixture
def asker(anna: Professional, bot: Professional, admin: Admin) -> Asker:
    return Asker(anna, bot.client)


async def is_vouched_for(anna: Professional, bot: Professional) -> bool:
    answer = await bot.client.wire.ask("POST", "v3/keys/query", {"device_keys": {anna.user_id: []}})
    key = bot.identity.user_signing
    return is_signed(answer["master_keys"][anna.user_id], bot.user_id, key.id, key.public)


async def test_who_keeps_to_the_rules_is_vouched_for(
    bot: Professional, anna: Professional, admin: Admin, asker: Asker
) -> None:
    shown = await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    assert shown == comparison

    await asker.vouch()
    await admin.verification.confirm(anna.user_id, comparison)

    vouched = (await asker.gets("mac"))["mac"]
    await asker.gets("done")
    assert set(vouched) == {f"ed25519:{bot.client.device_id}", bot.identity.master.id}
    assert await admin.hears_the_end(anna.user_id) == Progress(anna.user_id, Stage.DONE, signed=True)
    assert await is_vouched_for(anna, bot)


async def test_who_is_held_proves_that_the_new_identity_is_theirs(
    bot: Professional, anna: Professional, admin: Admin
) -> None:
    await bot.client.devices.refresh({anna.user_id})
    known = await bot.client.pins.pinned(anna.user_id)
    anna.identity = Identity.create()
    await anna.identity.publish(anna.client, PASSWORD)
    bot.client.devices.mark_outdated({anna.user_id})
    asker = Asker(anna, bot.client)
    shown = await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    assert shown == comparison
    assert admin.told[-1].identity == anna.identity.master.public != known

    await asker.vouch()
    await admin.verification.confirm(anna.user_id, comparison)

    await asker.gets("done")
    await admin.hears_the_end(anna.user_id)
    proven = [progress.identity for progress in admin.told if progress.stage is Stage.PROVEN]
    assert proven == [anna.identity.master.public]
    assert await is_vouched_for(anna, bot)


async def test_who_is_held_and_has_not_the_key_of_the_new_identity_proves_nothing(
    bot: Professional, anna: Professional, admin: Admin
) -> None:
    await bot.client.devices.refresh({anna.user_id})
    earlier, anna.identity = anna.identity, Identity.create()
    await anna.identity.publish(anna.client, PASSWORD)
    bot.client.devices.mark_outdated({anna.user_id})
    asker = Asker(anna, bot.client)
    await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    signing = anna.client.machine.signing_key
    await asker.vouch({f"ed25519:{anna.client.device_id}": signing, earlier.master.id: earlier.master.public})
    await admin.hears_the_end(anna.user_id)
    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, comparison)
    assert not [progress for progress in admin.told if progress.stage is Stage.PROVEN]


async def test_a_key_that_the_homeserver_exchanged_shows(anna: Professional, admin: Admin, asker: Asker) -> None:
    shown = await asker.exchange_keys(arriving=vodozemac.Sas().public_key.to_base64())

    comparison = await admin.sees(anna.user_id)
    assert shown.emoji != comparison.emoji
    assert shown.decimals != comparison.decimals


async def test_strangers_get_no_answer(anna: Professional, admin: Admin, asker: Asker) -> None:
    now = datetime.now(UTC).timestamp() * 1000
    content = {"transaction_id": "t", "from_device": anna.client.device_id, "methods": [METHOD], "timestamp": now}
    admin.strangers.add(anna.user_id)
    await admin.verification.hear_device(ToDevice(anna.user_id, "m.key.verification.request", content))
    await admin.verification.hear_device(ToDevice(anna.user_id, "m.key.verification.start", content))
    admin.strangers.clear()

    await asker.request()
    await asker.gets("ready")

    assert asker.got == []


async def test_a_device_that_its_owner_did_not_sign_is_refused(
    bot: Professional, anna: Professional, admin: Admin, open_another: OpenDevice
) -> None:
    tablet = await open_another(anna.user_id)
    await tablet.announce()
    asker = Asker(anna, bot.client)

    # A cancellation goes to the device that asked.
    await asker.request(from_device=tablet.device_id)
    (cancelled,) = (await wait_for(tablet, None, lambda batch: batch.to_device != ())).to_device

    assert (cancelled.type, cancelled.content["code"]) == ("m.key.verification.cancel", "m.user")


@pytest.mark.parametrize("age", [timedelta(minutes=-11), timedelta(minutes=6)])
async def test_requests_of_another_time_are_ignored(asker: Asker, age: timedelta) -> None:
    await asker.request(timestamp=int((datetime.now(UTC) + age).timestamp() * 1000))
    await asker.start()

    assert (await asker.gets("cancel"))["code"] == "m.unknown_transaction"


async def test_a_client_that_knows_no_emoji_verification_is_told(asker: Asker) -> None:
    await asker.request(methods=["m.qr_code.scan.v1"])

    assert (await asker.gets("cancel"))["code"] == "m.unknown_method"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "m.reciprocate.v1"}, "m.unknown_method"),
        ({"key_agreement_protocols": ["curve25519"]}, "m.unknown_method"),
        ({"message_authentication_codes": ["hkdf-hmac-sha256"]}, "m.unknown_method"),
        ({"hashes": "sha256"}, "m.unknown_method"),
        ({"short_authentication_string": ["emoji"]}, "m.unknown_method"),
        ({"from_device": "ANOTHER"}, "m.user_mismatch"),
    ],
)
async def test_starts_that_are_weak_or_of_another_device_are_refused(
    anna: Professional, admin: Admin, asker: Asker, changes: dict[str, object], code: str
) -> None:
    await asker.request()
    await asker.gets("ready")

    await asker.start(**changes)

    assert (await asker.gets("cancel"))["code"] == code
    assert await admin.hears_the_end(anna.user_id) == Progress(anna.user_id, Stage.CANCELLED, code=code)


@pytest.mark.parametrize("kind", ["key", "mac"])
async def test_steps_out_of_order_end_it(asker: Asker, kind: str) -> None:
    await asker.request()
    await asker.gets("ready")

    await asker.send(kind, {"key": asker.public, "mac": {}, "keys": ""})

    assert (await asker.gets("cancel"))["code"] == "m.unexpected_message"


async def test_the_same_step_twice_changes_nothing_but_another_one_ends_it(asker: Asker) -> None:
    await asker.request()
    await asker.gets("ready")
    await asker.start()
    await asker.start()
    await asker.gets("accept")

    await asker.start(hashes=["sha256", "sha512"])

    assert (await asker.gets("cancel"))["code"] == "m.unexpected_message"
    assert asker.got == []


async def test_keys_that_are_none_end_it(asker: Asker) -> None:
    for key in ("not a key", None, 5, "A" * 43):
        asker.transaction_id = f"with {key}"
        await asker.request()
        await asker.gets("ready")
        await asker.start()
        await asker.gets("accept")

        await asker.send("key", {"key": key})

        assert (await asker.gets("cancel"))["code"] == "m.invalid_message"


async def test_another_identity_than_the_pinned_one_is_not_vouched_for(
    bot: Professional, anna: Professional, admin: Admin, asker: Asker
) -> None:
    await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    await admin.verification.confirm(anna.user_id, comparison)
    other = Identity.create().master

    await asker.vouch({f"ed25519:{anna.client.device_id}": anna.client.machine.signing_key, other.id: other.public})

    assert (await asker.gets("cancel"))["code"] == "m.key_mismatch"
    assert not await is_vouched_for(anna, bot)


async def test_another_key_under_a_known_id_is_not_vouched_for(
    bot: Professional, anna: Professional, asker: Asker
) -> None:
    await asker.exchange_keys()
    other = Identity.create().master.public

    await asker.vouch({f"ed25519:{anna.client.device_id}": other, anna.identity.master.id: other})

    assert (await asker.gets("cancel"))["code"] == "m.key_mismatch"
    assert not await is_vouched_for(anna, bot)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"keys": "AAAA"}, "m.key_mismatch"),
        ({"keys": None}, "m.invalid_message"),
        ({"mac": []}, "m.invalid_message"),
        ({"mac": {"ed25519:X": 5}}, "m.key_mismatch"),
    ],
)
async def test_macs_that_are_changed_end_it(asker: Asker, changes: dict[str, Any], code: str) -> None:
    await asker.exchange_keys()

    await asker.vouch(**changes)

    assert (await asker.gets("cancel"))["code"] == code


async def test_a_new_request_takes_the_place_of_one_that_nobody_compares_yet(asker: Asker) -> None:
    await asker.request()
    await asker.gets("ready")
    before, asker.transaction_id = asker.transaction_id, "again"

    await asker.request()
    await asker.gets("ready")

    asker.transaction_id = before
    assert (await asker.gets("cancel"))["code"] == "m.user"


async def test_a_new_request_does_not_disturb_those_who_compare(anna: Professional, admin: Admin, asker: Asker) -> None:
    await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    before, asker.transaction_id = asker.transaction_id, "meanwhile"

    await asker.request()

    assert (await asker.gets("cancel"))["code"] == "m.user"
    assert admin.verification.comparison(anna.user_id) == comparison
    asker.transaction_id = before
    await asker.vouch()
    await admin.verification.confirm(anna.user_id, comparison)
    await asker.gets("done")


async def test_only_what_was_compared_can_be_confirmed(anna: Professional, admin: Admin, asker: Asker) -> None:
    await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    other = dataclasses.replace(comparison, decimals=(1000, 1000, 1000))

    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, other)
    await admin.verification.confirm(anna.user_id, comparison)
    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, comparison)


async def test_what_is_overdue_cannot_be_confirmed(anna: Professional, admin: Admin, asker: Asker) -> None:
    await asker.exchange_keys()
    comparison = await admin.sees(anna.user_id)
    admin.later = timedelta(minutes=10)

    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, comparison)

    assert (await asker.gets("cancel"))["code"] == "m.timeout"


async def test_nobody_else_can_end_it(meet: Meet, bot: Professional, anna: Professional, admin: Admin) -> None:
    asker = Asker(anna, bot.client)
    (ben,) = await meet("ben")
    other = Asker(ben, bot.client)
    await asker.request()
    await asker.gets("ready")

    other.transaction_id = asker.transaction_id
    await other.send("cancel", {"code": "m.user"})
    await other.start()
    assert (await other.gets("cancel"))["code"] == "m.unknown_transaction"

    await asker.start()
    await asker.gets("accept")


async def test_a_homeserver_that_is_away_ends_the_verification_and_nothing_else(
    bot: Professional, anna: Professional, admin: Admin, asker: Asker, proxy: Proxy
) -> None:
    await asker.request()
    await asker.gets("ready")

    async def fail(request: web.Request) -> web.Response | None:
        return web.Response(status=502) if "/sendToDevice/" in request.path else None

    proxy.fault = fail
    bot.client.wire._homeserver = proxy.url
    await asker.start()

    assert await admin.hears_the_end(anna.user_id) == Progress(anna.user_id, Stage.CANCELLED, code="m.timeout")
    proxy.fault = None
    asker.transaction_id = "again"
    await asker.request()
    await asker.gets("ready")


async def test_another_device_of_the_bot_can_take_it_over(
    bot: Professional, anna: Professional, admin: Admin, open_another: OpenDevice
) -> None:
    room = await make_room(bot, anna)
    element = await open_another(bot.user_id)
    methods = {"methods": [METHOD], "from_device": anna.client.device_id, "to": bot.user_id}
    request = {"msgtype": "m.key.verification.request", "body": "verify me", **methods}
    asked = await send_raw(anna, room, "m.room.message", request, "1")
    await anna.hears(lambda event: event.type == "m.key.verification.ready" and event.refers_to == asked)

    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": asked}}
    ready = {"from_device": element.device_id, "methods": [METHOD], **relation}
    await send_raw(bot, room, "m.key.verification.ready", ready, "2")
    await bot.hears(lambda event: event.content.get("from_device") == element.device_id)
    await send_raw(anna, room, "m.key.verification.start", {"from_device": anna.client.device_id, **relation}, "3")
    await bot.hears(lambda event: event.type == "m.key.verification.start")

    # Neither accepted nor cancelled: it is not ours any more.
    assert admin.told == []
    assert not [event for event in anna.heard if event.type.endswith((".accept", ".cancel"))]


async def test_in_a_room_the_messages_may_be_encrypted(bot: Professional, anna: Professional, admin: Admin) -> None:
    room = await make_room(bot, anna)
    methods = {"methods": [METHOD], "from_device": anna.client.device_id, "to": bot.user_id}
    asked = await anna.say(room, "verify me", msgtype="m.key.verification.request", **methods)
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": asked}}

    async def gets(kind: str) -> Event:
        return await anna.hears(lambda event: event.sender == bot.user_id and event.type == VERIFICATION + kind)

    ready = await gets("ready")
    start = {"from_device": anna.client.device_id, "method": METHOD, **OFFERS, **relation}
    await anna.client.post(room, start, txn_id="start", type=VERIFICATION + "start")
    accept = await gets("accept")
    key = {"key": vodozemac.Sas().public_key.to_base64(), **relation}
    await anna.client.post(room, key, txn_id="key", type=VERIFICATION + "key")
    theirs = await gets("key")

    assert [event.verdict for event in (ready, accept, theirs)] == [Verdict.TRUSTED] * 3
    assert {event.refers_to for event in (ready, accept, theirs)} == {asked}
    assert accept.content["commitment"] == commit(theirs.content["key"], start)
    assert (await admin.sees(anna.user_id)).emoji != ()


async def test_in_a_room_whoever_is_held_reads_what_is_answered(
    bot: Professional, anna: Professional, admin: Admin
) -> None:
    room = await make_room(bot, anna)
    await bot.client.devices.refresh({anna.user_id})
    anna.identity = Identity.create()
    await anna.identity.publish(anna.client, PASSWORD)
    bot.client.devices.mark_outdated({anna.user_id})
    methods = {"methods": [METHOD], "from_device": anna.client.device_id, "to": bot.user_id}
    asked = await anna.say(room, "verify me", msgtype="m.key.verification.request", **methods)
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": asked}}
    await anna.hears(lambda event: event.type == VERIFICATION + "ready" and event.refers_to == asked)
    start = {"from_device": anna.client.device_id, "method": METHOD, **OFFERS, **relation}
    await anna.client.post(room, start, txn_id="start", type=VERIFICATION + "start")
    await anna.hears(lambda event: event.type == VERIFICATION + "accept")
    key = {"key": vodozemac.Sas().public_key.to_base64(), **relation}
    await anna.client.post(room, key, txn_id="key", type=VERIFICATION + "key")
    assert (await admin.sees(anna.user_id)).emoji != ()
    assert admin.told[-1].identity == anna.identity.master.public
    await anna.hears(lambda event: event.sender == bot.user_id and event.type == VERIFICATION + "key")
    answered = [event for event in anna.heard if event.sender == bot.user_id]
    assert {event.verdict for event in answered} == {Verdict.PLAINTEXT}
    assert {event.type for event in answered} == {VERIFICATION + kind for kind in ("ready", "accept", "key")}


async def test_other_messages_are_no_part_of_it(bot: Professional, anna: Professional, admin: Admin) -> None:
    room = await make_room(bot, anna)
    await anna.say(room, "good morning")

    assert not await admin.verification.hear(await bot.hears("good morning"))


async def test_nonsense_is_survived(anna: Professional, admin: Admin) -> None:
    kinds = ("request", "start", "key", "mac", "done", "cancel", "ready", "", "nonsense")
    keys = ("from_device", "methods", "timestamp", "method", "key", "mac", "keys", "code")
    values: tuple[object, ...] = (None, [], {}, "x" * 300, "\ud800", 1.5, float("nan"), 10**400, True)
    for kind, value in itertools.product(kinds, values):
        for transaction_id in (value, "t"):
            for changes in ({}, {"from_device": anna.client.device_id}):
                content = {**dict.fromkeys(keys, value), "transaction_id": transaction_id, **changes}
                await admin.verification.hear_device(ToDevice(anna.user_id, f"m.key.verification.{kind}", content))

    assert admin.told == []


values = st.recursive(
    st.none() | st.text() | st.floats() | st.sampled_from([AGREEMENT, HASH, MAC, "decimal"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
starts = st.dictionaries(
    st.sampled_from(
        ["key_agreement_protocols", "hashes", "message_authentication_codes", "short_authentication_string", "else"]
    ),
    values,
)


@given(starts)
def test_a_start_is_accepted_or_refused_with_a_code(start: dict[str, Any]) -> None:
    exchange = Exchange("t", Party("@bot:h", "B"), Party("@anna:h", "A"))

    try:
        accepted: object = exchange.accept({"method": METHOD, **start})["key_agreement_protocol"]
    except VerificationFailed as problem:
        accepted = problem.code

    assert accepted in {AGREEMENT, "m.unknown_method", "m.invalid_message"}


def test_what_one_side_vouches_for_the_other_can_prove() -> None:
    bot, anna = Party("@bot:h", "B"), Party("@anna:h", "A")
    here, there = Exchange("t", bot, anna), Exchange("t", anna, bot)
    here.agree(there.public)
    there.agree(here.public)
    keys = {"ed25519:A": "device", "ed25519:M": "identity"}
    vouched: dict[str, Any] = there.mac(keys)

    # Each side takes the other for the one that started; the MACs name both.
    assert here.prove(vouched, keys | {"ed25519:Z": "not vouched for"}) == keys.keys()
    for changed in (
        {**vouched, "keys": "A" * 43},
        {**vouched, "mac": {**dict.fromkeys(keys, "A" * 43)}},
        {**vouched, "mac": {"ed25519:\ud800": "A" * 43}},
        {**vouched, "mac": {"ed25519:A": vouched["mac"]["ed25519:A"]}},
    ):
        with pytest.raises(VerificationFailed) as failed:
            here.prove(changed, keys)
        assert failed.value.code == "m.key_mismatch"
