"""What people may have meant is forgotten after a day, if they do not say so."""

import sqlalchemy as sa

from storage import tables
from tests.room import Conference


def waiting(table: Conference) -> list[str]:
    with table.store.look() as find:
        keys: list[str] = find.all(sa.select(tables.settings.c.key))
    return [key for key in keys if key.startswith("question ")]


async def test_what_was_not_meant_is_forgotten_after_a_day(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("ada", "!action visit the family for: social by: in 10 days", room=room)
    await table.say("dirk", "!accept A-1", room=room)
    await table.answer("dirk", "done soon", room=room, replies_to=card)
    assert len(waiting(table)) == 1
    await table.sweeps.run()
    assert len(waiting(table)) == 1
    table.later(days=1, minutes=1)
    await table.sweeps.run()
    assert waiting(table) == []
