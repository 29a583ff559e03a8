import copy
from typing import Any

import pytest

from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.signing import SigningKey
from bot.matrix.crypto.trust import Verdict, judge_devices, judge_identity
from tests.bot.matrix.crypto.people import PASSWORD, Meet, OpenDevice, fetch, make_room, see, send_raw

USER = "@anna:localhost"


async def test_unsigned_device_is_told_apart_and_gets_no_key(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    stolen = await open_another(anna.user_id)
    batch = await stolen.sync_once(None, timeout_ms=0)

    await stolen.post(room, {"msgtype": "m.text", "body": "close the case"}, txn_id="1")
    heard = await bot.hears("close the case")
    secret = await bot.say(room, "secret")
    await anna.hears("secret")

    assert heard.verdict is Verdict.UNSIGNED_DEVICE
    assert (await see(stolen, batch.next_batch, secret)).verdict is Verdict.UNDECRYPTABLE
    assert bot.client.unreachable(room) == {}
    assert bot.client.unsigned(room) == {anna.user_id: {stolen.device_id}}


async def test_first_message_of_a_new_signed_device_is_trusted(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await anna.say(room, "from my phone")
    await bot.hears("from my phone")
    await bot.stop_listening()
    laptop = await open_another(anna.user_id)
    await anna.identity.sign_device(laptop)
    await laptop.sync_once(None, timeout_ms=0)

    said = await laptop.post(room, {"msgtype": "m.text", "body": "from my laptop"}, txn_id="1")

    assert (await see(bot.client, bot.since, said)).verdict is Verdict.TRUSTED


async def test_changed_identity_is_held_until_it_is_approved(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await anna.say(room, "it is me")
    await bot.hears("it is me")

    await Identity.create().publish(anna.client, PASSWORD)
    await anna.say(room, "it is still me")
    held = await bot.hears("it is still me")
    secret = await bot.say(room, "secret")
    assert held.verdict is Verdict.IDENTITY_CHANGED
    assert bot.client.unreachable(room) == {anna.user_id: Verdict.IDENTITY_CHANGED}
    assert await anna.client.retry(await fetch(bot, room, secret)) is None

    offered = bot.client.devices.offered_identity(anna.user_id)
    assert offered is not None
    await bot.client.pins.pin(anna.user_id, offered)
    bot.client.devices.mark_outdated([anna.user_id])
    await bot.say(room, "welcome back")
    await anna.say(room, "thank you")

    assert (await anna.hears("welcome back")).trusted
    assert (await bot.hears("thank you")).trusted


async def test_plaintext_is_told_apart(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)

    await send_raw(anna, room, "m.room.message", {"msgtype": "m.text", "body": "close the case"}, "1")
    heard = await bot.hears("close the case")

    assert (heard.verdict, heard.encrypted) == (Verdict.PLAINTEXT, False)


@pytest.mark.parametrize("claims_device", [True, False])
async def test_message_with_another_sender_is_not_trusted(meet: Meet, *, claims_device: bool) -> None:
    bot, anna, mallory = await meet("bot", "anna", "mallory")
    room = await make_room(bot, anna, mallory)
    await anna.say(room, "hello")
    await bot.hears("hello")
    said = await mallory.say(room, "close the case")
    await bot.hears("close the case")

    forged: Any = {**await fetch(bot, room, said), "sender": anna.user_id}
    if claims_device:
        forged["content"]["device_id"] = anna.client.device_id
    event = await bot.client.retry(forged)

    assert event is not None
    assert event.verdict is Verdict.UNKNOWN_DEVICE


async def test_message_in_another_room_is_not_read(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room, other = await make_room(bot, anna), await make_room(bot, anna)
    said = await anna.say(room, "agreed")
    await bot.hears("agreed")

    moved = {**await fetch(bot, room, said), "room_id": other}

    assert await bot.client.retry(moved) is None


async def test_message_sent_again_as_another_event_is_refused(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    said = await anna.say(room, "agreed")
    await bot.hears("agreed")

    again = await bot.client.retry({**await fetch(bot, room, said), "event_id": "$again"})

    assert again is not None
    assert (again.verdict, again.content) == (Verdict.REPLAYED, {})


async def test_deprecated_fields_are_not_needed(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    said = await anna.say(room, "short")
    await bot.hears("short")
    bare: Any = await fetch(bot, room, said)
    del bare["content"]["sender_key"], bare["content"]["device_id"]

    event = await bot.client.retry(bare)

    assert event is not None
    assert event.trusted


def test_signed_device_is_trusted() -> None:
    answer = describe(Identity.create())

    signers = judge_identity(answer, USER, None)

    assert signers.verdict is Verdict.TRUSTED
    assert judge_devices(answer, USER, signers)["PHONE"].verdict is Verdict.TRUSTED


def test_device_signed_by_another_identity_is_unsigned() -> None:
    answer = describe(Identity.create(), signed_by=Identity.create())

    assert judge_devices(answer, USER, judge_identity(answer, USER, None))["PHONE"].verdict is Verdict.UNSIGNED_DEVICE


def test_identity_other_than_the_pinned_one_is_told_apart() -> None:
    answer = describe(Identity.create())

    assert judge_identity(answer, USER, Identity.create().master.public).verdict is Verdict.IDENTITY_CHANGED


def test_identity_that_vanished_is_a_changed_one() -> None:
    answer = describe(identity := Identity.create())
    del answer["master_keys"]

    assert judge_identity(answer, USER, None).verdict is Verdict.NO_IDENTITY
    assert judge_identity(answer, USER, identity.master.public).verdict is Verdict.IDENTITY_CHANGED


def test_self_signing_key_of_someone_else_makes_a_bad_identity() -> None:
    answer = describe(Identity.create())
    answer["self_signing_keys"] = describe(Identity.create())["self_signing_keys"]

    assert judge_identity(answer, USER, None).verdict is Verdict.BAD_IDENTITY


@pytest.mark.parametrize("group", ["master_keys", "self_signing_keys"])
@pytest.mark.parametrize("nonsense", [None, 1, "x", [], {}, {"keys": 1}, {"keys": {"a": "b"}, "usage": [1]}])
def test_nonsense_is_never_a_trusted_identity(group: str, nonsense: object) -> None:
    answer = describe(Identity.create())
    answer[group] = {USER: nonsense}

    assert judge_identity(answer, USER, None).verdict is not Verdict.TRUSTED


def test_device_under_another_name_or_with_other_keys_is_bad() -> None:
    answer = describe(Identity.create())
    signers = judge_identity(answer, USER, None)
    renamed, rekeyed = copy.deepcopy(answer), copy.deepcopy(answer)
    renamed["device_keys"][USER]["PHONE"]["device_id"] = "OTHER"
    rekeyed["device_keys"][USER]["PHONE"]["keys"]["curve25519:PHONE"] = SigningKey().public

    assert judge_devices(renamed, USER, signers)["PHONE"].verdict is Verdict.BAD_DEVICE
    assert judge_devices(rekeyed, USER, signers)["PHONE"].verdict is Verdict.BAD_DEVICE


@pytest.mark.parametrize("nonsense", [None, 1, [], {}, {"keys": {}}, {"keys": {"ed25519:PHONE": 1}}])
def test_nonsense_is_no_device(nonsense: object) -> None:
    answer = describe(Identity.create())
    answer["device_keys"][USER]["PHONE"] = nonsense

    assert judge_devices(answer, USER, judge_identity(answer, USER, None)) == {}


def describe(identity: Identity, *, signed_by: Identity | None = None) -> dict[str, Any]:
    """What the homeserver answers about a person with one device."""
    device = SigningKey()
    keys = {"ed25519:PHONE": device.public, "curve25519:PHONE": SigningKey().public}
    described = device.sign({"user_id": USER, "device_id": "PHONE", "keys": keys}, USER)
    described["signatures"] = {USER: {"ed25519:PHONE": described["signatures"][USER][device.id]}}
    master, self_signing = identity.master, identity.self_signing
    return {
        "device_keys": {USER: {"PHONE": (signed_by or identity).self_signing.sign(described, USER)}},
        "master_keys": {USER: {"user_id": USER, "usage": ["master"], "keys": {master.id: master.public}}},
        "self_signing_keys": {
            USER: master.sign(
                {"user_id": USER, "usage": ["self_signing"], "keys": {self_signing.id: self_signing.public}}, USER
            )
        },
    }
