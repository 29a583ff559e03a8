"""Which case an id means in an agency's own room: never another than the one that was asked about."""

import pytest

from tests.room import Conference

ASKED = {
    "research/which_case": ("!research M-1", "!known Q-1 CANARY two call-outs"),
    "request/which_case": (
        "!request police any call-outs? because: the safety plan",
        "!answer R-1 CANARY twice",
    ),
    "referral/which": (
        "!refer police a word with his uncle because: he listens",
        "!decline X-1 CANARY not ours",
    ),
}


async def two_cases(table: Conference, line: str) -> list[str]:
    """Two cases in which the police were asked the same, under the same number."""
    rooms = [await table.open_case(agencies="police, social") for _ in range(2)]
    for room in rooms:
        await table.say("dirk", "!roundtable 19 nov 10:00", room=room)
        await table.say("dirk", line, room=room)
    return rooms


@pytest.mark.parametrize("code", ASKED)
async def test_a_case_that_cannot_be_read_still_makes_an_id_ambiguous(table: Conference, code: str) -> None:
    line, answer = ASKED[code]
    rooms = await two_cases(table, line)
    await table.damage(rooms[0].partition(":")[2])
    said = await table.say("ada", answer, room="agency:police")
    assert [one.channel for one in said] == ["agency:police"]
    assert (await table.outcomes())[-1][1] == code


@pytest.mark.parametrize("code", ASKED)
async def test_of_a_table_that_somebody_has_left_they_answer_nothing(table: Conference, code: str) -> None:
    line, answer = ASKED[code]
    rooms = await two_cases(table, line)
    for left, channels in zip(rooms, ({rooms[1], "agency:police"}, {"agency:police"}), strict=True):
        ref = left.partition(":")[2]
        await table.say("cleo", f"!case release {ref} Ada Jansen because: another post", room="coordination")
        said = await table.say("ada", answer, room="agency:police")
        assert {one.channel for one in said} == channels
    assert (await table.outcomes())[-1][1] in {code, "case/has_left"}
