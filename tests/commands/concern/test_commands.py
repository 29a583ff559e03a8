import pytest

from commands.concern.rules import Basis, Concern, Domain, Urgency
from tests.room import Conference, user


async def test_a_concern_reaches_the_table(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer(
        "ada",
        "!concern not at school for two weeks urgency: soon kind: fact seen: yesterday 12:00 source: his mother "
        "domain: school",
        room=room,
    )
    assert said.text == (
        "C-1 · concern from Ada Jansen (Police) · soon\n"
        "not at school for two weeks\n"
        "Seen: Sun 1 Nov 2026, 12:00 Europe/Amsterdam\n"
        "Source: his mother\n"
        "Domain: school\n"
        "Marked as: fact"
    )
    assert (said.notice, said.mentions, said.subject) == (True, (), "C-1")
    concern = (await table.case(room)).all(Concern)[0]
    assert (concern.kind, concern.domain, concern.urgency) == (Basis.FACT, Domain.SCHOOL, Urgency.SOON)


async def test_an_unmarked_concern_is_asked_for_fact_or_opinion(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!concern not at school", room=room)
    assert said.text == (
        "C-1 · concern from Ada Jansen (Police)\n"
        "not at school\n"
        "Is this a fact or an opinion? Reply:  correct kind: fact"
    )
    await table.answer("ada", "correct kind: fact", room=room, replies_to=said)
    concern = (await table.case(room)).all(Concern)[0]
    assert (concern.about, concern.kind) == ("not at school", Basis.FACT)
    await table.answer("ada", "!undo", room=room)
    assert (await table.case(room)).all(Concern)[0].kind is None


async def test_a_wrong_mark_is_put_right_together_with_the_wording(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", "!concern not at school kind: fact", room=room)
    said = await table.answer("ada", "!correct C-1 seldom at school kind: opinion", room=room)
    assert said.text.splitlines()[1:] == ["seldom at school", "Marked as: opinion"]
    concern = (await table.case(room)).all(Concern)[0]
    assert (concern.about, concern.kind) == ("seldom at school", Basis.OPINION)


@pytest.mark.parametrize(
    ("typed", "code"), [("!correct A-1 kind: fact", "correct/only_concerns"), ("!correct A-1", "reading/missing")]
)
async def test_a_correction_says_what_shall_change(table: Conference, typed: str, code: str) -> None:
    room = await table.open_case()
    await table.answer("ada", "!action visit him for: police by: fri", room=room)
    said = await table.answer("ada", typed, room=room)
    assert "!correct A-1 TEXT" in said
    assert (await table.outcomes())[-1] == ("correct", code)
    assert "correct" not in [step.verb for step in (await table.case(room)).steps]


async def test_an_empty_concern_is_refused(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!concern kind: fact", room=room)
    assert said.text.startswith("Almost: ")
    assert (await table.case(room)).all(Concern) == []
    assert (await table.outcomes())[-1] == ("concern", "reading/missing")


@pytest.mark.parametrize(
    "text",
    [
        "he said <script>alert(1)</script> & left",
        "הוא לא בא לבית הספר",
        "👩‍👧 came together 🙂",
        'he didn\'t come home, "again"',
    ],
)
async def test_whatever_people_type_is_shown_as_text(table: Conference, text: str) -> None:
    room = await table.open_case()
    said = await table.answer("ada", f"!concern {text} kind: opinion", room=room)
    assert said.text.splitlines()[1] == text
    assert (await table.case(room)).all(Concern)[0].about == text


async def test_64_kib_of_text_are_refused_and_not_repeated(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!concern " + "x" * 65_536, room=room)
    assert len(said.text) < 500
    assert (await table.case(room)).all(Concern) == []
    assert (await table.outcomes())[-1] == ("concern", "reading/too_long")


async def test_what_is_urgent_calls_the_table_at_any_hour_and_nothing_else_does(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    table.later(hours=13)
    said = await table.answer("ada", "!concern he is on the bridge kind: fact urgency: urgent", room=room)
    assert (set(said.mentions), said.notice) == ({user("cleo"), user("finn"), user("gina")}, False)
    assert "· urgent\n" in said
    said = await table.answer("ada", "!concern he is tired kind: fact urgency: soon", room=room)
    assert (said.mentions, said.notice) == ((), True)
