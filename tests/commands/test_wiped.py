"""What was wiped for good is nowhere in the database, also not in what still waits to be said."""

import sqlalchemy as sa

from storage import tables
from storage.check import _list_sealed
from storage.crypto import WrongKeyError
from storage.messages import OUTBOX_BODY, Attachment, Message, open_body
from tests.room import Conference, user


async def words_on_file(table: Conference) -> str:
    """Everything that whoever has the keys can read in the database."""
    with table.store.engine.connect() as connection:
        sealed = list(_list_sealed(connection))
        rows = (connection.execute(sa.select(tables.outbox))).all()
    opened = []
    for scope, place, row, value in sealed:
        opened.append(table.store.ring.open(value, scope=scope, place=place, row=row))
    for waiting in rows:
        try:
            opened.append(open_body(table.store.ring, waiting))
        except WrongKeyError:
            # An invitation that was sent, and emptied.
            opened.append(
                table.store.ring.open(waiting.body, scope=waiting.scope, place=OUTBOX_BODY, row=waiting.txn_id)
            )
    return "\n".join(opened)


async def test_what_was_wiped_stands_nowhere_in_the_database(table: Conference) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    for question in ("!status", "!timeline", "!next"):
        await table.answer("hugo", question, room=room)
    # As in rooms that are lost, or not entered yet: a list, a card, a file, and what is about something else.
    with table.store.work("lists", table.now) as work:
        work.say("agency:health", Message(f"{ref} · C-1 sleeps in a car", f"{ref} sleeps in a car"))
        work.say("agency:school", Message("C-1 sleeps in a car", ""), scope=ref)
        work.attach("agency:school", Attachment("C-1.txt", "text/plain", b"sleeps in a car"), scope=ref)
        work.say("agency:police", Message("something else", ""))
    assert "sleeps in a car" in await words_on_file(table)
    await table.deleting.deleted(f"!{room}:example.org", user("dirk"), "$1", "$deleted")

    table.later(days=7)
    await table.sweeps.run()

    words = await words_on_file(table)
    assert "sleeps in a car" not in words
    assert "c2xlZXBzIGluIGEgY2Fy" not in words
    assert "something else" in words
    said = await table.deliver()
    for channel in ("agency:health", "agency:school"):
        assert any("could not be sent" in each.text for each in said if each.channel == channel)


async def test_what_still_waits_in_other_rooms_does_not_go_out_with_words_that_were_deleted(table: Conference) -> None:
    room = await table.open_case()
    ref = room.removeprefix("case:")
    await table.say("dirk", "!concern sleeps in a car kind: fact", room=room, event_id="$1")
    await table.say("dirk", "!concern owes money kind: fact", room=room)
    with table.store.work("lists", table.now) as work:
        work.say(f"direct:{user('ada')}", Message(f"{ref} · C-1 sleeps in a\ncar", f"{ref} C-1 sleeps in a car"))
        work.say("agency:school", Message("sleeps in a car", "", subject="C-1"), scope=ref)
        work.attach("agency:school", Attachment("pack.txt", "text/plain", b"in a car"), scope=ref, subject="C-1")
        work.say("agency:youth", Message("C-2 owes money", ""), scope=ref)
        work.say("agency:police", Message("Q2R7 · C-1 something else", ""))
    await table.deleting.deleted(f"!{room}:example.org", user("dirk"), "$1", "$deleted")
    said = await table.deliver()
    assert not any("sleeps in a" in each.text or (each.file and b"car" in each.file.data) for each in said)
    assert sum("could not be sent" in each.text for each in said) == 2
    assert {"C-2 owes money", "Q2R7 · C-1 something else"} <= {each.text for each in said}
