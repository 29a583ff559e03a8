# lines: one round table from being planned to its end, told in order

import pytest
import sqlalchemy as sa

from cases.people import Professional
from commands.action.rules import Action
from commands.action.rules import State as ActionState
from commands.decision.rules import Decision
from commands.roundtable.rules import Attendance, Note, NoteKind, Presence, RoundTable, State
from storage import tables
from tests.room import Conference, Said, user

THURSDAY = "!roundtable thu 10:00 about: back to school for: 45m where: town hall, room 2 chair: Hugo Peters"


async def planned(table: Conference) -> str:
    room = await table.open_case()
    await table.answer("cleo", THURSDAY, room=room)
    return room


async def begun(table: Conference) -> tuple[str, Said]:
    room = await planned(table)
    table.later(days=3)
    return room, await table.answer("hugo", "!roundtable start", room=room)


async def confirmed(table: Conference, room: str, *people: str) -> None:
    for who in people:
        await table.say(who, "!confirm", room=room)


async def counts(table: Conference) -> list[int]:
    """How much is on file: handled messages, audit entries, and steps, without which nothing changes in a case."""
    kept = (tables.inbox, tables.audit, tables.steps)
    with table.store.update() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0 for kind in kept]


async def refuses(table: Conference, who: str, text: str, room: str) -> str:
    """What the bot says to something that it refuses; nothing of the case was changed."""
    before = (await counts(table))[2:]
    said = await table.answer(who, text, room=room)
    assert (await counts(table))[2:] == before
    assert (said.notice, said.mentions, said.subject) == (True, (), None)
    return said.text


async def test_planning_a_round_table_calls_everybody(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", THURSDAY, room=room)
    assert card.text == (
        "M-1 · round table · Thu 5 Nov 2026, 10:00 Europe/Amsterdam · 45 minutes\n"
        "Chair: Hugo Peters (School)\n"
        "Place: town hall, room 2\n"
        "About: back to school\n"
        "Please check your own records first.\n"
        "The calendar file leaves the encryption: only date and reference are in it.\n"
        "Reply: attend · apologies … · agenda …"
    )
    case = await table.case(room)
    assert set(card.mentions) == {m.user_id for m in case.present}
    assert (card.subject, card.notice) == ("M-1", False)
    assert (case.all(RoundTable)[0].chair, case.all(RoundTable)[0].minutes) == (user("hugo"), 45)


@pytest.mark.parametrize(
    "typed", ["thu 15:00-16:30", "2026-11-05 15:00-16:30", "thu 15:00 – 16:30", "thu 15:00 tot 16:30"]
)
async def test_from_to_sets_the_length(table: Conference, typed: str) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", f"!roundtable {typed} about: back to school", room=room)
    assert card.text.startswith("M-1 · round table · Thu 5 Nov 2026, 15:00 Europe/Amsterdam · 90 minutes\n")


async def test_from_to_and_another_length_contradict_each_other(table: Conference) -> None:
    room = await table.open_case()
    told = await refuses(table, "cleo", "!roundtable thu 15:00-16:00 for: 90m", room)
    assert told == "How long does it take? 60 minutes or 90 minutes. Type one length only. Nothing was changed."
    assert "60 minutes" in await table.answer("cleo", "!roundtable thu 15:00-16:00 for: 1h", room=room)


async def test_a_round_table_that_does_not_end_on_its_day_is_asked_about(table: Conference) -> None:
    room = await table.open_case()
    told = await refuses(table, "cleo", "!roundtable fri 15:00-14:00", room)
    assert "Fri 6 Nov 2026, 15:00: type  2026-11-06 15:00\nSat 7 Nov 2026, 14:00: type" in told


async def test_who_plans_it_chairs_it_unless_another_is_named(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("iris", "/roundtable schedule fri 15:00", room=room)
    assert card.text == (
        "M-1 · round table · Fri 6 Nov 2026, 15:00 Europe/Amsterdam · 60 minutes\n"
        "Chair: Iris Kok (Youth work)\n"
        "Please check your own records first.\n"
        "The calendar file leaves the encryption: only date and reference are in it.\n"
        "Reply: attend · apologies … · agenda …"
    )


async def test_a_reply_to_the_card_moves_the_round_table_without_naming_it(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", THURSDAY, room=room)
    moved = await table.answer("cleo", "move fri 15:00 because: the school is shut", room=room, replies_to=card)
    assert moved.text.startswith("M-1 · moved to Fri 6 Nov 2026, 15:00")
    told = await table.answer("cleo", "cancel because: half are ill", room=room, replies_to=card)
    assert told.text.startswith("M-1 · called off")
    case = await table.case(room)
    assert case.all(RoundTable)[0].state is State.CANCELLED


async def test_a_reply_to_the_card_begins_and_ends_the_round_table(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", THURSDAY, room=room)
    table.later(days=3)
    for text, state in (("Start", State.RUNNING), ("end.", State.ENDED)):
        await table.say("hugo", text, room=room, replies_to=card)
        assert (await table.case(room)).all(RoundTable)[0].state is state


async def test_a_reply_to_the_card_that_names_an_action_is_about_the_action(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", THURSDAY, room=room)
    await table.answer("cleo", "!action visit the family for: social by: 20 nov", room=room)
    moved = await table.answer("dirk", "move A-1 19 nov because: the family is away", room=room, replies_to=card)
    assert moved.subject == "A-1"
    assert (await table.case(room)).all(RoundTable)[0].moved_from is None


async def test_members_reply_to_the_card(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("cleo", THURSDAY, room=room)
    said = [
        await table.answer("finn", "attend", room=room, replies_to=card),
        await table.answer("jack", "apologies on leave that day deputy: Iris Kok", room=room, replies_to=card),
        await table.answer("dirk", "apologies", room=room, replies_to=card),
        await table.answer("hugo", "agenda the part-time timetable", room=room, replies_to=card),
        await table.answer("ada", "!agenda m1 the gym", room=room),
    ]
    agenda = "M-1 · agenda · Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n1. the part-time timetable (Hugo Peters)"
    assert [s.text for s in said] == [
        "M-1 · Finn de Boer (Health service) comes.",
        "M-1 · Jack Post (Youth work) can't come: on leave that day\nInstead comes Iris Kok (Youth work).",
        "M-1 · Dirk Smit (Social services) can't come.",
        agenda,
        f"{agenda}\n2. the gym (Ada Jansen)",
    ]
    assert [s.mentions for s in said] == [(), (user("iris"),), (), (), ()]
    case = await table.case(room)
    assert [(a.by, a.presence, a.deputy) for a in case.all(Attendance)] == [
        (user("finn"), Presence.ATTENDS, None),
        (user("jack"), Presence.APOLOGIES, user("iris")),
        (user("dirk"), Presence.APOLOGIES, None),
    ]


async def test_a_deputy_who_does_not_sit_at_the_table_has_to_be_invited(table: Conference) -> None:
    room = await planned(table)
    said = await table.answer("ada", "!apologies M-1 ill deputy: Bram Visser", room=room)
    assert said.text == (
        "M-1 · Ada Jansen (Police) can't come: ill\n"
        "Instead comes Bram Visser (Police). A coordinator has to invite them first."
    )
    assert said.mentions == ()


async def test_a_deputy_comes_from_the_same_agency(table: Conference) -> None:
    room = await planned(table)
    assert await refuses(table, "ada", "!apologies M-1 ill deputy: Hugo Peters", room) == (
        "Hugo Peters (School) can't speak for Police. Name a colleague of your own agency:\n"
        "!apologies M-1 WHY deputy: PERSON\nNothing was changed."
    )
    assert await refuses(table, "ada", "!apologies M-1 ill deputy: Ada Jansen", room) == (
        "You can't be your own deputy. Name a colleague:\n!apologies M-1 WHY deputy: PERSON\nNothing was changed."
    )


async def test_with_two_planned_the_bot_asks_which(table: Conference) -> None:
    room = await planned(table)
    await table.answer("cleo", "!roundtable wed 10:00", room=room)
    assert await refuses(table, "ada", "!attend", room) == (
        "Which round table do you mean?\n"
        "M-2 · Wed 4 Nov 2026, 10:00 Europe/Amsterdam\n"
        "M-1 · Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Put its id behind the command:  !attend M-2\n"
        "Nothing was changed."
    )
    assert "M-1" in await table.answer("ada", "!attend M-1", room=room)


async def test_a_cancelled_round_table_is_not_begun(table: Conference) -> None:
    room = await planned(table)
    told = await table.answer("ada", "!roundtable cancel M-1 because: half of us are ill", room=room)
    assert told.text == (
        "M-1 · called off: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Because: half of us are ill\n"
        "Called off by Ada Jansen (Police). To plan another:  !roundtable WHEN"
    )
    assert user("hugo") in told.mentions
    assert await refuses(table, "hugo", "!roundtable start M-1", room) == (
        "M-1 was called off: half of us are ill\nTo plan another:  !roundtable WHEN\nNothing was changed."
    )
    assert await refuses(table, "hugo", "!roundtable start", room) == (
        "No round table is planned.\nTo plan one:  !roundtable fri 15:00\nNothing was changed."
    )
    assert (await table.outcomes())[-2:] == [
        ("roundtable start", "roundtable/wrong_state"),
        ("roundtable start", "roundtable/none_planned"),
    ]


async def test_calling_it_off_takes_a_reason(table: Conference) -> None:
    room = await planned(table)
    before = await counts(table)
    await table.say("ada", "!roundtable cancel M-1", room=room)
    assert (await counts(table))[2:] == before[2:]
    assert (await table.outcomes())[-1] == ("roundtable cancel", "reading/missing")
    assert (await table.case(room)).all(RoundTable)[0].state is State.SCHEDULED


async def test_it_begins_with_why_the_goal_confidentiality_and_the_agenda(table: Conference) -> None:
    room = await planned(table)
    await table.say("ada", "!agenda the gym\nDECISIONS", room=room)
    await table.say("cleo", "!action ask his mother for: social by: wed 12:00", room=room)
    table.later(days=3)
    opening = await table.answer("hugo", "!roundtable start M-1", room=room)
    assert opening.text == (
        "M-1 · the round table begins · chair: Hugo Peters (School)\n"
        "\n"
        "Why this table came together: not seen at school for weeks\n"
        "Goal: a safe routine again\n"
        "Today: back to school\n"
        "\n"
        "Confidentiality\n"
        "What is said here serves this person's case and nothing else. It stays with\n"
        "those at this table. Nobody passes it on or uses it elsewhere without the\n"
        "agreement of the agency that brought it. Tell us now if you have a conflict of\n"
        "interest.\n"
        "Difference is welcome here, whatever anybody's rank: who sees it otherwise says\n"
        "so, and it is written down.\n"
        "\n"
        "Agenda\n"
        "1. Opening: who is here, apologies, conflicts of interest\n"
        "2. Last minutes: none\n"
        "3. Open actions: A-1 Social services\n"
        "4. the gym DECISIONS (Ada Jansen)\n"
        "5. Decisions, actions, what the person is told and by whom, next date\n"
        "Speaking order: Police, Social services, Health service, School, Youth work\n"
        "\n"
        "Reply: confirm to say that you are here and keep this confidential.\n"
        "Until then you listen only.\n"
        "Hugo Peters: lines that begin like these are taken down:\n"
        "  note:  view:  worried:  working:  needed:  credit: AGENCY  action:  decision:\n"
        "  apologies:  At the end:  !roundtable end"
    )
    assert user("ada") in opening.mentions
    assert user("hugo") not in opening.mentions
    assert (await table.case(room)).all(Attendance)[-1].presence is Presence.CONFIRMED


async def test_only_the_chair_or_the_coordinator_begins(table: Conference) -> None:
    room = await planned(table)
    assert await refuses(table, "ada", "!roundtable start M-1", room) == (
        "Hugo Peters (School) chairs M-1.\nPlease ask them, or the coordinator, to do that.\nNothing was changed."
    )
    assert "begins" in await table.answer("cleo", "!roundtable start M-1", room=room)


async def test_it_begins_once(table: Conference) -> None:
    room, _ = await begun(table)
    assert await refuses(table, "hugo", "!roundtable start M-1", room) == (
        "M-1 runs already, since Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "To end it:  !roundtable end\nNothing was changed."
    )
    assert await refuses(table, "hugo", "!roundtable start", room) == (
        "M-1 runs now, and no other round table is planned.\nTo plan one:  !roundtable fri 15:00\nNothing was changed."
    )
    await table.say("ada", "!roundtable mon 9:00", room=room)
    assert await refuses(table, "ada", "!roundtable start M-2", room) == (
        "M-1 still runs. End it first:  !roundtable end M-1\nNothing was changed."
    )


async def test_it_does_not_end_before_it_began_nor_twice(table: Conference) -> None:
    room = await table.open_case()
    assert await refuses(table, "hugo", "!roundtable end", room) == (
        "No round table runs now.\nTo plan one:  !roundtable fri 15:00\nNothing was changed."
    )
    await table.answer("cleo", THURSDAY, room=room)
    assert await refuses(table, "hugo", "!roundtable end", room) == (
        "No round table runs now.\nM-1: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Hugo Peters begins it:  !roundtable start M-1\nNothing was changed."
    )
    assert await refuses(table, "hugo", "!roundtable end M-1", room) == (
        "M-1 has not begun yet: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Hugo Peters begins it:  !roundtable start M-1\nNothing was changed."
    )
    await table.answer("hugo", "!roundtable start", room=room)
    await table.say("hugo", "!roundtable end", room=room)
    assert await refuses(table, "hugo", "!roundtable end M-1", room) == (
        "M-1 has ended: Mon 2 Nov 2026, 10:00 Europe/Amsterdam\n"
        "To read its minutes:  !minutes M-1   To plan another:  !roundtable WHEN\nNothing was changed."
    )


async def test_everybody_confirms_once(table: Conference) -> None:
    room, opening = await begun(table)
    # A mark says it, and one card whom it made a quorum.
    assert await table.say("ada", "confirm", room=room, replies_to=opening, event_id="$ada") == []
    assert table.ticked == [(room, "$ada")]
    card = await table.answer("finn", "confirm", room=room, replies_to=opening)
    assert card.text == "M-1 · confirmed: Ada Jansen, Finn de Boer, Hugo Peters\nAgencies here: 3, quorum."
    assert await refuses(table, "ada", "!confirm", room) == (
        "You have confirmed M-1 already. Thank you. Nothing was changed."
    )
    assert await refuses(table, "ada", "!apologies M-1 I have to go", room) == (
        "Ada Jansen has confirmed and stands as present at M-1.\n"
        "Who leaves early can be noted by the chair:  note: …\nNothing was changed."
    )


async def test_the_chairs_lines_are_taken_down(table: Conference) -> None:
    room, _ = await begun(table)
    await confirmed(table, room, "ada", "dirk")
    assert await table.say("hugo", "Note: he came along to the gym", room=room, event_id="$note") == []
    action = await table.answer("hugo", "action: ask his mother for: social by: mon 12:00", room=room)
    decision = await table.answer("hugo", "decision: he returns part-time because: it worked", room=room)
    for line in ("apologies: Finn de Boer, ill", "apologies: the mayor"):
        assert await table.say("hugo", line, room=room, event_id=f"${line}") == []
    ticked = ["$note", "$apologies: Finn de Boer, ill", "$apologies: the mayor"]
    assert [event for _, event in table.ticked][1:] == ticked
    assert (action.subject, decision.subject) == ("A-1", "D-1")
    case = await table.case(room)
    assert [(n.kind, n.text) for n in case.all(Note)] == [
        (NoteKind.NOTE, "he came along to the gym"),
        (NoteKind.APOLOGIES, "the mayor"),
    ]
    assert [(a.roundtable, a.owner, a.state) for a in case.all(Action)] == [("M-1", "social", ActionState.PROPOSED)]
    assert [(d.roundtable, d.because) for d in case.all(Decision)] == [("M-1", "it worked")]
    assert [(a.by, a.why) for a in case.all(Attendance)[3:]] == [(user("finn"), "ill")]


@pytest.mark.parametrize("member", ["Finn", "@finn:example.org", "Finn de Boer:"])
async def test_a_member_is_known_by_each_of_their_names(table: Conference, member: str) -> None:
    room, _ = await begun(table)
    assert await table.say("hugo", f"apologies: {member}", room=room) == []
    assert (await table.case(room)).all(Attendance)[-1].by == user("finn")


async def test_a_name_that_two_members_bear_is_asked_about(table: Conference) -> None:
    with table.store.update() as session:
        session.execute(sa.insert(tables.professionals), vars(Professional(user("finn2"), "Finn Smit", "school")))
    room, _ = await begun(table)
    await table.say("cleo", f"!case invite {room.partition(':')[2]} Finn Smit because: new", room="coordination")
    asked = await refuses(table, "hugo", "apologies: Finn, ill", room)
    assert "@finn:example.org" in asked
    assert "@finn2:example.org" in asked
    assert (await table.outcomes())[-1] == ("apologies:", "reading/which_person")


@pytest.mark.parametrize(
    "line",
    [
        "note: he came",
        "action: ask his mother for: social by: mon 12:00",
        "decision: he returns because: it worked",
        "apologies: Finn, ill",
        "apologies: the mayor",
    ],
)
async def test_somebody_elses_line_is_for_the_chair(table: Conference, line: str) -> None:
    room, _ = await begun(table)
    assert await refuses(table, "ada", line, room) == (
        "Hugo Peters (School) chairs M-1.\nPlease ask them, or the coordinator, to do that.\nNothing was changed."
    )
    assert (await table.outcomes())[-1] == (f"{line.partition(':')[0]}:", "roundtable/not_chair")


async def test_the_coordinators_lines_are_taken_down_too(table: Conference) -> None:
    room, _ = await begun(table)
    assert await table.say("cleo", "note: he came", room=room, event_id="$note") == []
    assert table.ticked == [(room, "$note")]


MANY = (
    "note: he came along\nand stayed\nAction: ask his mother for: social by: in the past\n"
    "decision: he returns because: it worked\n note: she agreed"
)


async def test_several_lines_in_one_message_are_each_taken_down(table: Conference) -> None:
    room, _ = await begun(table)
    await confirmed(table, room, "ada", "dirk")

    said = await table.say("hugo", MANY, room=room, event_id="$many")

    assert [one.text.split("\n")[0] for one in said] == [
        "I can’t read that as a date. Type for example:",
        "D-1 · decision put by School at M-1",
        "3 of 4 lines are on file; what is wrong with the others stands above.",
    ]
    assert (room, "$many") not in table.ticked
    case = await table.case(room)
    assert [note.text for note in case.all(Note)] == ["he came along\nand stayed", "she agreed"]
    assert await table.say("hugo", MANY, room=room, event_id="$many") == []
    assert len((await table.case(room)).all(Note)) == 2

    await table.deleting.deleted(f"!{room}:example.org", user("hugo"), "$many", "$deletion")
    await table.deliver()
    assert [note.text for note in (await table.case(room)).all(Note)] == ["[…]", "[…]"]
    assert [event for _, event in table.retracted] == [one.event_id for one in said]


async def test_the_edit_of_several_lines_is_offered_as_a_correction_once(table: Conference) -> None:
    room, _ = await begun(table)
    await table.say("hugo", "note: he came\nnote: she came", room=room, event_id="$many")

    said = await table.say("hugo", "note: he came late\nnote: she came", room=room, replaces="$many")

    assert [one.text.split(".")[0] for one in said] == ["You changed a command that was already carried out"]
    assert len((await table.case(room)).all(Note)) == 2


@pytest.mark.parametrize("line", ["note: he came", "Action: x for: social by: fri", "decision: x", "apologies: Finn"])
async def test_when_no_round_table_runs_such_lines_are_ordinary_talk(table: Conference, line: str) -> None:
    room = await planned(table)
    before = await counts(table)
    assert await table.say("hugo", line, room=room) == []
    assert await counts(table) == before


async def test_ordinary_talk_during_a_round_table_stays_talk(table: Conference) -> None:
    room, _ = await begun(table)
    before = await counts(table)
    assert await table.say("hugo", "please note that we have twenty minutes: go on", room=room) == []
    assert await counts(table) == before


async def test_what_people_type_is_shown_as_text(table: Conference) -> None:
    room = await planned(table)
    said = await table.answer("ada", "!agenda <b>loud</b> 😀 שלום", room=room)
    assert said.text.endswith("1. <b>loud</b> 😀 שלום (Ada Jansen)")
    with table.store.look() as find:
        assert find.case(room.partition(":")[2])


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("!roundtable yesterday", "when/past"),
        ("!roundtable 04/05/26", "when/ambiguous"),
        ("!roundtable", "reading/missing"),
        ("!roundtable fri 15:00 chair: Bram Visser", "case/not_a_member"),
        ("!roundtable fri 15:00 chair: Nobody", "reading/nobody"),
        ("!roundtable fri 15:00 for: ever", "reading/minutes"),
        ("!attend M-7", "case/no_such_record"),
        ("!attend A-1", "reading/wrong_kind"),
        ("!agenda", "reading/missing"),
        (f"!agenda {'x' * 65536}", "reading/too_long"),
        ("!confirm", "roundtable/none_runs"),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(table: Conference, text: str, outcome: str) -> None:
    room = await planned(table)
    await refuses(table, "ada", text, room)
    assert (await table.outcomes())[-1][1] == outcome
