import pytest

from cases.case import Case
from commands.action.rules import Action
from tests.room import Conference, user


async def busy(table: Conference) -> str:
    """A case in which Finn has accepted an action and was asked a question himself."""
    room = await table.open_case()
    await table.say("cleo", "!action CANARY visit him for: Finn de Boer by: 20 nov", room=room)
    await table.say("finn", "!accept A-1", room=room)
    await table.say("ada", "!request Finn de Boer CANARY was he seen? because: the plan by: 20 nov", room=room)
    return room


def action(case: Case) -> Action:
    (found,) = case.all(Action)
    return found


@pytest.mark.scenario
async def test_a_leaver_is_out_of_all_rooms_in_one_go_and_what_was_theirs_goes_to_the_agency(table: Conference) -> None:
    room = await busy(table)
    ref = room.partition(":")[2]
    before = action(await table.case(room)).due_at
    said = await table.say("kees", "!member leave Finn de Boer because: he has another job", room="admin")
    assert {channel for channel, person in table.removed if person == user("finn")} >= {
        room,
        "agency:health",
        f"direct:{user('finn')}",
    }
    in_room = next(s for s in said if s.channel == room)
    assert "A-1, R-1: Health service’s again." in in_room
    agency = next(s for s in said if s.channel == "agency:health")
    assert f"{ref}: A-1, R-1" in agency
    assert user("gina") in agency.mentions
    elsewhere = [s for s in said if s.channel != room]
    assert {s.channel for s in elsewhere} == {"agency:health", "coordination", "admin"}
    assert not any("CANARY" in s.text + s.html for s in elsewhere)
    # Colleagues see what the agency owes; who takes it on accepts it anew, and the date stays.
    owed = await table.answer("gina", "!mine", room=room)
    assert "A-1" in owed
    assert "R-1" in owed
    assert "A-1" in await table.answer("gina", "!accept A-1", room=room)
    taken = action(await table.case(room))
    assert (taken.owner_person, taken.due_at) == (user("gina"), before)


async def test_who_has_left_is_heard_nowhere_and_still_named_in_what_was_written(table: Conference) -> None:
    room = await busy(table)
    await table.say("finn", "!concern he sleeps badly kind: fact", room=room)
    await table.say("kees", "!member leave Finn de Boer because: he has another job", room="admin")
    for where in (room, "agency:health", f"direct:{user('finn')}"):
        assert not [s for s in await table.say("finn", "!status", room=where) if "CANARY" in s]
    assert "C-1" in await table.answer("ada", "!timeline", room=room)
    assert user("finn") in {step.by for step in (await table.case(room)).steps}


@pytest.mark.scenario
async def test_what_a_leaver_did_still_bears_their_name_and_nothing_is_asked_of_them(table: Conference) -> None:
    room = await table.open_case()
    await table.say("finn", "!concern he sleeps badly kind: fact", room=room)
    await table.say("kees", "!member leave Finn de Boer because: he has another job", room="admin")
    told = await table.answer("ada", "!timeline", room=room)
    assert "Finn de Boer" in told.text
    assert user("finn") not in told.text
    refused = await table.answer("ada", "!request Finn de Boer was he seen? because: the plan", room=room)
    assert "R-1" not in refused
    assert (await table.outcomes())[-1][1] != "done"
    await table.say("cleo", "!roundtable tomorrow 15:00", room=room)
    await table.say("cleo", "!roundtable start M-1", room=room)
    for who in ("ada", "hugo"):
        await table.say(who, "!confirm", room=room)
    said = await table.say("cleo", "!roundtable end", room=room)
    minutes = next(s for s in said if s.file and s.file.content_type.startswith("text/markdown"))
    assert minutes.file is not None
    assert user("finn") not in minutes.file.data.decode()


async def test_who_moves_leaves_the_tables_of_before_and_comes_to_the_other_agencys_room(table: Conference) -> None:
    room = await busy(table)
    said = await table.say("kees", "!member move Finn de Boer to: youth because: he changed jobs", room="admin")
    assert (room, user("finn")) in table.removed
    assert ("agency:health", user("finn")) in table.removed
    assert ("agency:youth", user("finn")) in table.invited
    assert any(s.channel == "agency:health" and "A-1" in s for s in said)
    assert any(s.channel == "coordination" and "Finn de Boer" in s for s in said)


async def test_somebody_new_is_invited_to_the_agencys_room_and_to_no_case(table: Conference) -> None:
    await busy(table)
    line = "!member add @lena:example.org Lena Vos agency: health because: she follows Finn"
    assert "Lena Vos speaks for Health service" in await table.answer("kees", line, room="admin")
    assert [channel for channel, person in table.invited if person == "@lena:example.org"] == ["agency:health"]
    assert "is on file already" in await table.answer("kees", line, room="admin")


@pytest.mark.scenario
async def test_who_sits_in_the_rooms_above_the_tables_is_said_while_the_bot_runs(table: Conference) -> None:
    line = "!member add @lena:example.org Lena Vos agency: health because: new role: manager sits: steering, leaders"
    await table.say("kees", line, room="admin")
    assert [c for c, person in table.invited if person == "@lena:example.org"] == ["steering", "leaders"]
    said = await table.answer("kees", "!member sits Ella Mulder leaders and committee because: new", room="admin")
    assert "Ella Mulder (Social services) sits in: leaders, committee" in said
    assert [c for c, person in table.invited if person == user("ella")] == ["leaders", "committee"]
    for channel in ("leaders", "committee"):
        with table.store.look() as find:
            assert user("ella") in find.audience(channel)
    again = await table.answer("kees", "!member sits Ella Mulder committee, leaders because: new", room="admin")
    assert "Nothing was changed." in again
    await table.say("kees", "!member sits Ella Mulder leaders because: the other one has ended", room="admin")
    assert table.removed == [("committee", user("ella"))]
    await table.say("kees", "!member sits Ella Mulder none because: she had enough", room="admin")
    assert table.removed[-1] == ("leaders", user("ella"))
    with table.store.look() as find:
        assert not find.audience("committee")
    refused = await table.answer("kees", "!member sits Ella Mulder board because: x", room="admin")
    assert "steering" in refused


async def test_who_moves_keeps_the_seat_above_unless_it_is_said_and_a_leaver_has_none(table: Conference) -> None:
    await table.say("kees", "!member sits Ella Mulder steering because: she heads it", room="admin")
    await table.say("kees", "!member move Ella Mulder to: health because: a new post", room="admin")
    assert ("steering", user("ella")) not in table.removed
    assert "can" in await table.answer("ella", "!help", room="steering")
    await table.say("kees", "!member move Ella Mulder to: youth because: another post sits: none", room="admin")
    assert ("steering", user("ella")) in table.removed
    assert "is not a member" not in await table.answer("ella", "!help", room="steering")
    await table.say("kees", "!member sits Bram Visser steering, committee because: he knows", room="admin")
    await table.say("kees", "!member leave Bram Visser because: a pension", room="admin")
    assert {c for c, person in table.removed if person == user("bram")} >= {"steering", "committee"}


@pytest.mark.parametrize("room", ["steering", "leaders", "committee"])
async def test_only_who_sits_there_is_heard_in_a_room_above_the_tables(table: Conference, room: str) -> None:
    await table.say("kees", f"!member sits Ella Mulder {room} because: x", room="admin")
    await table.say("kees", f"!member sits Bram Visser {room} because: x", room="admin")
    assert "!help" not in await table.answer("cleo", "!help", room=room)
    assert (await table.outcomes())[-1] == ("help", "dispatch/not_a_member")
    assert "What you can do here" in await table.answer("ella", "!help", room=room)
    for line in ("!case list", "!status", "!mine", "!member leave Ada Jansen because: x"):
        await table.say("bram", line, room=room)
        assert (await table.outcomes())[-1][1] in {"dispatch/wrong_room", "dispatch/not_allowed"}


async def test_an_agency_comes_is_renamed_and_retires_with_its_past_kept(table: Conference) -> None:
    room = await busy(table)
    assert "Fire service is on file" in await table.answer("kees", "!agency add fire name: Fire service", room="admin")
    said = await table.say("kees", "!agency change health name: Public health", room="admin")
    assert {s.channel for s in said} == {"admin", "coordination"}
    assert "Public health" in await table.answer("ada", "!who", room=room)
    await table.say("kees", "!agency retire health because: it was merged", room="admin")
    assert {person for channel, person in table.removed if channel == room} == {user("finn"), user("gina")}
    refused = await table.answer("ada", "!request health was he seen? because: the plan", room=room)
    assert "R-2" not in refused
    assert "A-1" in await table.answer("ada", "!followups", room=room)


@pytest.mark.scenario
async def test_what_waits_for_an_agency_that_retires_is_told_and_goes_on_with_another(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!action CANARY visit him for: health by: 20 nov", room=room)
    await table.say("ada", "!request health CANARY was he seen? because: the plan by: 20 nov", room=room)
    await table.say("finn", "!concern he sleeps badly kind: fact", room=room)
    refused = await table.answer("cleo", "!withdraw for: health because: merged owner: social", room=room)
    assert "Health service gives up its seat itself" in refused
    said = await table.say("kees", "!agency retire health because: it was merged", room="admin")
    here = next(s for s in said if s.channel == room and "nobody of it is at any table" in s)
    assert "Still waiting for it: A-1, R-1" in here
    assert here.mentions == (user("cleo"),)
    for channel in ("admin", "coordination"):
        told = next(s for s in said if s.channel == channel)
        assert f"{ref}: A-1, R-1 still waits for it" in told
        assert "CANARY" not in told.text + told.html
    withdraw = "!withdraw for: health because: it was merged owner: social"
    before = len((await table.case(room)).steps)
    assert "Please ask Cleo Bakker" in await table.answer("ada", withdraw, room=room)
    assert "!drop R-1 because: WHY" in await table.answer("cleo", withdraw, room=room)
    assert len((await table.case(room)).steps) == before
    await table.say("ada", "!drop R-1 because: nobody is left to ask", room=room)
    assert "For Social services from now on: A-1" in await table.answer("cleo", withdraw, room=room)
    assert "health" not in (await table.case(room)).seats
    assert "A-1" in await table.answer("cleo", "!accept A-1", room=room)
    assert "gave up the seat of Health service" in await table.answer("ada", "!timeline", room=room)


@pytest.mark.parametrize("line", ["!member leave Finn de Boer because: x", "!agency retire health because: x"])
async def test_only_admins_and_never_for_themselves(table: Conference, line: str) -> None:
    room = await busy(table)
    for who, where in (("cleo", "coordination"), ("cleo", room), ("ada", "agency:police")):
        await table.say(who, line, room=where)
        assert (await table.outcomes())[-1][1] in {"dispatch/wrong_room", "dispatch/not_allowed"}
    assert table.removed == []
    refused = await table.answer("kees", "!member leave Kees Admin because: x", room="admin")
    assert "That would take yourself out." in refused


@pytest.mark.parametrize("text", ["name: unknown to us", "role: he is the eldest", "agency: none so far"])
async def test_what_admins_type_as_keys_is_text_for_everybody_else(table: Conference, text: str) -> None:
    room = await table.open_case()
    assert "C-1" in await table.answer("ada", f"!concern he was seen, {text} kind: fact", room=room)


async def test_an_agency_that_has_left_is_not_told_of_twice(table: Conference) -> None:
    room = await table.open_case()
    await table.say("kees", "!agency retire youth because: it was merged", room="admin")
    said = await table.say("kees", "!agency retire youth because: it was merged", room="admin")
    assert [s.channel for s in said] == ["admin"]
    assert "Nobody speaks for Youth work: nothing new is asked of it." in said[0]
    assert room not in {s.channel for s in said}


async def test_an_agency_that_was_added_by_mistake_can_be_retired(table: Conference) -> None:
    await table.say("kees", "!agency add fyre name: Fire service", room="admin")
    said = await table.answer("kees", "!agency retire fyre because: a slip", room="admin")
    assert "Nobody speaks for Fire service" in said
    assert (await table.outcomes())[-1] == ("agency retire", "done")


async def test_what_waits_for_an_agency_whose_people_left_one_by_one_is_told_when_it_retires(table: Conference) -> None:
    room, _ = await table.open_case(), await table.open_case()
    await table.say("ada", "!request youth was he there? because: the plan", room=room)
    for name in ("Iris Kok", "Jack Post"):
        await table.say("kees", f"!member leave {name} because: it was merged", room="admin")
    said = await table.say("kees", "!agency retire youth because: it was merged", room="admin")
    assert {s.channel for s in said} == {"admin", "coordination", room}
    assert "R-1" in next(s for s in said if s.channel == room)
