"""Rooms above the tables on a real homeserver: encrypted, made for who sits there, and asked without saying of whom."""

from urllib.parse import quote

import pytest
import sqlalchemy as sa

from storage import tables
from tests.bot.test_end_to_end import by_bot, open_case
from tests.deployment import Deployment

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "ada", "finn", "ella", "dirk", "kees")
SITS = {"ella": ("steering", "leaders"), "dirk": ("steering",)}
"""A steering group of two, of whom one leads, and nobody in a committee."""


async def test_a_question_goes_to_steering_without_a_name_and_the_answer_comes_back(deployment: Deployment) -> None:
    people = ("cleo", "ada", "finn")
    room = await open_case(deployment, "police, health", people)
    ref = reference(deployment, room)
    ada, ella, dirk, kees = (deployment.people[who] for who in ("ada", "ella", "dirk", "kees"))
    steering, leaders = await deployment.room("steering"), await deployment.room("leaders")
    for above in (steering, leaders):
        await ella.is_in(above)
        encryption = await deployment.as_bot("GET", f"v3/rooms/{quote(above)}/state/m.room.encryption/", {})
        assert encryption["algorithm"] == "m.megolm.v1.aes-sha2"
    assert leaders not in dirk.rooms

    await ada.say(room, f"!advice may Finn de Boer tell the school of CANARY about {ref}?")
    draft = await ada.hears(by_bot(deployment, "V-1", "not sent yet"), room)
    await ada.reply(room, draft.event_id, "send")
    question = await ella.hears(by_bot(deployment, "a table asks for advice", "tell the school of CANARY"), steering)
    await ella.reply(steering, question.event_id, f"answer as we said of {ref}: yes")
    await ella.hears(by_bot(deployment, "No case is named in this room"), steering)
    await ella.reply(steering, question.event_id, "answer yes, with his consent")
    await ada.hears(by_bot(deployment, "advice of steering, by Ella Mulder", "yes, with his consent"), room)
    await ella.hears(by_bot(deployment, "Thank you"), steering)

    await ella.say(leaders, f"!status {ref}")
    refused = await ella.hears(by_bot(deployment, "No case is named in this room"), leaders)
    heard = [str(event.content) for event in ella.heard if event.sender == deployment.bot_id]
    assert not [content for content in heard if ref in content or "Finn" in content]
    assert refused.room_id == leaders

    await kees.say(await deployment.room("admin"), f"!member sits {dirk.user_id} leaders because: another post")
    await dirk.is_out_of(steering)
    await dirk.is_in(leaders)


def reference(deployment: Deployment, room: str) -> str:
    """The reference of the case whose room this is."""
    with deployment.store() as connection:
        channel: str = connection.scalars(sa.select(tables.rooms.c.channel).where(tables.rooms.c.room_id == room)).one()
    return channel.partition(":")[2]
