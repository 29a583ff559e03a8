"""Disagreement is a ladder with clocks: it climbs by reference only, and an outcome is demanded."""

import pytest

from tests.room import Conference, Said, user

WHY = "the canary would lose his doctor"
DIRECT = ("bram", "ella")


async def disputed(table: Conference) -> str:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", "!decide he moves to the w1nter house because: it is safe", room=room)
    await table.say("dirk", "!dissent D-1 too far from his doctor", room=room)
    return room


async def later(table: Conference, **much: float) -> list[Said]:
    table.later(**much)
    before = len(table.heard)
    await table.sweeps.run()
    await table.deliver()
    return table.heard[before:]


@pytest.mark.scenario
async def test_escalation_of_disagreement_is_a_ladder_with_clocks(table: Conference) -> None:
    room = await disputed(table)
    said = await table.answer("dirk", f"!escalate D-1 because: {WHY}", room=room)
    assert "escalated to: professionals" in said.text
    assert sorted(said.mentions) == [user("ada"), user("cleo")]
    assert "D-1 escalated to professionals, 2 days left" in (await table.answer("ada", "!status", room=room)).text
    assert "say how D-1 is resolved" in (await table.answer("ada", "!next", room=room)).text
    notices = [one for one in await later(table, days=3) if one.channel in {f"direct:{user(who)}" for who in DIRECT}]
    notices = [one for one in notices if "a disagreement has reached your level: managers" in one.text]
    assert {one.channel for one in notices} == {f"direct:{user(who)}" for who in DIRECT}
    assert not [one for one in notices if "canary" in one.text or "D-1" in one.text or "w1nter" in one.text]
    assert "D-1 escalated to managers" in (await table.answer("ada", "!status", room=room)).text
    assert (await table.answer("cleo", "!close because: done owner: police", room=room)).text
    assert (await table.outcomes())[-1][1] != "done"
    told = await table.answer("dirk", "!resolve D-1 he stays until May", room=room)
    assert "he stays until May" in told.text
    assert "escalated" not in (await table.answer("ada", "!status", room=room)).text
    timeline = (await table.answer("ada", "!timeline", room=room)).text
    assert "escalated D-1" in timeline
    assert "told how D-1 was resolved" in timeline


async def test_where_somebody_may_be_harmed_all_of_the_ladder_takes_a_day(table: Conference) -> None:
    room = await disputed(table)
    await table.say("dirk", f"!escalate D-1 because: {WHY} urgency: urgent", room=room)
    assert (
        "7 hours left" in (await table.answer("ada", "!status", room=room)).text
        or "8 hours left" in (await table.answer("ada", "!status", room=room)).text
    )
    assert any("managers" in one.text for one in await later(table, hours=9))
    assert any("senior level" in one.text for one in await later(table, hours=9))
    ended = [one for one in await later(table, hours=9) if one.channel == "coordination"]
    assert any("passed the last level without an outcome" in one.text for one in ended)
    assert not any("canary" in one.text or "w1nter" in one.text for one in ended)


async def test_a_refusal_may_be_escalated(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", "!request health is he ill? because: the plan", room=room)
    await table.say("finn", "!refuse R-1 it is confidential ground: professional secrecy", room=room)
    assert "escalated to" in (await table.answer("ada", f"!escalate R-1 because: {WHY}", room=room)).text


@pytest.mark.parametrize(
    ("who", "text", "code"),
    [
        ("ada", "!escalate D-2 because: canary", "escalation/no_dispute"),
        ("ada", "!resolve D-2 canary", "escalation/not_escalated"),
        ("ada", "!escalate D-1", "reading/missing"),
        ("ada", "!escalate D-1 because: canary", "escalation/already"),
    ],
)
async def test_who_may_not_changes_nothing(table: Conference, who: str, text: str, code: str) -> None:
    room = await disputed(table)
    await table.say("ada", "!decide he is visited because: we agree", room=room)
    await table.say("dirk", "!escalate D-1 because: too far", room=room)
    steps = len((await table.case(room)).steps)
    said = await table.answer(who, text, room=room)
    assert (await table.outcomes())[-1][1] == code
    assert "canary" not in said.text
    assert len((await table.case(room)).steps) == steps


async def test_an_escalation_can_be_undone(table: Conference) -> None:
    room = await disputed(table)
    await table.say("dirk", f"!escalate D-1 because: {WHY}", room=room)
    await table.say("dirk", "!undo", room=room)
    assert "escalated" not in (await table.answer("ada", "!status", room=room)).text


@pytest.mark.scenario
async def test_that_difference_is_welcome_is_read_at_each_opening(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    said = await table.answer("cleo", "!roundtable start M-1", room=room)
    assert "Difference is welcome here, whatever anybody's rank" in said.text
