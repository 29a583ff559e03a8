"""What a message does hangs on what its sender encrypted alone, and happens once, whatever the homeserver says."""

from dataclasses import replace

import pytest

from chat.incoming import Incoming
from commands.action.rules import Action, State
from commands.concern.rules import Concern
from commands.request.rules import Answer
from commands.roundtable.rules import Note, RoundTable
from tests.room import Conference, user

PLACE = ("key of a phone", "session", 7)


async def states(table: Conference, room: str) -> list[State]:
    return [action.state for action in (await table.case(room)).all(Action)]


async def test_the_same_ciphertext_is_one_command_under_whatever_event_id(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he was seen", room=room, event_id="$first", ciphertext=PLACE)
    for event_id, edited in (("$second", None), ("$third", "$anything"), ("$first", "$anything")):
        said = await table.say(
            "ada", "!concern he was seen", room=room, event_id=event_id, replaces=edited, ciphertext=PLACE
        )
        assert said == []
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["he was seen"]
    # What comes next in the session is another message.
    (following,) = await table.say("ada", "!concern he was seen", room=room, ciphertext=(*PLACE[:2], 8))
    assert following.subject == "C-2"


async def test_who_was_released_is_not_let_in_again_by_the_old_invitation(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} Gina Dekker because: another ward", room="coordination")
    invite = f"!case invite {ref} Gina Dekker because: she knows him"
    await table.say("cleo", invite, room="coordination", event_id="$invite", ciphertext=PLACE)
    await table.say("cleo", f"!case release {ref} Gina Dekker because: another ward", room="coordination")
    for event_id, edited in (("$again", None), ("$invite", "$x"), ("$other", "$x")):
        said = await table.say(
            "cleo", invite, room="coordination", event_id=event_id, replaces=edited, ciphertext=PLACE
        )
        assert said == []
    assert not (await table.case(room)).is_member(user("gina"))


async def test_several_lines_of_one_message_are_one_each(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "!roundtable today 15:00", room=room)
    await table.say("hugo", "!roundtable start", room=room)
    before = len((await table.case(room)).all(Note))
    for event_id in ("$notes", "$again"):
        await table.say("hugo", "note: one\nnote: two", room=room, event_id=event_id, ciphertext=PLACE)
    assert [note.text for note in (await table.case(room)).all(Note)[before:]] == ["one", "two"]


async def test_a_line_that_was_refused_is_not_tried_again_under_another_id(table: Conference) -> None:
    room = await table.open_case()
    for event_id, much in (("$first", 1), ("$second", 0)):
        said = await table.say("ada", "!accept A-1", room=room, event_id=event_id, ciphertext=PLACE)
        assert len(said) == much
        await table.say("dirk", "!action visit him for: police by: fri", room=room)


async def test_talk_is_no_command_because_the_server_calls_it_a_reply(table: Conference) -> None:
    room = await table.open_case()
    (card,) = await table.say("dirk", "!action visit him for: police by: fri", room=room)
    await table.say("ada", "!accept A-1", room=room)
    (asked,) = await table.say("ada", "done with my tea", room=room, seems_to_answer=card)
    assert "This looks like an answer to A-1." in asked
    assert "!done A-1 …" in asked
    assert "tea" not in asked
    assert await states(table, room) == [State.ACCEPTED]
    assert await table.say("ada", "thank you all", room=room, seems_to_answer=card) == []
    assert len(await table.say("ada", "done with my tea", room=room, replies_to=card)) == 1
    assert await states(table, room) == [State.DONE]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("accept", "!accept A-1 …"),
        ("accepted", "type the whole command with its id"),
        ("!done he was in", "!done A-1 …"),
        ("!hand youth because: they know him", "!hand A-1 …"),
    ],
)
async def test_a_command_that_lives_by_the_card_is_asked_about(table: Conference, typed: str, line: str) -> None:
    room = await table.open_case()
    (card,) = await table.say("dirk", "!action visit him for: police by: fri", room=room)
    await table.say("dirk", "!action call him for: police by: fri", room=room)
    before = await states(table, room)
    (asked,) = await table.say("ada", typed, room=room, seems_to_answer=card)
    assert line in asked
    assert "in" not in asked.text.split()
    assert await states(table, room) == before
    assert (await table.outcomes())[-1][1] == "dispatch/seems_to_answer"


async def test_a_command_that_is_whole_needs_no_card(table: Conference) -> None:
    room = await table.open_case()
    (card,) = await table.say("dirk", "!action visit him for: police by: fri", room=room)
    await table.say("dirk", "!action call him for: police by: fri", room=room)
    await table.say("ada", "!accept A-2", room=room, seems_to_answer=card)
    assert await states(table, room) == [State.PROPOSED, State.ACCEPTED]
    (said,) = await table.say("ada", "!concern he was seen", room=room, seems_to_answer=card)
    assert said.subject == "C-1"


async def test_a_round_table_is_not_called_off_by_where_the_server_puts_a_reply(table: Conference) -> None:
    room = await table.open_case()
    (card, *_) = await table.say("hugo", "!roundtable thu 10:00", room=room)
    for typed in ("cancel because: half are ill", "!roundtable cancel because: half are ill", "start", "1 yes"):
        (asked,) = await table.say("hugo", typed, room=room, seems_to_answer=card)
        assert "This looks like an answer to M-1." in asked
    assert [m.state.value for m in (await table.case(room)).all(RoundTable)] == ["scheduled"]


async def test_the_server_does_not_choose_the_case_of_an_answer(table: Conference) -> None:
    cards = {}
    for _ in range(2):
        room = await table.open_case()
        asked = await table.say("dirk", "!request health was he seen? because: the plan", room=room)
        cards[room] = next(said for said in asked if said.channel == "agency:health")
    for card in cards.values():
        for typed in ("!answer R-1 twice in May", "answer twice in May", "!nothing R-1"):
            (said,) = await table.say("gina", typed, room="agency:health", seems_to_answer=card)
            assert "May" not in said
            assert "case" in said
    for room in cards:
        assert (await table.case(room)).all(Answer) == []
    first = next(iter(cards))
    await table.say("gina", "answer twice in May", room="agency:health", replies_to=cards[first])
    assert [a.text for a in (await table.case(first)).all(Answer)] == ["twice in May"]


async def test_a_card_of_another_room_is_no_hint(table: Conference) -> None:
    room, other = await table.open_case(), await table.open_case()
    (card,) = await table.say("dirk", "!action visit him for: police by: fri", room=room)
    assert await table.say("ada", "done", room=other, seems_to_answer=card) == []


async def test_an_edit_that_does_not_say_of_what_is_to_be_typed_again(table: Conference) -> None:
    room = await table.open_case()
    edit = replace(table.incoming("ada", "!concern he was seen", room, "$edit"), edits_unknown=True)
    await table.dispatcher.handle(edit)
    (said,) = await table.deliver()
    assert "Please type the whole command again" in said
    assert "seen" not in said
    assert (await table.case(room)).all(Concern) == []
    await table.dispatcher.handle(replace(edit, event_id="$talk", body="he was seen, I mean"))
    assert await table.deliver() == []


@pytest.mark.parametrize("bad", ["$\ud800", "$" + "x" * 20_000, "$a b", "", "digest/K7QF/2026-W46", "$\x00"])
async def test_ids_of_no_form_name_nothing_and_stop_nothing(table: Conference, bad: str) -> None:
    room = await table.open_case()
    room_id = f"!{room}:example.org"
    for number, message in enumerate(
        (
            Incoming("$1", room_id, user("ada"), "!concern one", replies_to=bad),
            Incoming("$2", room_id, user("ada"), "!concern two", seems_to_answer=bad),
            Incoming("$3", room_id, user("ada"), "!concern three", mentions=(bad,)),
        ),
        start=1,
    ):
        await table.dispatcher.handle(message)
        assert len((await table.case(room)).all(Concern)) == number
    await table.dispatcher.handle(Incoming("$4", bad, user("ada"), "!concern four"))
    await table.dispatcher.handle(Incoming("$4", room_id, f"@{bad}", "!concern four"))
    await table.dispatcher.handle(Incoming(bad, room_id, user("ada"), "!status"))
    await table.dispatcher.handle(Incoming("$5", room_id, user("ada"), "!concern five", replaces=bad))
    await table.deleting.deleted(room_id, user("ada"), bad, "deletion")
    assert "four" not in [c.about for c in (await table.case(room)).all(Concern)]


async def test_the_lines_behind_a_refused_edit_are_not_carried_out_under_another_id(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he was seen", room=room, event_id="$first")
    edit = "!concern he was seen\n!concern he drives"
    for event_id, much in (("$edit", 1), ("$again", 0)):
        said = await table.say("ada", edit, room=room, event_id=event_id, replaces="$first", ciphertext=PLACE)
        assert len(said) == much
    assert [c.about for c in (await table.case(room)).all(Concern)] == ["he was seen"]


async def test_what_was_put_aside_stays_so_with_all_its_lines(table: Conference) -> None:
    room = await table.open_case()
    message = replace(table.incoming("ada", "!concern one\n!concern two", room, "$1"), ciphertext=PLACE)
    await table.dispatcher.put_aside(message)
    for event_id in ("$1", "$2"):
        await table.dispatcher.handle(replace(message, event_id=event_id))
    assert await table.deliver() == []
    assert (await table.case(room)).all(Concern) == []


async def test_who_is_trusted_at_last_is_told_to_type_again_what_was_not_answered(table: Conference) -> None:
    room = await table.open_case()
    there = f"!{room}:example.org"
    await table.dispatcher.believed(there, user("ada"), "first")
    await table.dispatcher.turned_away(there, user("ada"), "unsigned_device", "away")
    await table.deliver()
    await table.dispatcher.believed(there, user("dirk"), "another")
    assert await table.deliver() == []
    for cause in ("then", "once more"):
        await table.dispatcher.believed(there, user("ada"), cause)
    (said,) = await table.deliver()
    assert said.text.startswith("I hear you from this device.\nPlease type again what I did not answer before.")
    assert said.mentions == (user("ada"),)
