"""Whoever leaves is out of every room at once, on a real homeserver, and reads nothing that is said afterwards."""

from urllib.parse import quote

import pytest

from tests.bot.matrix.crypto.people import fetch
from tests.bot.test_end_to_end import Wanted, by_bot, open_case
from tests.deployment import Deployment
from tests.waiting import until

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "ada", "finn", "gina", "kees")


async def test_a_leaver_is_out_of_all_rooms_and_the_agency_takes_over(deployment: Deployment) -> None:
    table = ("cleo", "ada", "finn", "gina")
    room = await open_case(deployment, "police, health", table)
    cleo, ada, finn, gina = (deployment.people[who] for who in table)
    kees = deployment.people["kees"]
    own_room, admin = await deployment.room("agency:health"), await deployment.room("admin")
    space = await deployment.room("space")
    await cleo.say(room, "!action visit him for: Finn de Boer by: +5 working days")
    card = await finn.hears(by_bot(deployment, "A-1", "visit him"), room)
    await finn.reply(room, card.event_id, "accept")
    await cleo.hears(by_bot(deployment, "A-1", "accepts"), room)
    await kees.say(admin, f"!member leave {finn.user_id} because: another job")
    await kees.hears(by_bot(deployment, "out of all rooms"), admin)
    for left in (room, own_room):
        await finn.is_out_of(left)
    membership = await deployment.as_bot(
        "GET", f"v3/rooms/{quote(space)}/state/m.room.member/{quote(finn.user_id)}", {}
    )
    assert membership["membership"] == "leave"
    await gina.hears(by_bot(deployment, "who takes this on?", "A-1"), own_room)
    await ada.say(room, "!concern SECRET-AFTER kind: fact")
    await gina.hears(by_bot(deployment, "SECRET-AFTER"), room)
    await gina.say(room, "!accept A-1")
    await cleo.hears(by_bot(deployment, "A-1", "Gina Dekker"), room)
    assert not [event for event in finn.heard if "SECRET-AFTER" in str(event.content)]


async def test_a_leavers_keys_open_nothing_that_is_said_afterwards(deployment: Deployment) -> None:
    """Not even what another member hands them as the homeserver has it: the bot and the members took new keys."""
    table = ("cleo", "ada", "finn", "gina")
    room = await open_case(deployment, "police, health", table)
    cleo, _, finn, gina = (deployment.people[who] for who in table)
    own_room, admin = await deployment.room("agency:health"), await deployment.room("admin")
    kees = deployment.people["kees"]
    # Of both rooms and both who write there finn holds the keys.
    await gina.say(room, "!action BEFORE for: Finn de Boer by: +5 working days")
    before = [
        (room, await finn.hears(Wanted(gina.user_id, ("BEFORE",)), room)),
        (room, await finn.hears(by_bot(deployment, "A-1", "BEFORE"), room)),
    ]
    await finn.say(room, "!accept A-1")
    await cleo.hears(by_bot(deployment, "A-1", "accepts"), room)
    await finn.say(own_room, "!mine")
    before.append((own_room, await finn.hears(by_bot(deployment, "A-1"), own_room)))
    await kees.say(admin, f"!member leave {finn.user_id} because: another job")
    for left in (room, own_room):
        await finn.is_out_of(left)
    await until(lambda: finn.user_id not in gina.client.members(room), "gina's app to know that finn is gone")
    await gina.say(room, "!concern AFTER kind: fact")
    after = [
        (room, await cleo.hears(Wanted(gina.user_id, ("AFTER",)), room)),
        (room, await cleo.hears(by_bot(deployment, "AFTER"), room)),
        (own_room, await gina.hears(by_bot(deployment, "who takes this on?", "A-1"), own_room)),
    ]
    opened = [await finn.client.retry(await fetch(gina, left, event.event_id)) for left, event in before]
    assert [event and event.content["body"] for event in opened] == [event.content["body"] for _, event in before]
    assert [await finn.client.retry(await fetch(gina, left, event.event_id)) for left, event in after] == [None] * 3


async def test_somebody_new_comes_to_the_agencys_room_beside_the_running_bot(deployment: Deployment) -> None:
    kees, cleo = deployment.people["kees"], deployment.people["cleo"]
    admin, coordination = await deployment.room("admin"), await deployment.room("coordination")
    await kees.is_in(admin)
    await cleo.is_in(coordination)
    await kees.say(admin, "!agency add fire name: Fire service")
    await kees.hears(by_bot(deployment, "Fire service is on file"), admin)
    lena = deployment.people["lena"] = await deployment.guest("lena")
    await kees.say(admin, f"!member add {lena.user_id} Lena Vos agency: fire because: they were called last")
    await kees.hears(by_bot(deployment, "Lena Vos speaks for Fire service"), admin)
    await lena.is_in(await deployment.room("agency:fire"))
    await lena.is_in(await deployment.room("space"))
    await cleo.say(coordination, "!case open why: w goal: g agencies: fire")
    await cleo.hears(by_bot(deployment, "is open", "Fire service"), coordination)
    # The room is called as the agency is, and stands among the others.
    space = quote(await deployment.room("space"))
    shown = await deployment.as_bot("GET", f"v1/rooms/{space}/hierarchy", {})
    assert "Fire service" in {room.get("name") for room in shown["rooms"]}
