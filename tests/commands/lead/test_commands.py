from tests.room import Conference, user


async def test_the_lead_professional_is_named_and_both_are_shown(table: Conference) -> None:
    room = await table.open_case()
    named = await table.answer("cleo", "!lead Finn de Boer because: he knows him best", room=room)
    assert named.text == (
        "Finn de Boer (Health service) is the lead professional from now on.\n"
        "Because: he knows him best\n"
        "Cleo Bakker (Social services) goes on running the process."
    )
    assert named.mentions == (user("finn"),)
    for line in ("!status", "!who"):
        said = await table.answer("ada", line, room=room)
        assert "Director: Cleo Bakker" in said
        assert "Lead professional: Finn de Boer" in said
    await table.answer("cleo", "!undo", room=room)
    assert "Lead professional: nobody named" in await table.answer("ada", "!status", room=room)


async def test_who_runs_the_process_owns_no_content(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("cleo", "!lead Cleo Bakker because: she is there", room=room)
    assert "runs the process of this case, and so can't own its content" in refused
    refused = await table.answer("ada", "!action visit him for: Cleo Bakker by: fri 15:00", room=room)
    assert "Hand it to somebody else, such as the agency:  for: social" in refused
    await table.say("ada", "!action visit him for: police by: fri 15:00", room=room)
    refused = await table.answer("ada", "!hand A-1 Cleo Bakker because: she is there", room=room)
    assert "owns none of its content" in refused
    await table.say("ada", "!hand A-1 social because: they know him", room=room)
    accepted = await table.answer("cleo", "!accept A-1", room=room)
    assert "With: Social services." in accepted
    outcomes = [outcome for _, outcome in await table.outcomes() if outcome != "done"]
    assert outcomes == ["lead/directs", "action/for_director", "action/for_director"]


async def test_who_leads_and_leaves_the_table_or_is_to_direct_it_leads_no_more(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!lead Finn de Boer because: he knows him best", room=room)
    assert "is the lead professional already" in await table.answer("cleo", "!lead Finn because: again", room=room)
    await table.say("cleo", f"!case director {ref} Finn de Boer because: I am on leave", room="coordination")
    assert "Lead professional: nobody named" in await table.answer("ada", "!who", room=room)


async def test_only_who_steers_names_the_lead(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("ada", "!lead Ada Jansen because: I know him", room=room)
    assert "is the lead professional" not in refused
    assert "Lead professional: nobody named" in await table.answer("ada", "!status", room=room)
