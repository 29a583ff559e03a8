from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from commands.concern.rules import Concern, raise_concern
from storage import check, copy, database, lease, revisions, rows, tables
from storage.crypto import WrongKeyError
from storage.database import StoreInUseError, StoreProblemError
from storage.messages import Message
from storage.outbox import Outbox
from storage.rows import Sum
from storage.store import Store
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry, sqlite_url

LATER = NOW + timedelta(days=1)
CONCERNS = 7


class BrokenOffError(Exception):
    """The operator pressed Ctrl-C."""


def fill(url: str) -> None:
    store = Store.open(url, MASTER)
    with store.work("$1", NOW) as work:
        case = a_case()
        for number in range(CONCERNS):
            raise_concern(case, f"concern {number} 🧡", by=ADA, at=NOW, source="seen")
        work.open_case(case)
        work.record(an_entry("$1"))
        work.say("case:K7QF", Message("hello", "<b>hello</b>"), scope="K7QF")
    write_one(store, 2)
    store.close()


def write_one(store: Store, number: int) -> None:
    with store.work(f"${number}", NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        raise_concern(case, f"concern of ${number}", by=ADA, at=NOW)
        work.record(an_entry(f"${number}"))
        work.say("coordination", Message("hello", "hello"))


def run(source: str, target: str, tell: copy.Tell = lambda _name, _done, _of: None) -> dict[str, Sum]:
    return copy.copy(source, target, MASTER, now=LATER, tell=tell)


def break_off_after(batches: int) -> copy.Tell:
    left = [batches]

    def tell(_name: str, _done: int, _of: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise BrokenOffError

    return tell


def execute(url: str, *statements: str) -> None:
    engine = database.connect(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A deployment on SQLite."""
    url = sqlite_url(tmp_path)
    fill(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/moved.db"
    address: str = request.getfixturevalue("empty_postgresql_url")
    return address


async def test_the_copy_is_a_store_that_goes_on(source: str, target: str) -> None:
    sums = run(source, target)
    assert (sums["steps"].rows, sums["audit"].rows, sums["outbox"].rows, sums["pins"].rows) == (CONCERNS + 2, 2, 2, 0)
    store = Store.open(target, MASTER)
    outbox = Outbox(store)
    waiting = await outbox.next("case:K7QF")
    assert waiting is not None
    assert waiting.plain == "hello"
    write_one(store, 3)
    with store.look() as find:
        case = find.case("K7QF")
        log = find.all(sa.select(tables.audit.c.command).order_by(tables.audit.c.id))
    store.close()
    assert case is not None
    assert [(c.id, c.about) for c in case.all(Concern)][-3:] == [
        ("C-7", "concern 6 🧡"),
        ("C-8", "concern of $2"),
        ("C-9", "concern of $3"),
    ]
    assert log == ["concern", "concern", "db copy", "concern"]
    engine = database.connect(target)
    findings = check.check(engine, MASTER)
    engine.dispose()
    assert findings.problems == []


def test_the_source_is_as_it_was(source: str, target: str) -> None:
    sums = run(source, target)
    engine = database.connect(source)
    with engine.connect() as connection:
        assert rows.sum_up(connection) == sums
    engine.dispose()


def test_a_copy_goes_back_to_sqlite(source: str, postgresql_url: str, tmp_path: Path) -> None:
    run(source, postgresql_url)
    back = f"sqlite:///{tmp_path}/back.db"
    there, here = run(source, f"sqlite:///{tmp_path}/other.db"), run(postgresql_url, back)
    # The copy from PostgreSQL has one line more in its audit log: that it is a copy.
    assert {name for name in here if here[name] != there[name]} == {"audit"}
    assert (tmp_path / "back.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("batches", [1, 3, 8])
def test_a_copy_that_is_broken_off_goes_on_where_it_was(
    source: str, target: str, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "BATCH", 3)
    first: list[tuple[str, int]] = []
    second: list[tuple[str, int]] = []

    def note(into: list[tuple[str, int]], then: copy.Tell) -> copy.Tell:
        def tell(name: str, done: int, of: int) -> None:
            into.append((name, done))
            then(name, done, of)

        return tell

    with pytest.raises(BrokenOffError):
        run(source, target, note(first, break_off_after(batches)))
    with pytest.raises(StoreProblemError, match="a copy into this store was broken off"):
        Store.open(target, MASTER)
    run(source, target, note(second, lambda _name, _done, _of: None))
    assert (len(first), set(first) & set(second)) == (batches, set())
    (Store.open(target, MASTER)).close()


def test_it_starts_over_when_the_source_has_changed_since(source: str, target: str) -> None:
    with pytest.raises(BrokenOffError):
        run(source, target, break_off_after(3))
    store = Store.open(source, MASTER)
    write_one(store, 3)
    store.close()
    assert run(source, target)["steps"].rows == CONCERNS + 3


def test_a_difference_is_found_and_mended_by_the_next_run(source: str, target: str) -> None:
    with pytest.raises(BrokenOffError):
        run(source, target, break_off_after(6))
    execute(target, "UPDATE inbox SET outcome = 'other' WHERE cause = '$1'")
    with pytest.raises(StoreProblemError, match=r"the copy differs from its source \(inbox\): run it again, it starts"):
        run(source, target)
    with pytest.raises(StoreProblemError, match="broken off"):
        Store.open(target, MASTER)
    run(source, target)
    (Store.open(target, MASTER)).close()


def test_a_target_with_another_store_is_refused(source: str, target: str) -> None:
    (Store.open(target, MASTER)).close()
    with pytest.raises(StoreProblemError, match="the target holds another store"):
        run(source, target)


def test_a_target_that_was_copied_before_is_refused(source: str, target: str) -> None:
    run(source, target)
    with pytest.raises(StoreProblemError, match="the target holds another store"):
        run(source, target)


def test_a_target_of_another_program_is_refused(source: str, target: str) -> None:
    execute(target, "CREATE TABLE guestbook (name VARCHAR)")
    with pytest.raises(StoreProblemError, match="tables of another program"):
        run(source, target)


def test_an_unfinished_copy_of_another_store_is_refused(source: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenOffError):
        run(source, target, break_off_after(2))
    (tmp_path / "other").mkdir()
    fill(sqlite_url(tmp_path / "other"))
    with pytest.raises(StoreProblemError, match="unfinished copy of another store"):
        run(sqlite_url(tmp_path / "other"), target)


@pytest.mark.parametrize("which", ["source", "target"])
def test_a_running_bot_is_not_copied(source: str, target: str, which: str) -> None:
    busy = {"source": source, "target": target}[which]
    with lease.hold(busy, "@bot:example.org"), pytest.raises(StoreInUseError, match="bot is running on the"):
        run(source, target)


def test_the_wrong_master_key_copies_nothing(source: str, target: str) -> None:
    with pytest.raises(WrongKeyError):
        copy.copy(source, target, bytes(32), now=LATER, tell=lambda _name, _done, _of: None)
    engine = database.connect(target)
    assert revisions.revision(engine) is None
    engine.dispose()


def test_a_source_whose_audit_log_was_changed_is_not_copied(source: str, target: str) -> None:
    execute(source, "UPDATE audit SET outcome = 'refused' WHERE id = 1")
    with pytest.raises(StoreProblemError, match=r"nothing was copied: the audit log of the source .* from line 1 on"):
        run(source, target)


def test_a_source_that_is_not_there_is_told_and_not_made(target: str, tmp_path: Path) -> None:
    with pytest.raises(StoreProblemError, match="there is no store"):
        run(f"sqlite:///{tmp_path}/nowhere.db", target)
    assert not (tmp_path / "nowhere.db").exists()


def test_a_store_is_not_copied_onto_itself(source: str) -> None:
    with pytest.raises(StoreProblemError, match="the same store"):
        run(source, source)


def test_an_old_source_must_be_upgraded_first(source: str, target: str) -> None:
    execute(source, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreProblemError, match=r"the tables are of revision 0000, not .*: run roundtable db upgrade"):
        run(source, target)


def test_every_column_is_copied() -> None:
    known = [[column.name for column in table.columns] for table in tables.metadata.sorted_tables]
    assert [[column.name for column in table.columns] for table in rows.TABLES] == known
