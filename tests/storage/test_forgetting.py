from contextlib import suppress
from typing import NoReturn

import sqlalchemy as sa

from storage import causes, tables
from storage.forgetting import forget
from storage.work import AlreadyHandledError
from tests.room import Conference


async def test_of_a_case_that_is_forgotten_nothing_can_be_read_and_others_stay(table: Conference) -> None:
    gone, stays = [await table.open_case() for _ in range(2)]
    for room in (gone, stays):
        await table.say("ada", "!concern CANARY kind: fact", room=room)
    ref = gone.partition(":")[2]
    cause = causes.of_job("forgets", ref)
    with table.store.work(cause, table.now) as work:
        work.find.case(ref)
        forget(work, ref)
        work.outcome = "done"
    with table.store.look() as find:
        assert find.case(ref) is None
        assert find.is_taken(ref)
    assert not table.store.ring.knows(ref)
    with table.store.update() as session:
        for name in ("steps", "items", "members"):
            of_it = sa.select(sa.func.count()).where(tables.metadata.tables[name].c.case_ref == ref)
            assert session.scalar(of_it) == 0
    assert (await table.case(stays)).steps


async def test_what_is_broken_off_forgets_nothing(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    with (
        suppress(AlreadyHandledError),
        table.store.work(causes.of_job("forgets", ref), table.now) as work,
    ):
        forget(work, ref)
        _break_off()
    assert table.store.ring.knows(ref)
    assert (await table.case(room)).ref == ref


def _break_off() -> NoReturn:
    raise AlreadyHandledError
