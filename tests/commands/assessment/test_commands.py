from dataclasses import replace

import pytest

from cases.scheme import Scheme
from tests.room import Conference, Said, user


async def a_round(table: Conference, room: str, **scores: int) -> Said:
    """A round in which these people give their agency's part."""
    await table.say("cleo", "!assess start", room=room)
    for who, score in scores.items():
        await table.say(who, f"!assess {who} worries | the gym | a plan score: {score} confidence: medium", room=room)
    return await table.answer("cleo", "!assess close", room=room)


@pytest.mark.scenario
async def test_changes_are_assessed_round_two_beside_round_one_never_averaged(table: Conference) -> None:
    room = await table.open_case()
    closed = await a_round(table, room, ada=3, finn=4, hugo=2)
    assert "Not heard: Social services, Youth work." in closed
    table.later(days=20)
    await a_round(table, room, ada=6, finn=8, hugo=2)
    said = await table.say("dirk", "!assess compare", room=room)
    text = next(s.text for s in said if not s.file)
    for line in ("Police: 3 → 6", "Health service: 4 → 8", "School: 2 → 2"):
        assert line in text
    assert "no mean" in text
    assert "5.3" not in text
    (picture,) = [s for s in said if s.file]
    assert picture.file
    assert picture.file.name.endswith("S-2-rounds.png")
    assert picture.file.data.startswith(b"\x89PNG")


async def test_rounds_are_drawn_when_the_last_agency_gave_no_score_this_time(table: Conference) -> None:
    room = await table.open_case()
    await a_round(table, room, ada=3, finn=4)
    await table.say("cleo", "!assess start", room=room)
    await table.say("ada", "!assess worries | the gym | a plan score: 6", room=room)
    await table.say("finn", "!assess worries | the gym | a plan", room=room)
    said = await table.say("dirk", "!assess compare", room=room)
    assert "Health service: 4 → –" in said[0]
    assert [s.file is not None for s in said] == [False, True]


async def test_each_agency_gives_its_part_once_and_may_put_it_right(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!assess start about: is home safe?", room=room)
    await table.say("ada", "!assess first | a | b score: 3", room=room)
    said = await table.answer("ada", "!assess second | a | b score: 5", room=room)
    assert "second" in said
    shown = (await table.answer("finn", "!status", room=room)).text
    assert "Police 5/10" in shown
    assert "Police 3/10" not in shown
    assert "give your part of S-1" in await table.answer("finn", "!next", room=room)
    assert "first" not in await table.answer("cleo", "!assess close", room=room)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("!assess only worries", "three columns"),
        ("!assess a | b | c score: 11", "from 0 to 10"),
        ("!assess worried: a working: b", "three columns"),
        ("!assess a | b | c dimension: hoem", "Did you mean  dimension: home ?"),
    ],
)
async def test_what_is_missing_is_told_and_nothing_is_changed(table: Conference, line: str, told: str) -> None:
    table = Conference(
        table.store, replace(table.house, schemes={"safety table": Scheme(dimensions=("home", "school"))})
    )
    room = await table.open_case()
    await table.say("cleo", "!assess start", room=room)
    before = len((await table.case(room)).steps)
    assert told in await table.answer("ada", line, room=room)
    assert len((await table.case(room)).steps) == before


async def test_assessing_is_joint_fewer_than_three_agencies_don_t_open_the_gate(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!phase assess because: all were asked", room=room)
    for who in ("ada", "finn", "hugo"):
        await table.say(who, "!concern seen kind: fact", room=room)
    await a_round(table, room, ada=3, finn=4)
    refused = await table.answer("ada", "!phase decide", room=room)
    assert "S-1" in refused
    await a_round(table, room, ada=3, finn=4, hugo=4)
    assert "decide" in (await table.answer("ada", "!phase decide", room=room)).text
    assert "without" not in (await table.answer("ada", "!timeline", room=room)).text.splitlines()[-1]


async def test_the_minutes_hold_three_columns_by_agency(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school")
    await table.say("ada", "!assess start", room=room)
    await table.say("ada", "!assess out at night | likes his aunt | a bed at hers score: 4", room=room)
    await table.say("finn", "!assess asthma | he eats | his spray score: 7 dissent: less bad than that", room=room)
    await table.say("ada", "!roundtable in 1 hour", room=room)
    table.later(hours=1)
    for who, line in (("ada", "start M-1"), ("ada", "end")):
        await table.say(who, f"!roundtable {line}", room=room)
    text = next(data for name, data in table.files(room).items() if name.endswith(".md")).decode()
    for line in ("Police: out at night", "Health service: he eats", "Police: a bed at hers", "Health service: 7/10"):
        assert line in text
    assert "Dissent: less bad than that" in text


async def test_who_came_later_reads_no_score_of_before(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    ref = room.partition(":")[2]
    await table.say("ada", "!assess start", room=room)
    await table.say("ada", "!assess canary-4417 | b | c score: 3 dissent: canary-4417", room=room)
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he teaches him", room="coordination")
    await table.comings.joined(f"!{room}:example.org", (user("hugo"),), "came")
    await table.deliver()
    for line in ("!assess compare", "!status"):
        said = [one.text for one in await table.say("hugo", line, room=room) if not one.file]
        assert said
        assert not any(leak in text for text in said for leak in ("canary-4417", "3/10", "Police: – → 3"))
    await table.say("ada", "!brief Hugo Peters", room=room)
    assert "3/10" in await table.answer("hugo", "!status", room=room)
    assert "Dissent: canary-4417" in next(iter(await table.say("hugo", "!assess compare", room=room)))
