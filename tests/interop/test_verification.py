"""A member verifies the bot in Element, by emoji, and an admin of the bot compares."""

import asyncio

import pytest

from bot.matrix.crypto.errors import NotTheSame
from bot.matrix.crypto.sas import Comparison
from bot.matrix.crypto.signing import is_signed
from bot.matrix.crypto.verification import TIMEOUT, Progress, Stage
from tests.bot.matrix.crypto.admin import Admin
from tests.bot.matrix.crypto.people import Meet
from tests.interop.conftest import StartElement
from tests.interop.element import Element
from tests.interop.test_messages import bring_together
from tests.professional import Professional

pytestmark = pytest.mark.interop

WAYS = pytest.mark.parametrize("way", ["in a room", "between devices"])


@pytest.fixture
async def bot(meet: Meet) -> Professional:
    (bot,) = await meet("bot")
    return bot


@pytest.fixture
def admin(bot: Professional) -> Admin:
    return Admin(bot)


@pytest.fixture
async def anna(start_element: StartElement) -> Element:
    return await start_element()


async def ask(way: str, anna: Element, bot: Professional) -> None:
    room = await bring_together(bot, anna)
    if way == "in a room":
        await anna.ask_in_room(bot.user_id, room)
    else:
        await anna.ask_device(bot.user_id, bot.client.device_id)


async def compare(anna: Element, admin: Admin) -> Comparison:
    """Both sides see something; it is the same."""
    shown = await anna.start_emoji()
    comparison = await admin.sees(anna.user_id)
    assert shown is not None
    assert (shown.emoji, shown.decimals) == (comparison.emoji, comparison.decimals)
    assert admin.verification.emoji(anna.user_id) == comparison.emoji
    return comparison


async def is_vouched_for(anna: Element, bot: Professional) -> bool:
    """Whether the bot's identity has signed hers, as her homeserver shows it to the bot."""
    answer = await bot.client.wire.ask("POST", "v3/keys/query", {"device_keys": {anna.user_id: []}})
    key = bot.identity.user_signing
    return is_signed(answer["master_keys"][anna.user_id], bot.user_id, key.id, key.public)


@WAYS
@pytest.mark.parametrize("first", ["anna", "the admin"])
async def test_after_both_confirm_each_identity_has_signed_the_other(
    way: str, first: str, bot: Professional, admin: Admin, anna: Element
) -> None:
    await ask(way, anna, bot)
    comparison = await compare(anna, admin)
    assert len(comparison.emoji) == 7
    assert not await anna.has_verified(bot.user_id)

    if first == "anna":
        await anna.same()
        await admin.verification.confirm(anna.user_id, comparison)
    else:
        await admin.verification.confirm(anna.user_id, comparison)
        await anna.same()

    assert await anna.ended() == "done"
    assert await admin.hears_the_end(anna.user_id) == Progress(anna.user_id, Stage.DONE, signed=True)
    assert await anna.verifies(bot.user_id)
    assert await is_vouched_for(anna, bot)
    assert admin.verification.comparison(anna.user_id) is None


@WAYS
async def test_different_emoji_end_it_and_nobody_is_verified(
    way: str, bot: Professional, admin: Admin, anna: Element
) -> None:
    await ask(way, anna, bot)
    comparison = await compare(anna, admin)

    await anna.different()

    assert (await admin.hears_the_end(anna.user_id)).code == "m.mismatched_sas"
    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, comparison)
    assert not await is_vouched_for(anna, bot)


@WAYS
async def test_an_admin_who_sees_other_emoji_ends_it(way: str, bot: Professional, admin: Admin, anna: Element) -> None:
    await ask(way, anna, bot)
    await compare(anna, admin)
    await anna.same()

    await admin.verification.deny(anna.user_id)

    assert await anna.ended() == "m.mismatched_sas"
    assert not await anna.has_verified(bot.user_id)
    assert not await is_vouched_for(anna, bot)


@WAYS
async def test_nothing_is_confirmed_before_an_admin_compared(
    way: str, bot: Professional, admin: Admin, anna: Element
) -> None:
    await ask(way, anna, bot)
    await compare(anna, admin)
    await anna.same()

    admin.later = TIMEOUT
    await admin.verification.cancel_overdue()

    assert await anna.ended() == "m.timeout"
    assert not await anna.has_verified(bot.user_id)


async def test_a_cancelled_verification_can_be_tried_again(bot: Professional, admin: Admin, anna: Element) -> None:
    await ask("between devices", anna, bot)
    before = await compare(anna, admin)
    await anna.cancel()
    assert (await admin.hears_the_end(anna.user_id)).code == "m.user"
    admin.told.clear()

    await anna.ask_device(bot.user_id, bot.client.device_id)
    comparison = await compare(anna, admin)

    # What was compared before does not count for what came after it.
    with pytest.raises(NotTheSame):
        await admin.verification.confirm(anna.user_id, before)
    await asyncio.gather(anna.same(), admin.verification.confirm(anna.user_id, comparison))
    assert await anna.ended() == "done"
    assert await anna.verifies(bot.user_id)


async def test_a_bot_without_its_signing_key_can_still_be_verified(bot: Professional, anna: Element) -> None:
    admin = Admin(bot, vouch=False)
    await ask("in a room", anna, bot)
    comparison = await compare(anna, admin)

    await anna.same()
    await admin.verification.confirm(anna.user_id, comparison)

    assert await admin.hears_the_end(anna.user_id) == Progress(anna.user_id, Stage.DONE, signed=False)
    assert await anna.verifies(bot.user_id)
    assert not await is_vouched_for(anna, bot)
