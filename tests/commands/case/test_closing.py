"""Closing: all that is missing at once, and what was said with it (practice, section 3)."""

from dataclasses import replace

import pytest

from cases.scheme import Scheme
from commands.case.rules import Closing, Ending
from tests.room import Conference, user

CANARY = "canary-9026"


@pytest.mark.scenario
async def test_a_case_is_closed_only_once_nothing_is_left_and_each_agency_has_spoken(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(retention=("5 years", "birth + 20"))})
    table = Conference(table.store, house, table.now)
    room = await table.open_case(agencies="police, social, health")
    ref = room.partition(":")[2]
    for who, line in (
        ("ada", "!request health was he seen? because: the plan by: fri 12:00"),
        ("ada", "!action visit him for: social by: fri 12:00"),
        ("ada", "!decide Iris calls because: five callers are too many"),
    ):
        await table.say(who, line, room=room)
    before = (await table.case(room)).closed, len((await table.case(room)).steps)
    said = await table.answer("cleo", f"!close because: {CANARY} owner: social", room=room)
    assert said.text.splitlines() == [
        f"{ref} can't be closed yet: 4 items still need somebody.",
        "Social services: accept or decline A-1 · due Fri 6 Nov 2026",
        "Health service: answer R-1 · due Fri 6 Nov 2026",
        "Social services: agree or dissent: D-1 (proposed)",
        "Health service: agree or dissent: D-1 (proposed)",
        "Answer or drop each question; end or hand over each action; say where each agency stands.",
        "Add   retention: CLASS   of these: 5 years, birth + 20",
        "Add, too, whether the person was told, or why not:   informed: …",
        "Nothing was changed.",
    ]
    assert ((await table.case(room)).closed, len((await table.case(room)).steps)) == before
    for who, line in (
        ("finn", "!nothing R-1"),
        ("dirk", "!done A-1 he was there"),
        ("dirk", "!agree D-1"),
        ("finn", "!dissent D-1 we know him better"),
    ):
        await table.say(who, line, room=room)
    said = await table.answer("cleo", "!close because: goal met owner: social retention: forever", room=room)
    assert said.text.splitlines()[:2] == [
        f"{ref} can't be closed yet: for how long it is kept is missing.",
        "There is no such retention class. Add   retention: CLASS   of these: 5 years, birth + 20",
    ]
    said = await table.answer(
        "cleo",
        "!close because: goal met, he is back owner: social informed: Dirk told him on Monday retention: 5 Years",
        room=room,
    )
    assert said.text.splitlines()[:6] == [
        f"{ref} is closed.",
        "Because: goal met, he is back",
        "First contact from now on: Social services",
        "Ended: goal met",
        "The person was told: Dirk told him on Monday",
        "Kept as: 5 years",
    ]
    (made,) = (await table.case(room)).all(Closing)
    assert (made.ended, made.retention) == (Ending.GOAL_MET, "5 years")


async def test_a_preview_shows_what_closing_would_do_and_does_nothing(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    ref = room.partition(":")[2]
    await table.say("ada", "!roundtable thu 10:00", room=room)
    steps = len((await table.case(room)).steps)
    shown = await table.answer("cleo", "!close preview because: he is back owner: school", room=room)
    assert shown.text.splitlines()[:2] == [
        f"{ref} · preview: nothing is done yet",
        f"{ref} would be closed. This can’t be undone, only opened again:  !reopen because: REASON",
    ]
    assert "M-1 · called off: Thu 5 Nov 2026" in shown
    case = await table.case(room)
    assert (case.closed, len(case.steps)) == (False, steps)
    assert not any(name.endswith("cancelled.ics") for name in table.files(room))
    # What was said to somebody else's preview, or as talk, closes nothing.
    for who in ("ada", "hugo"):
        await table.say(who, "yes", room=room, replies_to=shown)
    await table.say("cleo", "yes", room=room)
    assert not (await table.case(room)).closed
    await table.say("cleo", "yes", room=room, replies_to=shown)
    assert (await table.case(room)).closed_because == "he is back"


async def test_only_the_process_director_sees_a_preview(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    said = await table.answer("cleo", f"!close preview because: {CANARY} owner: police", room=room)
    assert "is closed by its process director: Iris Kok" in said
    assert CANARY not in said
    assert "Here this is for: coordinator." in await table.answer(
        "ada", "!close preview because: x owner: police", room=room
    )
    assert (await table.case(room)).is_member(user("iris"))
