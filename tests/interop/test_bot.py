"""The bot as it runs, and a member who uses Element: works at a table, and verifies the bot while an admin compares."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.matrix.content import POLL
from tests.bot.test_end_to_end import Wanted, by_bot, now, open_case
from tests.bot.test_renewal import renew_bot
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.interop.element import NO_SHIELD, Element, Seen

pytestmark = pytest.mark.interop


class Table:
    """A case at whose table Dirk sits with Element, and Ada, who tells which messages there are."""

    def __init__(self, deployment: Deployment, dirk: Element, room: str) -> None:
        self.deployment = deployment
        self.dirk = dirk
        self.room = room

    async def shows(self, wanted: Wanted) -> Seen:
        """What Dirk's Element shows of a message of the bot."""
        said = await self.deployment.people["ada"].hears(wanted, self.room)
        return await self.dirk.hears(self.room, said.event_id)


@pytest.fixture
async def table(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Table]:
    deployment = await Deployment.make(tmp_path, homeserver, now, people=("cleo", "ada"), absent=("dirk",))
    dirk = await Element.start(
        homeserver.url, deployment.user_id("dirk"), deployment.password, exclude_insecure_devices=True
    )
    try:
        await dirk.create_identity()
        await deployment.start_bot()
        room = await open_case(deployment, "police, social", table=("cleo", "ada"))
        await dirk.join(room)
        yield Table(deployment, dirk, room)
    finally:
        await dirk.close()
        await deployment.close()


async def test_a_member_works_at_the_table_and_sees_no_shield(table: Table) -> None:
    bot, dirk, room = table.deployment, table.dirk, table.room
    said = await dirk.say(room, "!concern not seen at school kind: fact")
    concern = await table.shows(by_bot(bot, "C-1", "not seen at school"))
    edit = {"rel_type": "m.replace", "event_id": said}
    new = {"msgtype": "m.text", "body": "!concern seen at school", "m.mentions": {}}
    await dirk.say(room, "* !concern seen at school", **{"m.new_content": new, "m.relates_to": edit})
    edited = await table.shows(by_bot(bot, "a command that was already carried out"))
    thread = {"rel_type": "m.thread", "event_id": concern.event_id}
    await dirk.say(room, "!request police any call-outs? because: the plan depends on it", **{"m.relates_to": thread})
    request = await table.shows(by_bot(bot, "R-1", "any call-outs?"))
    await dirk.say(room, "!action visit the family for: social by: +5 working days")
    action = await table.shows(by_bot(bot, "A-1", "visit the family"))
    await dirk.say(room, "accept", **{"m.relates_to": {"m.in_reply_to": {"event_id": action.event_id}}})
    accepted = await table.shows(by_bot(bot, "A-1", "Social services accepts"))
    await dirk.say(room, "!roundtable +3 working days about: the plan")
    file = await table.shows(Wanted(bot.bot_id, (".ics",)))

    shown = [concern, edited, request, action, accepted, file]
    assert [(seen.encrypted, seen.shield) for seen in shown] == [(True, NO_SHIELD)] * len(shown)
    assert (await dirk.download(file.content["file"])).startswith(b"BEGIN:VCALENDAR")


async def test_a_tap_counts_the_last_one_does_and_the_poll_goes(table: Table) -> None:
    bot, dirk, room = table.deployment, table.dirk, table.room
    ada, cleo = bot.people["ada"], bot.people["cleo"]
    await ada.say(room, "!decide one calls him because: five made him hide review: in 4 weeks")
    poll = await ada.hears(lambda event: event.type == POLL and "D-1" in str(event.content), room)
    assert await dirk.poll(room, poll.event_id) == {
        "question": "D-1: where does your agency stand?",
        "answers": [["agree D-1", "We agree"], ["dissent D-1", "We dissent, and say why"]],
        "most": 1,
    }
    await dirk.vote(room, poll.event_id, "agree D-1")
    agreed = await table.shows(by_bot(bot, "D-1", "Social services agrees"))
    assert agreed.shield == NO_SHIELD
    # Both agencies have spoken: it is settled.
    await ada.hears(lambda event: event.redacts == poll.event_id, room)
    await dirk.vote(room, poll.event_id, "dissent D-1")
    await cleo.say(room, "!concern after the tap kind: fact")
    await table.shows(by_bot(bot, "C-1", "after the tap"))


async def test_a_bot_that_lost_its_store_is_trusted_as_before(table: Table, tmp_path: Path) -> None:
    bot, dirk, room = table.deployment, table.dirk, table.room
    await dirk.say(room, "!concern before the loss kind: fact")
    await table.shows(by_bot(bot, "C-1", "before the loss"))
    await bot.stop_bot()
    shutil.rmtree(tmp_path / "bot" / "crypto")
    await renew_bot(tmp_path / "bot", bot.recovery_keys["roundtable"], password=bot.password)
    await bot.start_bot()

    await dirk.say(room, "!concern after the loss kind: fact")
    # What was in the lost folder told how far the file had come: the numbers go on after a gap.
    seen = await table.shows(by_bot(bot, "C-1001", "after the loss"))

    assert (seen.encrypted, seen.shield) == (True, NO_SHIELD)


@pytest.mark.parametrize("same", [True, False])
async def test_a_member_verifies_the_bot_and_an_admin_compares(
    homeserver: Homeserver, tmp_path: Path, *, same: bool
) -> None:
    deployment = await Deployment.make(
        tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "kees"), absent=("dirk",)
    )
    dirk = await Element.start(
        homeserver.url, deployment.user_id("dirk"), deployment.password, exclude_insecure_devices=True
    )
    try:
        await dirk.create_identity()
        await deployment.start_bot()
        admin_room = await deployment.room("admin")
        kees = deployment.people["kees"]
        await kees.is_in(admin_room)
        own_room = await deployment.room("agency:social")
        await dirk.join(own_room)
        await dirk.ask_in_room(deployment.bot_id, own_room)
        shown = await dirk.start_emoji()
        assert shown is not None
        in_words = "  ".join(f"{symbol} {name}" for symbol, name in shown.emoji)
        card = await kees.hears(lambda event: in_words in str(event.content.get("body")), admin_room)
        assert "Dirk Smit" in str(card.content["body"])
        if same:
            await dirk.same()
            await kees.say(admin_room, "!verify same Dirk Smit")
            assert await dirk.ended() == "done"
            assert await dirk.verifies(deployment.bot_id)
            wanted = "has verified me. I vouch for them, too."
        else:
            await kees.say(admin_room, "!verify different Dirk Smit")
            assert await dirk.ended() == "m.mismatched_sas"
            assert not await dirk.has_verified(deployment.bot_id)
            wanted = "somebody may be in between"
        await kees.hears(lambda event: wanted in str(event.content.get("body")), admin_room)
    finally:
        await dirk.close()
        await deployment.close()
