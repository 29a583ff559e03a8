"""What a case asks reaches its readers only, read with the clients of those who must not."""

import pytest

from tests.bot.test_end_to_end import by_bot, open_case
from tests.deployment import Deployment

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "ada", "finn", "gina")


async def test_who_was_released_reads_no_more_in_the_agencys_room(deployment: Deployment) -> None:
    table = ("cleo", "ada", "finn", "gina")
    room = await open_case(deployment, "police, health", table)
    cleo, ada, finn, gina = (deployment.people[who] for who in table)
    own_room = await deployment.room("agency:health")
    await ada.say(room, "!request health was she seen? because: a first plan")
    before = await gina.hears(by_bot(deployment, "R-1", "a first plan"), own_room)
    coordination = await deployment.room("coordination")
    ref = str(before.content["body"]).split()[2]
    await cleo.say(coordination, f"!case release {ref} {gina.user_id} because: another job")
    await gina.is_out_of(room)
    await ada.say(room, "!request health is she ill? because: the second plan")
    alone = await deployment.room(f"direct:{finn.user_id}")
    card = await finn.hears(by_bot(deployment, "R-2", "the second plan"), alone)
    await gina.reply(own_room, before.event_id, "answer I saw her yesterday")
    await gina.hears(by_bot(deployment, "You have left the table"), own_room)
    await finn.reply(alone, card.event_id, "answer no, she is well")
    await ada.hears(by_bot(deployment, "R-2", "she is well"), room)
    # In the room of the agency the bot still talks with her, about what is not of that case.
    await gina.say(own_room, "!help trust")
    await gina.hears(by_bot(deployment, "Whom to believe"), own_room)
    read = [str(event.content) for event in gina.heard]
    assert not [text for text in read if "second plan" in text or "she is well" in text or "R-2" in text]
    assert not [event for event in ada.heard if "yesterday" in str(event.content)]
