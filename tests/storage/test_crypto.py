import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.people import Addressee
from commands.concern.rules import raise_concern
from commands.request.rules import ask
from storage import tables
from storage.crypto import Keyring, WrongKeyError
from storage.journal import UnreadableCaseError
from storage.store import Store
from tests.storage.examples import ADA, CLEO, MASTER, NOW, a_case

WHERE = {"scope": "K7QF", "place": "concerns.about", "row": "C-1"}


@pytest.fixture
def ring() -> Keyring:
    made = Keyring(MASTER)
    made.make("K7QF")
    return made


def test_what_is_sealed_opens_in_its_place(ring: Keyring) -> None:
    assert ring.open(ring.seal("he was not there", **WHERE), **WHERE) == "he was not there"


@pytest.mark.parametrize("other", [{"place": "concerns.source"}, {"row": "C-2"}])
def test_what_is_sealed_opens_nowhere_else(ring: Keyring, other: dict[str, str]) -> None:
    sealed = ring.seal("he was not there", **WHERE)
    with pytest.raises(WrongKeyError, match="does not open"):
        ring.open(sealed, **{**WHERE, **other})


def test_another_case_has_another_key(ring: Keyring) -> None:
    ring.make("M4TX")
    with pytest.raises(WrongKeyError):
        ring.open(ring.seal("he was not there", **WHERE), **{**WHERE, "scope": "M4TX"})


def test_without_its_key_a_case_is_unreadable(ring: Keyring) -> None:
    sealed = ring.seal("he was not there", **WHERE)
    with pytest.raises(WrongKeyError, match="the key of this case is gone"):
        Keyring(MASTER).open(sealed, **WHERE)


def test_a_wrapped_key_belongs_to_one_case_and_one_master_key(ring: Keyring) -> None:
    wrapped = ring.make("K7QF")
    Keyring(MASTER).unwrap("K7QF", wrapped)
    with pytest.raises(WrongKeyError):
        Keyring(MASTER).unwrap("M4TX", wrapped)
    with pytest.raises(WrongKeyError):
        Keyring(os.urandom(32)).unwrap("K7QF", wrapped)


def test_a_keyring_never_shows_a_key(ring: Keyring) -> None:
    assert repr(ring) == "<Keyring of 1 keys>"


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(WrongKeyError, match="32 bytes"):
        Keyring(b"secret")


def read_all(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_content_is_not_readable_in_the_files_of_the_database(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with store.work("$1", NOW) as work:
        case = a_case()
        raise_concern(case, "Zephyrine Quillfeather was seen", by=ADA, at=NOW)
        work.open_case(case)
    folder = tmp_path
    if store.engine.dialect.name == "postgresql":
        folder = request.getfixturevalue("postgres").directory
        with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text("CHECKPOINT"))
    store.close()
    raw = read_all(folder)
    assert b"K7QF" in raw
    # What somebody did and when stands in the journal, too; the one in clear is in the audit log.
    for secret in (b"Zephyrine", b"Quillfeather", b"not seen at school", b"safe routine", b"Europe/Amsterdam"):
        assert secret not in raw


def test_what_stands_beside_the_journal_names_no_person_asked_no_date_and_no_reason(store: Store) -> None:
    due = NOW + timedelta(days=9)
    with store.work("$1", NOW) as work:
        case = a_case()
        case.invite(ADA, because="she knows him", by=CLEO, at=NOW + timedelta(days=2))
        case.release(ADA.user_id, by=CLEO, at=NOW + timedelta(days=3))
        finn = Addressee("health", "@finn:example.org")
        ask(case, finn, "is he well?", because="to plan", due_at=due, by=ADA, at=NOW)
        work.open_case(case)
    with store.look() as find:
        cases, members, items = (find.rows(sa.select(t)) for t in (tables.cases, tables.members, tables.items))
    assert [row._asdict() for row in cases] == [
        {"ref": "K7QF", "scheme": "safety table", "opened_at": NOW, "closed": False, "version": 0}
    ]
    assert [tuple(row) for row in members] == [("K7QF", 1, ADA.user_id, False, True)]
    assert sorted(tuple(row) for row in items) == [
        ("K7QF", "K7QF", "owed", "", None, None, True),
        ("K7QF", "R-1", "request", "health", None, None, True),
    ]


def test_a_step_that_was_moved_to_another_place_is_refused(store: Store) -> None:
    with store.work("$1", NOW) as work:
        case = a_case()
        raise_concern(case, "one", by=ADA, at=NOW)
        raise_concern(case, "two", by=ADA, at=NOW)
        work.open_case(case)
    with store.engine.begin() as raw:
        second = raw.execute(sa.text("SELECT body FROM steps WHERE number = 2")).scalar_one()
        raw.execute(sa.text("UPDATE steps SET body = :second WHERE number = 3"), {"second": second})
    with store.look() as find, pytest.raises(UnreadableCaseError) as refused:
        find.case("K7QF")
    assert repr(refused.value.__cause__) == repr(WrongKeyError("a sealed value of steps.body does not open"))


def test_the_wrong_master_key_does_not_open_the_store(url: str) -> None:
    store = Store.open(url, MASTER)
    store.close()
    with pytest.raises(WrongKeyError, match="the master key does not open this database"):
        Store.open(url, os.urandom(32))
