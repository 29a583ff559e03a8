"""``!next`` tells the chair's next move in one line, in every state of a case."""

from commands.roundtable.rules import RoundTable
from tests.room import Conference


async def move(table: Conference, room: str) -> str:
    """The line about the chair, which stands before the one about the next review."""
    said = await table.answer("ada", "!next", room=room)
    line = said.text.splitlines()[-2]
    assert len(line) <= 80
    return line


async def test_the_chairs_move_from_planning_to_the_next_round_table(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    assert await move(table, room) == "No round table is planned. To plan one:  !roundtable fri 15:00"
    await table.say("ada", "!roundtable plan wed 10:00 | thu 10:00", room=room)
    assert await move(table, room) == "Ada Jansen, chair: some are silent; to decide  !roundtable fix M-1 WHEN"
    for who in ("ada", "dirk", "finn"):
        await table.say(who, "!available M-1 1 yes 2 no", room=room)
    assert await move(table, room) == "Ada Jansen, chair: !roundtable fix M-1 WHEN"
    await table.say("ada", "!roundtable fix M-1 1", room=room)
    assert await move(table, room) == "Ada Jansen, chair: M-1, Wed 4 Nov 2026: !agenda M-1 ITEM"
    table.later(days=2, hours=1)
    assert await move(table, room) == (
        "Ada Jansen, chair: !roundtable start M-1  or  !roundtable cancel M-1 because: …"
    )
    await table.say("ada", "!roundtable start M-1", room=room)
    assert await move(table, room) == "Ada Jansen, chair: at the end  !roundtable end"
    for who in ("dirk", "finn"):
        await table.say(who, "!confirm", room=room)
    await table.say("ada", "note: he sleeps at his aunt’s", room=room)
    await table.say("ada", "!roundtable end", room=room)
    assert await move(table, room) == "Ada Jansen, chair: !minutes view M-1 WHAT THE PERSON SAYS"
    await table.say("ada", "!minutes view M-1 he wants to stay there", room=room)
    assert await move(table, room) == "Ada Jansen, chair: !minutes approve M-1"
    await table.say("dirk", "!minutes dispute M-1 it was not his aunt", room=room)
    assert await move(table, room) == "Ada Jansen, chair: settle the dispute:  !minutes settle M-1 …"


async def test_once_the_minutes_are_approved_the_next_one_is_the_move(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("ada", "!roundtable mon 11:00", room=room)
    await table.say("dirk", "!roundtable thu 10:00", room=room)
    await table.say("ada", "!roundtable start M-1", room=room)
    for who in ("dirk", "finn"):
        await table.say(who, "!confirm", room=room)
    await table.say("ada", "!roundtable end", room=room)
    await table.say("ada", "!minutes view M-1 he was not asked, he is abroad", room=room)
    await table.say("dirk", "!minutes approve M-1", room=room)
    await table.say("ada", "!minutes approve M-1", room=room)
    assert (await table.case(room)).all(RoundTable)[0].approved_at
    assert await move(table, room) == "Dirk Smit, chair: M-2, Thu 5 Nov 2026: !agenda M-2 ITEM"


async def test_a_closed_case_asks_nothing_of_a_chair(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.say("cleo", "!close because: he is back owner: social", room=room)
    said = await table.answer("ada", "!next", room=room)
    assert "chair" not in said
    assert "!roundtable" not in said
