from typing import Any

from aiohttp import web

from bot.matrix.crypto.trust import Verdict
from tests.bot.matrix.crypto.people import Meet, OpenDevice, fetch, list_events, make_room, open_signed, see, wait_for
from tests.bot.matrix.crypto.proxy import Proxy


async def test_bot_and_people_understand_each_other(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)

    said = await anna.say(room, "good morning", **{"m.mentions": {"user_ids": [bot.user_id]}})
    heard = [await bot.hears("good morning"), await ben.hears("good morning")]
    await bot.reply(room, said, "good morning to you")
    answers = [await anna.hears("good morning to you"), await ben.hears("good morning to you")]

    assert [event.verdict for event in heard + answers] == [Verdict.TRUSTED] * 4
    assert all(event.encrypted for event in heard + answers)
    assert {event.sender for event in heard} == {anna.user_id}
    assert {event.mentions for event in heard} == {frozenset({bot.user_id})}
    assert {event.replies_to for event in answers} == {said}
    assert bot.client.unreachable(room) == {}


async def test_nothing_said_reaches_the_homeserver_in_plaintext(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)

    said = await bot.say(room, "Amsel")

    assert "Amsel" not in str(await fetch(anna, room, said))


async def test_same_transaction_id_says_it_once(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)

    sent = [await bot.client.post(room, {"msgtype": "m.text", "body": "once"}, txn_id="row-1") for _ in range(2)]
    await bot.say(room, "the end")
    await anna.hears("the end")

    assert sent[0] == sent[1]
    assert [event.content["body"] for event in anna.heard] == ["once", "the end"]


async def test_an_edit_names_what_it_replaces(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    said = await anna.say(room, "tusday")

    await anna.say(room, "* Tuesday", **{"m.relates_to": {"rel_type": "m.replace", "event_id": said}})

    assert (await bot.hears("* Tuesday")).replaces == said


async def test_who_just_joined_can_read_what_is_said_at_once(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    await bot.say(room, "before ben")
    (ben,) = await meet("ben")

    await bot.client.invite(room, ben.user_id)
    await bot.knows(room, ben.user_id)
    await bot.say(room, "welcome")

    assert (await ben.hears("welcome")).trusted


async def test_who_joins_while_we_speak_can_read_what_is_said_next(
    meet: Meet, open_another: OpenDevice, proxy: Proxy
) -> None:
    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    room = await make_room(host, anna)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    said = await anna.say(room, "hello")

    def tell_the_state_before_she_joined(request: web.Request, answer: Any) -> Any:  # noqa: ANN401 - JSON
        # As Synapse does when an event was sent at the same moment as somebody joined.
        joined = answer.get("rooms", {}).get("join", {}) if request.path.endswith("/sync") else {}
        for told in joined.values():
            invited = {"type": "m.room.member", "state_key": anna.user_id, "content": {"membership": "invite"}}
            about = {"event_id": "$before", "sender": host.user_id, "origin_server_ts": 1}
            told["state"] = {"events": [{**invited, **about}]}
        return answer

    proxy.bend = tell_the_state_before_she_joined
    batch = await wait_for(bot, since, lambda batch: said in {event.event_id for event in list_events(batch)})
    proxy.bend = None
    # Nothing else is told of her.
    await bot.sync_once(batch.next_batch, timeout_ms=0)
    await bot.post(room, {"msgtype": "m.text", "body": "welcome"}, txn_id="1")

    assert (await anna.hears("welcome")).trusted
    assert anna.user_id in bot.members(room)


async def test_what_the_homeserver_said_of_a_room_holds_when_we_speak_next(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    await bot.stop_listening()
    room = await bot.client.create_room(name="K7QF", topic="", invite=[anna.user_id])
    await anna.is_in(room)

    state = await bot.client.room_state(room)
    await bot.say(room, "welcome")

    assert any(change.state_key == anna.user_id and change.content["membership"] == "join" for change in state)
    assert (await anna.hears("welcome")).trusted


async def test_an_older_word_on_who_is_in_a_room_is_not_believed(
    meet: Meet, open_another: OpenDevice, proxy: Proxy
) -> None:
    anna, host = await meet("anna", "host")
    bot = await open_signed(host, open_another, proxy)
    since = (await bot.sync_once(None, timeout_ms=0)).next_batch
    room = await bot.create_room(name="K7QF", topic="", invite=[anna.user_id])
    await anna.is_in(room)
    await bot.room_state(room)
    await bot.post(room, {"msgtype": "m.text", "body": "welcome"}, txn_id="1")

    def leave_out_that_she_joined(request: web.Request, answer: Any) -> Any:  # noqa: ANN401 - JSON
        # As an answer that was under way before she did.
        for told in answer.get("rooms", {}).get("join", {}).values():
            events = told["timeline"]["events"]
            told["timeline"]["events"] = [e for e in events if e["content"].get("membership") != "join"]
        return answer

    proxy.bend = leave_out_that_she_joined
    await wait_for(bot, since, lambda batch: room in {told.room_id for told in batch.joined})
    proxy.bend = None
    await bot.post(room, {"msgtype": "m.text", "body": "welcome again"}, txn_id="2")

    assert (await anna.hears("welcome again")).trusted


async def test_who_had_joined_before_we_knew_can_read_what_was_said_meanwhile(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot)
    await bot.stop_listening()
    await bot.client.invite(room, anna.user_id)
    await anna.is_in(room)

    said = await bot.say(room, "said a moment too early")
    assert await anna.client.retry(await fetch(bot, room, said)) is None
    await bot.client.sync_once(bot.since, timeout_ms=0)

    assert (await anna.hears("said a moment too early")).trusted


async def test_what_was_said_meanwhile_is_only_for_whom_it_was_meant(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot)
    await bot.stop_listening()
    for person in (anna, ben):
        await bot.client.invite(room, person.user_id)
        await person.is_in(room)

    content = {"msgtype": "m.text", "body": "for anna"}
    said = await bot.client.post(room, content, txn_id="1", only_for=[anna.user_id])
    await bot.client.sync_once(bot.since, timeout_ms=0)
    await anna.hears("for anna")
    await bot.say(room, "for both")
    await ben.hears("for both")

    assert await ben.client.retry(await fetch(bot, room, said)) is None


async def test_what_was_said_before_we_last_asked_is_not_for_who_joins_later(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot)
    await bot.stop_listening()
    since = bot.since
    said = await bot.say(room, "before anna")
    for _ in range(2):
        since = (await bot.client.sync_once(since, timeout_ms=0)).next_batch
    await bot.client.invite(room, anna.user_id)
    await anna.is_in(room)

    await bot.client.sync_once(since, timeout_ms=0)
    await bot.say(room, "after anna")
    await anna.hears("after anna")

    assert await anna.client.retry(await fetch(bot, room, said)) is None


async def test_the_invited_get_no_key_before_they_join(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna)
    await ben.stop_listening()
    await bot.client.invite(room, ben.user_id)

    said = await bot.say(room, "not for ben yet")
    await ben.client.sync_once(None, timeout_ms=0)

    assert await ben.client.retry(await fetch(bot, room, said)) is None


async def test_a_member_whom_we_do_not_expect_gets_no_key(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)
    await bot.say(room, "all of you")
    await ben.hears("all of you")

    content = {"msgtype": "m.text", "body": "the two of us"}
    said = await bot.client.post(room, content, txn_id="1", only_for=[anna.user_id])
    await anna.hears("the two of us")
    await bot.say(room, "all of you again")
    await ben.hears("all of you again")

    assert await ben.client.retry(await fetch(bot, room, said)) is None


async def test_who_was_removed_cannot_read_what_is_said_a_moment_later(meet: Meet) -> None:
    bot, anna, ben = await meet("bot", "anna", "ben")
    room = await make_room(bot, anna, ben)
    await bot.say(room, "all of you")
    await ben.hears("all of you")
    await ben.stop_listening()

    await bot.client.remove(room, ben.user_id, "left-the-case")
    said = await bot.say(room, "the two of us")
    await anna.hears("the two of us")
    await ben.client.sync_once(None, timeout_ms=0)

    assert await ben.client.retry(await fetch(bot, room, said)) is None


async def test_more_messages_than_fit_into_a_sync_are_paged_back(meet: Meet, open_another: OpenDevice) -> None:
    anna, host = await meet("anna", "bot")
    room = await make_room(host, anna)
    await host.stop_listening()
    last = await anna.say(room, "message 0")
    before = await host.client.sync_once(None, timeout_ms=0)
    for number in range(1, 221):
        await anna.say(room, f"message {number}")

    batch = await host.client.sync_once(before.next_batch, timeout_ms=0)
    (found,) = batch.joined
    assert found.limited
    assert found.prev_batch is not None
    missed = await host.client.history(room, back_to_event_id=last, from_token=found.prev_batch, limit=500)

    everything = [event.content["body"] for event in missed + list_events(batch)]
    assert everything == [f"message {number}" for number in range(1, 221)]
    assert {event.verdict for event in missed} == {Verdict.TRUSTED}


async def test_history_gives_no_more_than_asked_for(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    for number in range(5):
        await anna.say(room, f"message {number}")
    await bot.hears("message 4")
    end = str((await bot.client.sync_once(None, timeout_ms=0)).next_batch)

    newest = await bot.client.history(room, back_to_event_id=None, from_token=end, limit=2)

    assert [event.content["body"] for event in newest] == ["message 3", "message 4"]


async def test_what_could_not_be_read_is_read_when_its_key_arrives(meet: Meet, open_another: OpenDevice) -> None:
    bot, anna = await meet("bot", "anna")
    room = await make_room(bot, anna)
    tablet = await open_another(anna.user_id)
    await tablet.sync_once(None, timeout_ms=0)
    said = await bot.say(room, "too early")
    unread = await see(tablet, None, said)
    assert unread.verdict is Verdict.UNDECRYPTABLE
    assert unread.content == {}
    assert unread.source is not None
    assert await tablet.retry(unread.source) is None

    session = anna.client.machine._olm.inbound_group_store[room][bot.client.machine.identity_key][unread.session_id]
    tablet.machine._olm.inbound_group_store.add(session)
    read = await tablet.retry(unread.source)

    assert read is not None
    assert read.verdict is Verdict.TRUSTED
    assert read.content["body"] == "too early"
