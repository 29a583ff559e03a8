import pytest
import sqlalchemy as sa

from cases.concern import raise_concern
from storage import check, database, tables
from storage.check import Findings
from storage.crypto import WrongKeyError
from storage.database import StoreProblemError
from storage.outbox import Outbox
from storage.work import Message, Store
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry

SEALED = 5  # why and goal of the case, one concern, one step, one message


@pytest.fixture
async def filled(store: Store) -> Store:
    async with store.work("$1", NOW) as work:
        case = a_case()
        raise_concern(case, "bruises", by=ADA, at=NOW)
        await work.open_case(case)
        await work.record(an_entry("$1"))
        await work.say("case:K7QF", Message("hello", "hello"), scope="K7QF")
    return store


async def look(store: Store, master: bytes = MASTER) -> Findings:
    return await check.check(store.engine, master)


async def execute(store: Store, statement: sa.Executable) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(statement)


async def test_a_whole_store_has_no_problem(filled: Store) -> None:
    found = await look(filled)
    assert found.problems == []
    assert found.revision == database.NEWEST
    assert {name: rows for name, rows in found.rows.items() if rows} == {
        "audit": 1,
        "case_keys": 2,
        "cases": 1,
        "concerns": 1,
        "inbox": 1,
        "outbox": 1,
        "steps": 2,
    }
    assert (found.opened, found.erased) == (SEALED + 1, 0)


async def test_a_changed_sealed_value_is_named_without_its_content(filled: Store) -> None:
    broken = b"K7QF\nC-1\n\x01" + bytes(60)
    await execute(filled, sa.text("UPDATE concerns SET about = :broken").bindparams(broken=broken))
    assert (await look(filled)).problems == [
        "concerns.about of C-1 in K7QF does not open: it was changed, or moved there"
    ]


async def test_a_changed_message_is_named(filled: Store) -> None:
    await execute(filled, sa.update(tables.outbox).values(body=b"\x01" + bytes(60)))
    assert (await look(filled)).problems == [
        "outbox.body of $1.1 in K7QF does not open: it was changed, or moved there"
    ]


async def test_a_changed_line_of_the_audit_log_is_named(filled: Store) -> None:
    await execute(filled, sa.update(tables.audit).values(outcome="other"))
    assert (await look(filled)).problems == ["line 1 of the audit log was changed, moved, or follows a missing one"]


async def test_an_erased_case_is_no_problem(filled: Store) -> None:
    await execute(filled, sa.delete(tables.case_keys).where(tables.case_keys.c.scope == "K7QF"))
    found = await look(filled)
    assert (found.opened, found.erased, found.problems) == (0, SEALED + 1, [])


async def test_a_wrong_master_key_is_told(filled: Store) -> None:
    with pytest.raises(WrongKeyError, match="does not open this database"):
        await look(filled, bytes(32))


async def test_a_lost_house_key_is_told(filled: Store) -> None:
    await execute(filled, sa.delete(tables.case_keys))
    with pytest.raises(WrongKeyError, match="lost its house key"):
        await look(filled)


async def test_an_old_revision_is_told(filled: Store) -> None:
    await execute(filled, sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreProblemError, match=r"revision 0000, not .*: run roundtable db upgrade"):
        await look(filled)


async def test_an_empty_database_is_told(empty_postgresql_url: str) -> None:
    engine = database.connect(empty_postgresql_url)
    with pytest.raises(StoreProblemError, match="there is no store of Roundtable in this database"):
        await check.check(engine, MASTER)
    await engine.dispose()


@pytest.mark.parametrize(("table", "column"), [("concerns", "about"), ("steps", "before"), ("cases", "why")])
async def test_a_value_moved_to_another_row_or_case_is_named(filled: Store, table: str, column: str) -> None:
    async with filled.work("$2", NOW) as work:
        other = a_case("B2CD")
        for words in ("secret one", "secret two"):
            raise_concern(other, words, by=ADA, at=NOW)
        await work.open_case(other)
    assert (await look(filled)).problems == []
    where = sa.text(f"SELECT {column} FROM {table} WHERE {'ref' if table == 'cases' else 'case_ref'} = 'B2CD'")  # noqa: S608
    async with filled.engine.begin() as connection:
        moved = list(await connection.scalars(where))[-1]
    await execute(filled, sa.text(f"UPDATE {table} SET {column} = :moved").bindparams(moved=moved))  # noqa: S608
    problems = (await look(filled)).problems
    assert problems
    assert all(problem.startswith(f"{table}.{column} of ") for problem in problems)
    assert "secret" not in "".join(problems)


SAYS = {
    "channel": "agency:police",
    "kind": "file",
    "person": "@mallory:example.org",
    "subject": "C-9",
    "txn_id": "$9.1",
    "scope": "house",
}


@pytest.mark.parametrize("column", SAYS)
async def test_whatever_a_row_of_the_outbox_says_is_bound_to_its_seal(filled: Store, column: str) -> None:
    await execute(filled, sa.update(tables.outbox).values({column: SAYS[column]}))
    assert [problem.split(" ")[0] for problem in (await look(filled)).problems] == ["outbox.body"]
    outbox = Outbox(filled)
    (channel,) = await outbox.channels()
    row = await outbox.next(channel)
    # It gives way to the next, is told and counted; nothing of it is said.
    assert row is not None
    assert row.unreadable
    assert row.plain == ""


async def test_nobody_is_invited_by_what_was_emptied(filled: Store) -> None:
    async with filled.work("$2", NOW) as work:
        await work.say("case:K7QF", Message("second", "second"), scope="K7QF")
    outbox = Outbox(filled)
    first = await outbox.next("case:K7QF")
    assert first is not None
    await outbox.mark_sent(first, "$sent", NOW)
    assert (await look(filled)).problems == []
    mallory = {"kind": "invite", "person": "@mallory:example.org", "sent_at": None}
    await execute(filled, sa.update(tables.outbox).where(tables.outbox.c.id == first.id).values(mallory))
    again = await outbox.next("case:K7QF")
    assert again is not None
    assert (again.id, again.unreadable) == (first.id, True)
