"""A statement that the driver executes gives and raises what SQLAlchemy's own execution would."""

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam, insert, select, update

from storage import tables
from storage.database import StoreAwayError
from storage.messages import Message
from storage.statement import Statement
from storage.store import Store
from tests.storage.examples import NOW

o = tables.outbox.c
LATE = select(o.txn_id, o.created_at, o.sent_at, o.body, o.tries).where(o.created_at <= bindparam("at"), o.tries < 5)


@pytest.fixture
def waiting(store: Store) -> Store:
    """Two things wait to be said."""
    with store.work("$1", NOW) as work:
        work.say("coordination", Message("one", "one"))
        work.say("admin", Message("two", "two"))
    return store


def test_it_gives_what_a_query_gives(waiting: Store) -> None:
    late = Statement(LATE.order_by(o.id))
    with waiting.look() as find:
        expected = [row._asdict() for row in find.connection.execute(LATE.order_by(o.id), {"at": NOW})]
        found = [row._asdict() for row in late.all(find.connection, {"at": NOW})]
        assert late.first(find.connection, {"at": NOW}).txn_id == "$1.1"
        assert late.first(find.connection, {"at": NOW.replace(year=2000)}) is None
    assert len(found) == 2
    assert found == expected
    assert found[0]["created_at"] == NOW


def test_what_it_writes_is_on_file_and_undone_with_its_transaction(waiting: Store) -> None:
    mark = Statement(update(tables.outbox).where(o.txn_id == bindparam("row")), "sent_at")

    def fail() -> None:
        with waiting.update() as connection:
            mark.run(connection, {"row": "$1.1", "sent_at": NOW})
            raise ZeroDivisionError

    def sent() -> list[object]:
        with waiting.look() as find:
            return find.all(select(o.sent_at).order_by(o.id))

    with pytest.raises(ZeroDivisionError):
        fail()
    assert sent() == [None, None]
    with waiting.update() as connection:
        mark.run_each(connection, [{"row": row, "sent_at": NOW} for row in ("$1.1", "$1.2")])
    assert sent() == [NOW, NOW]


def test_what_the_database_refuses_is_raised_as_ever(store: Store) -> None:
    handle = Statement(insert(tables.inbox), "cause", "outcome")
    with pytest.raises(sa.exc.IntegrityError) as caught, store.update() as connection:
        handle.run_each(connection, [{"cause": "canary", "outcome": None}] * 2)
    assert "canary" not in str(caught.value).replace(str(caught.value.orig), "")
    with store.look() as find:
        assert not find.is_handled("canary")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_is_told_as_away_and_made_anew(store: Store) -> None:
    count = Statement(select(tables.inbox.c.cause))

    def lose() -> None:
        with store.update() as connection:
            own = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            with store.engine.connect() as another:
                another.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
                another.rollback()
            count.all(connection, {})

    with pytest.raises(StoreAwayError):
        lose()
    with store.update() as connection:
        assert count.all(connection, {}) == []


def test_what_memory_knows_is_not_changed_behind_its_back() -> None:
    with pytest.raises(ValueError, match="told"):
        Statement(update(tables.rooms), "gone_at")
