"""A practice room, a brief and an expert on a real homeserver: the mark comes first, what was before stays unread."""

import re

import pytest

from tests.bot.test_end_to_end import by_bot, open_case
from tests.deployment import Deployment

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "dirk", "ada", "finn")

MARK = "Practice: nothing of this is real"


async def test_a_practice_room_says_in_every_first_line_that_nothing_is_real(deployment: Deployment) -> None:
    cleo, ada, finn = (deployment.people[who] for who in ("cleo", "ada", "finn"))
    coordination = await deployment.room("coordination")
    await cleo.is_in(coordination)
    await cleo.say(coordination, "!practice open agencies: police, health")
    opened = await cleo.hears(by_bot(deployment, "is open for practice"), coordination)
    found = re.search(r"!practice end (\w+)", str(opened.content["body"]))
    assert found
    room = await deployment.room(f"case:{found[1]}")
    for who in (ada, finn):
        await who.is_in(room)
        await who.hears(by_bot(deployment, "!brief"), room)
    name = await deployment.as_bot("GET", f"v3/rooms/{room}/state/m.room.name", {})
    assert name == {"name": f"{found[1]} · practice"}
    await ada.say(room, "!brief")
    await ada.hears(by_bot(deployment, "boxing on Thursdays"), room)
    await ada.say(room, "!concern he was not at school kind: fact")
    await finn.hears(by_bot(deployment, "C-1"), room)
    await cleo.say(coordination, f"!practice end {found[1]}")
    await ada.hears(by_bot(deployment, "What you tried", "!concern"), room)
    said = [e for e in (*ada.heard, *finn.heard) if e.room_id == room and e.sender == deployment.bot_id]
    bodies = [str(event.content.get("body", "")) for event in said if event.content.get("msgtype") != "m.reaction"]
    assert bodies
    assert {body.splitlines()[0].lstrip("* ") for body in bodies if body} == {MARK}


async def test_an_expert_reads_the_brief_on_arrival_and_nothing_that_was_said_before(deployment: Deployment) -> None:
    room = await open_case(deployment, "police, social", ("cleo", "dirk", "ada"))
    cleo, ada, finn = (deployment.people[who] for who in ("cleo", "ada", "finn"))
    await ada.say(room, "!concern SECRET-BEFORE kind: fact")
    await cleo.hears(by_bot(deployment, "C-1"), room)
    await cleo.say(room, "!expert Finn until: in 20 days because: his nights brief: he hardly sleeps since May")
    await ada.hears(by_bot(deployment, "E-1", "as an expert, until"), room)
    await finn.is_in(room)
    await finn.hears(by_bot(deployment, "he hardly sleeps since May"), room)
    await finn.say(room, "!status")
    await finn.hears(by_bot(deployment, "an expert, until"), room)
    assert not [event for event in finn.heard if "SECRET-BEFORE" in str(event.content)]
