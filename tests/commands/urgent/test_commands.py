"""Urgent, out of hours: the emergency number first, those on duty called in turn, without content."""

from dataclasses import replace
from datetime import datetime

import pytest

from cases.scheme import Scheme
from commands.board.parts import list_columns
from commands.urgent.board import list_urgent_calls
from commands.urgent.rules import Urgent
from tests.room import AMSTERDAM, Conference, Said, user

WHAT = "w1nfried stands on the roof of the school"
SATURDAY_NIGHT = datetime(2026, 11, 7, 23, 0, tzinfo=AMSTERDAM)
DUTY = (user("gina"), user("iris"))


def on_duty(table: Conference, *duty: str) -> None:
    scheme = replace(table.house.of(table.house.scheme), duty=duty)
    table.house = replace(table.house, schemes={table.house.scheme: scheme, "youth crime": Scheme()})
    table.__post_init__()


def direct(who: str) -> str:
    return f"direct:{user(who)}"


async def later(table: Conference, **much: float) -> list[Said]:
    table.later(**much)
    before = len(table.heard)
    await table.sweeps.run()
    await table.deliver()
    return table.heard[before:]


def by_channel(said: list[Said]) -> dict[str, Said]:
    return {one.channel: one for one in said}


@pytest.mark.scenario
async def test_urgent_out_of_hours_those_on_duty_are_called_in_turn_without_content(table: Conference) -> None:
    on_duty(table, *DUTY)
    room = await table.open_case(agencies="police, social")
    table.now = SATURDAY_NIGHT
    said = by_channel(await table.say("ada", f"!urgent {WHAT}", room=room))
    assert said[room].text.splitlines()[0] == "In danger now? First call 112."
    assert WHAT in said[room].text
    assert (said[direct("gina")].mentions, said[direct("gina")].notice) == ((user("gina"),), False)
    assert set(said) == {room, direct("gina")}
    # She sleeps on, and the next one is called.
    said = by_channel(await later(table, minutes=16))
    assert set(said) == {room, direct("iris")}
    said = by_channel(await later(table, minutes=16))
    assert set(said) == {room, direct("cleo")}
    assert await later(table, minutes=16) == []
    call = next(one for one in table.heard if one.channel == direct("iris"))
    said = by_channel(await table.say("iris", "on it", room=direct("iris"), replies_to=call))
    assert "Iris Kok is on it." in said[room].text
    assert set(said) == {room, direct("gina"), direct("iris"), direct("cleo")}
    assert "Iris Kok (Youth work) is on it" in (await table.answer("ada", "!status", room=room)).text
    calls = [one for one in table.heard if one.channel in {direct("gina"), direct("iris"), direct("cleo")}]
    assert not [
        one
        for one in calls
        if "w1nfried" in one.text or "roof" in one.text or "Police" in one.text or "Youth work" in one.text
    ]


@pytest.mark.parametrize("said", ["on it", "onit", "!on it", "I'm on it", "!onit U-1"])
async def test_on_it_is_said_in_many_ways(table: Conference, said: str) -> None:
    room = await table.open_case(agencies="police, social")
    raised = by_channel(await table.say("ada", f"!urgent {WHAT}", room=room))
    told = by_channel(await table.say("dirk", said, room=direct("dirk"), replies_to=raised[direct("dirk")]))
    assert "Dirk Smit is on it." in told[room].text


async def test_on_it_may_be_typed_without_a_reply(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    said = await table.say("cleo", "on it", room=direct("cleo"))
    assert "Cleo Bakker is on it." in by_channel(said)[room].text
    await table.say("dirk", "!on it", room=room)
    assert (await table.outcomes())[-1] == ("onit", "urgent/taken")


@pytest.mark.scenario
async def test_urgent_from_an_agencys_room_without_a_case(table: Conference) -> None:
    on_duty(table, *DUTY)
    said = by_channel(await table.say("hugo", f"!urgent {WHAT}", room="agency:school"))
    assert set(said) == {"agency:school", direct("gina")}
    assert said["agency:school"].text.startswith("In danger now? First call 112.")
    said = by_channel(await table.say("gina", "on it", room=direct("gina"), replies_to=said[direct("gina")]))
    assert "Gina Dekker is on it." in said["agency:school"].text
    table.now = datetime(2026, 11, 3, 12, 1, tzinfo=AMSTERDAM)
    why = by_channel(await later(table))["agency:school"]
    assert why.mentions == (user("hugo"),)
    told = await table.answer("hugo", "he might have jumped: vital interests", room="agency:school", replies_to=why)
    assert "he might have jumped: vital interests" in told.text
    with table.store.look() as find:
        assert find.cases_with("urgent") == []
    knows = {one.channel for one in table.heard + table.cards if "w1nfried" in one.text}
    assert knows == {"agency:school"}


async def test_the_reason_is_asked_for_on_the_next_working_day_at_noon(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    table.now = SATURDAY_NIGHT
    await table.say("ada", f"!urgent {WHAT}", room=room)
    table.now = datetime(2026, 11, 9, 11, 40, tzinfo=AMSTERDAM)
    assert not [one for one in await later(table) if "on which basis" in one.text]
    why = next(one for one in await later(table, minutes=25) if "on which basis" in one.text)
    assert (why.channel, why.mentions, why.subject) == (room, (user("ada"),), "U-1")
    assert "say why U-1 was urgent" in (await table.answer("dirk", "!followups", room=room)).text
    told = await table.answer("ada", "he might have jumped: vital interests", room=room, replies_to=why)
    assert "he might have jumped: vital interests" in told.text
    assert "say why U-1" not in (await table.answer("dirk", "!next", room=room)).text


async def test_meanwhile_quorum_is_waived_and_that_is_marked(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    card = await table.answer("ada", "!decide police goes in because: his life is in danger", room=room)
    assert "Quorum waived: urgent (U-1)." in card.text
    assert "proposed" not in card.text
    status = (await table.answer("dirk", "!status", room=room)).text
    assert "Quorum was waived meanwhile, for urgency: D-1" in status.replace("\n", " ")
    table.later(days=2)
    card = await table.answer("ada", "!decide he is visited because: the plan", room=room)
    assert "proposed decision" in card.text


async def test_who_is_added_meanwhile_leaves_after_three_days(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("ada", f"!urgent {WHAT}", room=room)
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he has the key", room="coordination")
    assert any("leaves it on" in one.text for one in await later(table, hours=49) if one.channel == room)
    said = await later(table, hours=24)
    assert any("has left it" in one.text for one in said)
    assert (room, user("hugo")) in table.removed
    assert not (await table.case(room)).is_member(user("hugo"))
    assert (await table.case(room)).is_member(user("dirk"))


@pytest.mark.parametrize(
    ("who", "text", "where", "code"),
    [
        ("finn", "!onit U-1", "agency:health", "urgent/not_called"),
        ("finn", "on it", direct("finn"), "urgent/which"),
        ("dirk", "!reason U-1 canary words", "case", "urgent/not_yours"),
        ("ella", "!urgent canary", "agency:social", "dispatch/not_allowed"),
        ("ada", "!urgent canary", direct("ada"), "urgent/not_here"),
    ],
)
async def test_who_may_not_changes_nothing(table: Conference, who: str, text: str, where: str, code: str) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    steps = len((await table.case(room)).steps)
    said = await table.answer(who, text, room=room if where == "case" else where)
    assert (await table.outcomes())[-1][1] == code
    assert "w1nfried" not in said.text
    assert len((await table.case(room)).steps) == steps


@pytest.mark.parametrize("typed", ["on it", "On it!", "I’m on it.", "ik pak het op"])
async def test_on_it_is_heard_without_a_prefix_while_it_is_urgent(table: Conference, typed: str) -> None:
    on_duty(table, user("dirk"))
    room = await table.open_case(agencies="police, social")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    said = by_channel(await table.say("dirk", typed, room=room))
    assert "U-1" in said[room].text
    assert "Dirk Smit is on it." in said[room].text
    # Now it is talk again.
    assert await table.say("ada", typed, room=room) == []


@pytest.mark.parametrize("typed", ["on it", "on it now, he is calm", "who is on it?", "I’m on it tomorrow"])
async def test_on_it_is_talk_where_nothing_is_urgent(table: Conference, typed: str) -> None:
    on_duty(table, user("dirk"))
    room, other = await table.open_case(agencies="police, social"), await table.open_case(agencies="police, social")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    assert await table.say("dirk", typed, room=other) == []
    if typed != "on it":
        assert await table.say("dirk", typed, room=room) == []
    assert (await table.case(room)).all(Urgent)[0].taken_by is None


async def test_it_is_taken_by_a_tap_in_the_room_and_by_who_is_called_alone(table: Conference) -> None:
    scheme = replace(table.house.of(table.house.scheme), duty=(user("gina"),), polls=True)
    table.house = replace(table.house, schemes={table.house.scheme: scheme})
    table.__post_init__()
    room = await table.open_case(agencies="police, social")
    await table.say("ada", f"!urgent {WHAT}", room=room)
    await table.sweeps.follow()
    await table.deliver()
    asked = {poll.channel: poll for poll, _ in table.polls}
    assert set(asked) == {room, direct("gina")}
    assert WHAT not in asked[direct("gina")].text + asked[room].text
    said = by_channel(await table.tap("gina", asked[direct("gina")], "I am on it"))
    assert "Gina Dekker is on it." in said[room].text
    await table.sweeps.follow()
    await table.deliver()
    assert {channel for channel, _ in table.retracted} == {room, direct("gina")}


async def test_what_is_set_while_quorum_is_waived_is_marked(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action call his aunt for: social by: fri", room=room)
    await table.say("ada", f"!urgent {WHAT}", room=room)
    said = await table.answer("ada", "!action fetch him for: social by: tomorrow 10:00", room=room)
    assert "Quorum waived: urgent (U-1)." in said
    status = (await table.answer("ada", "!status", room=room)).text
    assert "Quorum was waived meanwhile, for urgency: A-2" in status
    table.later(days=2)
    said = await table.answer("ada", "!action write to the club for: social by: 20 nov", room=room)
    assert "Quorum waived" not in said


async def test_a_call_stands_on_the_board_until_its_reason_is_told(table: Conference) -> None:
    room = await table.open_case()
    assert "Urgent calls" in [column.title for column in list_columns()]
    await table.say("ada", f"!urgent {WHAT}", room=room)
    (entry,) = list_urgent_calls(await table.case(room), table.now)
    assert (entry.id, entry.state, entry.words, entry.late) == ("U-1", "nobody is on it", WHAT, False)
    assert [offer.command for offer in entry.offers] == ["onit"]
    await table.say("dirk", "!onit U-1", room=room)
    (entry,) = list_urgent_calls(await table.case(room), table.now)
    assert (entry.state, entry.person, [offer.command for offer in entry.offers]) == (
        "somebody is on it",
        user("dirk"),
        ["reason"],
    )
    table.later(days=2)
    (entry,) = list_urgent_calls(await table.case(room), table.now)
    assert (entry.state, entry.whose, entry.late) == ("reason asked for", ("police",), True)
    await table.say("ada", "!reason U-1 his life was in danger", room=room)
    (entry,) = list_urgent_calls(await table.case(room), table.now)
    assert (entry.state, entry.settled) == ("explained", True)
