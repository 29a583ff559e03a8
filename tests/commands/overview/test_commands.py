# lines: each of the pictures of a case, with what it may not show
from cases.case import earlier_wordings
from cases.followups import TODOS
from commands.action.rules import Action
from commands.concern.rules import Concern
from commands.minutes.rules import Version
from commands.request.rules import Answer, Request, State
from tests.chat.documents.test_paper import size_of
from tests.room import Conference, Said, user

ASK = "!request health was Sem seen? because: the plan by: fri 15:00"


async def busy(table: Conference) -> tuple[str, str]:
    """A case in which a question, an action and a decision wait; its room and reference."""
    room = await table.open_case()
    for who, text in (
        ("hugo", "!concern Sem was not at school kind: fact domain: school"),
        ("ada", ASK),
        ("cleo", "!action visit Sem for: police by: wed 16:00"),
        ("dirk", "!decide Iris calls because: five callers are too many"),
    ):
        await table.say(who, text, room=room)
    return room, room.partition(":")[2]


async def test_the_status_is_the_case_on_one_screen(table: Conference) -> None:
    room, ref = await busy(table)
    table.later(days=6)
    said = await table.answer("ada", "!status", room=room)
    assert said.text == (
        f"{ref} · open since Mon 2 Nov 2026\n"
        "Why: not seen at school for weeks\n"
        "Goal: a safe routine again\n"
        "Director: Cleo Bakker\n"
        "Lead professional: nobody named\n"
        "Phase: gather\n"
        "Silent for 6 days: Police, Social services, Health service, Youth work\n"
        "Table: Police (Ada) · Social services (Cleo, Dirk) · Health service (Finn, Gina)\n"
        "School (Hugo)"
        " · Youth work (Iris, Jack)\n"
        "1 of 7 domains: 1 with a concern (school)\n"
        "Requests: 1 open\n"
        "R-1 to Health service: silent for 6 days\n"
        "Actions: 1 proposed · 1 late\n"
        "Decisions: D-1 proposed (4 agencies have not said where they stand)\n"
        "Looked at: health – by Mon 9 Nov 2026\n"
        "Next round table: none planned\n"
        "Next review: Mon 30 Nov 2026\n"
        "Whose move:  !next   All that is open:  !followups"
    )


async def test_the_status_of_a_new_case_and_of_one_in_a_meeting(table: Conference) -> None:
    room = await table.open_case()
    assert "0 of 7 domains\nRequests: none\nActions: none\nDecisions: none\n" in await table.answer(
        "ada", "!status", room=room
    )
    await table.say("ada", "!roundtable fri 10:00", room=room)
    assert "Next round table: M-1, Fri 6 Nov 2026, 10:00" in await table.answer("ada", "!status", room=room)
    table.later(days=4)
    await table.say("ada", "!roundtable start", room=room)
    assert "Round table: M-1 is being held now" in await table.answer("ada", "!status", room=room)


async def test_the_status_of_a_closed_case_names_the_first_contact(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!close because: Sem is back owner: school", room=room)
    said = await table.answer("ada", "!status", room=room)
    assert "closed since Mon 2 Nov 2026" in said
    assert "First contact: School" in said


async def test_many_questions_are_counted(table: Conference) -> None:
    room = await table.open_case()
    for number in range(7):
        await table.say("ada", f"!request health question {number}? because: w by: fri 15:00", room=room)
    said = await table.answer("ada", "!status", room=room)
    assert "R-5 to Health service: answer by Fri 6 Nov 2026\nand 2 more that wait\n" in said


async def test_next_tells_whose_move_it_is_the_most_urgent_first(table: Conference) -> None:
    room, ref = await busy(table)
    table.later(days=3)
    said = await table.answer("ada", "!next", room=room)
    assert said.text == (
        f"{ref} · next moves\n"
        "Phase: gather\n"
        "Silent for 3 days: Police, Social services, Health service, Youth work\n"
        "Police: accept or decline A-1 · was due Wed 4 Nov 2026\n"
        "Health service: answer R-1 · due Fri 6 Nov 2026\n"
        "Police, Health service, School, Youth work: agree or dissent: D-1 (proposed)\n"
        "No round table is planned. To plan one:  !roundtable fri 15:00\n"
        "Next review: Mon 30 Nov 2026"
    )


async def test_when_nothing_waits_the_next_review_is_told(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    text = (
        f"Nothing in {ref} waits for anybody.\n"
        "Phase: gather\n"
        "Not heard yet: Police, Social services, Health service, School, Youth work\n"
        "No round table is planned. To plan one:  !roundtable fri 15:00\n"
        "Next review: Mon 30 Nov 2026"
    )
    assert (await table.answer("ada", "!next", room=room)).text == text
    assert (await table.answer("ada", "!followups", room=room)).text == (
        f"Nothing in {ref} is unresolved. Next review: Mon 30 Nov 2026"
    )


async def test_followups_list_everything_with_its_text_shortened(table: Conference) -> None:
    room, ref = await busy(table)
    await table.say("ada", f"!request school {'x' * 200}? because: w by: thu 12:00", room=room)
    said = await table.answer("ada", "!followups", room=room)
    assert said.text == (
        f"{ref} · unresolved: 4\n"
        "Next\n"
        "Police: accept or decline A-1 · due Wed 4 Nov 2026 · visit Sem\n"
        f"School: answer R-2 · due Thu 5 Nov 2026\n{'x' * 59}…\n"
        "Health service: answer R-1 · due Fri 6 Nov 2026 · was Sem seen?\n"
        "Waiting\n"
        "Police, Health service, School, Youth work: agree or dissent: D-1 (proposed)\nIris calls\n"
        "Whose move is first:  !next   What you owe:  !mine"
    )
    table.later(days=2, hours=8)
    late = await table.answer("ada", "!followups", room=room)
    assert [line for line in late.text.splitlines() if line in {"Late", "Next", "Waiting"}] == [
        "Late",
        "Next",
        "Waiting",
    ]


async def test_every_kind_of_open_item_has_its_words(table: Conference) -> None:
    room, _ = await busy(table)
    for who, text in (
        ("ada", "!accept A-1"),
        ("cleo", "!action call the aunt for: school by: thu 12:00"),
        ("hugo", "!decline A-2 we have no number"),
        ("cleo", "!action write to the club for: youth by: thu 12:00"),
        ("ada", "!roundtable tue 10:00"),
        ("ada", "!roundtable start"),
        ("ada", "!roundtable end"),
        ("ada", "!roundtable wed 10:00"),
        ("ada", "!roundtable plan fri 10:00"),
    ):
        await table.say(who, text, room=room)
    table.later(days=3)
    said = await table.answer("ada", "!followups", room=room)
    words = {
        "unanswered": "Health service: answer R-1",
        "unaccepted": "Youth work: accept or decline A-3",
        "declined": "A-2 was declined: hand it to somebody",
        "unfinished": "Police (Ada Jansen): carry out A-1",
        "no position": "Police, Health service, School, Youth work: agree or dissent: D-1 (proposed)",
        "unapproved": "Police (Ada Jansen): approve the minutes of M-1",
        "no time": "Police (Ada Jansen): decide when M-3 is:  !roundtable fix M-3 WHEN",
        "not held": "Police (Ada Jansen): start or cancel M-2",
    }
    assert words.keys() <= TODOS.keys()
    assert [w for w in words.values() if w not in said] == []


async def test_the_timeline_tells_the_newest_steps_oldest_first(table: Conference) -> None:
    room, _ = await busy(table)
    table.later(minutes=5)
    await table.say("hugo", "!undo", room=room)
    said = await table.answer("ada", "!timeline", room=room)
    assert said.text.splitlines()[-6:] == [
        "Mon 2 Nov 10:00 · Hugo Peters (School) · raised a concern (C-1) (taken back)",
        "Mon 2 Nov 10:00 · Ada Jansen (Police)",
        "asked Health service for information (R-1)",
        "Mon 2 Nov 10:00 · Cleo Bakker (Social services) · proposed an action (A-1)",
        "Mon 2 Nov 10:00 · Dirk Smit (Social services) · proposed a decision (D-1)",
        "Mon 2 Nov 10:05 · Hugo Peters (School) · took back the last step (C-1)",
    ]


async def test_the_timeline_comes_as_a_picture_below_the_same_in_words(table: Conference) -> None:
    room, ref = await busy(table)
    words = (await table.answer("ada", "!timeline", room=room)).text
    said, drawn = await table.say("ada", "!timeline picture", room=room)
    assert said.text == words
    assert drawn.file
    assert (drawn.file.name, drawn.file.content_type) == (f"{ref}-timeline.png", "image/png")
    assert size_of(drawn.file.data)[0] == 900


async def test_a_long_timeline_says_how_much_came_before(table: Conference) -> None:
    room = await table.open_case()
    for number in range(15):
        await table.say("ada", f"!concern number {number}", room=room)
    said = await table.answer("ada", "!timeline", room=room)
    assert said.text.splitlines()[0] == "(4 earlier steps)"
    assert len(said.text.splitlines()) == 21


async def test_who_sits_at_the_table_and_who_has_not_come_yet(table: Conference) -> None:
    room = await table.open_case(agencies="police")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo because: knows Sem", room="coordination")
    await table.say("cleo", f"!case release {ref} Ada because: ill", room="coordination")
    said = await table.answer("cleo", "!who", room=room)
    assert said.text == (
        f"{ref} · who sits at the table\n"
        "Police: nobody at the moment\n"
        "School: Hugo Peters (invited, not here yet)\n"
        "Social services: Cleo Bakker\n"
        "Director: Cleo Bakker (Social services)\n"
        "Lead professional: nobody named"
    )


async def test_mine_is_what_my_agency_and_i_owe(table: Conference) -> None:
    room, ref = await busy(table)
    said = await table.answer("finn", "!mine", room=room)
    assert said.text == (
        f"{ref} · 2 items need you\nanswer R-1 · due Fri 6 Nov 2026 · was Sem seen?\n"
        "agree or dissent: D-1 (proposed) · Iris calls"
    )
    assert (await table.answer("dirk", "!mine", room=room)).text == f"You owe nothing in {ref}. Thank you."


async def test_what_is_a_colleagues_is_not_mine(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request Gina was Sem seen? because: w", room=room)
    assert "R-1" in await table.answer("gina", "!mine", room=room)
    assert "R-1" not in await table.answer("finn", "!mine", room=room)


async def test_in_a_direct_chat_mine_spans_all_cases_without_content(table: Conference) -> None:
    room, ref = await busy(table)
    direct = f"direct:{user('finn')}"
    said = await table.answer("finn", "mine", room=direct)
    assert said.text == f"{ref} · 2 items need you\nR-1 · due Fri 6 Nov 2026\nD-1"
    nothing = await table.answer("cleo", "mine", room=f"direct:{user('cleo')}")
    assert nothing.text == "You owe nothing in any case. Thank you."
    refused = await table.answer("bram", "mine", room=f"direct:{user('bram')}")
    assert refused.text.startswith("Here this is for: practitioner, coordinator.")
    assert room not in said.text


async def cards(table: Conference, who: str, text: str, room: str) -> dict[str, Said]:
    return {said.channel: said for said in await table.say(who, text, room=room)}


async def test_a_corrected_question_reaches_those_who_were_asked(table: Conference) -> None:
    room, ref = await busy(table)
    said = await cards(table, "ada", "!correct R-1 was Sem seen in May?", room)
    text = f"R-1 · {ref} · corrected; the earlier wording stays on file\nwas Sem seen in May?"
    assert {channel: card.text for channel, card in said.items()} == {room: text, "agency:health": text}
    case = await table.case(room)
    assert (case.all(Request)[0].question, earlier_wordings(case, case.all(Request)[0])[0]) == (
        "was Sem seen in May?",
        "was Sem seen?",
    )


async def test_who_agreed_to_another_wording_is_asked_again(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.answer("ada", "!decide one person calls him because: five made him hide", room=room)
    await table.answer("finn", "!agree D-1", room=room)
    said = await table.answer("ada", "!correct D-1 nobody calls him", room=room)
    assert said.text == (
        f"D-1 · {ref} · corrected; the earlier wording stays on file\n"
        "nobody calls him\n"
        "They agreed to the earlier wording, and are asked again: Health service\n"
        "Reply: agree · dissent …"
    )
    assert sorted(said.mentions) == [user("finn"), user("gina")]
    await table.answer("ada", "!action visit the family for: social by: 20 nov", room=room)
    await table.answer("dirk", "!accept A-1", room=room)
    said = await table.answer("ada", "!correct A-1 search the house", room=room)
    assert said.text.splitlines()[-1] == "Reply: accept · decline …"
    accepted = await table.answer("dirk", "accept", room=room, replies_to=said)
    assert accepted.text.startswith("A-1")
    assert (await table.case(room)).all(Action)[0].accepted_by == ("social",)


async def test_a_corrected_concern_is_told_at_the_table(table: Conference) -> None:
    room, ref = await busy(table)
    said = await cards(table, "hugo", "!correct C-1 Sem was there in the morning", room)
    text = f"C-1 · {ref} · corrected; the earlier wording stays on file\nSem was there in the morning"
    assert {channel: card.text for channel, card in said.items()} == {room: text}
    assert (await table.case(room)).all(Concern)[0].about == "Sem was there in the morning"


async def test_a_corrected_answer_for_few_stays_with_them(table: Conference) -> None:
    room = await table.open_case()
    asked = await cards(table, "ada", "!request health was Sem seen? because: w see: school", room)
    card = asked["agency:health"]
    await table.say("finn", "answer yes, in May", room="agency:health", replies_to=card)
    refused = await table.answer("finn", "!correct R-1 no, in June", room=room)
    assert "only. Please answer it in your agency's own room" in refused
    said = {
        s.channel: s.text for s in await table.say("finn", "correct no, in June", room="agency:health", replies_to=card)
    }
    assert set(said) == {"agency:health", "agency:police", "agency:school"}
    assert (await table.case(room)).all(Answer)[0].text == "no, in June"


async def test_a_corrected_answer_for_all_is_told_at_the_table(table: Conference) -> None:
    room = await table.open_case()
    card = (await cards(table, "ada", ASK, room))["agency:health"]
    await table.say("finn", "answer yes, in May", room="agency:health", replies_to=card)
    said = {s.channel for s in await table.say("finn", "correct no, in June", room="agency:health", replies_to=card)}
    assert said == {"agency:health", room}


async def test_what_cannot_be_corrected_is_refused_unchanged(table: Conference) -> None:
    room, _ = await busy(table)
    card = (await cards(table, "ada", ASK, room))["agency:health"]
    steps = len((await table.case(room)).steps)
    for who, text, where, to, code in (
        ("ada", "!correct C-1 it was me", room, None, "correct/not_yours"),
        ("ada", "!correct C-9 it was me", room, None, "case/no_such_record"),
        ("ada", "!correct M-1 it was me", room, None, "correct/use_minutes"),
        ("ada", "!correct C-1", room, None, "reading/missing"),
        ("finn", "!correct C-1 it was me", "agency:health", card, "dispatch/no_case"),
        ("finn", "!correct R-1 it was me", "agency:health", None, "dispatch/no_case"),
    ):
        (said,) = await table.say(who, text, room=where, replies_to=to)
        assert "Nothing was" in said
        assert (await table.outcomes())[-1] == ("correct", code)
    assert len((await table.case(room)).steps) == steps


async def test_a_question_that_is_taken_back_is_called_off_in_the_agencys_room(table: Conference) -> None:
    room, ref = await busy(table)
    said = await cards(table, "ada", "!undo", room)
    assert said["agency:health"].text == f"R-1 · {ref}: the question was taken back. You need not answer."
    assert said[room].text == (
        "Taken back: Ada Jansen (Police) asked Health service for information (R-1).\n"
        "It no longer counts; that it was there stays in the log."
    )
    assert (await table.case(room)).all(Request)[0].withdrawn


async def test_taking_back_a_drop_a_narrowing_and_an_answer_tells_the_agencies(table: Conference) -> None:
    room = await table.open_case()
    asked = await cards(table, "ada", f"{ASK} see: school", room)
    await table.say("ada", "!narrow R-1 in May?", room=room)
    told = await cards(table, "ada", "!undo", room)
    assert "The question is: was Sem seen?" in told["agency:health"]
    await table.say("ada", "!drop R-1 because: known", room=room)
    told = await cards(table, "ada", "!undo", room)
    assert ": it is asked again" in told["agency:health"]
    await table.say("finn", "answer secret of few", room="agency:health", replies_to=asked["agency:health"])
    told = await cards(table, "finn", "!undo", room)
    assert set(told) == {room, "agency:police", "agency:health", "agency:school"}
    assert "secret of few" not in " ".join(card.text for card in told.values())
    assert (await table.case(room)).all(Request)[0].state is State.OPEN


async def test_an_accepted_action_is_given_back_as_it_was_on_file(table: Conference) -> None:
    room, _ = await busy(table)
    await table.say("ada", "!accept A-1", room=room)
    await table.say("ada", "!move A-1 fri 12:00 because: ill", room=room)
    await table.say("ada", "!undo", room=room)
    await table.say("ada", "!undo", room=room)
    (proposed,) = (await table.case(room)).all(Action)
    assert (proposed.state, tuple(proposed.accepted_by), proposed.first_due_at) == ("proposed", (), None)
    assert proposed.due_at.isoformat() == "2026-11-04T15:00:00+00:00"


async def test_undoing_a_correction_of_the_minutes_files_a_version_without_it(table: Conference) -> None:
    room = await table.open_case()
    for who, text in (
        ("ada", "!roundtable tue 10:00"),
        ("ada", "!roundtable start"),
        ("ada", "!roundtable end"),
        ("hugo", "!minutes correct M-1 Sem came along"),
    ):
        await table.say(who, text, room=room)
    said = await table.say("hugo", "!undo", room=room)
    assert [(s.channel, s.file.name if s.file else None) for s in said] == [
        (room, None),
        (room, None),
        (room, f"{room.partition(':')[2]}-M-1-minutes-v3.pdf"),
        (room, f"{room.partition(':')[2]}-M-1-minutes-v3.md"),
    ]
    assert "asked for a correction of the minutes of M-1" in said[0]
    assert "Sem came along" not in said[1]
    assert len((await table.case(room)).all(Version)) == 3


async def test_nothing_to_undo_and_too_late_to_undo_are_told(table: Conference) -> None:
    room, _ = await busy(table)
    steps = len((await table.case(room)).steps)
    await table.say("ada", "!agree D-1", room=room)
    for who, minutes, code in (("jack", 0, "undo/nothing"), ("dirk", 0, "undo/moved_on"), ("ada", 11, "undo/nothing")):
        table.later(minutes=minutes)
        said = await table.answer(who, "!undo", room=room)
        assert "Nothing was changed." in said
        assert (await table.outcomes())[-1] == ("undo", code)
    await table.say("cleo", "!review 20 nov", room=room)
    assert "can't be taken back" in await table.answer("cleo", "!undo", room=room)
    assert len((await table.case(room)).steps) == steps + 2


async def test_content_with_html_and_right_to_left_text_is_shown_as_text(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health <b>x</b> \u202eשמש\u202c 🙂 because: <i>w</i>", room=room)
    said = await table.answer("ada", "!followups", room=room)
    assert "<b>x</b> שמש 🙂" in said
    assert "\u202e" not in said
