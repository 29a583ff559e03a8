from tests.room import Conference, user


async def test_an_agency_that_is_only_consulted_leaves_the_room_and_answers_in_its_own(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("cleo", "!posture police consult because: CANARY-WHY", room=room)
    told = next(s for s in said if s.channel == room)
    assert "Police keeps its seat, is outside this room" in told
    assert "These people leave the room: Ada Jansen" in told
    assert all("CANARY" not in s.text for s in said if s.channel != room)
    assert (room, user("ada")) in table.removed
    refused = await table.say("ada", "!status", room=room)
    assert all("CANARY" not in s.text for s in refused)
    asked = await table.say("finn", "!request police any call-outs? because: the safety plan", room=room)
    assert any(s.channel == "agency:police" and "R-1" in s.text for s in asked)
    answered = await table.say("ada", "!answer R-1 none since May", room="agency:police")
    assert any(s.channel == room and "none since May" in s.text for s in answered)
    for line in ("!status", "!who"):
        shown = await table.answer("finn", line, room=room)
        assert "consult" in shown


async def test_who_is_only_consulted_is_not_silent(table: Conference) -> None:
    room = await table.open_case()
    assert "Police" in await table.answer("finn", "!phase", room=room)
    await table.say("cleo", "!posture police consult", room=room)
    assert "Police" not in await table.answer("finn", "!phase", room=room)


async def test_whoever_runs_the_process_stays(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!posture social consult", room=room)
    assert (room, user("dirk")) in table.removed
    assert (room, user("cleo")) not in table.removed


async def test_back_at_the_table_its_people_come_by_invitation(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!posture police consult", room=room)
    back = await table.answer("cleo", "!posture police active", room=room)
    assert f"!case invite {ref} PERSON because: REASON" in back
    await table.say("cleo", f"!case invite {ref} Ada Jansen because: he was seen again", room="coordination")
    assert (await table.case(room)).is_member(user("ada"))


async def test_a_posture_that_is_none_or_stands_already_is_told_kindly(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("cleo", "!posture police active", room=room)
    assert "Police is that already" in refused
    await table.answer("cleo", "!posture police sideways", room=room)
    await table.answer("ada", "!posture police lead", room=room)
    assert {outcome for command, outcome in await table.outcomes() if command == "posture"}.isdisjoint({"done"})


async def test_who_is_only_consulted_can_read_what_their_agency_is_asked_in_its_own_room(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!posture police consult", room=room)
    with table.store.look() as find:
        assert user("ada") in find.audience("agency:police", ref)
        assert user("ada") not in find.audience(room, ref)
