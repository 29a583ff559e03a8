from dataclasses import replace

import pytest

from cases.gates import Phase
from cases.scheme import Scheme
from commands.minutes.rules import Version
from commands.phase import rules as phases
from tests.room import Conference

CANARY = "canary-8231"


async def say(table: Conference, room: str, *lines: str) -> None:
    """What several people type, one after the other: ``ada: !concern …``."""
    for line in lines:
        who, _, text = line.partition(": ")
        await table.say(who, text, room=room)


async def phase_of(table: Conference, room: str) -> Phase:
    return phases.standing(await table.case(room), table.now).phase


@pytest.mark.scenario
async def test_gathering_assessment_and_decision_are_joint_and_nobody_falls_off(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school, youth")
    ref = room.partition(":")[2]
    await say(table, room, "ada: !request health is he known to you? because: the plan depends on it")
    await say(table, room, "hugo: !concern not seen since May kind: fact", "ada: !concern out at night kind: fact")
    table.later(days=2)

    # What is missing is told by agency and age, and whose move it is in one line.
    shown = await table.answer("ada", "!phase", room=room)
    assert shown.text.splitlines()[0] == f"{ref} · phase: gather, since Mon 2 Nov 2026"
    assert "Health service: answer R-1 · due Mon 9 Nov 2026 (silent for 2 days)" in shown.text.replace("\n", " ")
    assert "Youth work: say what you know:  !concern TEXT" in shown
    line = "Phase: gather\nSilent for 2 days: Health service, Youth work"
    for command in ("!next", "!status"):
        assert line in await table.answer("ada", command, room=room)

    # The gate holds for everybody: who may not override is told who may.
    said = await table.answer("ada", "!phase assess because: it is urgent", room=room)
    assert said.text.startswith(f"{ref} does not go on to assess yet. What is missing, and whose move it is:")
    assert "These can go on without it, for a reason: Cleo Bakker (Social services)." in said
    assert await phase_of(table, room) is Phase.GATHER

    # Once every agency has given one of the five answers or said what it knows, anybody goes on.
    await say(table, room, "finn: !moretime R-1 in 14 days because: the archive is shut", "iris: !concern he boxes")
    assert "Nothing is missing. To go on:  !phase assess" in await table.answer("ada", "!phase", room=room)
    said = await table.answer("ada", "!phase assess", room=room)
    assert said.text.splitlines()[0] == f"{ref} · phase: assess"
    assert "went on to assess" in await table.answer("ada", "!timeline", room=room)

    # Three agencies have said what they see; then a decision of a quorum, and each agency's position.
    await say(table, room, "ada: !phase decide")
    assert "put a decision:  !decide TEXT because: REASON" in await table.answer("ada", "!phase", room=room)
    await say(table, room, "ada: !decide Iris calls because: he hides", "hugo: !agree D-1", "iris: !agree D-1")
    assert "Phase: decide\nWhose move: Health service" in await table.answer("ada", "!next", room=room)
    await say(table, room, "finn: !dissent D-1 we know him better", "ada: !phase act")
    await say(table, room, "ada: !action visit him for: youth by: fri 15:00")
    assert "Youth work: accept or decline A-1" in await table.answer("ada", "!phase", room=room)
    await say(table, room, "iris: !accept A-1", "ada: !phase review")
    assert await phase_of(table, room) is Phase.REVIEW
    assert "Youth work (Iris Kok): carry out A-1" in await table.answer("ada", "!phase", room=room)
    await say(table, room, "iris: !done A-1 he came along", "finn: !nothing R-1")
    assert "To close:  !close because: WHY owner: AGENCY" in await table.answer("ada", "!phase", room=room)
    await say(table, room, "cleo: !close because: he is back owner: school")
    assert await phase_of(table, room) is Phase.CLOSED
    await say(table, room, "cleo: !reopen because: missing again")
    assert await phase_of(table, room) is Phase.GATHER


@pytest.mark.scenario
async def test_a_gate_is_overridden_for_a_reason_that_stands_in_the_minutes(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school")
    await table.say("hugo", "!roundtable thu 10:00", room=room)
    table.later(days=3)
    await say(table, room, "hugo: !roundtable start", "ada: !confirm", "finn: !confirm")
    refused = await table.answer("hugo", "!phase assess", room=room)
    assert "To go on without, say why:  !phase assess because: WHY" in refused
    said = await table.answer("hugo", "!phase assess because: health is on the phone", room=room)
    assert said.text.splitlines()[1:3] == ["Because: health is on the phone", "So said Hugo Peters (School)."]
    assert "Gone on without: Police, Health service, School." in said.text.replace("\n", " ")
    assert "went on to assess without what its gate needs" in await table.answer("ada", "!timeline", room=room)
    await say(table, room, "hugo: !roundtable end")
    text = (await table.case(room)).all(Version)[-1].text
    assert "Hugo Peters (School) went on to assess without: Police, Health service, School" in text
    assert "Because: health is on the phone" in text


@pytest.mark.scenario
async def test_the_person_is_named_once_somebody_has_opened_the_gate_and_said_why(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(anonymous=True)})
    table = Conference(table.store, house, table.now)
    room = await table.open_case(agencies="police, school")
    ref = room.partition(":")[2]
    opened = next(said for said in table.heard if said.channel == room)
    assert "First without a name: please say nothing here by which the person could be known" in opened
    await say(table, room, "ada: !concern out at night", "hugo: !concern not at school")
    refused = await table.answer("ada", "!phase assess", room=room)
    assert refused.text.splitlines()[:2] == [
        f"In {ref} the person has no name yet. From the next phase on they may be named: who opens it says why.",
        "Type:  !phase assess because: WHY",
    ]
    said = await table.answer("ada", "!phase assess because: both see the same boy", room=room)
    assert "Because: both see the same boy\nSo said Ada Jansen (Police).\nFrom now on the person may be named" in said
    assert "From now on" not in await table.answer("ada", "!phase decide", room=room)


async def test_going_back_takes_a_reason_and_who_may(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    await say(table, room, "cleo: !phase act because: all of it was done by phone")
    assert "These can take it back, for a reason: Cleo Bakker" in await table.answer("ada", "!phase gather", room=room)
    assert "To go back, say why:  !phase gather" in await table.answer("cleo", "!phase gather", room=room)
    assert "is in this phase already: act" in await table.answer("cleo", "!phase act", room=room)
    assert "phase: gather" in await table.answer("cleo", "!phase gather because: there is more", room=room)
    await table.say("cleo", "!undo", room=room)
    assert await phase_of(table, room) is Phase.ACT
    assert "!close because: WHY owner: AGENCY" in await table.answer("cleo", "!phase closed", room=room)
    assert await phase_of(table, room) is Phase.ACT


async def test_whoever_does_not_sit_at_the_table_learns_nothing_of_it(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    await say(table, room, f"cleo: !phase act because: {CANARY}")
    for who, where in (("bram", room), ("finn", room), ("finn", "agency:health"), ("cleo", "coordination")):
        said = await table.say(who, "!phase", room=where)
        assert not any(CANARY in one or "Phase" in one for one in said)
        await table.say(who, "!phase review because: x", room=where)
    assert await phase_of(table, room) is Phase.ACT


async def test_the_card_and_the_opening_say_the_phase(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    assert "Phase: gather." in next(said for said in table.heard if said.channel == room)
    await table.sweeps.run()
    await table.deliver()
    assert "Phase: gather\nWhose move: Police, School" in table.cards[-1]
