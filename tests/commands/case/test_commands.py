import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from cases.case import Case
from cases.people import Agency
from cases.scheme import Scheme
from commands.action.rules import Action
from commands.request.rules import Request
from storage import tables
from tests.room import AMSTERDAM, Conference, Said, user

OPEN = "!case open why: Sem is not at school goal: Sem is back agencies: police, school"


def snapshot(case: Case) -> tuple[object, ...]:
    """All that a refused command might have changed."""
    return len(case.steps), [(m.user_id, m.left_at) for m in case.members], case.closed_at, case.next_review, case.why


async def opened(table: Conference, text: str = OPEN) -> tuple[Said, Said]:
    """The opening card, and what the coordination room hears."""
    said = await table.say("cleo", text, room="coordination")
    assert len(said) == 2
    card = next(s for s in said if s.channel.startswith("case:"))
    return card, next(s for s in said if s.channel == "coordination")


async def test_a_case_is_opened_with_everybody_invited_after_the_card(table: Conference) -> None:
    card, said = await opened(table)
    ref = card.channel.partition(":")[2]
    assert re.fullmatch("[A-Z][A-Z2-9]{2}[2-9]", ref)
    assert card.text == (
        f"{ref} · safety table · opened by Cleo Bakker (Social services)\n"
        "Why: Sem is not at school\n"
        "Goal: Sem is back\n"
        "Agencies: Police, School\n"
        "Director: Cleo Bakker (Social services)\n"
        "Lead professional: nobody named. To name one:  !lead PERSON because: REASON\n"
        "Phase: gather. What is missing, and whose move it is:  !phase\n"
        "Next review: Mon 30 Nov 2026\n"
        "Everybody here is equal; each agency keeps its own responsibility.\n"
        "Type  !concern  to share what you observed, or  !help ."
    )
    assert said.text.startswith(f"{ref} is open. 3 people are being invited.\nAgencies: Police, School\n")
    assert "Sem" not in said
    assert table.invited == [(card.channel, user(who)) for who in ("cleo", "ada", "hugo")]
    assert (await table.outcomes())[-1] == ("case open", "done")


async def test_a_reference_is_never_given_twice(table: Conference, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["K7QF", "K7QF", "M3XB"])
    monkeypatch.setattr("commands.case.named.new_reference", lambda: next(drawn))
    assert [(await opened(table))[0].channel for _ in range(2)] == ["case:K7QF", "case:M3XB"]


async def test_managers_and_admins_are_never_invited(table: Conference) -> None:
    await opened(table, "!case open why: w goal: g agencies: police, social, health, school, youth")
    assert {user("bram"), user("ella"), user("kees")}.isdisjoint({person for _, person in table.invited})
    assert len(table.invited) == 8


async def test_the_director_and_the_scheme_can_be_named(table: Conference) -> None:
    card, _ = await opened(table, f"{OPEN} scheme: youth crime director: Iris Kok")
    case = await table.case(card.channel)
    assert (case.scheme, case.director, case.zone) == ("youth crime", user("iris"), AMSTERDAM.key)
    assert case.is_member(user("iris"))
    assert "Director: Iris Kok (Youth work)" in card


@pytest.mark.parametrize("typed", ["yuoth crmie", "youth crimes", "YOUTH-CRIME"])
async def test_a_scheme_that_is_unknown_is_neither_taken_nor_repeated(table: Conference, typed: str) -> None:
    said = await table.answer("cleo", f"{OPEN} scheme: {typed}", room="coordination")
    assert said.text == (
        "I know no scheme of that name. Did you mean  scheme: youth crime ?\n"
        "Those I know: safety table, youth crime.\n"
        "Whoever runs the bot can add one to its configuration. Nothing was changed."
    )
    secret = await table.answer("cleo", f"{OPEN} scheme: his father Karel beats him", room="coordination")
    assert "Karel" not in secret
    assert "Did you mean" not in secret
    assert await table.outcomes() == [("case open", "case/unknown_scheme")] * 2
    with table.store.look() as find:
        assert find.open_cases() == []


async def test_a_scheme_is_known_however_it_is_typed(table: Conference) -> None:
    card, _ = await opened(table, f"{OPEN} scheme: Youth  CRIME")
    assert (await table.case(card.channel)).scheme == "youth crime"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("!case open goal: g agencies: police", "reading/missing", "Almost: the why is missing."),
        ("!case open why: w agencies: police", "reading/missing", "Almost: the goal is missing."),
        ("!case open why: w goal: g", "reading/missing", "Almost: a list of agencies is missing."),
        ("!case open why: w goal: g agencies: circus", "reading/agency", "no agency of that name"),
        ("!case open why: w goal: g agencies: police director: Bram Visser", "case/not_for_role", "the role manager:"),
        ("!case open why: w goal: g agencies: police director: Kees Admin", "case/not_for_role", "the role admin:"),
        ("!case open why: w goal: g agencies: police director: Zoë", "reading/nobody", "Nobody here has that name."),
    ],
)
async def test_a_case_that_cannot_be_opened_is_not_there(table: Conference, text: str, code: str, words: str) -> None:
    said = await table.answer("cleo", text, room="coordination")
    assert words in said
    assert (await table.outcomes())[-1] == ("case open", code)
    with table.store.look() as find:
        assert find.open_cases() == []
    assert table.invited == []


async def test_an_agency_without_practitioners_cannot_be_asked(table: Conference) -> None:
    with table.store.update() as session:
        hugo = sa.update(tables.professionals).where(tables.professionals.c.user_id == user("hugo"))
        session.execute(hugo.values(left_at=table.now))
    said = await table.answer("cleo", OPEN, room="coordination")
    assert said.text.startswith("Nobody can come from: School. ")
    assert (await table.outcomes())[-1] == ("case open", "case/no_practitioners")


@pytest.mark.parametrize(
    "line",
    [
        "!request school was he there on Monday? because: the plan depends on it",
        "!action tell the parents for: school by: fri 15:00",
        "!action tell the parents for: police with: school by: fri 15:00",
        "!close because: he is back at school owner: school",
    ],
)
async def test_an_agency_that_left_the_house_gets_nothing_new(table: Conference, line: str) -> None:
    room = await table.open_case(agencies="police, social, school")
    with table.store.update() as session:
        hugo = sa.update(tables.professionals).where(tables.professionals.c.user_id == user("hugo"))
        session.execute(hugo.values(left_at=table.now))

    said = await table.say("cleo", line, room=room)

    assert [(s.channel, s.text.split(".")[0]) for s in said] == [
        (room, "School: nobody there is on file who could see to it")
    ]
    case = await table.case(room)
    assert (case.all(Request), case.all(Action), case.closed) == ([], [], False)
    assert "School" in await table.answer("ada", "!status", room=room)


async def test_a_name_that_two_agencies_bore_means_the_one_that_is_still_there(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, school")
    with table.store.update() as session:
        session.execute(sa.insert(tables.agencies), vars(Agency("aschool", "School")))
    said = await table.say("ada", "!request School was he there? because: the plan depends on it", room=room)
    assert {s.channel for s in said} == {room, "agency:school"}


async def test_the_list_names_references_and_counts_only(table: Conference) -> None:
    empty = await table.answer("cleo", "!case list", room="coordination")
    assert empty.text.startswith("No case is open.")
    room = await table.open_case(agencies="police, school")
    await table.say("ada", "!request school was Sem there? because: the plan by: tue 12:00", room=room)
    table.later(days=2)
    said = await table.answer("cleo", "!case list", room="coordination")
    ref = room.partition(":")[2]
    assert said.text == (
        "1 open case\n"
        f"{ref} · police, school · 1 open item (1 late) · review Mon 30 Nov 2026\n"
        "To open one:  !case open why: … goal: … agencies: police, school"
    )


async def test_a_closed_case_is_off_the_list(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", "!close because: he is back owner: school", room=room)
    assert "No case is open." in await table.answer("cleo", "!case list", room="coordination")


async def test_a_person_is_invited_with_the_reason_told_at_the_table_only(table: Conference) -> None:
    room = await table.open_case(agencies="police")
    ref = room.partition(":")[2]
    said = await table.say(
        "cleo", f"!case invite {ref.lower()} Hugo Peters because: he teaches Sem", room="coordination"
    )
    texts = {s.channel: s.text for s in said}
    assert texts == {
        room: "Hugo Peters (School) is being invited to this table.\nBecause: he teaches Sem",
        "coordination": f"{ref} · Hugo Peters (School) is being invited.",
    }
    assert table.invited[-1] == (room, user("hugo"))
    assert (await table.case(room)).is_member(user("hugo"))


async def test_a_person_is_released_and_the_agency_keeps_its_seat(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    said = await table.say("cleo", f"!case release {ref} Hugo because: he changed schools", room="coordination")
    texts = {s.channel: s.text for s in said}
    assert texts[room].startswith("Hugo Peters (School) leaves this table.\nBecause: he changed schools\n")
    assert texts["coordination"] == f"{ref} · Hugo Peters (School) leaves the table."
    assert table.removed == [(room, user("hugo"))]
    case = await table.case(room)
    assert ("school" in case.seats, case.is_member(user("hugo"))) == (True, False)


async def test_the_coordination_room_hears_that_a_director_left(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer(
        "cleo", f"!case release {room.partition(':')[2]} Cleo Bakker because: a new job", room="coordination"
    )
    assert "the case needs another one" in said


async def test_the_process_is_given_to_another_director(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    said = await table.say("cleo", f"!case director {ref} Iris because: I am on leave", room="coordination")
    texts = {s.channel: s.text for s in said}
    assert texts[room] == "Iris Kok (Youth work) runs the process from now on.\nBecause: I am on leave"
    assert texts["coordination"] == f"{ref} · Iris Kok runs the process from now on."
    assert (await table.case(room)).director == user("iris")


async def test_the_coordinator_who_opens_a_case_brings_no_agency_to_the_table(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    case = await table.case(room)
    assert case.is_member(user("cleo"))
    assert case.seats == ("police", "health")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("!case invite ZZZZ Hugo because: w", "case/no_such_case"),
        ("!case invite {ref} Hugo", "reading/missing"),
        ("!case invite {ref} Hugo because: w", "case/already_member"),
        ("!case invite {ref} Ella because: w", "case/not_for_role"),
        ("!case invite {ref} Nobody because: w", "reading/nobody"),
        ("!case release {ref} Ella because: w", "case/not_a_member"),
        ("!case release {ref} Hugo", "reading/missing"),
        ("!case director {ref} Hugo", "reading/missing"),
        ("!case director {ref} Ella because: w", "case/not_a_member"),
        ("!case director {ref} Cleo because: w", "case/directs_already"),
    ],
)
async def test_a_refused_change_of_the_table_changes_nothing(table: Conference, text: str, code: str) -> None:
    room = await table.open_case()
    before = snapshot(await table.case(room))
    invited = list(table.invited)
    said = await table.answer("cleo", text.format(ref=room.partition(":")[2]), room="coordination")
    assert "Nothing was" in said
    assert (await table.outcomes())[-1][1] == code
    assert snapshot(await table.case(room)) == before
    assert (table.invited, table.removed) == (invited, [])


async def test_a_case_is_closed_with_its_reason_and_first_contact(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", "!close because: Sem is back owner: school", room=room)
    ref = room.partition(":")[2]
    assert said.text.startswith(f"{ref} is closed.\nBecause: Sem is back\nFirst contact from now on: School\n")
    again = await table.answer("cleo", "!close because: Sem is back owner: school", room=room)
    assert again.text.startswith(f"Case {ref} is closed.")
    assert (await table.outcomes())[-1] == ("close", "case/closed")


async def test_closing_calls_off_the_round_tables_that_are_planned(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.answer("cleo", "!roundtable thu 10:00 every: 6 months", room=room)
    await table.answer("ada", "!roundtable plan fri 10:00 | mon 10:00", room=room)
    said = await table.answer("cleo", "!close because: Sem is back owner: school", room=room)
    assert said.text == (
        f"{ref} is closed.\nBecause: Sem is back\nFirst contact from now on: School\n"
        "Whether the person was told is not on file.\n"
        "M-1 · called off: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "M-3 · called off before a time was found\n"
        "M-2 · called off: Wed 5 May 2027, 10:00 Europe/Amsterdam\n"
        "I ask whether there is a new concern on Sun 2 May 2027, and on Tue 2 Nov 2027.\n"
        "The calendar file leaves the encryption: only date and reference are in it.\n"
        "Thank you all. What is on file stays on file.\n"
        "If there is a new concern, a coordinator types  !reopen because: REASON"
    )
    assert user("ada") in said.mentions
    posted = [s.file.name for s in table.heard[table.heard.index(said) :] if s.file]
    assert posted == [f"{ref}-M-1-cancelled.ics", f"{ref}-M-2-cancelled.ics"]
    assert b"METHOD:CANCEL" in table.files(room)[f"{ref}-M-1-cancelled.ics"]
    undone = await table.answer("cleo", "!undo", room=room)
    assert undone.text.startswith("Your last step (close) can't be taken back")
    again = await table.answer("cleo", "!reopen because: missing again", room=room)
    assert "Its round tables stay called off. To plan one:  !roundtable WHEN" in again
    table.later(days=7)
    await table.sweeps.run()
    assert not any("M-" in s for s in await table.deliver() if s.channel == room)


async def test_a_case_with_open_items_says_what_stands_in_the_way(table: Conference) -> None:
    room = await table.open_case()
    for number in range(9):
        await table.say("ada", f"!request school question {number}? because: w by: tue 12:00", room=room)
    before = snapshot(await table.case(room))
    said = await table.answer("cleo", "!close because: done owner: school", room=room)
    lines = said.text.splitlines()
    assert lines[0] == f"{room.partition(':')[2]} can't be closed yet: 9 items still need somebody."
    assert lines[1] == "School: answer R-1 · due Tue 3 Nov 2026"
    assert lines[-4:-2] == [
        "…",
        "Answer or drop each question; end or hand over each action; say where each agency stands.",
    ]
    assert snapshot(await table.case(room)) == before


async def test_a_closed_case_is_opened_again(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("cleo", "!reopen because: too early", room=room)
    assert "is not closed" in refused
    await table.answer("cleo", "!close because: Sem is back owner: school", room=room)
    said = await table.answer("cleo", "!reopen because: missing again", room=room)
    assert said.text.splitlines()[:2] == [f"{room.partition(':')[2]} is open again.", "Because: missing again"]
    assert not (await table.case(room)).closed


async def test_the_next_review_is_set_by_the_coordinator_only(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", "!review 20 nov", room=room)
    assert f"next review: Fri 20 Nov 2026, 17:00 {AMSTERDAM.key}" in said
    before = snapshot(await table.case(room))
    for who, text, code in (
        ("ada", "!review 21 nov", "dispatch/not_allowed"),
        ("cleo", "!review", "reading/missing"),
        ("cleo", "!review 04/05/26", "when/ambiguous"),
        ("cleo", "!review 2026-10-01", "when/past"),
    ):
        refused = await table.answer(who, text, room=room)
        assert "Nothing was" in refused
        assert (await table.outcomes())[-1] == ("review", code)
    assert snapshot(await table.case(room)) == before


YOUTH = Scheme(conveners=("police", "school"), topics=("theft", "violence"), anonymous=True)


async def test_only_the_agencies_that_the_scheme_names_bring_a_case(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"youth crime": YOUTH}))
    opening = f"{OPEN} scheme: youth crime"
    assert "who brings the case is missing" in await table.answer("cleo", opening, room="coordination")
    refused = await table.answer("cleo", f"{opening} brought by: health", room="coordination")
    assert "Health service does not bring cases under this scheme.\nThese may: Police, School." in refused
    assert "Sem" not in refused
    card, _ = await opened(table, f"{opening} brought by: school topic: Theft")
    assert "Brought by School. Concern: theft." in card
    assert "First without a name" in card
    case = await table.case(card.channel)
    assert (case.brought_by, case.topic) == ("school", "theft")


async def test_a_concern_that_the_scheme_does_not_have_is_suggested_and_never_repeated(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"youth crime": YOUTH}))
    opening = f"{OPEN} scheme: youth crime brought by: school topic:"
    said = await table.answer("cleo", f"{opening} theeft", room="coordination")
    assert "Did you mean  topic: theft ?" in said
    said = await table.answer("cleo", f"{opening} Karel beats him", room="coordination")
    assert "Karel" not in said
    assert "Those it has: theft, violence." in said


async def test_a_case_is_stepped_up_and_down_and_only_the_table_hears_why(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    for word, told, mode in (("stepup", "a team works on it every day", "team"), ("stepdown", "now and then", "table")):
        line = f"!case {word} {ref} because: CANARY-{word}"
        said = await table.say("cleo", line, room="coordination")
        assert next(s for s in said if s.channel == room).text.endswith(f"Because: CANARY-{word}")
        assert told in next(s for s in said if s.channel == room)
        assert all("CANARY" not in s.text for s in said if s.channel != room)
        assert (await table.case(room)).mode == mode
        again = await table.answer("cleo", line, room="coordination")
        assert "Nothing was changed." in again
        assert "CANARY" not in again
    refused = await table.answer("ada", f"!case stepup {ref} because: he is away", room=room)
    assert "Nothing was changed." in refused
    assert (await table.case(room)).mode == "table"


async def test_in_its_own_room_a_case_need_not_be_named_to_invite_somebody(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    said = await table.answer("cleo", "!case invite Hugo Peters because: he knows the school", room=room)
    assert "Hugo Peters" in said
    assert (room, user("hugo")) in table.invited
