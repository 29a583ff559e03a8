"""What a member sees who uses Element with “exclude insecure devices”: everything, and no warning."""

import pytest

from bot.matrix.crypto.attachments import download, upload
from bot.matrix.crypto.trust import Verdict
from bot.matrix.crypto.vault import store_secrets
from tests.bot.matrix.crypto.people import Meet, OpenDevice
from tests.interop.conftest import StartElement
from tests.interop.element import NO_SHIELD, Element
from tests.professional import Professional

pytestmark = pytest.mark.interop


@pytest.fixture
async def bot(meet: Meet) -> Professional:
    (bot,) = await meet("bot")
    return bot


@pytest.fixture
async def anna(start_element: StartElement) -> Element:
    return await start_element()


async def bring_together(bot: Professional, *guests: Element) -> str:
    room = await bot.client.create_room(name="K7QF", topic="", invite=[guest.user_id for guest in guests])
    for guest in guests:
        await guest.join(room)
        await bot.knows(room, guest.user_id)
    return room


async def test_commands_and_cards_go_both_ways_without_a_shield(bot: Professional, anna: Element) -> None:
    room = await bring_together(bot, anna)

    command = await anna.say(room, "!concern Robin has not been at school")
    heard = await bot.hears("!concern Robin has not been at school")
    card = await bot.reply(room, command, "Concern C1 is on the table")
    seen = await anna.hears(room, card)

    assert (heard.verdict, heard.event_id, heard.sender) == (Verdict.TRUSTED, command, anna.user_id)
    assert (seen.encrypted, seen.shield, seen.shown) == (True, NO_SHIELD, "Concern C1 is on the table")
    assert seen.content["m.relates_to"] == {"m.in_reply_to": {"event_id": command}}


async def test_answers_to_cards_name_the_card(bot: Professional, anna: Element) -> None:
    room = await bring_together(bot, anna)
    card = await bot.say(room, "A request to you")
    await anna.hears(room, card)

    await anna.say(room, "accept", **{"m.relates_to": {"m.in_reply_to": {"event_id": card}}})

    assert (await bot.hears("accept")).replies_to == card


async def test_edits_go_both_ways(bot: Professional, anna: Element) -> None:
    room = await bring_together(bot, anna)

    def edit(event_id: str, text: str) -> dict[str, object]:
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        return {"m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": event_id}}

    card = await bot.say(room, "due Tuesday")
    await bot.say(room, "* due Thursday", **edit(card, "due Thursday"))
    seen = await anna.hears(room, card, shown="due Thursday")
    said = await anna.say(room, "!done tusday")
    await anna.say(room, "* !done Tuesday", **edit(said, "!done Tuesday"))
    heard = await bot.hears("* !done Tuesday")

    assert seen.shield == NO_SHIELD
    assert (heard.verdict, heard.replaces) == (Verdict.TRUSTED, said)
    assert heard.content["m.new_content"]["body"] == "!done Tuesday"


async def test_threads_go_both_ways(bot: Professional, anna: Element) -> None:
    room = await bring_together(bot, anna)
    card = await bot.say(room, "Round table: who is here?")
    await anna.hears(room, card)

    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": card}}
    question = await bot.say(room, "The school first", **thread)
    seen = await anna.hears(room, question)
    await anna.say(room, "Robin was away for two weeks", **thread)
    heard = await bot.hears("Robin was away for two weeks")

    assert (seen.thread, seen.shield) == (card, NO_SHIELD)
    assert heard.trusted
    assert heard.content["m.relates_to"] == thread["m.relates_to"]


async def test_attachments_go_both_ways(bot: Professional, anna: Element) -> None:
    room = await bring_together(bot, anna)
    minutes, letter = b"%PDF-1.7 minutes" * 4096, b"a letter from the clinic"

    card = await bot.say(room, "minutes.pdf", msgtype="m.file", file=await upload(bot.client, minutes), info={})
    seen = await anna.hears(room, card)
    await anna.send(room, await anna.upload("letter.txt", letter))
    heard = await bot.hears("letter.txt")

    assert seen.shield == NO_SHIELD
    assert await anna.download(seen.content["file"]) == minutes
    assert heard.trusted
    assert await download(bot.client, heard.content["file"]) == letter


async def test_a_bot_that_nobody_signed_is_not_read(bot: Professional, anna: Element, open_another: OpenDevice) -> None:
    room = await bring_together(bot, anna)
    unsigned = await open_another(bot.user_id)
    await unsigned.sync_once(None, timeout_ms=0)

    said = await unsigned.post(room, {"msgtype": "m.text", "body": "from a plain bot"}, txn_id="1")

    # What every plain bot meets, and what our identity is for.
    assert await anna.refuses(room, said) == "UNSIGNED_SENDER_DEVICE"


async def test_a_new_device_of_the_bot_verifies_itself_with_our_recovery_key(
    bot: Professional, start_element: StartElement
) -> None:
    recovery_key = await store_secrets(bot.client, bot.identity)
    element = await start_element(bot.user_id)
    assert not await element.is_signed()

    await element.unlock(recovery_key)

    assert await element.becomes_signed()
    bot.client.devices.mark_outdated({bot.user_id})
    await bot.client.devices.refresh({bot.user_id})
    device = bot.client.devices.find(bot.user_id, element.device_id)
    assert device is not None
    assert device.trusted


async def test_both_devices_of_the_bot_read_a_room(
    bot: Professional, anna: Element, start_element: StartElement
) -> None:
    recovery_key = await store_secrets(bot.client, bot.identity)
    element = await start_element(bot.user_id)
    await element.unlock(recovery_key)
    room = await bring_together(bot, anna)

    said = await anna.say(room, "for both")
    await bot.hears("for both")

    assert (await element.hears(room, said)).shield == NO_SHIELD
