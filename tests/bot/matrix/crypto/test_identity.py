from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.crypto.errors import BadSecretStorage, NotOurDevice, PasswordNeeded, WrongRecoveryKey
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.trust import Verdict, judge_devices, judge_identity
from bot.matrix.crypto.vault import (
    decode_recovery_key,
    encode_recovery_key,
    load_secrets,
    recover,
    reset,
    store_secrets,
)
from tests.bot.matrix.crypto.people import PASSWORD, Meet, OpenDevice
from tests.bot.matrix.crypto.proxy import Proxy
from tests.homeserver import Homeserver


async def test_first_identity_needs_no_password(homeserver: Homeserver, open_another: OpenDevice) -> None:
    user_id = homeserver.register("newcomer", PASSWORD)
    device = await open_another(user_id)
    identity = Identity.create()

    await identity.publish(device)

    answer = await device.wire.ask("POST", "v3/keys/query", {"device_keys": {user_id: []}})
    signers = judge_identity(answer, user_id, identity.master.public)
    assert judge_devices(answer, user_id, signers)[device.device_id].verdict is Verdict.TRUSTED
    assert await device.pins.pinned(user_id) == identity.master.public


async def test_another_identity_needs_the_right_password(meet: Meet) -> None:
    (anna,) = await meet("anna")

    with pytest.raises(PasswordNeeded):
        await Identity.create().publish(anna.client)
    await Identity.create().publish(anna.client, PASSWORD)


async def test_keys_that_the_server_invents_are_not_signed(meet: Meet, open_another: OpenDevice, proxy: Proxy) -> None:
    (anna,) = await meet("anna")
    device = await open_another(anna.user_id, proxy.url)
    await device.announce()

    def invent(request: web.Request, answer: Any) -> Any:  # noqa: ANN401
        if request.path.endswith("/keys/query"):
            keys = answer["device_keys"][anna.user_id][device.device_id]["keys"]
            keys[f"curve25519:{device.device_id}"] = Identity.create().master.public
        return answer

    proxy.bend = invent
    with pytest.raises(NotOurDevice):
        await anna.identity.sign_device(device)


async def test_recovery_key_brings_the_identity_back(meet: Meet, open_another: OpenDevice) -> None:
    (anna,) = await meet("anna")
    recovery_key = await store_secrets(anna.client, anna.identity)
    device = await open_another(anna.user_id)

    identity = await load_secrets(device, recovery_key)

    assert identity.seeds == anna.identity.seeds


async def test_wrong_recovery_key_is_refused(meet: Meet) -> None:
    (anna,) = await meet("anna")
    recovery_key = await store_secrets(anna.client, anna.identity)

    with pytest.raises(WrongRecoveryKey):
        await load_secrets(anna.client, encode_recovery_key(bytes(32)))
    with pytest.raises(WrongRecoveryKey):
        await load_secrets(anna.client, recovery_key[:-1])


async def test_missing_secret_storage_is_told(meet: Meet) -> None:
    (anna,) = await meet("anna")

    with pytest.raises(BadSecretStorage):
        await load_secrets(anna.client, encode_recovery_key(bytes(32)))


async def test_secret_storage_of_an_identity_since_replaced_is_refused(meet: Meet) -> None:
    (anna,) = await meet("anna")
    recovery_key = await store_secrets(anna.client, anna.identity)
    await Identity.create().publish(anna.client, PASSWORD)

    with pytest.raises(BadSecretStorage):
        await load_secrets(anna.client, recovery_key)


@given(st.binary(min_size=32, max_size=32))
def test_recovery_key_can_be_written_down(key: bytes) -> None:
    assert decode_recovery_key(encode_recovery_key(key)) == key


@given(st.text())
def test_what_is_no_recovery_key_is_refused(text: str) -> None:
    with pytest.raises(WrongRecoveryKey):
        decode_recovery_key(text)


def test_recovery_key_of_the_specification_is_read() -> None:
    # Specification: Secrets, key representation. The parity byte makes one wrong letter show.
    written = encode_recovery_key(bytes(range(32)))

    assert written.startswith("Es")
    with pytest.raises(WrongRecoveryKey):
        decode_recovery_key(written.replace(written[10], "2" if written[10] != "2" else "3", 1))


def test_seeds_are_not_shown() -> None:
    identity = Identity.create()

    assert repr(identity) == f"Identity(master={identity.master.public})"
    assert identity.fingerprint.replace(" ", "") == identity.master.public


async def test_a_new_device_is_signed_with_the_recovery_key(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    recovery_key = await store_secrets(bot.client, bot.identity)
    await anna.client.devices.refresh({bot.user_id})
    device = await open_another(bot.user_id)

    identity = await recover(device, recovery_key)

    anna.client.devices.mark_outdated({bot.user_id})
    await anna.client.devices.refresh({bot.user_id})
    seen = anna.client.devices.find(bot.user_id, device.device_id)
    assert seen is not None
    assert seen.trusted
    assert identity.master.public == bot.identity.master.public == await device.pins.pinned(bot.user_id)


async def test_nothing_is_signed_with_a_wrong_recovery_key(meet: Meet, open_another: OpenDevice) -> None:
    (bot,) = await meet("bot")
    await store_secrets(bot.client, bot.identity)
    device = await open_another(bot.user_id)

    with pytest.raises(WrongRecoveryKey):
        await recover(device, encode_recovery_key(bytes(32)))

    assert await device.pins.pinned(bot.user_id) is None


async def test_a_lost_identity_is_replaced_and_people_see_that_it_changed(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    await anna.client.devices.refresh({bot.user_id})
    device = await open_another(bot.user_id)

    with pytest.raises(PasswordNeeded):
        await reset(device, None)
    identity, recovery_key = await reset(device, PASSWORD)

    assert (await load_secrets(device, recovery_key)).seeds == identity.seeds
    anna.client.devices.mark_outdated({bot.user_id})
    await anna.client.devices.refresh({bot.user_id})
    seen = anna.client.devices.find(bot.user_id, device.device_id)
    assert seen is not None
    assert seen.verdict is Verdict.IDENTITY_CHANGED
    assert anna.client.devices.offered_identity(bot.user_id) == identity.master.public


@pytest.mark.parametrize("part", ["self_signing", "user_signing"])
async def test_secret_storage_with_a_key_that_is_not_published_is_refused(meet: Meet, part: str) -> None:
    (anna,) = await meet("anna")
    mixed = Identity(**{**anna.identity.seeds, part: Identity.create().seeds[part]})
    recovery_key = await store_secrets(anna.client, mixed)

    with pytest.raises(BadSecretStorage):
        await load_secrets(anna.client, recovery_key)
