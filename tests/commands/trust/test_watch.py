"""What the bot notices by itself, and tells those who can do something about it."""

import re
from datetime import timedelta

from commands.trust.watch import Watch
from storage import restoring
from tests.room import Conference, Said, user


def watch(table: Conference) -> Watch:
    return Watch(table.store, table.house, lambda: table.now)


async def posted(table: Conference) -> list[Said]:
    await watch(table).post_head()
    return await table.deliver()


async def test_the_head_of_the_audit_log_is_shown_to_the_admins_once_a_day(table: Conference) -> None:
    await table.open_case()
    [first] = await posted(table)
    assert first.channel == "admin"
    assert not first.mentions
    table.later(hours=5)
    assert await posted(table) == []

    await table.say("cleo", "!case list", room="coordination")
    table.later(hours=19)
    with table.store.work("look", table.now) as work:
        line = work.newest_line()
    assert line is not None
    [second] = await posted(table)
    assert lines_of(second) == line[0].lines > lines_of(first)
    # Whoever kept the message can compare: the head, and its signature.
    shown = re.sub(r"\s", "", second.text)
    assert line[0].digest.hex() in shown
    assert line[1].hex() in shown


def lines_of(said: Said) -> int:
    found = re.search(r"has (\d+) lines?", said.text)
    assert found
    return int(found[1])


async def test_it_is_not_shown_at_night(table: Conference) -> None:
    await table.open_case()
    table.now -= timedelta(hours=5)
    assert await posted(table) == []


async def test_a_room_whose_case_is_not_on_file_is_told_by_reference(table: Conference) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    with table.store.work("restored", table.now) as work:
        work.keep("restored, rooms", table.now.isoformat())
    await watch(table).unfiled([ref, "Q2R7"])
    [told] = await table.deliver()
    assert told.channel == "coordination"
    assert told.text.startswith("Q2R7: the room is there, and nothing of the case is on my file")
    assert ref not in told
    assert told.mentions == (user("cleo"),)
    with table.store.look() as find:
        assert find.is_taken("Q2R7")
        assert not restoring.looks_for_rooms(find)
    await watch(table).unfiled([ref, "Q2R7"])
    assert await table.deliver() == []


async def test_where_everything_is_on_file_nothing_is_told(table: Conference) -> None:
    room = await table.open_case()
    await watch(table).unfiled([room.removeprefix("case:")])
    assert await table.deliver() == []
