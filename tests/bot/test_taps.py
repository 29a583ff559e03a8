"""What stands pinned in a case room, and what is answered by a tap, on a real homeserver."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.matrix.content import POLL
from bot.matrix.crypto.errors import NotAllowed
from tests.bot.test_end_to_end import CANARY, answers, by_bot, open_case, open_unverified
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.professional import Professional, answered

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "dirk", "ada", "finn")

VOTE = "org.matrix.msc3381.poll.response"


async def test_a_case_room_has_one_pinned_card_that_is_edited_in_place(homeserver: Homeserver, tmp_path: Path) -> None:
    moved = timedelta()
    monday = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    deployment = await Deployment.make(tmp_path, homeserver, lambda: monday + moved, people=("cleo", "dirk"))
    try:
        await deployment.start_bot()
        room = await open_case(deployment, agencies="social", table=("cleo", "dirk"))
        dirk = deployment.people["dirk"]
        card = await dirk.hears(by_bot(deployment, "where the case stands", "found"), room)
        moved = timedelta(minutes=20)
        await deployment.people["cleo"].say(room, "!action look for him for: social by: fri 12:00")
        edit = await dirk.hears(lambda event: event.replaces == card.event_id, room)
        assert edit.trusted
        assert "A-1" in str(edit.content["m.new_content"])
        state = await dirk.client.room_state(room)
        pinned = [change for change in state if change.type == "m.room.pinned_events"]
        assert [change.content for change in pinned] == [{"pinned": [card.event_id]}]
        assert CANARY not in str([change.content for change in state])
    finally:
        await deployment.close()


async def test_what_needs_no_more_words_is_marked_and_a_hint_goes_once_it_is_mended(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    moved = timedelta()
    monday = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    deployment = await Deployment.make(tmp_path, homeserver, lambda: monday + moved, people=("cleo", "dirk", "ada"))
    try:
        await deployment.start_bot()
        room = await open_case(deployment, agencies="social, police", table=("cleo", "dirk", "ada"))
        cleo, ada = deployment.people["cleo"], deployment.people["ada"]
        refused = await cleo.say(room, f"!decide {CANARY} returns")
        hint = await ada.hears(lambda event: answered(event) == refused, room)
        await cleo.say(room, f"!decide {CANARY} returns because: it worked")
        await ada.hears(lambda event: event.redacts == hint.event_id and event.sender == deployment.bot_id, room)
        await cleo.say(room, "!roundtable tomorrow 10:00")
        await ada.hears(by_bot(deployment, "M-1"), room)
        moved = timedelta(days=1)
        await cleo.say(room, "!roundtable start M-1")
        await ada.hears(by_bot(deployment, "confirm"), room)
        confirmed = await deployment.people["dirk"].say(room, "!confirm")
        mark = await ada.hears(lambda event: answered(event) == confirmed, room)
        relation = {"rel_type": "m.annotation", "event_id": confirmed, "key": "✅"}
        assert (mark.type, mark.content) == ("m.reaction", {"m.relates_to": relation})
    finally:
        await deployment.close()


async def vote(person: Professional, room: str, poll: str, answer: str, **inside: object) -> str:
    """Tap an answer, as Element does: encrypted, with its relation inside."""
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}, **inside}
    content = {VOTE: {"answers": [answer]}, **relation}
    return await person.client.post(room, content, txn_id=uuid.uuid4().hex, type=VOTE)


async def test_a_vote_is_a_command_of_the_device_that_taps(deployment: Deployment, tmp_path: Path) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await dirk.say(room, "!decide one calls him because: five made him hide review: in 4 weeks")
    poll = await ada.hears(lambda event: event.type == POLL and "D-1" in str(event.content), room)
    offered = [answer["id"] for answer in poll.content[POLL]["answers"]]
    assert offered == ["agree D-1", "dissent D-1"]
    assert ada.user_id in poll.mentions
    # A device that its owner has not signed taps first: nothing comes of it.
    thief = await open_unverified(deployment, "ada", tmp_path / "thief")
    try:
        await thief.sync_once(None, timeout_ms=0)
        relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": poll.event_id}}
        content = {VOTE: {"answers": ["agree D-1"]}, **relation}
        await thief.post(room, content, txn_id=uuid.uuid4().hex, type=VOTE)
        await dirk.hears(by_bot(deployment, "I don’t know this device"), room)
    finally:
        await thief.close()
    assert answers(deployment, "dirk", room, "Police agrees") == []
    await vote(ada, room, poll.event_id, "agree D-1")
    await dirk.hears(by_bot(deployment, "D-1", "Police agrees"), room)
    await vote(dirk, room, poll.event_id, "dissent D-1")
    await dirk.hears(lambda event: event.room_id != room and "!dissent D-1" in str(event.content.get("body")))
    await dirk.say(room, "!dissent D-1 he must be reachable")
    await deployment.people["finn"].say(room, "!agree D-1")
    await ada.hears(lambda event: event.redacts == poll.event_id and event.sender == deployment.bot_id, room)


async def test_what_the_server_says_of_a_vote_is_asked_about_and_never_carried_out(deployment: Deployment) -> None:
    room = await open_case(deployment)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await dirk.say(room, "!decide one calls him because: five made him hide review: in 4 weeks")
    poll = await ada.hears(lambda event: event.type == POLL and "D-1" in str(event.content), room)
    # Plain, as only the server can have written it: nobody may send that here, and nothing comes of it.
    with pytest.raises(NotAllowed):
        await ada.client.wire.ask(
            "PUT",
            f"v3/rooms/{room}/send/{VOTE}/{uuid.uuid4().hex}",
            {VOTE: {"answers": ["agree D-1"]}, "m.relates_to": {"rel_type": "m.reference", "event_id": poll.event_id}},
        )
    await ada.client.post(room, {VOTE: {"answers": ["agree D-1"]}}, txn_id=uuid.uuid4().hex, type=VOTE)
    await dirk.say(room, "!concern true words kind: fact")
    await ada.hears(by_bot(deployment, "C-1", "true words"), room)
    assert answers(deployment, "dirk", room, "Police agrees") == []


async def test_an_agency_answers_by_tap_in_its_own_room_and_its_words_are_asked_for_alone(
    deployment: Deployment,
) -> None:
    room = await open_case(deployment)
    finn, ada = deployment.people["finn"], deployment.people["ada"]
    own = await deployment.room("agency:health")
    await finn.is_in(own)
    await ada.say(room, f"!action {CANARY} see him for: health by: +5 working days")
    poll = await finn.hears(lambda event: event.type == POLL and "A-1" in str(event.content), own)
    assert finn.user_id in poll.mentions
    # Who is not of that agency is not in that room, and hears nothing of the poll.
    assert [event for event in ada.heard if event.type == POLL and "A-1" in str(event.content)] == []
    await vote(finn, own, poll.event_id, "decline A-1")
    asked = await finn.hears(lambda event: "in your own words" in str(event.content.get("body")))
    assert asked.room_id not in {room, own}
    said = await finn.reply(asked.room_id, asked.event_id, "he is not our patient")
    await ada.hears(by_bot(deployment, "A-1", "he is not our patient"), room)
    await finn.hears(lambda event: event.redacts == poll.event_id and event.sender == deployment.bot_id, own)
    await finn.hears(lambda event: event.redacts == asked.event_id and event.sender == deployment.bot_id)
    await finn.hears(lambda event: answered(event) == said, asked.room_id)
