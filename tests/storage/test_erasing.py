"""What is erased and wiped stands in no cell of a case any more, also when every seal is opened."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from cases import effects, erasure
from cases.erasure import WIPE_AFTER
from cases.people import Professional
from storage import tables
from storage.mapping import RECORDS
from storage.work import Store
from tests.cases.story import SAYS, STORY, moment, told
from tests.cases.table import ADA, CLEO, DIRK, FINN

PEOPLE = {person.user_id: person for person in (ADA, CLEO, DIRK, FINN)}
DELETED = moment(len(STORY)) + timedelta(hours=1)


async def opened(store: Store) -> str:
    """All that is on file of cases, every sealed cell opened."""
    async with store.look() as find:
        found = [await find.rows(sa.select(table)) for table in (tables.cases, *(t for _, t in RECORDS.values()))]
    return str([row._asdict() for rows in found for row in rows])


async def test_after_a_week_no_deleted_word_is_left_in_any_cell(store: Store) -> None:
    async with store.work("open", moment(0)) as work:
        await work.open_case(told(len(STORY)))
    on_file = await opened(store)
    assert [word for word in SAYS if word not in on_file] == ["w43 "], "why it was closed goes when it is opened again"
    async with store.look() as find:
        case = await find.case("K7QF")
        assert case is not None
        said = [(PEOPLE[s.by], s.at) for s in case.steps if s.verb not in effects.SETS_NOTHING]
    for number, (by, at) in enumerate(said):
        await _erase(store, by, at, f"erase {number}")
    assert "w8 two" in await opened(store), "it can be had back for a week"
    async with Store(store.engine, store.ring, store.account).work("wipe", DELETED + WIPE_AFTER) as work:
        case = await work.find.case("K7QF")
        assert case is not None
        assert erasure.wipe(case, work.now)
    left = await opened(store)
    assert [word for word in (*SAYS, "not seen at school", "a safe routine", "works with him") if word in left] == []


async def _erase(store: Store, by: Professional, at: datetime, cause: str) -> None:
    # Looked up anew each time: what is kept in memory must not be all that is changed.
    async with Store(store.engine, store.ring, store.account).work(cause, DELETED) as work:
        case = await work.find.case("K7QF")
        assert case is not None
        erasure.erase(case, at, by=by, at=DELETED)
