# lines: every lie that a homeserver can tell, with the one server that tells them
"""A homeserver that lies to the bot: what is not proven is not done, is said once, and repeats nothing."""

import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.trust import MemoryPins
from tests.bot.hostile import EVIL, Hostile, Json, describe_identity, make_device, timeline_of
from tests.bot.matrix.crypto.proxy import Proxy
from tests.bot.test_end_to_end import answers, by_bot, open_case
from tests.deployment import Deployment
from tests.homeserver import Homeserver

pytestmark = pytest.mark.e2e

NOT_SURE = "I can’t be sure that this message comes from you"
TABLE: dict[str, Any] = {"agencies": "police, social", "table": ("cleo", "dirk", "ada")}


class Clock:
    """The time, which a test can move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def behind(homeserver: Homeserver) -> AsyncIterator[Proxy]:
    """What stands between the bot and the homeserver."""
    async with Proxy(homeserver.url) as proxy:
        yield proxy


@pytest.fixture
def hostile(behind: Proxy) -> Hostile:
    """The homeserver as the bot sees it."""
    return Hostile(behind)


@pytest.fixture
async def deployment(
    homeserver: Homeserver, behind: Proxy, hostile: Hostile, clock: Clock, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """A provisioned deployment whose bot reaches the homeserver through the hostile one."""
    people = ("cleo", "dirk", "ada", "kees")
    made = await Deployment.make(tmp_path, homeserver, clock, people=people, bot_homeserver=behind.url)
    try:
        await made.start_bot()
        yield made
    finally:
        await made.close()


async def is_whole(deployment: Deployment, room: str, first: str = "C-1") -> None:
    """Nothing forged got into the case: the next true concern has the number that is due."""
    hearing = deployment.people["dirk"]
    await deployment.people["ada"].say(room, "!concern true words kind: fact")
    await hearing.hears(by_bot(deployment, first, "true words"), room)
    assert answers(deployment, "dirk", room, "forged") == []


def channel_of(deployment: Deployment, coordination: str) -> str:
    opened = answers(deployment, "cleo", coordination, "invited")[0]
    return f"case:{str(opened.content['body']).split()[0]}"


async def test_a_message_under_another_name_is_no_command(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]

    def relabel(answer: Json) -> bool:
        found = [event for event in timeline_of(answer, room) if event["sender"] == dirk.user_id]
        for event in found:
            event["sender"] = ada.user_id
        return bool(found)

    hostile.on_sync.append(relabel)
    for number in range(1, 3):
        await dirk.say(room, "!concern forged words kind: fact")
        await hostile.has_lied(number)
    told = await ada.hears(by_bot(deployment, NOT_SURE), room)
    hostile.be_honest()
    await is_whole(deployment, room)
    assert told.mentions == {ada.user_id}
    assert len(answers(deployment, "dirk", room, NOT_SURE)) == 1


async def test_a_message_sent_again_by_the_server_is_one_command(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    kept: list[Json] = []

    def listen(answer: Json) -> bool:
        kept.extend(event for event in timeline_of(answer, room) if event["type"] == "m.room.encrypted")
        return False

    hostile.on_sync.append(listen)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    said = await dirk.say(room, "!concern said once kind: fact")
    await ada.hears(by_bot(deployment, "C-1", "said once"), room)
    hostile.be_honest()
    (event,) = (event for event in kept if event["event_id"] == said)
    again = {"type": event["type"], "sender": event["sender"], "content": event["content"]}
    hostile.inject(room, again, again, {**again, "sender": ada.user_id})
    await ada.say(room, "ordinary talk")
    await hostile.has_lied(1)
    await is_whole(deployment, room, "C-2")
    told = answers(deployment, "dirk", room, "A message that I had already")
    assert [event.mentions for event in told] == [{dirk.user_id}, {ada.user_id}]
    assert len(answers(deployment, "ada", room, "said once")) == 1


async def test_an_old_command_that_the_server_wraps_anew_is_not_carried_out_again(
    deployment: Deployment, hostile: Hostile
) -> None:
    room = await open_case(deployment, **TABLE)
    kept: list[Json] = []

    def listen(answer: Json) -> bool:
        kept.extend(event for event in timeline_of(answer, room) if event["type"] == "m.room.encrypted")
        return False

    hostile.on_sync.append(listen)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    said = await dirk.say(room, "!concern said once kind: fact")
    card = await ada.hears(by_bot(deployment, "C-1", "said once"), room)
    asked = await dirk.say(room, "!action visit him for: police by: fri")
    action = await ada.hears(by_bot(deployment, "A-1"), room)
    await ada.say(room, "!accept A-1")
    talk = await ada.say(room, "done with my tea")
    await ada.hears(by_bot(deployment, "A-1", "accept"), room)
    await ada.say(room, "!concern number two kind: fact")
    await dirk.hears(by_bot(deployment, "C-2", "number two"), room)
    hostile.be_honest()
    by_id = {event["event_id"]: event for event in kept}

    def wrap(true_id: str, relation: Json, **fields: str) -> Json:
        event = by_id[true_id]
        return {**event, **fields, "content": {**event["content"], "m.relates_to": relation}}

    def edit(event_id: str) -> Json:
        return {"rel_type": "m.replace", "event_id": event_id}

    lies = [
        wrap(said, edit("$anything")),
        wrap(said, edit(asked), event_id="$again"),
        wrap(asked, edit(said)),
        wrap(talk, {"m.in_reply_to": {"event_id": action.event_id}}),
        wrap(said, {"m.in_reply_to": {"event_id": card.event_id}}, event_id="$reply"),
    ]
    hostile.inject(room, *lies)
    await ada.say(room, "ordinary talk")
    await hostile.has_lied(1)
    await is_whole(deployment, room, "C-3")
    # A crypto store that forgets what it has opened, as one that was put back, changes nothing.
    await deployment.stop_bot()
    store = deployment._config().matrix.store_dir / "crypto.db"
    with closing(sqlite3.connect(store)) as opened, opened:
        assert opened.execute("DELETE FROM opened").rowcount > 0
    hostile.inject(room, *[{**lie, "event_id": f"$new{number}"} for number, lie in enumerate(lies)], *lies)
    await deployment.start_bot()
    await ada.say(room, "ordinary talk")
    await hostile.has_lied(2)
    await is_whole(deployment, room, "C-4")
    assert len(answers(deployment, "ada", room, "said once")) == 1
    assert answers(deployment, "ada", room, "A-2") == []
    assert "This looks like an answer to A-1" in str(answers(deployment, "ada", room, "looks like")[0].content["body"])
    await ada.say(room, "!done A-1 he was in")
    await dirk.hears(by_bot(deployment, "A-1", "he was in"), room)


async def test_plain_messages_that_the_server_writes_are_refused_once(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    forged = {"type": "m.room.message", "sender": dirk.user_id, "content": {"msgtype": "m.text"}}
    forged["content"] = {"msgtype": "m.text", "body": "!concern forged words kind: fact"}
    hostile.inject(room, forged, forged, forged)
    await ada.say(room, "ordinary talk")
    await ada.hears(by_bot(deployment, "was not encrypted"), room)
    await is_whole(deployment, room)
    assert len(answers(deployment, "dirk", room, "was not encrypted")) == 1


async def test_a_withheld_key_is_told_after_a_minute_and_the_message_done_when_it_comes(
    deployment: Deployment, hostile: Hostile, clock: Clock
) -> None:
    room = await open_case(deployment, **TABLE)
    kept: list[Json] = []

    def withhold(answer: Json) -> bool:
        messages = answer.get("to_device", {}).get("events", [])
        found = [message for message in messages if message["type"] == "m.room.encrypted"]
        kept.extend(found)
        messages[:] = [message for message in messages if message not in found]
        return any(event["sender"] == dirk.user_id for event in timeline_of(answer, room)) or hostile.lied > 0

    hostile.on_sync.append(withhold)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await dirk.say(room, "!concern the late words kind: fact")
    await hostile.has_lied(1)
    # The bot asks for what comes next only after it handled what came.
    await ada.say(room, "ordinary talk")
    await hostile.has_lied(2)
    clock.ahead = timedelta(minutes=2)
    told = await ada.hears(by_bot(deployment, "I could not read your message"), room)
    assert told.mentions == {dirk.user_id}

    def give_back(answer: Json) -> bool:
        answer.setdefault("to_device", {}).setdefault("events", []).extend(kept)
        hostile.be_honest()
        return True

    hostile.on_sync[:] = [give_back]
    await deployment.people["cleo"].say(room, "ordinary talk")
    await ada.hears(by_bot(deployment, "C-1", "the late words"), room)


async def test_a_device_that_the_server_made_up_gets_no_key(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]

    def add_device(answer: Json) -> None:
        answer["device_keys"][dirk.user_id][EVIL] = make_device(dirk.user_id)

    hostile.show_other_keys(dirk.user_id, add_device)
    await ada.say(room, "!concern first words kind: fact")
    await dirk.hears(by_bot(deployment, "C-1", "first words"), room)
    await hostile.has_lied(1)
    told = await ada.hears(by_bot(deployment, "one of your devices is not verified"), room)
    await is_whole(deployment, room, "C-2")
    assert told.mentions == {dirk.user_id}
    assert len(answers(deployment, "ada", room, "is not verified")) == 1
    assert {user_id for user_id, _ in hostile.given} >= {dirk.user_id, ada.user_id}
    assert (dirk.user_id, EVIL) not in hostile.given


async def test_another_device_under_a_known_id_commands_nothing_and_reads_nothing(
    deployment: Deployment, hostile: Hostile
) -> None:
    room = await open_case(deployment, **TABLE)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    device_id = dirk.client.device_id

    def swap(answer: Json) -> None:
        true = answer["device_keys"][dirk.user_id][device_id]
        other = make_device(dirk.user_id, device_id=device_id)
        answer["device_keys"][dirk.user_id][device_id] = {**true, "keys": other["keys"]}

    hostile.show_other_keys(dirk.user_id, swap)
    await dirk.say(room, "!concern forged words kind: fact")
    await ada.hears(by_bot(deployment, NOT_SURE), room)
    unread = await ada.hears(by_bot(deployment, "you can’t read what I write here"), room)
    hostile.given.clear()
    await ada.say(room, "!concern true words kind: fact")
    await ada.hears(by_bot(deployment, "C-1", "true words"), room)
    await ada.say(room, "!concern more words kind: fact")
    await ada.hears(by_bot(deployment, "C-2", "more words"), room)
    assert unread.mentions == {dirk.user_id}
    assert len(answers(deployment, "ada", room, "you can’t read")) == 1
    assert dirk.user_id not in {user_id for user_id, _ in hostile.given}
    assert answers(deployment, "ada", room, "forged") == []


async def test_an_identity_that_the_server_made_up_is_held(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    admin_room = await deployment.room("admin")
    dirk, ada, kees = (deployment.people[who] for who in ("dirk", "ada", "kees"))
    await ada.say(room, "!concern first words kind: fact")
    await dirk.hears(by_bot(deployment, "C-1"), room)
    identity = Identity.create()

    def replace_identity(answer: Json) -> None:
        for group, described in describe_identity(dirk.user_id, identity).items():
            answer[group][dirk.user_id] = described
        answer["device_keys"][dirk.user_id][EVIL] = make_device(dirk.user_id, identity)

    hostile.show_other_keys(dirk.user_id, replace_identity)
    await dirk.say(room, "!concern forged words kind: fact")
    await ada.hears(by_bot(deployment, "The identity of your account is not the one I know"), room)
    asked = await kees.hears(by_bot(deployment, f"!identity approve {dirk.user_id}"), admin_room)
    assert asked.mentions == {kees.user_id}
    hostile.be_honest()
    hostile.say_that_keys_changed(dirk.user_id)
    await is_whole(deployment, room, "C-2")
    assert (dirk.user_id, EVIL) not in hostile.given
    await kees.say(admin_room, f"!identity approve {dirk.user_id}")
    await kees.hears(by_bot(deployment, "there is nothing to approve"), admin_room)


async def test_a_new_identity_commands_after_an_admin_approved_it(deployment: Deployment) -> None:
    room = await open_case(deployment, **TABLE)
    admin_room = await deployment.room("admin")
    dirk, ada, kees = (deployment.people[who] for who in ("dirk", "ada", "kees"))
    await kees.hears(by_bot(deployment, "this is my identity"), admin_room)
    await dirk.say(room, "!concern first words kind: fact")
    await ada.hears(by_bot(deployment, "C-1", "first words"), room)
    await Identity.create().publish(dirk.client, deployment.password)
    await dirk.say(room, "!concern held words kind: fact")
    await ada.hears(by_bot(deployment, "The identity of your account is not the one I know"), room)
    asked = await kees.hears(by_bot(deployment, f"!identity approve {dirk.user_id} key:"), admin_room)
    line = next(line for line in str(asked.content["body"]).splitlines() if line.startswith("!identity"))
    await kees.say(admin_room, line)
    await kees.hears(by_bot(deployment, "is approved"), admin_room)
    await dirk.say(room, "!concern new words kind: fact")
    await ada.hears(by_bot(deployment, "C-2", "new words"), room)
    assert answers(deployment, "ada", room, "held words") == []
    await kees.say(admin_room, "!audit verify")
    await kees.hears(by_bot(deployment, "The audit log is whole"), admin_room)


async def test_the_first_message_of_a_new_device_is_read_with_its_keys(deployment: Deployment, tmp_path: Path) -> None:
    room = await open_case(deployment, **TABLE)
    dirk, ada = deployment.people["dirk"], deployment.people["ada"]
    await deployment.stop_bot()
    url, user_id = deployment.homeserver.url, dirk.user_id
    device_id, token = await sign_in(url, user_id, deployment.password, "Tablet")
    tablet = await HardenedClient.open_client(
        url, user_id, device_id, token, tmp_path / "tablet", bytes(32), MemoryPins()
    )
    try:
        await dirk.identity.sign_device(tablet)
        await tablet.sync_once(None, timeout_ms=0)
        content = {"msgtype": "m.text", "body": "!concern from my tablet kind: fact"}
        await tablet.post(room, content, txn_id=uuid.uuid4().hex)
        await deployment.start_bot()
        await ada.hears(by_bot(deployment, "C-1", "from my tablet"), room)
        assert answers(deployment, "ada", room, NOT_SURE) == []
    finally:
        await tablet.close()


async def test_somebody_who_signs_in_as_the_bot_reads_nothing_and_is_reported(
    deployment: Deployment, tmp_path: Path
) -> None:
    room = await open_case(deployment, **TABLE)
    admin_room = await deployment.room("admin")
    url, user_id = deployment.homeserver.url, deployment.bot_id
    device_id, token = await sign_in(url, user_id, deployment.password, "Another")
    thief = await HardenedClient.open_client(
        url, user_id, device_id, token, tmp_path / "thief", bytes(32), MemoryPins()
    )
    try:
        since = (await thief.sync_once(None, timeout_ms=0)).next_batch
        await is_whole(deployment, room)
        told = await deployment.people["kees"].hears(by_bot(deployment, "signed in as me"), admin_room)
        assert told.mentions == {deployment.user_id("kees")}
        await is_whole(deployment, room, "C-2")
        assert len(answers(deployment, "kees", admin_room, "signed in as me")) == 1
        read = [event for heard in (await thief.sync_once(since, timeout_ms=0)).joined for event in heard.events]
        assert read
        assert not any(event.content for event in read)
    finally:
        await thief.close()


async def test_somebody_whom_the_server_put_into_the_room_gets_no_key(deployment: Deployment, hostile: Hostile) -> None:
    room = await open_case(deployment, **TABLE)
    coordination = await deployment.room("coordination")
    async with await deployment.guest("mallory") as mallory:
        join = {"type": "m.room.member", "state_key": mallory.user_id, "sender": mallory.user_id}
        hostile.inject(room, {**join, "content": {"membership": "join"}})
        await deployment.people["ada"].say(room, "ordinary talk")
        reported = await deployment.people["cleo"].hears(by_bot(deployment, "was not invited"), coordination)
        await is_whole(deployment, room)
        assert mallory.user_id not in {user_id for user_id, _ in hostile.given}
        assert "Zephyrine" not in str(reported.content)


async def test_a_stranger_who_is_really_there_is_removed_and_reads_nothing(deployment: Deployment) -> None:
    room = await open_case(deployment, **TABLE)
    coordination = await deployment.room("coordination")
    async with await deployment.guest("mallory") as mallory:
        await deployment.as_bot("POST", f"v3/rooms/{room}/invite", {"user_id": mallory.user_id})
        await deployment.people["cleo"].hears(by_bot(deployment, "was not invited"), coordination)
        await mallory.is_out_of(room)
        await is_whole(deployment, room)
        assert [event for event in mallory.heard if event.content.get("body")] == []


async def test_a_removal_that_the_server_keeps_quiet_about_is_noticed_when_something_is_to_be_said(
    deployment: Deployment, hostile: Hostile
) -> None:
    room = await open_case(deployment, **TABLE)
    coordination = await deployment.room("coordination")
    cleo = deployment.people["cleo"]

    def keep_quiet(answer: Json) -> bool:
        return answer["rooms"].get("leave", {}).pop(room, None) is not None

    hostile.on_sync.append(keep_quiet)
    await deployment.as_bot("POST", f"v3/rooms/{room}/leave", {})
    await hostile.has_lied(1)
    ref = channel_of(deployment, coordination).partition(":")[2]
    await cleo.say(coordination, f"!case release {ref} Ada Jansen because: another ward")
    reported = await cleo.hears(by_bot(deployment, "I was removed from it"), coordination)
    assert ref in str(reported.content["body"])
    assert answers(deployment, "dirk", room, "another ward") == []
    assert reported.mentions == {cleo.user_id}


@pytest.mark.parametrize("how", ["power_levels", "encryption", "tombstone", "removed"])
async def test_a_room_that_is_not_safe_any_more_hears_nothing_and_the_case_goes_on_in_another(
    deployment: Deployment, hostile: Hostile, how: str
) -> None:
    room = await open_case(deployment, **TABLE)
    coordination = await deployment.room("coordination")
    channel = channel_of(deployment, coordination)
    cleo, dirk, ada = (deployment.people[who] for who in ("cleo", "dirk", "ada"))
    forged = {"type": f"m.room.{how}", "state_key": "", "sender": dirk.user_id, "content": {}}

    def leave(answer: Json) -> bool:
        found = answer["rooms"].get("join", {}).pop(room, None)
        answer["rooms"].setdefault("leave", {})[room] = {}
        return found is not None

    if how == "removed":
        hostile.on_sync.append(leave)
    else:
        hostile.inject(room, forged)
    await ada.say(room, "ordinary talk")
    reported = await cleo.hears(by_bot(deployment, "is not safe any more"), coordination)
    assert reported.mentions == {cleo.user_id}
    hostile.be_honest()
    await dirk.say(room, "!concern unheard words kind: fact")
    await cleo.say(coordination, f"!case reroom {channel.partition(':')[2]} because: it was tampered with")
    await cleo.hears(by_bot(deployment, "a new room is being made"), coordination)
    other = await deployment.room(channel, before=room)
    for person in (dirk, ada):
        await person.is_in(other)
        await person.hears(by_bot(deployment, "Welcome"), other)
    await is_whole(deployment, other)
    assert answers(deployment, "ada", room, "unheard") == []
    assert len(answers(deployment, "cleo", coordination, "is not safe any more")) == 1


async def test_an_agencys_room_that_is_not_safe_any_more_is_made_anew_by_provisioning(
    deployment: Deployment, hostile: Hostile
) -> None:
    room = await open_case(deployment, **TABLE)
    admin_room, own_room = await deployment.room("admin"), await deployment.room("agency:police")
    dirk, ada, kees = (deployment.people[who] for who in ("dirk", "ada", "kees"))
    hostile.inject(own_room, {"type": "m.room.power_levels", "state_key": "", "sender": ada.user_id, "content": {}})
    await ada.say(room, "ordinary talk")
    await kees.hears(
        by_bot(deployment, "the room of this agency is not safe any more", "roundtable provision"), admin_room
    )
    hostile.be_honest()
    await dirk.say(room, "!request police any call-outs? because: the plan depends on it")
    await ada.hears(by_bot(deployment, "R-1"), room)

    await deployment.stop_bot()
    await deployment._provision(deployment.people)
    other = await deployment.room("agency:police", before=own_room)
    await ada.is_in(other)
    await deployment.start_bot()

    # What waited meanwhile is said there.
    await ada.hears(by_bot(deployment, "R-1", "any call-outs?"), other)
    assert answers(deployment, "ada", own_room, "any call-outs?") == []


async def test_a_room_that_the_bots_account_upgraded_is_followed(deployment: Deployment) -> None:
    room = await open_case(deployment, **TABLE)
    coordination = await deployment.room("coordination")
    channel = channel_of(deployment, coordination)
    answer = await deployment.as_bot("POST", f"v3/rooms/{room}/upgrade", {"new_version": "12"})
    other = await deployment.room(channel, before=room)
    assert other == answer["replacement_room"]
    for who in ("dirk", "ada"):
        await deployment.people[who].is_in(other)
        await deployment.people[who].hears(by_bot(deployment, "Welcome"), other)
    await is_whole(deployment, other)
    await deployment.people["cleo"].hears(by_bot(deployment, "was upgraded"), coordination)
