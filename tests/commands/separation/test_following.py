"""What is deleted in the first case, or brought back there, in the second one too: its author hears nothing of that."""

from tests.commands.separation.test_commands import ref_of, separate, words_of
from tests.commands.test_wiped import words_on_file
from tests.room import Conference, user


async def test_what_is_deleted_here_is_deleted_there_and_comes_back_there(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern CANARY-TWICE kind: fact", room=room, event_id="$twice")
    await table.say("dirk", "!concern CANARY-MOVED kind: fact", room=room, event_id="$moved")
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 both", room=room)
    await table.say("cleo", "!allocate C-2 there", room=room)
    since = len(table.heard)
    for event in ("$twice", "$moved"):
        await table.deleting.deleted(f"!{room}:example.org", user("dirk"), event, f"{event} deleted")
    said = await table.deliver()
    assert {s.text[:3] for s in said if s.channel == other} == {"C-1", "C-2"}
    assert [s for s in table.heard[since:] if ref_of(other) in s.text + s.html and s.channel != other] == []
    there = await table.case(other)
    assert {r.about for r in there.records() if r.id[0] == "C"} == {"[…]"}  # type: ignore[attr-defined]
    # The author sits in the first only, and hears nothing of the second when bringing it back.
    said = await table.say("dirk", f"restore C-1 {ref_of(room)}", room=f"direct:{user('dirk')}")
    assert [s for s in said if ref_of(other) in s.text + s.html and s.channel != other] == []
    assert "CANARY-TWICE" in await words_of(table, other)
    assert [r.about for r in (await table.case(other)).records() if r.id == "C-1"] == ["CANARY-TWICE"]  # type: ignore[attr-defined]
    table.later(days=8)
    await table.sweeps.run()
    await table.deliver()
    assert "CANARY-MOVED" not in await words_on_file(table)
    assert "CANARY-TWICE" in await words_of(table, other)


async def test_only_the_words_of_who_deletes_go(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request police any calls? because: CANARY-ASKED", room=room, event_id="$asked")
    await table.say("ada", "!answer R-1 CANARY-ANSWER", room=room, event_id="$answered")
    other = await separate(table, room)
    await table.say("cleo", "!allocate R-1 both", room=room)
    await table.say("ada", "!accept K-1", room="agency:police")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$answered", "gone")
    table.later(days=8)
    await table.sweeps.run()
    await table.deliver()
    words = await words_of(table, other)
    assert "CANARY-ASKED" in words
    assert "CANARY-ANSWER" not in words


async def test_also_once_the_first_case_is_closed_and_only_when_it_is_certain_who_deleted_it(table: Conference) -> None:
    room = await table.open_case(agencies="social")
    await table.say("dirk", "!concern CANARY-MOVED kind: fact", room=room, event_id="$moved")
    other = await separate(table, room)
    await table.say("cleo", "!allocate C-1 there", room=room)
    await table.say("cleo", "!close because: goal met owner: social informed: yes", room=room)
    assert (await table.case(room)).closed
    await table.deleting.deleted(f"!{room}:example.org", user("hugo"), "$moved", "forged")
    said = await table.deliver()
    assert [s.channel for s in said if s.channel == other] == []
    case = await table.case(other)
    assert [r.about for r in case.records() if r.id == "C-1"] == ["CANARY-MOVED"]  # type: ignore[attr-defined]
    await table.deleting.deleted(f"!{room}:example.org", user("dirk"), "$moved", "deleted")
    await table.deliver()
    case = await table.case(other)
    assert [r.about for r in case.records() if r.id == "C-1"] == ["[…]"]  # type: ignore[attr-defined]
    table.later(days=8)
    await table.sweeps.run()
    await table.deliver()
    assert "CANARY-MOVED" not in await words_on_file(table)


async def test_why_somebody_paused_what_moved_is_wiped_with_it(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!action visit him for: social by: 20 nov", room=room)
    await table.say("dirk", "!pause A-1 because: CANARY-PAUSE his brother is here", room=room)
    assert "CANARY" in await words_of(table, room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate A-1 there", room=room)
    assert "CANARY" not in await words_of(table, room) + await words_of(table, other)


async def test_what_was_deleted_before_it_moved_does_not_come_back_without_its_words(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request police any calls? because: the plan", room=room)
    await table.say("ada", "!answer R-1 CANARY-FIRST", room=room, event_id="$answered")
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$answered", "gone")
    await table.say("ada", "!answer R-1 nothing of late", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate R-1 there", room=room)
    await table.say("ada", "!accept K-1", room="agency:police")
    told = await table.answer("ada", f"!restore R-1 {ref_of(room)}", room=f"direct:{user('ada')}")
    assert "You deleted nothing in R-1" in told
    assert all(r.withdrawn for r in (await table.case(room)).records() if r.id[0] == "R")
    assert "CANARY" not in await words_of(table, room) + await words_of(table, other)
