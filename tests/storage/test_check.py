import pytest
import sqlalchemy as sa

from commands.concern.rules import raise_concern
from storage import check, database, tables
from storage.check import Findings
from storage.crypto import WrongKeyError
from storage.database import StoreProblemError
from storage.messages import Message
from storage.outbox import Outbox
from storage.store import Store
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry

SEALED = 2  # two steps


@pytest.fixture
def filled(store: Store) -> Store:
    with store.work("$1", NOW) as work:
        case = a_case()
        raise_concern(case, "bruises", by=ADA, at=NOW)
        work.open_case(case)
        work.record(an_entry("$1"))
        work.say("case:K7QF", Message("hello", "hello"), scope="K7QF")
    return store


def look(store: Store, master: bytes = MASTER) -> Findings:
    return check.check(store.engine, master)


def execute(store: Store, statement: sa.Executable) -> None:
    with store.engine.begin() as connection:
        connection.execute(statement)


def test_a_whole_store_has_no_problem(filled: Store) -> None:
    found = look(filled)
    assert found.problems == []
    assert found.revision == database.NEWEST
    assert {name: rows for name, rows in found.rows.items() if rows} == {
        "audit": 1,
        "case_keys": 2,
        "cases": 1,
        "inbox": 1,
        "outbox": 1,
        "steps": 2,
    }
    assert (found.opened, found.erased) == (SEALED + 1, 0)


def test_a_changed_sealed_value_is_named_without_its_content(filled: Store) -> None:
    execute(filled, sa.update(tables.steps).where(tables.steps.c.number == 2).values(body=b"\x01" + bytes(60)))
    assert look(filled).problems == [
        "steps.body of 2 in K7QF does not open: it was changed, or moved there",
        "the journal of K7QF can't be read",
    ]


def test_what_stands_beside_the_journal_and_does_not_follow_from_it_is_named(filled: Store) -> None:
    execute(
        filled,
        sa.insert(tables.members).values(
            case_ref="K7QF", number=9, user_id="@eve:example.org", joined=True, gone=False
        ),
    )
    execute(filled, sa.update(tables.cases).values(closed=True))
    assert look(filled).problems == [
        "opening, scheme or closing of K7QF do not follow from its journal",
        "members of K7QF do not follow from its journal",
    ]


def test_a_changed_message_is_named(filled: Store) -> None:
    execute(filled, sa.update(tables.outbox).values(body=b"\x01" + bytes(60)))
    assert (look(filled)).problems == ["outbox.body of $1.1 in K7QF does not open: it was changed, or moved there"]


def test_a_changed_line_of_the_audit_log_is_named(filled: Store) -> None:
    execute(filled, sa.update(tables.audit).values(outcome="other"))
    assert (look(filled)).problems == ["line 1 of the audit log was changed, moved, or follows a missing one"]


def test_an_erased_case_is_no_problem(filled: Store) -> None:
    execute(filled, sa.delete(tables.case_keys).where(tables.case_keys.c.scope == "K7QF"))
    found = look(filled)
    assert (found.opened, found.erased, found.problems) == (0, SEALED + 1, [])


def test_a_wrong_master_key_is_told(filled: Store) -> None:
    with pytest.raises(WrongKeyError, match="does not open this database"):
        look(filled, bytes(32))


def test_a_lost_house_key_is_told(filled: Store) -> None:
    execute(filled, sa.delete(tables.case_keys))
    with pytest.raises(WrongKeyError, match="lost its house key"):
        look(filled)


def test_an_old_revision_is_told(filled: Store) -> None:
    execute(filled, sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreProblemError, match=r"revision 0000, not .*: run roundtable db upgrade"):
        look(filled)


def test_an_empty_database_is_told(empty_postgresql_url: str) -> None:
    engine = database.connect(empty_postgresql_url)
    with pytest.raises(StoreProblemError, match="there is no store of Roundtable in this database"):
        check.check(engine, MASTER)
    engine.dispose()


@pytest.mark.parametrize("number", [1, 2])
def test_a_step_moved_to_another_row_or_case_is_named(filled: Store, number: int) -> None:
    with filled.work("$2", NOW) as work:
        other = a_case("B2CD")
        for words in ("secret one", "secret two"):
            raise_concern(other, words, by=ADA, at=NOW)
        work.open_case(other)
    assert (look(filled)).problems == []
    s = tables.steps.c
    with filled.engine.begin() as connection:
        moved = connection.scalar(sa.select(s.body).where(s.case_ref == "B2CD", s.number == 3))
    execute(filled, sa.update(tables.steps).where(s.number == number).values(body=moved))
    problems = look(filled).problems
    assert sorted(p for p in problems if p.startswith("steps.body of ")) == [
        f"steps.body of {number} in {ref} does not open: it was changed, or moved there" for ref in ("B2CD", "K7QF")
    ]
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
    execute(filled, sa.update(tables.outbox).values({column: SAYS[column]}))
    assert [problem.split(" ")[0] for problem in (look(filled)).problems] == ["outbox.body"]
    outbox = Outbox(filled)
    (channel,) = await outbox.channels()
    row = await outbox.next(channel)
    # It gives way to the next, is told and counted; nothing of it is said.
    assert row is not None
    assert row.unreadable
    assert row.plain == ""


async def test_nobody_is_invited_by_what_was_emptied(filled: Store) -> None:
    with filled.work("$2", NOW) as work:
        work.say("case:K7QF", Message("second", "second"), scope="K7QF")
    outbox = Outbox(filled)
    first = await outbox.next("case:K7QF")
    assert first is not None
    await outbox.mark_sent(first, "$sent", NOW)
    assert (look(filled)).problems == []
    mallory = {"kind": "invite", "person": "@mallory:example.org", "sent_at": None}
    execute(filled, sa.update(tables.outbox).where(tables.outbox.c.id == first.id).values(mallory))
    again = await outbox.next("case:K7QF")
    assert again is not None
    assert (again.id, again.unreadable) == (first.id, True)
