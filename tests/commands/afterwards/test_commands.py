from dataclasses import replace

import pytest

from cases.scheme import Scheme
from tests.room import Conference, user

CANARY = "canary-7719"


async def swept(table: Conference, room: str) -> list[str]:
    """What is said in a room by itself, now."""
    await table.sweeps.run()
    return [said.text for said in await table.deliver() if said.channel == room]


@pytest.mark.scenario
async def test_after_six_and_twelve_months_it_is_asked_whether_there_is_a_new_concern(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    ref = room.partition(":")[2]
    await table.say("cleo", "!close because: goal met owner: school", room=room)
    table.later(days=180)
    assert await swept(table, room) == []
    table.later(days=3)
    (asked,) = await swept(table, room)
    assert asked.splitlines()[:3] == [
        f"{ref} · closed since Mon 2 Nov 2026: any new concern?",
        "If there is one, open the case again:  !reopen because: REASON",
        "If there is none:  !review none",
    ]
    assert table.heard[-1].mentions == (user("cleo"), user("hugo"))
    assert await swept(table, room) == []
    assert "Here this is for: coordinator." in await table.answer("hugo", "!review none", room=room)
    answered = await table.answer("cleo", "!review none", room=room)
    assert answered.text == f"{ref} · no new concern\nI ask again on Tue 2 Nov 2027."
    table.later(days=183)
    assert len(await swept(table, room)) == 1
    assert "That was the last time" in await table.answer("cleo", "!review none", room=room)
    table.later(days=400)
    assert await swept(table, room) == []


async def test_a_case_that_is_open_again_is_not_asked_about(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    assert "is not closed" in await table.answer("cleo", "!review none", room=room)
    await table.say("cleo", "!close because: goal met owner: school", room=room)
    await table.say("cleo", "!reopen because: missing again", room=room)
    table.later(days=183)
    assert not any("any new concern" in said for said in await swept(table, room))


@pytest.mark.scenario
async def test_flag_and_repeat_instead_of_a_date_of_review(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(repeats=True)})
    table = Conference(table.store, house, table.now)
    room = await table.open_case(agencies="police, school")
    ref = room.partition(":")[2]
    # The radar does not complain about a review that has passed.
    table.later(days=31)
    await table.say("ada", "!concern x kind: fact", room=room)
    await table.sweeps.run()
    assert not any(ref in said for said in await table.deliver() if said.channel == "coordination")
    closed = await table.answer("cleo", "!close because: goal met owner: school", room=room)
    assert "I ask whether" not in closed
    for count in (1, 2):
        said = await table.say("cleo", f"!case repeat {ref} because: {CANARY} he ran away", room="coordination")
        told = {one.channel: one.text for one in said}
        assert told["coordination"] == f"{ref} · open again, as a repeat: time {count}"
        assert f"Because: {CANARY} he ran away" in told[room]
        if count == 1:
            refused = await table.answer("cleo", f"!case repeat {ref} because: {CANARY}", room="coordination")
            assert "is not closed" in refused
            assert CANARY not in refused
            await table.say("cleo", "!close because: goal met owner: school", room=room)
    assert "came back 2 times" in await table.answer("ada", "!status", room=room)
    assert "opened the case again, as a repeat" in await table.answer("ada", "!timeline", room=room)
