"""A case that can't be read: it takes no other with it, and those who can do something about it hear of it at once."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from commands.request.rules import Answer
from commands.trust.watch import Watch
from tests.room import Conference, Said, user


@pytest.fixture
async def rooms(table: Conference) -> tuple[str, str]:
    """The channels of two cases, in each of which something is asked and owed; the first can't be read any more."""
    broken, whole = await table.open_case(), await table.open_case()
    for room in (broken, whole):
        await table.say("ada", "!request health was Sem seen? because: we plan by: thu 12:00", room=room)
        await table.say("ada", "!action call Sem for: Hugo by: thu 12:00", room=room)
        await table.say("ada", "!roundtable thu 10:00", room=room)
    await table.damage(ref_of(broken))
    return broken, whole


def ref_of(room: str) -> str:
    return room.partition(":")[2]


async def report(table: Conference) -> list[Said]:
    await Watch(table.store, table.house, lambda: table.now).unreadable_cases()
    return await table.deliver()


async def test_who_types_there_gets_a_reference(table: Conference, rooms: tuple[str, str]) -> None:
    with capture_logs() as logs:
        said = await table.answer("ada", "!concern he ran away", room=rooms[0])
    assert said.text.startswith("Something went wrong on my side; nothing was changed.")
    (line,) = logs
    assert (line["event"], line["kind"]) == ("command failed", "ValueError")
    assert str(line["reference"]) in said


async def test_it_is_reported_at_once_and_once_a_day(table: Conference, rooms: tuple[str, str]) -> None:
    ref = ref_of(rooms[0])
    assert await report(table) == []
    await table.say("ada", "!next", room=rooms[0])
    with capture_logs() as logs:
        (said,) = await report(table)
        assert await report(table) == []
    assert (said.channel, said.mentions) == ("coordination", (user("cleo"),))
    assert said.text.startswith(f"{ref}: I can't read this case.")
    assert "Sem" not in said
    assert logs == [{"event": "case unreadable", "case": ref, "kind": "ValueError", "log_level": "error"}]
    table.later(days=1)
    assert len(await report(table)) == 1


async def test_it_is_found_when_nobody_types_there(table: Conference, rooms: tuple[str, str]) -> None:
    await table.sweeps.run()
    (said,) = [said for said in await report(table) if said.channel == "coordination"]
    assert said.text.startswith(f"{ref_of(rooms[0])}: I can't read this case.")


async def test_once_it_can_be_read_again_nothing_is_reported(table: Conference, rooms: tuple[str, str]) -> None:
    await table.say("ada", "!next", room=rooms[0])
    await table.mend(ref_of(rooms[0]))
    await table.say("ada", "!next", room=rooms[0])
    assert await report(table) == []


async def test_the_list_of_cases_goes_on(table: Conference, rooms: tuple[str, str]) -> None:
    listed = await table.answer("cleo", "!case list", room="coordination")
    assert listed.text.startswith("2 open cases\n")
    assert f"\n{ref_of(rooms[1])} · police" in listed
    assert f"\n{ref_of(rooms[0])} · I can't read this case now. I have reported it.\n" in listed


async def test_what_one_owes_elsewhere_is_told(table: Conference, rooms: tuple[str, str]) -> None:
    mine = await table.answer("hugo", "mine", room=f"direct:{user('hugo')}")
    assert f"{ref_of(rooms[1])} · 1 item needs you\nA-1 · due Thu 5 Nov 2026" in mine
    assert f"{ref_of(rooms[0])} · I can't read this case now." in mine


async def test_who_may_owe_something_there_is_not_told_to_owe_nothing(table: Conference) -> None:
    await table.damage(ref_of(await table.open_case()))
    mine = await table.answer("hugo", "mine", room=f"direct:{user('hugo')}")
    assert "I can't read this case now." in mine
    assert "nothing" not in mine


async def test_what_may_be_meant_for_it_is_done_in_no_other(table: Conference, rooms: tuple[str, str]) -> None:
    refused = await table.answer("hugo", "snooze A-1 2 days", room=f"direct:{user('hugo')}")
    assert f"I can't read one of your cases now: {ref_of(rooms[0])}." in refused
    asked = await table.answer("finn", "!answer R-1 he was here", room="agency:health")
    assert "in more than one case" in asked
    assert (await table.case(rooms[1])).all(Answer) == []


async def test_the_others_are_reminded_and_hold_their_meetings(table: Conference, rooms: tuple[str, str]) -> None:
    table.now = datetime(2026, 11, 4, 8, 0, tzinfo=UTC)
    await table.sweeps.run()
    assert {said.channel for said in await table.deliver()} == {rooms[1]}
    await table.say("ada", "!roundtable start M-1", room=rooms[1])
    await table.say("ada", "note: he came home", room=rooms[1], event_id="$note")
    assert table.ticked == [(rooms[1], "$note")]


async def test_a_line_of_its_chair_gets_an_answer(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable thu 10:00", room=room)
    await table.say("ada", "!roundtable start M-1", room=room)
    await table.damage(ref_of(room))
    assert "Something went wrong on my side" in await table.answer("ada", "note: he came home", room=room)
