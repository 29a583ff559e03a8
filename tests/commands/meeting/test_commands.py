"""A round table by its rules, read like its minutes (practice, section 3)."""

from dataclasses import replace
from pathlib import Path

import pytest

from cases.scheme import Scheme
from commands.concern.rules import Concern
from commands.decision.rules import Decision
from commands.minutes.rules import Version
from commands.roundtable.rules import RoundTable
from tests.room import Conference, conference, user
from tests.storage.examples import sqlite_url

THURSDAY = "!roundtable thu 10:00 about: back to school for: 45m chair: Hugo Peters"


async def begun(table: Conference, *confirmed: str, start: str = "!roundtable start") -> str:
    """Hugo chairs; those who are named have confirmed."""
    room = await table.open_case()
    await table.answer("cleo", THURSDAY, room=room)
    table.later(days=3)
    await table.answer("hugo", start, room=room)
    for who in confirmed:
        await table.say(who, "!confirm", room=room)
    return room


async def minutes_of(table: Conference, room: str) -> str:
    return (await table.case(room)).all(Version)[-1].text


@pytest.mark.scenario
async def test_a_table_with_quorum(table: Conference) -> None:
    room = await begun(table, "ada", "dirk", start="!roundtable start minutes: Dirk Smit")

    # Gina is in the room and has not confirmed: she is an observer, and is told kindly what to do.
    turned = await table.answer("gina", "!concern he coughs kind: fact", room=room)
    assert turned.text == (
        "M-1 is being held, and you have not confirmed yet: until then you listen.\n"
        "To take part, reply:  confirm\n"
        "Nothing was changed."
    )
    assert (await table.case(room)).all(Concern) == []
    assert "open since" in await table.answer("gina", "!status", room=room)
    await table.say("gina", "confirm", room=room, replies_to=turned)
    await table.answer("gina", "!concern he coughs kind: fact", room=room)

    # Finn answers from health's own room as ever, and declares a conflict of interest once he sits at the table.
    await table.say("finn", "!confirm", room=room)
    said = await table.answer("finn", "!conflict he is my neighbour", room=room)
    assert said.text.startswith("M-1 · Finn de Boer (Health service): conflict of interest\nhe is my neighbour\n")

    # The chair and the minute-taker have lines taken down; nobody else does.
    assert await table.say("dirk", "note: he came along", room=room) == []
    assert "Hugo Peters (School) chairs M-1." in await table.answer("ada", "note: he did not", room=room)
    action = await table.answer("dirk", "action: ask his mother for: youth by: mon 12:00", room=room)
    assert "· A-1" in f"· {action.text}"
    decided = await table.answer("hugo", "decision: he returns part-time because: it worked", room=room)
    assert "you take no position" in await table.answer("finn", "agree", room=room, replies_to=decided)
    await table.answer("gina", "agree", room=room, replies_to=decided)

    await table.say("hugo", "!roundtable end", room=room)
    text = await minutes_of(table, room)
    for line in (
        "Conflict of interest: Finn de Boer (Health service): he is my neighbour",
        "Quorum: yes, the chair and agencies present: 4 (needed: 3)",
        "- Minutes: Dirk Smit (Social services)",
    ):
        assert line in text
    assert "interim" not in text


@pytest.mark.scenario
async def test_two_without_quorum_running(table: Conference) -> None:
    room = await begun(table)

    # Hugo sits alone: he can note and propose, but not decide.
    refused = await table.answer("hugo", "decision: he returns because: it worked", room=room)
    assert refused.text.startswith("M-1 has no quorum: a decision takes the chair and 3 agencies.\n")
    assert (await table.case(room)).all(Decision) == []
    await table.answer("hugo", "action: call him for: school by: mon 12:00", room=room)
    said = await table.say("hugo", "!roundtable end", room=room)
    (failed,) = [one for one in said if "there was no quorum" in one]
    assert failed.mentions == (user("hugo"),)
    assert "Please meet again by Thu 19 Nov 2026:  !roundtable plan" in failed
    assert "interim: agreed without quorum" in await minutes_of(table, room)
    assert [one for one in said if one.channel == "coordination"] == []

    # A week later nobody else comes again: now the coordinators hear of it, without a word of content.
    await table.answer("hugo", "!roundtable thu 12 nov 10:00", room=room)
    table.later(days=7)
    await table.answer("hugo", "!roundtable start M-2", room=room)
    said = await table.say("hugo", "!roundtable end", room=room)
    (told,) = [one for one in said if one.channel == "coordination"]
    assert told.text == (
        "A table met twice without quorum.\n"
        f"Please look which agencies can’t come, and why: {room.removeprefix('case:')}"
    )


@pytest.mark.scenario
@pytest.mark.scenario
async def test_a_new_date_after_a_table_without_quorum_is_soon_or_has_a_reason(table: Conference) -> None:
    room = await begun(table, "ada")
    await table.say("hugo", "!roundtable end", room=room)
    late = await table.answer("hugo", "!roundtable fri 20 nov 10:00", room=room)
    assert late.text == (
        "M-1 had no quorum, so the table meets again within 10 working days: by Thu 19 Nov 2026.\n"
        "Choose an earlier date, or add   because: why it can’t be sooner   to the end of your message.\n"
        "Nothing was changed."
    )
    assert len((await table.case(room)).all(RoundTable)) == 1
    reasoned = await table.answer("hugo", "!roundtable fri 20 nov 10:00 because: half of us are ill", room=room)
    assert "So late because: half of us are ill" in reasoned.text.replace("\n", " ")
    await table.say("hugo", "!undo", room=room)
    await table.say("hugo", "!roundtable plan thu 19 nov 10:00 | fri 20 nov 10:00", room=room)
    plan = (await table.case(room)).all(RoundTable)[-1].id
    assert "M-1 had no quorum" in await table.answer("hugo", f"!roundtable fix {plan} 2", room=room)
    assert "Thu 19 Nov 2026, 10:00" in await table.answer("hugo", f"!roundtable fix {plan} 1", room=room)
    # There is a date in time now, so another may lie later.
    assert "round table · Mon 30 Nov" in await table.answer("hugo", "!roundtable mon 30 nov 10:00", room=room)


async def test_a_chair_who_falls_away_in_the_middle(table: Conference) -> None:
    room = await begun(table, "ada", "dirk", "iris")
    await table.say("hugo", "note: he came along", room=room)
    assert "chairs M-1" in await table.answer("ada", "!roundtable chair M-1 Ada Jansen", room=room)

    # Hugo is called away and leaves the room; Ada, who is there, takes over, and the meeting goes on.
    await table.comings.left(f"!{room}:example.org", user("hugo"), "left1")
    await table.deliver()
    said = await table.answer("ada", "!roundtable chair M-1 Ada Jansen", room=room)
    assert said.text == "M-1 · chair: Ada Jansen (Police)\n\nSo said Ada Jansen (Police)."
    decided = await table.answer("ada", "decision: he returns because: it worked", room=room)
    assert decided.text.startswith("D-1")
    said_last = await table.say("ada", "!roundtable end", room=room)
    assert "Chair: Ada Jansen (Police)" in await minutes_of(table, room)
    assert any(one.mentions == (user("ada"),) for one in said_last)


@pytest.mark.scenario
async def test_the_bot_is_restarted_in_the_middle_of_the_meeting(tmp_path: Path) -> None:
    async with conference(sqlite_url(tmp_path)) as table:
        room = await begun(table, "ada", "dirk", start="!roundtable start minutes: Dirk Smit")
        await table.say("hugo", "note: he came along", room=room)
        again = Conference(table.store, table.house, table.now, _ids=table._ids)
        assert "you have not confirmed yet" in await again.answer("gina", "!concern x kind: fact", room=room)
        assert await again.say("dirk", "note: his mother, too", room=room) == []
        assert await again.say("gina", "!confirm", room=room) == []
        assert len(again.ticked) == 2
        assert (await again.answer("ada", "!decide he returns because: it worked", room=room)).text.startswith("D-1")
        await again.say("hugo", "!roundtable end", room=room)
        text = await minutes_of(again, room)
    assert "he came along" in text
    assert "his mother, too" in text


async def test_a_scheme_has_agencies_without_which_nothing_is_decided(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(mandatory=("youth",))})
    table = Conference(table.store, house, table.now)
    room = await begun(table, "ada", "dirk", "gina")
    refused = await table.answer("hugo", "decision: he returns because: it worked", room=room)
    assert "Not here, and needed: Youth work." in refused
    await table.say("iris", "!confirm", room=room)
    assert (await table.answer("hugo", "decision: he returns because: it worked", room=room)).text.startswith("D-1")


async def test_a_scheme_says_how_many_agencies_make_a_quorum(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(quorum_agencies=4)})
    table = Conference(table.store, house, table.now)
    room = await begun(table, "ada", "dirk")
    refused = await table.answer("hugo", "decision: he returns because: it worked", room=room)
    assert "a decision takes the chair and 4 agencies." in refused
    await table.answer("hugo", "action: call his aunt for: social by: 20 nov", room=room)
    table.later(minutes=1)
    assert "Agencies here: 4, quorum." in await table.answer("iris", "!confirm", room=room)
    assert (await table.answer("hugo", "decision: he returns because: it worked", room=room)).text.startswith("D-1")
    said = await table.say("hugo", "!roundtable end", room=room)
    assert not any("without quorum" in one for one in said)
    text = await minutes_of(table, room)
    assert "agencies present: 4 (needed: 4)" in text
    assert "interim" in text


async def test_a_meeting_that_was_forgotten_is_asked_about_once(table: Conference) -> None:
    room = await begun(table)
    table.later(minutes=104)
    await table.sweeps.run()
    assert await table.deliver() == []
    table.later(minutes=1)
    for _ in range(2):
        await table.sweeps.run()
    (asked,) = await table.deliver()
    assert (asked.channel, asked.mentions) == (room, (user("hugo"),))
    assert asked.text.startswith("M-1 · is the round table over?\nIt was to end at Thu 5 Nov 2026, 10:45")


async def test_the_time_of_a_point_is_told_when_it_is_over(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", THURSDAY, room=room)
    await table.answer("ada", "!agenda M-1 the timetable for: 10m", room=room)
    table.later(days=3)
    assert "4. the timetable (Ada Jansen) · 10 minutes" in await table.answer("hugo", "!roundtable start", room=room)
    await table.sweeps.run()
    await table.deliver()
    said = await table.answer("hugo", "!roundtable next", room=room)
    assert said.text == "M-1 · the timetable (Ada Jansen)\n10 minutes, until 10:10"
    table.later(minutes=9)
    await table.sweeps.run()
    assert await table.deliver() == []
    table.later(minutes=1)
    for _ in range(2):
        await table.sweeps.run()
    (over,) = await table.deliver()
    assert over.text.splitlines()[:2] == ["M-1 · 10 minutes are over", "the timetable"]
    assert "Every point on the agenda of M-1" in await table.answer("hugo", "!roundtable next", room=room)
