"""What can go to the second case, with what, and what stays."""

import pytest

from commands.concern.rules import Concern
from commands.disclosure.rules import Disclosure
from tests.commands.separation.test_commands import invited, ref_of, separate, words_of
from tests.room import Conference, user


async def test_what_hangs_together_is_not_torn_apart(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern he sleeps badly kind: fact", room=room)
    await table.say("dirk", "!concern as c-1 says, he is tired kind: fact", room=room)
    await table.say("dirk", "!concern the other one is fine kind: fact", room=room)
    other = await separate(table, room)
    refused = await table.answer("cleo", "!allocate C-1 there", room=room)
    assert "belongs together with C-2" in refused
    assert "!allocate C-1, C-2 there" in refused
    assert not [r for r in (await table.case(other)).records() if r.id[0] == "C"]
    await table.say("cleo", "!allocate C-3 there", room=room)
    await table.say("cleo", "yes", room=room, replies_to=refused)
    there = {r.id: r.about for r in (await table.case(other)).records() if r.id[0] == "C"}  # type: ignore[attr-defined]
    # Under its number there.
    assert there == {
        "C-1": "the other one is fine",
        "C-2": "he sleeps badly",
        "C-3": "as C-2 says, he is tired",
    }


async def test_a_question_goes_with_its_answers_and_with_what_was_disclosed_of_it(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request police any calls? because: the plan", room=room)
    await table.say("ada", "!answer R-1 CANARY-CALLS use: scheme", room="agency:police")
    await table.say("dirk", "!disclose R-1 to: youth because: they plan with us", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate R-1 there", room=room)
    await table.say("ada", "!accept K-1", room="agency:police")
    case = await table.case(other)
    assert {r.id for r in case.records() if r.id[0] in "RL"} == {"R-1", "R-1/1", "L-1"}
    assert [one.about for one in case.all(Disclosure)] == ["R-1"]
    assert "CANARY-CALLS" not in await words_of(table, room)
    assert "nothing yet" in (await table.answer("ada", "!disclosures", room=room)).text.lower()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!request police any calls? because: the plan", "!drop R-1 because: WHY"),
        ("!decide one calls him because: five made him hide", "Settle it first"),
        ("!refer youth somebody to talk to because: he is alone", "Settle it first"),
        ("!assess start", "Settle it first"),
    ],
)
async def test_what_somebodys_answer_is_waited_for_is_settled_first(table: Conference, line: str, said: str) -> None:
    room = await table.open_case()
    await table.say("dirk", line, room=room)
    other = await separate(table, room)
    before = (await table.case(other)).steps[-1].number
    (left,) = [w for w in ("R-1", "D-1", "X-1", "S-1") if w in await table.answer("cleo", "!allocate", room=room)]
    assert said in await table.answer("cleo", f"!allocate {left} there", room=room)
    assert (await table.case(other)).steps[-1].number == before
    assert "stays here" in await table.answer("cleo", f"!allocate {left} here", room=room)


@pytest.mark.parametrize("dash", ["-", "\u2011", "\u2013"])
async def test_a_record_that_is_named_as_cards_show_it_hangs_together_too(table: Conference, dash: str) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern he is out at night kind: fact", room=room)
    await table.say("dirk", "!concern his sister stays at home kind: fact", room=room)
    await table.say("dirk", f"!concern she is afraid, as C{dash}2 says kind: fact", room=room)
    other = await separate(table, room)
    said = await table.answer("cleo", "!allocate C-3 there", room=room)
    assert "belongs together" in said
    await table.answer("cleo", "yes", room=room, replies_to=said)
    # It has another number there.
    assert [r.about for r in (await table.case(other)).all(Concern)][-1] == "she is afraid, as C-1 says"


async def test_an_action_that_is_still_to_be_done_is_taken_on_anew_there(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit him for: police by: fri 15:00", room=room)
    await table.say("ada", "!accept A-1", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate A-1 there", room=room)
    # It is theirs: they agree, and then owe nothing in a case at which they have no seat.
    await table.say("ada", "!accept K-1", room="agency:police")
    since = len(table.heard)
    for _ in range(12):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    told = [s for s in table.heard[since:] if ref_of(other) in s.text and s.channel != other]
    assert [s.channel for s in told if "police" in s.channel or "ada" in s.channel or "bram" in s.channel] == []
    assert "Social services" in (await table.answer("cleo", "!next", room=other)).text


async def test_what_names_the_first_case_is_worded_anew_before_it_goes(table: Conference) -> None:
    room = await table.open_case()
    here = ref_of(room)
    await table.say("dirk", f"!concern as we wrote in {here.lower()} he steals kind: fact", room=room)
    other = await separate(table, room)
    assert "!correct C-1" in await table.answer("cleo", "!allocate C-1 both", room=room)
    assert here.lower() not in (await words_of(table, other)).lower()
    await table.say("dirk", "!correct C-1 he steals", room=room)
    await table.say("cleo", "!allocate C-1 both", room=room)
    assert here.lower() not in (await words_of(table, other)).lower()


async def test_who_does_not_read_it_here_does_not_get_it_there(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern CANARY-PAST kind: fact", room=room)
    await table.say("cleo", f"!case release {ref_of(room)} Dirk Smit because: x", room="coordination")
    await table.say("cleo", f"!case invite {ref_of(room)} Dirk Smit because: x", room="coordination")
    await table.comings.joined(f"!{room}:example.org", (user("dirk"),), "again")
    await table.say("cleo", f"!case director {ref_of(room)} Dirk Smit because: x", room="coordination")
    assert "!brief Dirk Smit" in await table.answer("cleo", "!separate because: two", room=room)
    await table.say("ada", "!brief Dirk Smit", room=room)
    other = await separate(table, room)
    assert invited(table, other) == (user("dirk"), user("cleo"))


async def test_who_came_late_does_not_allocate_what_they_cannot_read(table: Conference) -> None:
    room = await table.open_case(agencies="social, health")
    await table.say("dirk", "!concern CANARY-PAST kind: fact", room=room)
    await table.say("cleo", f"!case invite {ref_of(room)} Ada Jansen because: x", room="coordination")
    await table.comings.joined(f"!{room}:example.org", (user("ada"),), "late")
    await table.say("cleo", "!roundtable tomorrow 10:00 chair: Ada Jansen", room=room)
    other = await separate(table, room, who="ada")
    refused = await table.answer("ada", "!allocate C-1 both", room=room)
    assert "before you were invited" in refused
    assert "CANARY" not in await words_of(table, other)


async def test_minutes_and_what_has_no_number_stay(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    said = await table.say("cleo", "!separate because: two brothers", room=room)
    assert "can’t be split: M-1" in next(s for s in said if s.channel == room)
    assert "can’t be split" in await table.answer("cleo", "!allocate M-1 there", room=room)
