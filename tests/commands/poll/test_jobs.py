"""What everybody in a case's room is asked can be answered by a tap; a vote is a command like any other."""

from dataclasses import replace

import pytest

from cases.scheme import Scheme
from commands.action.rules import Action, State
from commands.concern.rules import Concern
from commands.poll.jobs import keep_polls
from storage import rooms
from tests.room import Conference, Said, user


@pytest.fixture
async def tapping(table: Conference) -> Conference:
    """The same conference, in a scheme with polls."""
    return Conference(table.store, replace(table.house, schemes={"safety table": Scheme(polls=True)}))


async def ask(table: Conference) -> list[Said]:
    """The polls that come now."""
    before = len(table.polls)
    keep_polls(table.sweeps.begin())
    assert await table.deliver() == []
    return [poll for poll, _ in table.polls[before:]]


async def test_who_comes_is_asked_until_everybody_has_answered(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    assert await ask(table) == []
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (poll,) = await ask(table)
    assert poll.text == "M-1, Thu 5 Nov 2026, 15:00 Europe/Amsterdam: do you come?"
    assert set(poll.mentions) == {user(who) for who in ("ada", "finn", "gina")} | set(poll.mentions)
    assert await ask(table) == []
    (card,) = await table.tap("ada", poll, "I come")
    assert (card.channel, card.subject) == (room, "M-1")
    assert (await table.outcomes())[-1] == ("attend", "done")
    for who in ("finn", "gina", "cleo", "dirk"):
        await table.say(who, "!attend M-1", room=room)
    await ask(table)
    assert table.retracted == [(room, poll.event_id)]


async def test_the_last_vote_counts(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("cleo", "!roundtable plan thu 10:00 | fri 14:00", room=room)
    first, second = await ask(table)
    assert first.text == "M-1: can you come on Thu 5 Nov 2026, 10:00 Europe/Amsterdam?"
    await table.tap("ada", first, "Yes")
    await table.tap("ada", first, "No")
    (card,) = await table.tap("ada", second, "If need be")
    assert "Ada" in card.text or "Police" in card.text
    assert [outcome for outcome in await table.outcomes() if outcome[0] == "available"] == [("available", "done")] * 3
    await table.say("cleo", "!roundtable fix M-1 2", room=room)
    (attend,) = await ask(table)
    assert "do you come?" in attend.text
    assert table.retracted == [(room, first.event_id), (room, second.event_id)]


async def test_who_confirms_and_who_only_listens(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("cleo", "!roundtable start M-1", room=room)
    poll = next(poll for poll in await ask(table) if "Do you confirm?" in poll.text)
    assert await table.tap("gina", poll, "Not yet: I listen") == []
    # The poll shows it; a card comes once that makes a quorum, and once all have.
    assert await table.tap("ada", poll, "I confirm") == []
    assert (await table.outcomes())[-1] == ("confirm", "done")
    (card,) = await table.tap("finn", poll, "I confirm")
    assert "confirmed: " in card.text
    assert "Ada Jansen" in card.text


async def test_a_vote_that_needs_words_is_asked_for_them_in_the_direct_chat(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("dirk", "!decide one calls him because: five made him hide review: in 4 weeks", room=room)
    (poll,) = await ask(table)
    (asked,) = await table.tap("hugo", poll, "We dissent, and say why")
    assert asked.channel == f"direct:{user('hugo')}"
    assert "!dissent D-1" in asked.text
    assert len(await table.say("hugo", "!dissent D-1 the school must reach his mother", room=room)) == 1
    (agreed,) = await table.tap("ada", poll, "We agree")
    assert agreed.channel == room


async def test_who_may_not_answer_is_told_so_in_the_direct_chat(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police")
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (poll,) = await ask(table)
    (told,) = await table.tap("hugo", poll, "I come")
    assert told.channel == f"direct:{user('hugo')}"
    assert (await table.outcomes())[-1] == ("attend", "dispatch/not_a_member")


async def test_a_vote_after_the_question_is_over_changes_nothing(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (poll,) = await ask(table)
    await table.say("cleo", "!roundtable cancel M-1 because: half are ill", room=room)
    await ask(table)
    assert table.retracted == [(room, poll.event_id)]
    (told,) = await table.tap("ada", poll, "I come")
    assert told.channel == f"direct:{user('ada')}"
    assert (await table.outcomes())[-1][1] == "poll/over"


async def test_a_tap_that_comes_after_all_have_answered_changes_no_position(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("dirk", "!decide one calls him because: five made him hide review: in 4 weeks", room=room)
    (poll,) = await ask(table)
    for who in ("finn", "hugo", "iris"):
        await table.tap(who, poll, "We agree")
    await table.say("ada", "!dissent D-1 he hides from one, too", room=room)
    assert await ask(table) == []
    (told,) = await table.tap("ada", poll, "We agree")
    assert (told.channel, "settled" in told.text) == (f"direct:{user('ada')}", True)
    assert (await table.outcomes())[-1] == ("unknown", "poll/over")


async def test_a_scheme_that_turns_them_off_has_those_removed_that_stand(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case()
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (poll,) = await ask(table)
    off = Conference(table.store, replace(table.house, schemes={"safety table": Scheme()}))
    off.now = table.now
    assert await ask(off) == []
    assert off.retracted == [(room, poll.event_id)]


async def test_a_scheme_without_polls_has_none(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    assert await ask(table) == []


async def propose(table: Conference, room: str) -> Said:
    """An action that health is asked to take on; the poll that comes of it."""
    await table.say("ada", "!action see him at the clinic for: health by: fri 15:00", room=room)
    (poll,) = await ask(table)
    assert poll.channel == "agency:health"
    return poll


async def test_an_agency_is_asked_in_its_own_room_whether_it_takes_an_action_on(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    poll = await propose(table, room)
    ref = room.partition(":")[2]
    assert poll.text.startswith(f"{ref}, A-1: see him at the clinic (due Fri 6 Nov 2026, 15:00")
    # Who was asked at the table is rung once: here.
    assert set(poll.mentions) == {user("finn"), user("gina")}
    assert [s.mentions for s in table.heard if s.subject == "A-1" and s.channel == room] == [()]
    said = await table.tap("finn", poll, "We take it on")
    assert [(s.channel, "Health service accepts" in s.text) for s in said] == [(room, True), ("agency:health", True)]
    await ask(table)
    assert table.retracted == [("agency:health", poll.event_id)]


async def test_a_typed_answer_at_the_table_settles_it_in_the_agencys_room_too(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    poll = await propose(table, room)
    said = await table.say("gina", "!accept A-1", room=room)
    assert {s.channel for s in said} == {room, "agency:health"}
    await ask(table)
    assert table.retracted == [("agency:health", poll.event_id)]


async def test_another_agency_accepts_nothing_by_tap(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    poll = await propose(table, room)
    (told,) = await table.tap("ada", poll, "We take it on")
    assert told.channel == f"direct:{user('ada')}"
    assert (await table.case(room)).all(Action)[0].accepted_by == ()


async def test_what_an_agency_declines_counts_once_it_says_why(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    poll = await propose(table, room)
    (asked,) = await table.tap("finn", poll, "We can’t, and say why")
    assert asked.channel == f"direct:{user('finn')}"
    assert (await table.case(room)).all(Action)[0].state is State.PROPOSED
    said = await table.say("finn", "he is not our patient", room=asked.channel, replies_to=asked)
    assert any(s.channel == room and "he is not our patient" in s for s in said)
    assert (await table.case(room)).all(Action)[0].remark == "he is not our patient"


async def test_before_a_table_an_agency_says_how_its_action_stands(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await propose(table, room)
    await table.say("finn", "!accept A-1", room=room)
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (attend,) = await ask(table)
    assert attend.channel == room
    table.later(days=2)
    (poll,) = await ask(table)
    assert (poll.channel, "How does it stand" in poll.text) == ("agency:health", True)
    said = await table.tap("gina", poll, "It is on its way")
    assert {s.channel for s in said} == {room, "agency:health"}
    assert await ask(table) == []


async def test_who_joins_after_a_poll_is_asked_anew_once_for_all_who_came_together(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (first,) = await ask(table)
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Hugo Peters because: he knows him", room="coordination")
    await table.say("cleo", f"!case invite {ref} Iris Kok because: she does, too", room="coordination")
    table.later(minutes=1)
    for who in ("hugo", "iris"):
        await table.comings.joined(f"!{room}:example.org", (user(who),), f"join-{who}")
    await table.deliver()
    assert await ask(table) == []
    table.later(minutes=10)
    (second,) = await ask(table)
    assert second.text == first.text
    assert table.retracted == [(room, first.event_id)]
    table.later(minutes=30)
    assert await ask(table) == []


async def test_a_new_room_has_the_polls_that_stood_in_the_lost_one(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    (first,) = await ask(table)
    with table.store.work("moved", table.now) as work:
        rooms.move(work, room, "!another:example.org")
    (second,) = await ask(table)
    assert (second.text, second.channel) == (first.text, room)
    # What stood in the lost room went with it.
    assert table.retracted == []
    assert await ask(table) == []


async def test_who_raised_a_concern_says_by_tap_whether_it_is_a_fact(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await table.say("ada", "!concern was seen at the station at night", room=room)
    (poll,) = await ask(table)
    assert (poll.channel, "station" in poll.text) == (f"direct:{user('ada')}", False)
    said = await table.tap("ada", poll, "A fact: somebody saw or heard it")
    assert room in {s.channel for s in said}
    assert str((await table.case(room)).all(Concern)[0].kind) == "fact"
    await ask(table)
    assert table.retracted == [(poll.channel, poll.event_id)]


async def test_who_owes_what_is_late_says_by_tap_when_to_hear_of_it_again(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await propose(table, room)
    await table.say("finn", "!accept A-1", room=room)
    table.later(days=7)
    (poll,) = await ask(table)
    assert (poll.channel, poll.mentions) == (f"direct:{user('finn')}", ())
    await table.tap("finn", poll, "In three days")
    assert (await table.outcomes())[-1] == ("snooze", "done")
    assert await ask(table) == []
    assert table.retracted[-1] == (poll.channel, poll.event_id)


async def test_what_may_be_meant_is_asked_by_a_poll_in_the_direct_chat_too(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    card = await table.answer("cleo", "!action call his mother for: police by: fri 15:00", room=room)
    await table.say("ada", "ok", room=room, replies_to=card)
    hint = table.heard[-1]
    (poll, _) = table.polls[-1]
    assert (poll.channel, poll.mentions) == (f"direct:{user('ada')}", (user("ada"),))
    assert "call his mother" not in poll.text
    said = await table.tap("ada", poll, "Yes")
    assert {s.channel for s in said if "accepts" in s} == {room, "agency:police"}
    # What asked is gone, in both rooms; a second tap changes nothing.
    assert set(table.retracted) == {(room, hint.event_id), (poll.channel, poll.event_id)}
    (late,) = await table.tap("ada", poll, "No, it was not meant so")
    assert (late.channel, (await table.outcomes())[-1][1]) == (poll.channel, "poll/over")


async def test_who_did_not_mean_it_says_so_by_tap(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    card = await table.answer("cleo", "!action call his mother for: police by: fri 15:00", room=room)
    await table.say("ada", "ok", room=room, replies_to=card)
    (poll, _) = table.polls[-1]
    (told,) = await table.tap("ada", poll, "No, it was not meant so")
    assert told.channel == poll.channel
    assert (await table.case(room)).all(Action)[0].accepted_by == ()
    assert await table.say("ada", "yes", room=room, replies_to=card) != []
    assert (await table.case(room)).all(Action)[0].accepted_by == ()


async def test_a_vote_that_is_served_again_under_another_name_changes_nothing(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    await table.say("cleo", "!roundtable plan thu 10:00 | fri 14:00", room=room)
    poll, _ = await ask(table)
    vote = replace(
        table.incoming("ada", "available M-1 1 yes", room, "$vote"),
        replies_to=poll.event_id,
        is_vote=True,
        ciphertext=("key", "session", 7),
    )
    await table.dispatcher.handle(vote)
    await table.tap("ada", poll, "No")
    before = await table.outcomes()
    await table.dispatcher.handle(replace(vote, event_id="$again"))
    assert await table.deliver() == []
    assert await table.outcomes() == before


async def test_a_tap_in_a_poll_of_another_room_says_nothing_there(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    poll = await propose(table, room)
    other = await table.open_case(agencies="police, health")
    vote = table.incoming("finn", "accept A-1", other, "$vote")
    await table.dispatcher.handle(replace(vote, replies_to=poll.event_id, is_vote=True))
    await table.deliver()
    assert (await table.case(room)).all(Action)[0].accepted_by == ()


async def test_who_has_left_the_table_is_called_by_no_poll_of_their_agency(tapping: Conference) -> None:
    table = tapping
    room = await table.open_case(agencies="police, health")
    ref = room.partition(":")[2]
    for who in ("Finn de Boer", "Gina Dekker"):
        await table.say("cleo", f"!case release {ref} {who} because: on leave", room="coordination")
    await table.say("ada", "!action see him at the clinic for: health by: fri 15:00", room=room)
    polls = await ask(table)
    # Those who have left the table read nothing more of it, wherever it is said.
    assert [(poll.channel, poll.mentions) for poll in polls] == [("agency:health", ())]
