"""The pinned card: one a case room, edited in place when something of it changes, fresh for whoever joined."""

from commands.card.jobs import post_card
from tests.room import Conference, user


async def look(table: Conference) -> list[str]:
    """What is pinned or edited now; the harness keeps it apart from what is said."""
    before = len(table.cards)
    post_card(table.sweeps.begin())
    assert await table.deliver() == []
    return [card.text for card in table.cards[before:]]


async def test_the_card_says_where_the_case_stands(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan by: fri 12:00", room=room)
    await table.say("ada", "!action visit the family for: social by: wed 12:00", room=room)
    await table.say("cleo", "!roundtable thu 15:00", room=room)
    table.later(days=2, hours=3)
    (card,) = await look(table)
    ref = room.partition(":")[2]
    assert card == (
        f"{ref} · where the case stands\n"
        "a safe routine again\n"
        "Phase: gather\n"
        "Whose move: Police, Social services, Health service, School, Youth work\n"
        "Late:\n"
        "Social services: accept or decline A-1 · was due Wed 4 Nov 2026\n"
        "Next:\n"
        "Health service: answer R-1 · due Fri 6 Nov 2026\n"
        "Next round table: M-1, Thu 5 Nov 2026, 15:00 Europe/Amsterdam\n"
        "Next review: Mon 30 Nov 2026\n"
        "All of it:  !status"
    )
    assert table.cards[-1].notice
    assert table.cards[-1].mentions == ()


async def test_it_is_edited_when_something_of_it_changes_and_at_most_every_ten_minutes(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern out at night kind: fact", room=room)
    assert len(await look(table)) == 1
    assert await look(table) == []
    table.later(minutes=11)
    await table.say("ada", "!concern he sleeps badly kind: fact", room=room)
    assert await look(table) == []
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    (edited,) = await look(table)
    assert "Health service: answer R-1" in edited
    await table.say("finn", "!answer R-1 yes", room="agency:health")
    assert await look(table) == []
    table.later(minutes=10)
    (edited,) = await look(table)
    assert "R-1" not in edited
    assert table.retracted == []


async def test_what_changes_too_soon_stands_on_it_with_the_next_quarter_of_an_hour(table: Conference) -> None:
    room = await table.open_case()
    await table.sweeps.run()
    await table.deliver()
    table.later(minutes=1)
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    await table.sweeps.run()
    await table.deliver()
    assert len(table.cards) == 1
    table.later(minutes=15)
    await table.sweeps.run()
    await table.deliver()
    assert "answer R-1" in table.cards[-1].text


async def test_whoever_joined_gets_a_fresh_card_and_the_older_one_goes(table: Conference) -> None:
    room = await table.open_case(agencies="police")
    await look(table)
    table.later(minutes=11)
    await table.say("ada", "!action visit him for: police by: fri 12:00", room=room)
    await look(table)
    table.later(minutes=11)
    for who in ("Finn de Boer", "Gina Dekker"):
        line = f"!case invite {room.partition(':')[2]} {who} because: he is ill"
        await table.say("cleo", line, room="coordination")
    (invited,) = await look(table)
    assert "Whose move: Police, Health service" in invited
    table.later(minutes=11)
    await table.comings.joined(f"!{room}:example.org", tuple(map(user, ("finn", "gina"))), "wave")
    await table.deliver()
    (fresh,) = await look(table)
    assert "A-1" in fresh
    *older, newest = table.cards
    assert len(older) == 3
    assert table.retracted == [(room, one.event_id) for one in older]
    assert newest.text == fresh


async def test_what_was_taken_off_the_file_is_taken_off_the_card_with_all_its_edits(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable thu 15:00 about: the uncle", room=room, event_id="$table")
    await look(table)
    table.later(minutes=11)
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$table", "$deleted")
    await table.deliver()
    (fresh,) = await look(table)
    assert "M-1" not in fresh
    assert (room, table.cards[0].event_id) in table.retracted


async def test_what_was_taken_off_the_file_waits_for_nothing_also_in_a_closed_case(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!concern he sleeps badly kind: fact", room=room, event_id="$said")
    await look(table)
    await table.say("cleo", "!close because: he is well owner: police", room=room)
    table.later(minutes=1)
    await table.deleting.deleted(f"!{room}:example.org", user("ada"), "$said", "$deleted")
    await table.deliver()
    await table.sweeps.follow()
    await table.deliver()
    assert "Closed since" in table.cards[-1].text
    assert (room, table.cards[0].event_id) in table.retracted


async def test_a_closed_case_says_so_and_then_nothing_more(table: Conference) -> None:
    room = await table.open_case()
    await look(table)
    table.later(minutes=11)
    await table.say("cleo", "!close because: he is well owner: police", room=room)
    await table.sweeps.run()
    await table.deliver()
    (closed,) = [card.text for card in table.cards[1:]]
    assert closed.endswith("\na safe routine again\nClosed since Mon 2 Nov 2026.")
    table.later(days=40)
    assert await look(table) == []


async def test_nobody_is_there_yet_who_could_read_it(table: Conference) -> None:
    await table.say("cleo", "!case open why: w goal: g agencies: police", room="coordination")
    assert await look(table) == []
