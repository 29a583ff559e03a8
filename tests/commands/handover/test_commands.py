"""A team works day and night: one shift hands over to the next, and nobody is left without."""

from dataclasses import replace
from datetime import datetime, time

import pytest

from cases.scheme import Clock, Runs, Unit
from commands.handover.rules import Handover
from tests.commands.test_practice import under
from tests.room import AMSTERDAM, Conference, Said, user

CANARY = "kanarie"
TOLD = f"!handover {CANARY} sleeps at his aunt's, call her at nine"


@pytest.fixture
async def team(table: Conference) -> Conference:
    """K7QF is a team's, of Police, Social services and Health service; three shifts, Dirk and Finn are on duty."""
    table = under(table, shifts=(time(7), time(15), time(23)), duty=(user("dirk"), user("finn")), polls=True)
    room = await table.open_case(agencies="police, social, health")
    await table.say("cleo", f"!case stepup {ref(room)} because: each night", room="coordination")
    table.now = datetime(2026, 11, 2, 14, 50, tzinfo=AMSTERDAM)
    return table


@pytest.fixture
def room(team: Conference) -> str:
    return next(said.channel for said in team.heard if said.channel.startswith("case:"))


def ref(room: str) -> str:
    return room.partition(":")[2]


async def later(table: Conference, **much: float) -> list[Said]:
    table.later(**much)
    before = len(table.heard)
    await table.sweeps.run()
    await table.deliver()
    return table.heard[before:]


async def handovers(table: Conference, room: str) -> list[Handover]:
    return (await table.case(room)).all(Handover)


@pytest.mark.scenario
async def test_who_goes_off_hands_over_and_who_comes_takes_over(team: Conference, room: str) -> None:
    await team.say("ada", "!action visit his aunt for: health by: tomorrow 10:00", room=room)
    await team.say("ada", "!action write to the club for: health by: 20 nov", room=room)
    (card,) = await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    assert card.text == (
        "H-1 · Ada Jansen (Police) hands over to Dirk Smit (Social services)\n"
        "shift 15:00 to 23:00\n"
        "kanarie sleeps at his aunt's, call her at nine\n"
        "On duty: Dirk Smit, Finn de Boer\n"
        "Late, or due in the next 24 hours\n"
        "Health service: accept or decline A-1 · due Tue 3 Nov 2026\n"
        "2 open items in all:  !followups\n"
        "Not taken over by 15:20, the coordinators are told, without content.\n"
        "Reply: taken"
    )
    assert (card.subject, card.mentions) == ("H-1", (user("dirk"),))
    assert "Social services (Dirk Smit): take the shift over:  !taken H-1" in await team.answer(
        "ada", "!next", room=room
    )
    assert "H-1" in await team.answer("dirk", "mine", room=f"direct:{user('dirk')}")
    taken = await team.answer("dirk", "taken", room=room, replies_to=card)
    assert taken.text == f"H-1 · {ref(room)} · Dirk Smit (Social services) has taken the shift over, at 14:50."
    status = (await team.answer("ada", "!status", room=room)).text
    assert "On now: Dirk Smit (Social services), since Mon 2 Nov 2026" in status
    assert "H-1" not in await team.answer("ada", "!followups", room=room)
    assert not [one for one in await later(team, minutes=40) if "H-1" in one]


@pytest.mark.scenario
async def test_not_taken_in_time_the_coordinators_are_told_by_reference(team: Conference, room: str) -> None:
    await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    assert not [one for one in await later(team, minutes=29) if one.channel == "coordination"]
    said = await later(team, minutes=2)
    told = next(one for one in said if one.channel == "coordination")
    assert told.text.startswith(f"{ref(room)} · a hand-over of Mon 2 Nov 2026, 14:50 Europe/Amsterdam was not taken")
    assert told.mentions == (user("cleo"),)
    assert not [one for one in said if one.channel != room and CANARY in one]
    assert [one.text for one in said if one.channel == room] == [
        "H-1 · nobody has taken the shift over in time.\nThe coordinators were told, without content. Reply: taken"
    ]
    assert not [one for one in await later(team, minutes=40) if one.channel == "coordination"]
    assert "was due" in await team.answer("dirk", "!followups", room=room)
    # Who runs the process takes it, when the one who was named does not come.
    assert "has taken the shift over" in await team.answer("cleo", "!taken H-1", room=room)


async def test_at_night_it_is_told_and_rings_nobody(team: Conference, room: str) -> None:
    team.now = datetime(2026, 11, 2, 23, 5, tzinfo=AMSTERDAM)
    await team.say("ada", TOLD, room=room)
    told = [one for one in await later(team, minutes=31) if one.channel == "coordination"]
    assert [(one.mentions, one.notice) for one in told] == [((), True)]


async def test_the_clock_is_the_schemes(team: Conference, room: str) -> None:
    scheme = team.house.of("safety table")
    slow = replace(scheme, clocks={Runs.HANDOVER: {"routine": Clock(2, Unit.HOURS)}})
    team.house = replace(team.house, schemes={"safety table": slow})
    team.__post_init__()
    assert "Not taken over by 16:50" in await team.answer("ada", TOLD, room=room)
    assert "handover: urgent 2 hours" in await team.answer("ada", "!scheme", room=room)


@pytest.mark.parametrize(
    ("who", "line", "told"),
    [
        ("finn", "!taken H-1", "H-1 is for Dirk Smit (Social services): only they say that"),
        ("ada", "!taken H-1", "You handed H-1 over yourself: who takes over says so."),
        ("ada", "!taken", "No hand-over waits for you in"),
        ("finn", "!taken", "No hand-over waits for you in"),
        ("finn", "!handover A-1 youth because: they know her", "because:"),
        ("finn", "!handover A-1 to: Dirk", "!hand A-1 AGENCY because: REASON"),
        ("finn", "!handover all is quiet to: Finn", "Nobody hands over to themselves."),
        ("finn", "!handover all is quiet to: Hugo Peters", "does not sit at the table of"),
    ],
)
async def test_only_who_it_is_for_takes_it_over(team: Conference, room: str, who: str, line: str, told: str) -> None:
    await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    said = await team.answer(who, line, room=room)
    assert told in said
    assert CANARY not in said
    assert [one.waits for one in await handovers(team, room)] == [True]


async def test_nobody_else_hears_of_it(team: Conference, room: str) -> None:
    (card,) = await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    for who, where in (("hugo", room), ("bram", f"direct:{user('bram')}"), ("iris", f"direct:{user('iris')}")):
        said = await team.answer(who, "!taken H-1", room=where)
        assert CANARY not in said
    assert not [one for one in team.heard if one.channel != room and CANARY in one]
    assert [one.waits for one in await handovers(team, room)] == [True]
    assert card.scope == ref(room)


async def test_a_table_that_meets_now_and_then_has_no_shifts(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", TOLD, room=room)
    assert said.text.startswith(f"{ref(room)} is a table that meets now and then")
    assert f"!case stepup {ref(room)} because: REASON" in said
    assert CANARY not in said


async def test_whoever_comes_takes_what_is_for_nobody_in_particular(team: Conference, room: str) -> None:
    (card,) = await team.say("ada", TOLD, room=room)
    assert card.text.startswith("H-1 · Ada Jansen (Police) hands over · shift 15:00 to 23:00\n")
    assert card.mentions == (user("dirk"), user("finn"))
    assert "Gina Dekker (Health service) has taken" in await team.answer("gina", "!taken", room=room)
    said = await team.answer("finn", "taken", room=room, replies_to=card)
    assert "Gina Dekker (Health service) has taken H-1 over already." in said


async def test_the_next_hand_over_settles_the_one_before(team: Conference, room: str) -> None:
    await team.say("ada", TOLD, room=room)
    said = await team.answer("ada", "!handover she is back to: Dirk Smit", room=room)
    assert "It goes on from H-1." in said
    said = await team.answer("dirk", "!handover all is quiet", room=room)
    assert "It goes on from H-2." in said
    assert [(one.waits, one.taken_by) for one in await handovers(team, room)] == [
        (False, None),
        (False, user("dirk")),
        (True, None),
    ]
    await team.say("dirk", "!undo", room=room)
    assert [one.waits for one in await handovers(team, room)] == [False, True, False]


async def test_it_is_taken_over_by_a_tap(team: Conference, room: str) -> None:
    await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    await team.sweeps.follow()
    await team.deliver()
    poll, answers = team.polls[-1]
    assert (poll.channel, answers) == (f"direct:{user('dirk')}", (("taken H-1", "Taken over"),))
    assert CANARY not in poll
    said = {one.channel: one.text for one in await team.tap("dirk", poll, "Taken over")}
    assert said.keys() == {room, f"direct:{user('dirk')}"}
    assert "Dirk Smit (Social services) has taken the shift over" in said[room]
    await team.say("dirk", "!handover all is quiet", room=room)
    await team.sweeps.follow()
    await team.deliver()
    poll, _ = team.polls[-1]
    assert poll.channel == room
    await team.tap("gina", poll, "Taken over")
    assert (await handovers(team, room))[-1].taken_by == user("gina")


async def test_it_is_corrected_undone_and_wiped(team: Conference, room: str) -> None:
    await team.say("ada", f"{TOLD} to: Dirk Smit", room=room, event_id="$told")
    said = await team.answer("ada", "!correct H-1 he sleeps at home", room=room)
    assert "he sleeps at home" in said
    assert (await handovers(team, room))[0].text == "he sleeps at home"
    await team.say("ada", "!undo", room=room)
    await team.deleting.deleted(f"!{room}:example.org", user("ada"), "$told", "$redaction")
    await team.deliver()
    assert "H-1" not in await team.answer("dirk", "!status", room=room)


async def test_what_was_for_somebody_who_leaves_is_for_whoever_comes(team: Conference, room: str) -> None:
    await team.say("ada", f"{TOLD} to: Dirk Smit", room=room)
    await team.say("cleo", f"!case release {ref(room)} Dirk Smit because: he moved", room="coordination")
    assert [one.to for one in await handovers(team, room)] == [None]
    assert "has taken the shift over" in await team.answer("finn", "!taken", room=room)


async def test_the_morning_says_who_is_on(team: Conference, room: str) -> None:
    await team.say("ada", TOLD, room=room)
    await team.say("dirk", "!taken", room=room)
    team.now = datetime(2026, 11, 3, 9, 0, tzinfo=AMSTERDAM)
    said = [one.text for one in await later(team, minutes=1) if one.channel == room]
    assert any(
        "On now: Dirk Smit (Social services), since Mon 2 Nov 2026, 14:50" in " ".join(one.split()) for one in said
    )


async def test_a_practice_team_tells_nobody_upward(team: Conference) -> None:
    said = await team.say("cleo", "!practice open agencies: police, social", room="coordination")
    room = next(one.channel for one in said if one.channel.startswith("case:"))
    await team.comings.joined(f"!{room}:example.org", tuple(map(user, ("ada", "cleo", "dirk"))), "$joined")
    await team.say("cleo", f"!case stepup {ref(room)} because: each night", room="coordination")
    await team.say("ada", TOLD, room=room)
    told = await later(team, minutes=31)
    assert {one.channel for one in told if one.subject == "H-1"} == {room}
    assert not [one for one in told if one.channel == "coordination"]
