from dataclasses import replace

import pytest

from cases.scheme import Scheme
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
    assert not any("boxing" in s for s in table.heard)


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
