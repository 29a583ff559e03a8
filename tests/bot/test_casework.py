"""Gates, withdrawing and closing on a real homeserver: who withdraws is out of the room, and a preview does nothing."""

import pytest

from tests.bot.test_end_to_end import by_bot, open_case
from tests.deployment import Deployment

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "ada", "dirk", "finn", "gina")


async def test_an_agency_withdraws_and_the_case_is_closed_without_it(deployment: Deployment) -> None:
    table = ("cleo", "ada", "dirk", "finn", "gina")
    room = await open_case(deployment, "police, social, health", table)
    cleo, ada, dirk, finn, gina = (deployment.people[who] for who in table)
    own_room = await deployment.room("agency:health")
    await ada.say(room, "!decide one of us calls because: five callers made him hide")
    await dirk.hears(by_bot(deployment, "D-1", "proposed decision"), room)
    await finn.say(room, "!agree D-1")
    await ada.hears(by_bot(deployment, "D-1", "Health service agrees"), room)
    await ada.say(room, "!phase assess")
    await ada.hears(by_bot(deployment, "does not go on to", "Social services"), room)

    await finn.say(room, "!withdraw preview because: he moved to another district owner: social")
    preview = await finn.hears(by_bot(deployment, "preview: nothing is done yet"), room)
    await gina.reply(room, preview.event_id, "yes")
    await finn.reply(room, preview.event_id, "yes")
    await ada.hears(by_bot(deployment, "Health service has withdrawn", "another district"), room)
    for who in (finn, gina):
        await who.is_out_of(room)
    told = await gina.hears(by_bot(deployment, "this agency has given up its seat"), own_room)
    assert "district" not in str(told.content)

    # Those who are left say where they stand; nobody waits for who has gone.
    await cleo.say(room, "!close because: goal met owner: social")
    refused = await cleo.hears(by_bot(deployment, "can't be closed yet", "D-1"), room)
    assert "Health service" not in str(refused.content)
    await dirk.say(room, "!agree D-1")
    await ada.hears(by_bot(deployment, "D-1", "Decided outside a round table"), room)
    await cleo.say(room, "!close because: goal met owner: social informed: Dirk told him SECRET-AFTER")
    await ada.hears(by_bot(deployment, "is closed.", "SECRET-AFTER"), room)
    for who in (finn, gina):
        assert not [event for event in who.heard if "SECRET-AFTER" in str(event.content)]
