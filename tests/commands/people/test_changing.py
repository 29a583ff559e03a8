"""What the agencies' file changes is done as the commands of admins do it."""

from dataclasses import replace

import pytest

from cases.people import Professional
from commands.people import changing
from storage import directory
from tests.commands.people.test_commands import action, busy
from tests.room import Conference, Said, user


async def change(table: Conference, *people: Professional, prune: bool = False) -> list[Said]:
    """Let the directory become these people, and no others."""
    with table.store.work(f"job:provision {prune}", table.now) as work:
        agencies = list(work.find.directory().agencies.values())
        changes = directory.compare(work.find, agencies, list(people))
        changing.carry_out(work, changes, table.house, prune=prune)
    return await table.deliver()


@pytest.mark.scenario
async def test_who_is_no_longer_in_the_file_hands_over_as_by_member_leave(table: Conference) -> None:
    room = await busy(table)
    ref, before = room.partition(":")[2], action(await table.case(room)).due_at
    with table.store.look() as find:
        people = [person for person in find.everybody() if person.user_id != user("finn")]
    assert await change(table, *people) == []
    said = await change(table, *people, prune=True)
    left = {channel for channel, person in table.removed if person == user("finn")}
    assert left >= {room, "agency:health", "coordination", "admin", f"direct:{user('finn')}"}
    assert sorted(s.channel for s in said) == ["agency:health", room, "coordination"]
    by_channel = {s.channel: s for s in said}
    assert "A-1, R-1: Health service’s again." in by_channel[room]
    assert f"{ref}: A-1, R-1" in by_channel["agency:health"]
    assert not any("CANARY" in s.text + s.html for s in said)
    assert "A-1" in await table.answer("gina", "!mine", room=room)
    assert "A-1" in await table.answer("gina", "!accept A-1", room=room)
    taken = action(await table.case(room))
    assert (taken.owner_person, taken.due_at) == (user("gina"), before)


async def test_whom_the_file_gives_another_agency_leaves_the_tables_of_before(table: Conference) -> None:
    room = await busy(table)
    with table.store.look() as find:
        people = find.everybody()
    moved = [replace(p, agency="youth") if p.user_id == user("finn") else p for p in people]
    said = await change(table, *moved)
    assert sorted(s.channel for s in said) == ["agency:health", room, "coordination"]
    assert (room, user("finn")) in table.removed
    assert f"direct:{user('finn')}" not in {channel for channel, _ in table.removed}
    assert not any("CANARY" in s.text + s.html for s in said if s.channel != room)
