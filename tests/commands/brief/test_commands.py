import pytest

from tests.room import Conference, user


async def come(table: Conference, room: str, who: str) -> list[str]:
    """Somebody comes into the room; what the bot says then."""
    await table.comings.joined(f"!{room}:example.org", (user(who),), f"join {who} {table.now}")
    return [s.text for s in await table.deliver() if s.channel == room]


@pytest.mark.scenario
async def test_whoever_comes_late_reads_the_brief_and_never_what_was_said_before(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("ada", "!concern CANARY he hid a knife kind: fact", room=room)
    written = await table.answer("ada", "!brief Sam stays with his aunt since May; we meet each week", room=room)
    assert written.subject == "B-1"
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he knows the school", room="coordination")
    before = len(table.heard)
    said = await come(table, room, "hugo")
    assert any("Sam stays with his aunt since May" in text for text in said)
    card = next(s for s in table.heard[before:] if "Sam stays" in s)
    assert (card.subject, card.mentions) == ("B-1", (user("hugo"),))
    assert not any("CANARY" in text for text in said)
    for line in ("!status", "!brief", "!followups", "!timeline"):
        assert "CANARY" not in await table.answer("hugo", line, room=room), line
    assert "Sam stays" in await table.answer("hugo", "!brief", room=room)


async def test_who_is_there_from_the_start_is_told_of_no_brief(table: Conference) -> None:
    await table.open_case(agencies="police, social")
    assert not any("brief" in s for s in table.heard)


async def test_without_a_text_the_brief_is_shown_and_a_later_one_stands_in_its_place(table: Conference) -> None:
    room = await table.open_case()
    assert "Nobody has written a brief yet" in await table.answer("ada", "!brief", room=room)
    await table.say("ada", "!brief he lives with his aunt", room=room)
    await table.say("finn", "!brief he lives at home again", room=room)
    shown = await table.answer("ada", "!brief", room=room)
    assert ("he lives at home again" in shown, "aunt" in shown) == (True, False)


@pytest.mark.parametrize("typed", ["Hugo Peters", "hugo peters.", "Hugo", "@hugo:example.org"])
async def test_a_name_alone_lets_that_person_read_all_that_was_before(table: Conference, typed: str) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he knows the school", room="coordination")
    await table.comings.joined(f"!{room}:example.org", (user("hugo"),), "join hugo")
    await table.deliver()
    given = await table.answer("ada", f"!brief {typed}", room=room)
    assert "what was on file before is now for Hugo Peters (School), too" in given
    assert not (await table.case(room)).hidden_from(user("hugo"))


@pytest.mark.parametrize("typed", ["Hugo Petrs", "Hugo Pieters"])
async def test_a_mistyped_name_is_asked_about_and_becomes_no_brief(table: Conference, typed: str) -> None:
    room = await table.open_case()
    asked = await table.answer("ada", f"!brief {typed}", room=room)
    assert "Hugo Peters" in asked
    assert "Nobody has written a brief yet" in await table.answer("ada", "!brief", room=room)


@pytest.mark.parametrize("typed", ["Hugo Peters knows him from school", "he is with Finn de Boer", "safe at home"])
async def test_what_holds_a_name_and_more_is_a_brief(table: Conference, typed: str) -> None:
    room = await table.open_case()
    written = await table.answer("ada", f"!brief {typed}", room=room)
    assert typed in written


async def test_a_brief_is_corrected_taken_back_and_erased_like_any_record(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!brief CANARY", room=room)
    await table.say("ada", "!correct B-1 he lives with his aunt", room=room)
    shown = await table.answer("ada", "!brief", room=room)
    assert ("aunt" in shown, "CANARY" in shown) == (True, False)
    await table.say("ada", "!brief CANARY two", room=room)
    await table.say("ada", "!undo", room=room)
    assert "aunt" in await table.answer("ada", "!brief", room=room)
    await table.say("ada", "!brief CANARY three", room=room, event_id="$deleted")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$deleted", "$deletion")
    await table.deliver()
    assert "CANARY" not in await table.answer("ada", "!brief", room=room)


async def test_an_observer_of_a_meeting_writes_no_brief_nor_does_anybody_in_a_closed_case(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("cleo", "!roundtable today 11:00", room=room)
    await table.say("cleo", "!roundtable start M-1", room=room)
    await table.say("ada", "!brief he is at home", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    await table.say("cleo", "!close because: goal met owner: social informed: yes", room=room)
    await table.say("ada", "!brief he is at home", room=room)
    codes = [code for command, code in await table.outcomes() if command == "brief"]
    assert codes == ["meeting/observer", "case/closed"]
    assert not any("he is at home" in s for s in table.heard)


async def test_a_brief_of_two_persons_is_given_to_nobody_once_they_are_kept_apart(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("ada", "!brief CANARY and his sister live with their aunt", room=room)
    await table.say("cleo", "!separate because: each has a right to a table of their own", room=room)
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he knows the school", room="coordination")
    assert not any("CANARY" in text for text in await come(table, room, "hugo"))
    assert "CANARY" not in await table.answer("hugo", "!brief", room=room)
    await table.say("ada", "!correct B-1 he lives with his aunt", room=room)
    assert "he lives with his aunt" in await table.answer("hugo", "!brief", room=room)
