from dataclasses import replace

import pytest

from cases.scheme import Clock, Rung, Scheme
from commands.case.comings import name_of
from commands.practice.rules import is_practice
from tests.room import Conference, Said, user

MARK = "Practice: nothing of this is real"
STRICT = Scheme(mandates=True, induction=True, protocol="What is said here stays here.", protocol_version="3")


async def practise(table: Conference, line: str = "!practice open agencies: police, health, school") -> str:
    """A practice room with everybody who was invited in it; its channel."""
    opened = await table.say("cleo", line, room="coordination")
    channel = next(s.channel for s in opened if s.channel.startswith("case:"))
    joining = tuple(person for where, person in table.invited if where == channel)
    await table.comings.joined(f"!{channel}:example.org", joining, f"join {channel}")
    await table.deliver()
    return channel


def first_line(said: Said) -> str:
    return said.text.splitlines()[0]


@pytest.mark.scenario
async def test_agencies_learn_together_in_a_room_of_which_nothing_is_real(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": STRICT}), _ids=table._ids)
    room = await practise(table)
    case = await table.case(room)
    assert is_practice(case)
    # Nobody had an induction, no agency has a mandate, and nobody has acknowledged the protocol.
    assert {member.user_id for member in case.present} == {user(k) for k in ("cleo", "ada", "finn", "gina", "hugo")}
    assert "Sam, 15 years old" in case.why
    # Whoever comes reads nothing of what stood there before, so the story is there to be asked for.
    assert any("Type whatever you want to try." in s and "!brief" in s for s in table.heard if s.channel == room)
    story = await table.answer("hugo", "!brief", room=room)
    assert "he still comes to boxing on Thursdays" in story
    assert "!concern he was not at school" in story
    lines = (
        ("ada", "!concern he was not at school for three weeks kind: fact domain: school"),
        ("ada", "!request health was he seen in October? because: the safety plan"),
        ("finn", "!refuse R-1 he asked that nobody hears of it ground: professional secrecy"),
        ("ada", "!action visit him at home for: school by: in 3 days"),
        ("hugo", "!accept A-1"),
        ("ada", "!decide we meet his mother first because: she asked for help"),
        ("hugo", "!status"),
    )
    for who, line in lines:
        said = await table.say(who, line, room=room)
        assert said, line
        assert {first_line(s) for s in said if not s.file} == {MARK}, line


async def test_practice_starts_with_the_other_word_and_with_ones_own_story(table: Conference) -> None:
    line = "!practice start why: a made-up girl goal: she sleeps again agencies: police, health"
    room = await practise(table, line)
    case = await table.case(room)
    assert (case.opened_because, case.goal, case.seats) == ("a made-up girl", "she sleeps again", ("police", "health"))
    brief = await table.answer("ada", "!brief", room=room)
    assert ("boxing" in brief, "Please name nobody who is" in brief) == (False, True)


async def test_a_cohort_practises_in_mixed_company(table: Conference) -> None:
    for name in ("Ada Jansen", "Finn de Boer", "Bram Visser"):
        await table.say("kees", f"!training {name} cohort Spring", room="admin")
    room = await practise(table, "!practice open cohort: spring")
    case = await table.case(room)
    # Bram is a manager: managers sit at no table.
    assert {m.user_id for m in case.present} == {user(k) for k in ("cleo", "ada", "finn")}
    refused = await table.answer("cleo", "!practice open cohort: autumn", room="coordination")
    assert "Nobody who can come learns with the cohort autumn. Those on file: Spring." in refused


async def test_a_real_case_bears_no_mark_and_cannot_become_practice(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "!concern CANARY seen kind: fact", room=room)
    assert not is_practice(await table.case(room))
    assert not any(MARK in s for s in (*table.heard, *said))


async def test_papers_pictures_and_the_pinned_card_bear_the_mark(table: Conference) -> None:
    room = await practise(table)
    await table.say("cleo", "!roundtable today 11:00", room=room)
    await table.say("cleo", "!roundtable start M-1", room=room)
    for who in ("cleo", "ada", "finn", "hugo"):
        await table.say(who, "!confirm", room=room)
    await table.say("cleo", "note: he is at boxing on Thursdays", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    minutes = next(data for name, data in table.files(room).items() if name.endswith(".md"))
    assert minutes.decode().splitlines()[0] == f"# {MARK} · Minutes of round table M-1"
    await table.sweeps.run()
    await table.deliver()
    assert table.cards
    assert {first_line(card) for card in table.cards if card.channel == room} == {MARK}


@pytest.mark.scenario
async def test_at_the_end_the_room_reads_what_was_tried_and_the_case_goes(table: Conference) -> None:
    room = await practise(table)
    ref = room.partition(":")[2]
    await table.say("ada", "!concern CANARY-PRACTICE kind: fact", room=room)
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    assert ref in await table.answer("cleo", "!case list", room="coordination")
    said = await table.say("cleo", f"!practice end {ref}", room="coordination")
    there = next(s for s in said if s.channel == room)
    assert first_line(there) == MARK
    assert "tried: !concern, !request" in there
    assert "not yet: !decide" in there
    assert ref not in await table.answer("cleo", "!case list", room="coordination")
    table.later(hours=1, minutes=15)
    await table.sweeps.run()
    await table.deliver()
    assert {who for where, who in table.removed if where == room} == {
        user(k) for k in ("cleo", "ada", "finn", "gina", "hugo")
    }
    with table.store.look() as find:
        assert find.case(ref) is None
        assert find.is_taken(ref)
        assert not find.audience(room)
    assert not table.store.ring.knows(ref)


async def test_a_real_case_does_not_end_so_and_a_practice_ends_once(table: Conference) -> None:
    room = await table.open_case()
    refused = await table.answer("cleo", f"!practice end {room.partition(':')[2]}", room="coordination")
    assert "is no practice" in refused
    practised = (await practise(table)).partition(":")[2]
    await table.say("cleo", f"!practice end {practised}", room="coordination")
    assert "has ended already" in await table.answer("cleo", f"!practice end {practised}", room="coordination")
    table.later(hours=2)
    await table.sweeps.run()
    await table.deliver()
    assert (await table.case(room)).present


async def test_what_is_practised_reaches_nobody_outside_its_room(table: Conference) -> None:
    ladder = (Rung("professionals", Clock(2)), Rung("managers", Clock(5)))
    scheme = replace(STRICT, ladder=ladder, duty=(user("iris"),))
    table = Conference(table.store, replace(table.house, schemes={"safety table": scheme}), _ids=table._ids)
    room = await practise(table)
    ref = room.partition(":")[2]
    for who, line in (
        ("ada", "!action visit CANARY-PRACTICE for: school by: in 3 days"),
        ("hugo", "!accept A-1"),
        ("ada", "!decide CANARY-PRACTICE stays because: it is safe"),
        ("finn", "!dissent D-1 it is not"),
        ("finn", "!escalate D-1 because: CANARY-PRACTICE"),
        ("ada", "!urgent CANARY-PRACTICE is on the roof"),
    ):
        await table.say(who, line, room=room)
    for _ in range(40):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    inside = {room, "agency:school", "agency:health", "agency:police"}
    inside |= {f"direct:{user(k)}" for k in ("cleo", "ada", "finn", "gina", "hugo")}
    elsewhere = [s for s in table.heard if s.channel not in inside and s.channel != "coordination"]
    assert not any(ref in s or "CANARY" in s for s in elsewhere), [s.text for s in elsewhere]
    # The coordinators opened it, and heard nothing of it since: no radar, no manager who is missing, no count.
    assert sum(ref in s for s in table.heard if s.channel == "coordination") == 1
    assert not any("late" in s for s in table.heard if s.channel == "coordination")
    assert not any(s.channel == f"direct:{user('iris')}" for s in table.heard)
    assert {first_line(s) for s in table.heard if (ref in s or "CANARY" in s) and not s.file} == {MARK}


async def test_a_reminder_of_what_is_practised_holds_no_real_one_up(table: Conference) -> None:
    practised = await practise(table)
    live = await table.open_case()
    for room in (practised, live):
        await table.say("ada", "!action visit the family for: school by: thu", room=room)
        await table.say("hugo", "!accept A-1", room=room)
    table.later(hours=26)
    await table.sweeps.run()
    reminded = await table.deliver()
    assert {s.channel for s in reminded if user("hugo") in s.mentions and "A-1" in s} >= {live}
    said = await table.answer("hugo", "!mine", room=f"direct:{user('hugo')}")
    marked = next(line for line in said.text.splitlines() if practised.partition(":")[2] in line)
    assert MARK in marked
    real = next(line for line in said.text.splitlines() if live.partition(":")[2] in line)
    assert MARK not in real


async def test_marks_of_a_practised_meeting_are_in_no_mean(table: Conference) -> None:
    room = await practise(table, "!practice open")
    await table.say("cleo", "!roundtable today 11:00", room=room)
    await table.say("cleo", "!roundtable start M-1", room=room)
    people = ("cleo", "ada", "finn", "hugo", "iris")
    for who in people:
        await table.say(who, "!confirm", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    for who in people:
        await table.say(who, "!audit M-1 4 4 4 4", room=room)
    said = await table.answer("cleo", "!audit figures", room="coordination")
    assert "4.0" not in said


async def test_which_practice_ends_is_asked_where_there_are_several(table: Conference) -> None:
    assert "No practice room is open" in await table.answer("cleo", "!practice end", room="coordination")
    refs = {(await practise(table)).partition(":")[2] for _ in range(2)}
    asked = await table.answer("cleo", "!practice end", room="coordination")
    assert all(ref in asked for ref in refs)
    assert "Nothing was changed." in asked


async def test_the_rooms_name_and_the_calendar_say_that_it_is_practice(table: Conference) -> None:
    live, practised = await table.open_case(), await practise(table)
    with table.store.look() as find:
        ref = practised.partition(":")[2]
        assert name_of(find, practised, "en") == f"{ref} · practice"
        assert name_of(find, practised, "nl") == f"{ref} · oefening"
        assert name_of(find, live, "en") == live.partition(":")[2]
    for room in (live, practised):
        await table.say("ada", "!roundtable tomorrow 10:00", room=room)
    calendars = {room: table.files(room)[f"{room.partition(':')[2]}-M-1.ics"].decode() for room in (live, practised)}
    assert f"SUMMARY:Practice: Round table {ref}" in calendars[practised]
    assert "Practice" not in calendars[live]


async def test_no_figure_and_no_return_counts_what_is_practised(table: Conference) -> None:
    async def figures() -> list[str]:
        said = await table.say("cleo", "!figures", room="coordination")
        return [s.text for s in said if not s.file]

    before = await figures()
    room = await practise(table)
    for who, line in (
        ("ada", "!concern CANARY-PRACTICE kind: fact domain: school"),
        ("ada", "!request health was he seen? because: CANARY-PRACTICE"),
        ("finn", "!refuse R-1 CANARY-PRACTICE ground: professional secrecy"),
        ("ada", "!action visit CANARY-PRACTICE for: school by: fri"),
        ("hugo", "!accept A-1"),
        ("hugo", "!done A-1 CANARY-PRACTICE"),
    ):
        await table.say(who, line, room=room)
    assert await figures() == before
    assert before
