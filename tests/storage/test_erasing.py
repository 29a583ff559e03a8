"""What is erased and wiped stands in no cell of a case any more, also when every seal is opened."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from cases.people import Professional
from commands.erasure import rules as erasure
from commands.erasure.rules import WIPE_AFTER
from storage import tables
from storage.journal import STEP_BODY
from storage.store import Store
from tests.cases.story import SAYS, STORY, moment, told
from tests.cases.table import ADA, CLEO, DIRK, FINN, HUGO

PEOPLE = {person.user_id: person for person in (ADA, CLEO, DIRK, FINN, HUGO)}
DELETED = moment(len(STORY)) + timedelta(hours=1)


def opened(store: Store) -> str:
    """All that is on file of cases, every sealed cell opened."""
    with store.look() as find:
        rows = [row for table in (tables.cases, tables.members, tables.items) for row in find.rows(sa.select(table))]
        steps = find.rows(sa.select(tables.steps))
    opened = [store.ring.open(s.body, scope=s.case_ref, place=STEP_BODY, row=str(s.number)) for s in steps]
    return str([row._asdict() for row in rows]) + "".join(opened)


def test_after_a_week_no_deleted_word_is_left_in_any_cell(store: Store) -> None:
    with store.work("open", moment(0)) as work:
        work.open_case(told(len(STORY)))
    on_file = opened(store)
    assert [word for word in SAYS if word not in on_file] == []
    with store.look() as find:
        case = find.case("K7QF")
        assert case is not None
        said = [(PEOPLE[s.by], s.at) for s in case.steps if not s.what.sets_nothing]
    for number, (by, at) in enumerate(said):
        _erase(store, by, at, f"erase {number}")
    assert "w8 two" in opened(store), "it can be had back for a week"
    with Store(store.engine, store.ring, store.account).work("wipe", DELETED + WIPE_AFTER) as work:
        case = work.find.case("K7QF")
        assert case is not None
        assert erasure.wipe(case, work.now)
    left = opened(store)
    assert [word for word in (*SAYS, "not seen at school", "a safe routine", "works with him") if word in left] == []


def _erase(store: Store, by: Professional, at: datetime, cause: str) -> None:
    # Looked up anew each time: what is kept in memory must not be all that is changed.
    with Store(store.engine, store.ring, store.account).work(cause, DELETED) as work:
        case = work.find.case("K7QF")
        assert case is not None
        erasure.erase(case, at, by=by, at=DELETED)
