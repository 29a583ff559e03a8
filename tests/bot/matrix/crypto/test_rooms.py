from datetime import timedelta

import pytest
from aiohttp import web

from bot.matrix.crypto.errors import NotAllowed
from bot.matrix.crypto.rooms import MEGOLM, Room
from tests.bot.matrix.crypto.people import Meet, OpenDevice, make_room, send_raw
from tests.bot.matrix.crypto.proxy import Proxy


async def test_room_is_made_as_specified(meet: Meet) -> None:
    (bot,) = await meet("bot")
    room = await bot.client.create_room(name="K7QF", topic="K7QF", creation_content={"org.example.case": "K7QF"})

    state = {change.type: change.content for change in await bot.client.room_state(room)}

    assert state["m.room.create"]["room_version"] == "12"
    assert state["m.room.create"]["org.example.case"] == "K7QF"
    assert "additional_creators" not in state["m.room.create"]
    assert state["m.room.encryption"]["algorithm"] == MEGOLM
    assert state["m.room.history_visibility"] == {"history_visibility": "joined"}
    assert state["m.room.guest_access"] == {"guest_access": "forbidden"}
    assert state["m.room.join_rules"] == {"join_rule": "invite"}
    power = state["m.room.power_levels"]
    assert power["users"] == {}
    assert {power[right] for right in ("invite", "kick", "ban", "redact", "state_default", "events_default")} == {100}
    assert {kind for kind, level in power["events"].items() if level < 100} == {
        "m.room.message",
        "m.room.encrypted",
        "m.reaction",
        "m.room.redaction",
        *(f"m.key.verification.{step}" for step in ("ready", "start", "accept", "key", "mac", "cancel", "done")),
    }


async def test_members_can_only_speak(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)
    said = await bot.say(room, "hello")
    own = await anna.say(room, "oops")

    await anna.client.redact(room, own, txn_id="own")
    await send_raw(
        anna, room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": said, "key": "✅"}}, "r"
    )
    for refused in (
        anna.client.invite(room, "@stranger:localhost"),
        anna.client.remove(room, ben.user_id, "x"),
        anna.client.redact(room, said, txn_id="theirs"),
        anna.client.wire.ask("PUT", f"v3/rooms/{room}/state/m.room.topic/", {"topic": "x"}),
        send_raw(anna, room, "org.example.other", {}, "o"),
    ):
        with pytest.raises(NotAllowed):
            await refused


async def test_space_holds_rooms_and_nothing_else(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    space = await bot.client.create_room(name="Region", topic="", space=True, invite=[anna.user_id])
    room = await bot.client.create_room(name="K7QF", topic="", parent=space)
    await anna.is_in(space)

    state = {(change.type, change.state_key): change.content for change in await bot.client.room_state(space)}
    assert state["m.room.create", ""]["type"] == "m.space"
    assert ("m.space.child", room) in state
    assert ("m.room.encryption", "") not in state
    parents = {change.state_key for change in await bot.client.room_state(room) if change.type == "m.space.parent"}
    assert parents == {space}
    with pytest.raises(NotAllowed):
        await send_raw(anna, space, "m.room.message", {"msgtype": "m.text", "body": "hello"}, "1")


async def test_room_can_be_written_at_once(meet: Meet) -> None:
    (bot,) = await meet("bot")
    await bot.stop_listening()
    room = await bot.client.create_room(name="K7QF", topic="")

    assert (await bot.say(room, "hello")).startswith("$")


async def test_room_made_before_a_crash_is_found_again(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await bot.client.create_room(name="K7QF", topic="", creation_content={"org.example.case": "K7QF"})
    await bot.client.create_room(name="M4XD", topic="", creation_content={"org.example.case": "M4XD"})
    trap = await anna.client.create_room(
        name="K7QF", topic="", creation_content={"org.example.case": "P2RW"}, invite=[bot.user_id]
    )
    await bot.is_in(trap)

    assert await bot.client.find_room(("org.example.case", "K7QF")) == room
    assert await bot.client.find_room(("org.example.case", "P2RW")) is None
    assert await bot.client.find_room(("org.example.case", "none")) is None


async def test_members_are_listed(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)

    assert await bot.client.joined_members(room) == {bot.user_id, anna.user_id} == bot.client.members(room)


def test_encryption_is_never_taken_back() -> None:
    room = Room("!room")
    room.apply("m.room.encryption", "", {"algorithm": MEGOLM})

    room.apply("m.room.encryption", "", {})
    room.apply("m.room.encryption", "", {"algorithm": "org.example.none"})

    assert room.encrypted


@pytest.mark.parametrize("asked", [-1, 0, 10**30, "x", None])
def test_periods_without_sense_do_no_harm(asked: object) -> None:
    room = Room("!room")

    room.apply(
        "m.room.encryption", "", {"algorithm": MEGOLM, "rotation_period_msgs": asked, "rotation_period_ms": asked}
    )

    assert 1 <= room.key_messages <= 10_000
    assert timedelta(hours=1) <= room.key_period <= timedelta(days=30)


async def test_key_changes_when_someone_leaves(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)
    await bot.say(room, "all of you")
    before = bot.client._sharing._outbound[room]
    assert {device.user_id for device in before.holders} == {anna.user_id, ben.user_id}

    await ben.client.leave(room)
    await bot._wait(lambda: ben.user_id not in bot.client.members(room) or None, 20)
    await bot.say(room, "the two of us")

    after = bot.client._sharing._outbound[room]
    assert after.session.session_id != before.session.session_id
    assert {device.user_id for device in after.holders} == {anna.user_id}


async def test_key_changes_when_the_period_of_the_room_is_over(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    state = {"algorithm": MEGOLM, "rotation_period_ms": 2 * 60 * 60 * 1000}
    await bot.client.wire.ask("PUT", f"v3/rooms/{room}/state/m.room.encryption/", state)
    await bot._wait(lambda: bot.client._rooms[room].key_period == timedelta(hours=2) or None, 20)
    used = []
    for aged in (timedelta(hours=1, minutes=59), timedelta(minutes=2)):
        await bot.say(room, "hello")
        used.append(bot.client._sharing._outbound[room].session.session_id)
        bot.client._sharing._outbound[room].made_at -= aged.total_seconds()
    await bot.say(room, "hello")
    used.append(bot.client._sharing._outbound[room].session.session_id)

    assert used[0] == used[1] != used[2]


async def test_the_invited_are_not_called_out_of_reach(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna)
    await ben.stop_listening()
    await bot.client.invite(room, ben.user_id)

    await bot.say(room, "hello")

    assert bot.client.unreachable(room) == {}


async def test_an_account_that_is_not_there_is_told_from_a_server_that_shows_no_profiles(
    meet: Meet, proxy: Proxy, open_another: OpenDevice
) -> None:
    bot, anna = await meet("bot", "anna")
    nobody = anna.user_id.replace("@anna", "@nobody")
    assert await bot.client.has_account(anna.user_id)
    assert not await bot.client.has_account(nobody)

    async def without_profiles(request: web.Request) -> web.Response | None:
        if "/profile/" in request.path:
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")
        return None

    behind = await open_another(bot.user_id, proxy.url)
    assert not await behind.has_account(nobody)
    proxy.fault = without_profiles
    assert await behind.has_account(anna.user_id)
    assert await behind.has_account(nobody)
