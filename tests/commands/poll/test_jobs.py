"""What everybody in a case's room is asked can be answered by a tap; a vote is a command like any other."""

from dataclasses import replace

import pytest

from cases.scheme import Scheme
from commands.poll.jobs import keep_polls
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
    (card,) = await table.tap("ada", poll, "I confirm")
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
