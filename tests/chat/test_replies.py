"""What a reply means is judged; what may be talk is asked about, and done once its author says yes."""

import sqlalchemy as sa

from chat.dispatch import Dispatcher
from commands import registry_of_all
from commands.action.rules import Action, State
from commands.request.rules import Answer
from storage import tables
from tests.room import Conference, Said, user


async def proposed(table: Conference) -> tuple[str, Said]:
    room = await table.open_case()
    return room, await table.answer("dirk", "!action visit him for: police by: fri", room=room)


async def state(table: Conference, room: str) -> State:
    return (await table.case(room)).all(Action)[0].state


async def test_what_may_be_meant_is_asked_about_and_done_with_a_yes(table: Conference) -> None:
    room, card = await proposed(table)
    asked = await table.answer("ada", "ok", room=room, replies_to=card)
    assert "Shall I put it on file, as  accept A-1 ?" in asked
    assert "Reply:  yes" in asked
    assert await state(table, room) is State.PROPOSED
    said = await table.answer("ada", "Yes please!", room=room, replies_to=asked)
    assert said.text.startswith("A-1 · Police accepts")
    # It is answered.
    assert await table.say("ada", "yes", room=room, replies_to=asked) == []


async def test_nobody_else_says_yes_to_it(table: Conference) -> None:
    room, card = await proposed(table)
    asked = await table.answer("ada", "ok", room=room, replies_to=card)
    for who in ("dirk", "mallory"):
        await table.say(who, "yes", room=room, replies_to=asked)
        await table.say(who, "!yes", room=room)
    assert await state(table, room) is State.PROPOSED


async def test_a_yes_to_nobody_in_particular_is_talk_and_one_with_a_prefix_is_not(table: Conference) -> None:
    room, card = await proposed(table)
    await table.answer("ada", "ok", room=room, replies_to=card)
    assert await table.say("ada", "yes", room=room) == []
    assert (await table.answer("ada", "!yes", room=room)).text.startswith("A-1 · Police accepts")


async def test_a_question_waits_for_a_day(table: Conference) -> None:
    room, card = await proposed(table)
    asked = await table.answer("ada", "ok", room=room, replies_to=card)
    table.later(hours=25)
    await table.say("ada", "yes", room=room, replies_to=asked)
    assert await state(table, room) is State.PROPOSED


async def test_what_was_asked_about_goes_with_its_message(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!request police on how many days? because: the plan", room=room)
    (asked,) = await table.say("ada", "31 of 45 days", room=room, replies_to=card, event_id="$said")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$said", "deletion")
    await table.deliver()
    await table.say("ada", "yes", room=room, replies_to=asked)
    assert (await table.case(room)).all(Answer) == []


async def test_what_was_said_yes_to_goes_with_the_message_that_said_it(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!request police on how many days? because: the plan", room=room)
    (asked,) = await table.say("ada", "31 of 45 days", room=room, replies_to=card, event_id="$said")
    await table.say("ada", "yes", room=room, replies_to=asked)
    assert [a.text for a in (await table.case(room)).all(Answer)] == ["31 of 45 days"]
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$said", "deletion")
    assert [a.text for a in (await table.case(room)).all(Answer)] == ["[…]"]


async def test_what_waits_for_a_yes_is_sealed(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!request police where? because: the plan", room=room)
    await table.say("ada", "2 times at Zephyrine Street", room=room, replies_to=card)
    with table.store.update() as session:
        kept = [row.value for row in session.execute(sa.select(tables.settings.c.value))]
    assert any(user("ada") in value for value in kept)
    assert not any("Zephyrine" in value for value in kept)


async def test_who_could_not_do_it_is_not_asked(table: Conference) -> None:
    room, card = await proposed(table)
    for typed in ("ok", "yes", "no, not yet", "done soon"):
        assert await table.say("hugo", typed, room=room, replies_to=card) == []


async def test_a_hint_is_answered_with_the_whole_line_and_no_prefix(table: Conference) -> None:
    room = await table.open_case()
    hint = await table.answer("ada", "!request health was he seen?", room=room)
    said = await table.answer("ada", "request health was he seen? because: the plan", room=room, replies_to=hint)
    assert said.subject == "R-1" or "Shall I put it on file" in said


async def test_a_hint_about_a_record_is_answered_as_its_card_is(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("dirk", "!request police any call-outs? because: the plan", room=room)
    hint = await table.answer("ada", "refuse said in confidence", room=room, replies_to=card)
    assert "ground:" in hint
    again = "refuse said in confidence ground: professional secrecy"
    said = await table.answer("ada", again, room=room, replies_to=hint)
    assert said.text.startswith("R-1")


async def test_a_reply_to_ones_own_failed_message_is_heard(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!conern he left", room=room, event_id="$mistyped")
    failed = Said(room, "", "", "$mistyped")
    said = await table.answer("ada", "concern he left", room=room, replies_to=failed)
    assert said.subject == "C-1" or "Shall I put it on file" in said
    # Somebody else's is none of theirs.
    assert await table.say("dirk", "concern he left", room=room, replies_to=failed) == []


async def test_a_hint_goes_once_what_was_meant_is_typed(table: Conference) -> None:
    room = await table.open_case()
    hint = await table.answer("ada", "!request health was he seen?", room=room)
    assert "a reason is missing" in hint
    await table.say("finn", "!request police was he seen? because: the plan", room=room)
    assert table.retracted == []
    card = await table.say("ada", "!request health was he seen? because: the plan", room=room)
    assert {s.channel for s in card} == {room, "agency:health"}
    assert table.retracted == [(room, hint.event_id)]


async def test_a_hint_goes_also_after_much_that_needed_none_and_after_a_restart(table: Conference) -> None:
    room, elsewhere = await table.open_case(), await table.open_case()
    for there in (room, elsewhere, room):
        await table.say("ada", "!concern x kind: fact", room=there)
    first = await table.answer("ada", "!request health was he seen?", room=room)
    await table.say("ada", "!concern x kind: fact", room=elsewhere)
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    second = await table.answer("ada", "!request health did he sleep?", room=room)
    table.dispatcher = Dispatcher(registry_of_all(), table.store, table.house, lambda: table.now)
    await table.say("ada", "!request health did he sleep? because: the plan", room=room)
    assert table.retracted == [(room, first.event_id), (room, second.event_id)]


async def test_a_hint_goes_once_its_message_is_edited_or_it_is_replied_to(table: Conference) -> None:
    room = await table.open_case()
    for replaces in ("$first", None):
        table.later(minutes=1)
        hint = await table.answer("ada", "!decide he returns", room=room, replaces=None)
        await table.say("ada", "!who", room=room)
        if replaces:
            await table.say("ada", "!concren x", room=room, event_id=replaces)
            hint = table.heard[-1]
            await table.say("ada", "!concern x kind: fact", room=room, replaces=replaces)
        else:
            await table.say("ada", "!decide he returns because: it worked", room=room, replies_to=hint)
        assert table.retracted[-1] == (room, hint.event_id)


async def test_what_another_command_was_refused_for_stays(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", "!request health was he seen?", room=room)
    await table.say("ada", "!concern x kind: fact", room=room)
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    assert table.retracted == []


async def test_a_warning_about_a_device_stays_whatever_its_owner_types(table: Conference) -> None:
    room = await table.open_case()
    await table.dispatcher.turned_away(f"!{room}:example.org", user("ada"), "unsigned_device", "turned-away")
    (warned,) = await table.deliver()
    assert "I don’t know this device" in warned
    await table.say("ada", "!concern x kind: fact", room=room)
    assert table.retracted == []


async def test_a_hint_that_is_mended_before_it_went_out_is_said_all_the_same(table: Conference) -> None:
    room = await table.open_case()
    for number, line in enumerate(("!concren x", "!concern x kind: fact")):
        await table.dispatcher.handle(table.incoming("ada", line, room, f"$typed{number}"))
    hint, card = await table.deliver()
    assert ("I don't know that word" in hint, card.subject) == (True, "C-1")
    assert table.retracted == [(room, hint.event_id)]
