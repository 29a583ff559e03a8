import pytest

from commands.person.rules import Contact, Told
from tests.room import Conference, Said, user

CANARY = "canary-6120"


async def say(table: Conference, room: str, *lines: str) -> list[Said]:
    """What several people type, one after the other: ``ada: !person …``; all that is said to the last."""
    said: list[Said] = []
    for line in lines:
        who, _, text = line.partition(": ")
        said = await table.say(who, text, room=room)
    return said


@pytest.mark.scenario
async def test_take_a_person_seriously(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school")
    ref = room.partition(":")[2]
    shown = await table.answer("ada", "!person", room=room)
    assert "The person’s goal is not known yet" in shown
    await table.sweeps.run()
    await table.deliver()
    assert "a safe routine again" in table.cards[-1]
    await say(table, room, "hugo: !person goal to be back in his old class", "ada: !action call for: health by: fri")

    # The person's own goal is the first line of digests, and of the pinned card below its headline.
    table.later(days=7)
    await table.sweeps.run()
    said = await table.deliver()
    digest = next(one for one in said if one.channel == room and "Goal of" in one)
    assert digest.text.splitlines()[0] == f"Goal of {ref}: to be back in his old class"
    assert table.cards[-1].text.splitlines()[1] == "to be back in his old class"

    await say(
        table, room, "hugo: !person view he feels watched", "hugo: !person informed yesterday that we meet by: Hugo"
    )
    shown = await table.answer("ada", "!person", room=room)
    for line in (
        "The person’s goal: to be back in his old class",
        "The person’s view: he feels watched",
        "Informed Sun 8 Nov 2026 by Hugo Peters (School): that we meet",
    ):
        assert line in shown.text.replace("\n", " ")
    assert "Person informed: Sun 8 Nov 2026" in await table.answer("ada", "!status", room=room)


async def test_why_somebody_is_not_informed_is_looked_at_again(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    said = await table.answer("ada", f"!person notinformed review: in 10 days because: {CANARY}", room=room)
    assert "Not informed yet; looked at again Thu 12 Nov 2026." in said
    assert "inform the person" not in await table.answer("ada", "!next", room=room)
    table.later(days=11)
    assert "inform the person:  !person informed" in await table.answer("ada", "!next", room=room)
    assert "looked at again Thu 12 Nov 2026 (past)" in await table.answer("ada", "!status", room=room)
    # Elsewhere it is a reference only.
    assert CANARY not in await table.answer("ada", "!mine", room=f"direct:{user('ada')}")
    await say(table, room, "ada: !person informed today that we meet by: Ada Jansen")
    assert "inform the person" not in await table.answer("ada", "!next", room=room)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"!person informed {CANARY} by: Ada Jansen", "date"),
        (f"!person informed yesterday {CANARY}", "by:"),
        (f"!person informed in 3 days {CANARY} by: Ada Jansen", "as a date"),
        (f"!person notinformed because: {CANARY}", "review:"),
        ("!person notinformed review: in 3 days", "because:"),
    ],
)
async def test_what_is_missing_is_named(table: Conference, line: str, told: str) -> None:
    room = await table.open_case(agencies="police, health")
    said = await table.answer("ada", line, room=room)
    assert told in said
    assert CANARY not in said
    assert (await table.case(room)).all(Told) == []


@pytest.mark.scenario
async def test_parents_are_no_members_and_contact_with_them_is_planned_and_recorded(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school")
    planned = await table.answer(
        "ada", "!contact parent how are the nights who: Hugo Peters on: fri 15:00 told: that we meet", room=room
    )
    assert planned.mentions == (user("hugo"),)
    assert planned.text.splitlines()[0].endswith("contact planned")
    assert "Fri 6 Nov 2026" in planned
    assert "School (Hugo Peters): speak to the family" in await table.answer("ada", "!next", room=room)
    table.later(days=5)
    had = await table.answer("hugo", "!contact parent she came by view: she is glad of help", room=room)
    assert "Their view: she is glad of help" in had
    assert "It settles the one that was planned for Fri 6 Nov 2026." in had
    assert "speak to the family" not in await table.answer("ada", "!next", room=room)
    assert len((await table.case(room)).all(Contact)) == 2
    await say(table, room, "hugo: !undo")
    assert "speak to the family" in await table.answer("ada", "!next", room=room)


async def test_minutes_are_approved_with_a_view_that_was_written_down_since(table: Conference) -> None:
    room = await table.open_case(agencies="police, health, school")
    await say(table, room, "ada: !roundtable in 1 hour")
    table.later(hours=1)
    await say(table, room, "ada: !roundtable start M-1", "ada: !confirm", "finn: !confirm", "ada: !roundtable end")
    assert "view" in await table.answer("ada", "!minutes approve M-1", room=room)
    await say(table, room, "finn: !person view he would rather box", "ada: !minutes approve M-1")
    text = [f for n, f in table.files(room).items() if n.endswith(".md")][-1].decode()
    assert "he would rather box" in text
    assert "Not written down yet" not in text


async def test_who_came_later_reads_nothing_of_before(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    ref = room.partition(":")[2]
    await say(
        table,
        room,
        f"ada: !person goal {CANARY}",
        f"ada: !person view {CANARY}",
        f"ada: !contact parent {CANARY}",
        f"ada: !person informed today {CANARY} by: Ada Jansen",
    )
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he teaches him", room="coordination")
    await table.comings.joined(f"!{room}:example.org", (user("hugo"),), "came")
    await table.deliver()
    for line in ("!person", "!status"):
        assert CANARY not in await table.answer("hugo", line, room=room)
    table.cards.clear()
    await table.sweeps.run()
    await table.deliver()
    assert table.cards
    assert not any(CANARY in card for card in table.cards)


async def test_a_case_closes_once_it_is_on_file_whether_the_person_knows(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    await say(table, room, "ada: !person informed today that we part by: Ada Jansen")
    await say(table, room, "cleo: !close because: goal met owner: health")
    assert (await table.case(room)).closed


async def test_what_was_written_down_is_corrected_by_its_number(table: Conference) -> None:
    room = await table.open_case()
    goal, contact = [
        await table.answer("ada", line, room=room)
        for line in ("!person goal a new class", "!contact parent ask how he sleeps on: fri 15:00")
    ]
    assert (goal.subject, contact.subject) == ("P-1", "T-1")
    assert goal.text.startswith("P-1 · ")
    said = await table.answer("ada", "!correct P-1 his old class", room=room)
    assert said.text.splitlines()[1] == "his old class"
    said = await table.answer("ada", "correct ask how the nights go", room=room, replies_to=contact)
    assert "ask how the nights go" in said
    shown = (await table.answer("ada", "!person", room=room)).text
    assert "P-1 · The person’s goal: his old class" in shown
    assert "T-1 · parent" in shown
    assert "a new class" not in shown
    refused = await table.answer("finn", "!correct P-1 something else", room=room)
    assert "Police" in refused
    assert (await table.case(room)).all(Told)[0].text == "his old class"
