"""What somebody deletes in Element is off the file, and the bot's own messages about it are deleted, too."""

from tests.room import Conference, Said, user


async def delete(table: Conference, who: str, event_id: str, room: str) -> list[Said]:
    await table.dispatcher.deleted(f"!{room}:example.org", user(who), event_id, f"$deleted{who}{event_id}")
    return await table.deliver()


async def test_a_deleted_concern_is_off_the_file_and_its_card_is_deleted(table: Conference) -> None:
    room = await table.open_case()
    [card] = await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    [told] = await delete(table, "dirk", "$1", room)
    assert told.text == (
        "Dirk Smit (Social services) deleted a message. What it said is off the file:\n"
        f"C-1 · {room.removeprefix('case:')}\n\n"
        "It is wiped for good on Mon 9 Nov 2026. Copies on phones and computers can't be called back.\n"
        "You did not delete it? Until then, in the case room:  !restore C-1"
    )
    assert table.retracted == [(room, card.event_id)]
    for question in ("!status", "!timeline", "!followups", "!next"):
        assert "car" not in await table.answer("hugo", question, room=room)
    assert ("erase", "done") in await table.outcomes()


async def test_only_its_sender_can_delete_a_message(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    assert await delete(table, "ada", "$1", room) == []
    assert (await table.case(room)).concerns[0].about == "sleeps in a car"
    assert table.retracted == []


async def test_an_answer_from_an_agencys_own_room_goes_from_the_case_room_too(table: Conference) -> None:
    room = await table.open_case()
    asked = await table.say("dirk", "!request health was he seen? because: we plan a visit", room=room)
    card = next(said for said in asked if said.channel == "agency:health")
    given = await table.say("gina", "answer twice in May", room="agency:health", replies_to=card, event_id="$2")
    told = await delete(table, "gina", "$2", "agency:health")
    assert {said.channel for said in told} == {room, "agency:health"}
    assert sorted(table.retracted) == sorted((said.channel, said.event_id) for said in given)
    assert (await table.case(room)).answers[0].text == "[…]"


async def test_what_was_deleted_is_not_brought_back_by_undo(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    said = await table.answer("dirk", "!undo", room=room)
    assert said.text.endswith("Nothing was changed.")
    concern = (await table.case(room)).concerns[0]
    assert (concern.about, concern.withdrawn) == ("[…]", True)


async def test_every_line_is_erased_also_when_a_crash_had_the_bot_hear_them_at_two_times(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await table.say("hugo", "!roundtable start", room=room)
    await table.say("hugo", "note: sleeps in a car", room=room, event_id="$1")
    table.later(minutes=1)
    await table.say("hugo", "note: sleeps in a car\nnote: parks at the lake", room=room, event_id="$1")
    await delete(table, "hugo", "$1", room)
    assert [note.text for note in (await table.case(room)).notes] == ["[…]", "[…]"]


async def test_what_was_refused_is_deleted_with_the_message(table: Conference) -> None:
    room = await table.open_case()
    [refused] = await table.say("dirk", "!request Sem Bakker was he seen? because: we worry", room=room, event_id="$1")
    assert await delete(table, "ada", "$1", room) == []
    assert table.retracted == []
    assert await delete(table, "dirk", "$1", room) == []
    assert table.retracted == [(room, refused.event_id)]


async def test_what_still_waits_to_be_said_is_not_said_any_more(table: Conference) -> None:
    room = await table.open_case()
    await table.dispatcher.handle(table.incoming("dirk", "!concern sleeps in a car kind: fact", room, "$1"))
    said = await delete(table, "dirk", "$1", room)
    assert [one.text.split("\n")[0] for one in said] == [
        "Dirk Smit (Social services) deleted a message. What it said is off the file:"
    ]


async def test_the_answer_to_a_deleted_question_to_the_bot_is_deleted_without_a_word(table: Conference) -> None:
    room = await table.open_case()
    [status] = await table.say("dirk", "!status", room=room, event_id="$1")
    assert await delete(table, "dirk", "$1", room) == []
    assert table.retracted == [(room, status.event_id)]


async def test_a_deletion_is_carried_out_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    assert len(await delete(table, "dirk", "$1", room)) == 1
    assert await delete(table, "dirk", "$1", room) == []


async def test_the_author_has_back_what_somebody_else_deleted(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    refused = await table.answer("ada", "!restore C-1", room=room)
    assert "Nothing was changed" in refused
    assert "car" not in refused
    assert "C-1 is back on file, as you wrote it." in await table.answer("dirk", "!restore C-1", room=room)
    assert (await table.case(room)).concerns[0].about == "sleeps in a car"


async def test_after_a_week_it_is_wiped_for_good(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await delete(table, "dirk", "$1", room)
    table.later(days=7)
    await table.sweeps.run()
    await table.deliver()
    case = await table.case(room)
    assert "car" not in str([step.before for step in case.steps])
    assert ("wipe", "done") in await table.outcomes()
    assert "Nothing was changed" in await table.answer("dirk", "!restore C-1", room=room)
    assert "deleted what was said in C-1" in await table.answer("dirk", "!timeline", room=room)
