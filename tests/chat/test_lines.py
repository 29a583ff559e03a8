import pytest

from cases.errors import Refusal
from chat.lines import MOST_LINES, note_line, split
from chat.reading import prefixed
from commands import registry_of_all
from commands.action.rules import Action
from commands.action.rules import State as ActionState
from commands.concern.rules import Concern
from commands.request.rules import Answer, Request, State
from commands.roundtable.rules import Note
from tests.room import Conference, Said, user

REGISTRY = registry_of_all()


def commands(text: str, *, notes: bool = False) -> list[str]:
    return split(text, prefixed, REGISTRY.begins, notes=notes)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("concern he was seen", ["concern he was seen"]),
        ("concern a\n!concern b", ["concern a", "concern b"]),
        ("concern a\nmore of it\n\n!concern b\n\nand more", ["concern a\nmore of it", "concern b\n\nand more"]),
        ("concern a\n  /concern b\n\uff01concern c", ["concern a", "concern b", "concern c"]),
        ("concern a\n\u200f!concern b", ["concern a", "concern b"]),
        ("done A-1 x\n!doen A-2 y", ["done A-1 x", "doen A-2 y"]),
        ("answer R-1 no\n!antwoord R-2 yes", ["answer R-1 no", "antwoord R-2 yes"]),
        ("concern a\n!case", ["concern a", "case"]),
        ("concern a\n!done: it was", ["concern a", "done: it was"]),
    ],
)
def test_each_line_with_a_prefix_is_a_command_of_its_own(typed: str, found: list[str]) -> None:
    assert commands(typed) == found


@pytest.mark.parametrize(
    "line",
    [
        "!!! urgent",
        "! he said",
        "!important: he was hurt",
        "/home is where he wants to be",
        "/and so on",
        "> !done A-2 y",
        "- 3 !done",
        "he said !done",
        "/ 2",
        "done A-2 y",
        "note: he came",
    ],
)
def test_what_is_no_command_word_stays_text(line: str) -> None:
    assert commands(f"concern a\n{line}") == [f"concern a\n{line}"]


def test_code_is_no_command_and_a_fence_that_is_never_closed_hides_none() -> None:
    assert commands("concern a\n```\n!done A-2 y\n```\n!concern b") == ["concern a\n```\n!done A-2 y\n```", "concern b"]
    assert commands("concern a\n```\n!done A-2 y") == ["concern a\n```", "done A-2 y"]


def test_lines_of_a_chair_mix_with_commands() -> None:
    typed = "note: a\nmore\n!done A-1 x\n  Note : b\n!concern c"
    assert commands(typed, notes=True) == ["note: a\nmore", "done A-1 x", "note: b", "concern c"]
    assert note_line("note he came") is None
    assert note_line("concern: he came") is None
    taken_down = ["note", "view", "worried", "working", "needed", "credit", "action", "decision", "apologies"]
    assert [note_line(f"{word}: x") for word in taken_down] == [f"{word}: x" for word in taken_down]
    assert sorted(REGISTRY.lines()) == sorted(taken_down)


@pytest.mark.parametrize("line", ["!concern x", "!xyzzy", "note: x"])
def test_more_commands_than_are_taken_at_once_are_refused(line: str) -> None:
    commands("\n".join(["note: x", *[line] * (MOST_LINES - 1)]), notes=True)
    with pytest.raises(Refusal) as refusal:
        commands("\n".join(["note: x", *[line] * MOST_LINES]), notes=True)
    assert refusal.value.code == "dispatch/too_many"


# At the table


async def asked(table: Conference) -> str:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    await table.say("ada", "!request health is he treated? because: the plan see: police", room=room)
    return room


async def proposed(table: Conference) -> str:
    room = await table.open_case()
    for what in ("visit him", "call the school"):
        await table.say("ada", f"!action {what} for: police by: fri", room=room)
    return room


def told(said: list[Said], channel: str) -> str:
    return "\n".join(s.text for s in said if s.channel == channel)


async def test_an_answer_for_few_is_not_published_with_one_for_all(table: Conference) -> None:
    room = await asked(table)
    said = await table.say("finn", "!answer R-1 no\n!answer R-2 yes, at the clinic", room="agency:health")
    assert "clinic" not in told(said, room)
    assert "clinic" in told(said, "agency:police")
    case = await table.case(room)
    assert [(a.request, a.text) for a in case.all(Answer)] == [("R-1", "no"), ("R-2", "yes, at the clinic")]


async def test_in_the_case_room_only_the_answer_for_all_is_taken(table: Conference) -> None:
    room = await asked(table)
    first, second = await table.say("finn", "!answer R-1 no\n!answer R-2 yes, at the clinic", room=room)
    assert "R-1" in first
    assert "Please answer it in your agency's own room" in second
    assert [r.state for r in (await table.case(room)).all(Request)] == [State.ANSWERED, State.OPEN]


async def test_each_command_has_its_own_effect_and_answer(table: Conference) -> None:
    room = await proposed(table)
    said = await table.say("ada", "!done A-1 he was in\nand well\n!done A-2 she was out", room=room)
    assert [s.subject for s in said] == ["A-1", "A-2"]
    case = await table.case(room)
    assert [a.state for a in case.all(Action)] == [ActionState.DONE] * 2
    assert "and well" in said[0].text
    assert "she was out" not in said[0].text
    said = await table.say("ada", "!concern a\n!concern b", room=room)
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["a", "b"]


async def test_a_mention_of_the_bot_begins_a_line_as_a_prefix_does(table: Conference) -> None:
    room = await table.open_case()
    text = (
        "@roundtable concern a\n@roundtable: concern b\n@roundtable is at three\n@finn concern c\nRoundtable: next week"
    )
    await table.say("ada", text, room=room)
    assert [c.about for c in (await table.case(room)).all(Concern)] == [
        "a",
        "b\n@roundtable is at three\n@finn concern c\nRoundtable: next week",
    ]


async def test_in_reply_to_a_card_too(table: Conference) -> None:
    room = await proposed(table)
    card = next(s for s in reversed(table.heard) if s.subject == "A-1")
    said = await table.say("ada", "!done he was in\n!done A-2 she was out", room=room, replies_to=card)
    assert [s.subject for s in said] == ["A-1", "A-2"]


async def test_a_command_that_is_refused_holds_up_no_other(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "!concern a\n!concren b\n!concern c", room=room)
    assert "I don't know that word. Did you mean  !concern" in said[1].text
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["a", "c"]


async def test_an_edit_of_several_commands_carries_none_out_twice(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern a\n!concern b", room=room, event_id="$first")
    for _ in range(2):
        await table.say("ada", "!concern a\n!concern c", room=room, event_id="$edit", replaces="$first")
    await table.say("ada", "!concern a\n!concern b", room=room, event_id="$first")
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["a", "b"]
    assert [outcome for _, outcome in await table.outcomes()].count("dispatch/edited") == 1


@pytest.mark.parametrize("line", ["note: x", "!concern x", "!note: x"])
async def test_thousands_of_lines_have_one_answer_and_no_effect(table: Conference, line: str) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable mon 11:00", room=room)
    await table.say("ada", "!roundtable start", room=room)
    before = await table.outcomes()
    said = await table.answer("ada", "\n".join([line] * 6800), room=room)
    assert said.text.startswith("That is more than I take in one message: at most 30 commands")
    assert len(await table.outcomes()) == len(before) + 1
    assert (await table.outcomes())[-1] == ("unknown", "dispatch/too_many")
    case = await table.case(room)
    assert (case.all(Note), case.all(Concern)) == ([], [])


async def test_thirty_lines_are_taken(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("ada", "\n".join(f"!concern number {n}" for n in range(MOST_LINES)), room=room)
    assert len(said) == len((await table.case(room)).all(Concern)) == MOST_LINES


async def test_a_strangers_lines_have_one_answer(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("bram", "!concern a\n!concern b\n!status", room=room)
    assert said.text.startswith("You are not on the list of this room")


async def test_a_note_in_a_concern_is_text_until_a_round_table_is_held(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", "!concern he was out\nnote: second time", room=room)
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["he was out\nnote: second time"]
    await table.say("ada", "!roundtable mon 11:00", room=room)
    await table.say("ada", "!roundtable start", room=room)
    await table.say("ada", "!concern he is ill\nnote: he comes on Friday\n!next", room=room)
    case = await table.case(room)
    assert [c.about for c in case.all(Concern)][1:] == ["he is ill"]
    assert [n.text for n in case.all(Note)] == ["he comes on Friday"]


async def test_a_message_longer_than_any_event_is_not_read(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", f"!concern {'x' * 100_000}", room=room)
    assert said.text.startswith("That message is too long: 100009 characters, at most 100000 fit.")
    assert user("ada") not in said.text
