"""What is kept of people and rooms is never older than what is on file, on either database."""

import pytest
import sqlalchemy as sa

from cases.people import Agency, Preferences, Professional
from storage import directory
from storage.progress import Progress
from storage.store import Store
from tests.storage.examples import ADA, MASTER, NOW

STATEMENTS = "before_cursor_execute"


@pytest.fixture
async def known(store: Store) -> Store:
    """A store whose directory and rooms were looked up."""
    with store.work("$people", NOW) as work:
        directory.put(work, Agency("police", "Police"))
        directory.put(work, Professional(ADA.user_id, ADA.name, ADA.agency))
    await Progress(store).save_room("coordination", "!first")
    assert look(store) == ("Ada Jansen", "!first", "coordination")
    return store


@pytest.fixture
def asked(known: Store) -> list[str]:
    """The statements that reach the database from now on."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    sa.event.listen(known.engine, STATEMENTS, note)
    return found


def look(store: Store) -> tuple[str, str | None, str | None]:
    with store.look() as find:
        return (
            (find.directory()).name(ADA.user_id),
            find.room("coordination"),
            find.channel("!first"),
        )


def rename(store: Store, cause: str, *, then: type[Exception] | None = None) -> None:
    with store.work(cause, NOW) as work:
        directory.put(work, Professional(ADA.user_id, "Ada Smit", ADA.agency))
        # Who changed it sees it; nobody else does yet.
        assert (work.find.directory()).name(ADA.user_id) == "Ada Smit"
        if then is not None:
            raise then


def test_what_is_known_is_not_asked_again(known: Store, asked: list[str]) -> None:
    assert look(known) == ("Ada Jansen", "!first", "coordination")
    ours_alone = known.engine.dialect.name == "sqlite"
    # Another process may have changed it meanwhile on PostgreSQL.
    assert bool(asked) is not ours_alone


def test_a_change_of_people_is_seen_at_once(known: Store) -> None:
    rename(known, "$rename")
    assert (look(known))[0] == "Ada Smit"


def test_a_change_that_was_broken_off_is_not_seen(known: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        rename(known, "$rename", then=ZeroDivisionError)
    assert (look(known))[0] == "Ada Jansen"


def test_who_was_read_in_a_transaction_that_was_broken_off_is_known_all_the_same(known: Store) -> None:
    rename(known, "$forget")

    def read_and_fail() -> None:
        with known.work("$fail", NOW) as work:
            work.find.directory()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_and_fail()
    assert (look(known))[0] == "Ada Smit"


def test_who_looked_before_a_change_does_not_put_the_old_back(known: Store) -> None:
    rename(known, "$forget")
    with known.look() as find:
        # The moment that this look sees begins with its first question.
        assert find.holder("coordination") is not None
        with known.work("$again", NOW) as work:
            directory.put(work, Professional(ADA.user_id, "Ada Visser", ADA.agency))
        find.directory()
    assert (look(known))[0] == "Ada Visser"


def test_what_a_person_chose_is_seen_at_once(known: Store) -> None:
    with known.work("$choose", NOW) as work:
        directory.put(work, Preferences(ADA.user_id, language="nl"))
    with known.look() as find:
        assert (find.directory()).prefers(ADA.user_id).language == "nl"


async def test_another_room_is_seen_at_once_and_told(known: Store) -> None:
    news: list[object] = []
    known.on_news = news.append
    await Progress(known).save_room("coordination", "!second")
    assert (look(known))[1:] == ("!second", None)
    assert news == [None]


async def test_how_far_a_room_was_heard_makes_nothing_unknown(known: Store, asked: list[str]) -> None:
    news: list[object] = []
    known.on_news = news.append
    await Progress(known).save("s1", {"!first": "$last"})
    asked.clear()
    assert look(known) == ("Ada Jansen", "!first", "coordination")
    assert news == []
    if known.engine.dialect.name == "sqlite":
        assert asked == []


def test_people_whom_another_process_changed_are_seen(postgresql_url: str) -> None:
    ours, theirs = Store.open(postgresql_url, MASTER), Store.open(postgresql_url, MASTER)
    with ours.work("$people", NOW) as work:
        directory.put(work, Agency("police", "Police"))
        directory.put(work, Professional(ADA.user_id, ADA.name, ADA.agency))
    assert (look(ours))[0] == "Ada Jansen"
    rename(theirs, "$theirs")
    assert (look(ours))[0] == "Ada Smit"
    theirs.close()
    ours.close()
