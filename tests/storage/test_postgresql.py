"""What only PostgreSQL has: a server that can be away, a password, rights; and what is shared by several bots."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from storage import database, tables
from storage.database import StoreAwayError, StoreProblemError
from storage.lease import hold
from storage.messages import Message
from storage.store import Store
from tests.postgres import PASSWORD, Postgres
from tests.storage.examples import MASTER, NOW

ADAS_BOT, BENS_BOT = "@ada-bot:example.org", "@ben-bot:example.org"


def open_and_close(url: str) -> None:
    (Store.open(url, MASTER)).close()


@pytest.fixture
def name(postgresql_url: str) -> str:
    """The name of the database."""
    return str(sa.make_url(postgresql_url).database)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may stop."""
    with Postgres() as server:
        yield server


def test_the_password_opens_and_a_wrong_one_is_told_but_never_shown(postgres: Postgres, name: str) -> None:
    open_and_close(postgres.url_with_password(name, PASSWORD))
    with pytest.raises(StoreProblemError) as refused:
        open_and_close(postgres.url_with_password(name, "wr0ng-secret"))
    assert str(refused.value) == (
        f"PostgreSQL does not let roundtable into the database {name} on 127.0.0.1: "
        "check the user, and its password in the passfile (mode 0600)"
    )
    assert refused.value.__cause__ is None
    with (
        pytest.raises(StoreProblemError, match="does not let roundtable into"),
        hold(postgres.url_with_password(name, "wr0ng-secret"), ADAS_BOT),
    ):
        pass


def test_no_password_at_all_is_told(postgres: Postgres, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    with pytest.raises(StoreProblemError, match=r"does not let roundtable into .* passfile"):
        open_and_close(postgres.url_with_password(name, "").replace(":@", "@"))


def test_an_unknown_user_is_told(postgres: Postgres, name: str) -> None:
    with pytest.raises(StoreProblemError, match="does not let nobody-here into"):
        open_and_close(postgres.url(name).replace("roundtable@", "nobody-here@"))


def test_a_missing_database_is_told(postgres: Postgres) -> None:
    with pytest.raises(StoreProblemError, match=r"the database nowhere on .* does not exist: let .* \(createdb\)"):
        open_and_close(postgres.url("nowhere"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://roundtable:wr0ng-secret@127.0.0.1:1/roundtable",
        "postgresql+psycopg://roundtable@/roundtable?host=/nowhere",
        "postgresql+psycopg://roundtable@does-not-exist.invalid/roundtable?sslmode=verify-full&sslrootcert=system",
    ],
)
def test_a_server_that_is_away_is_told(url: str) -> None:
    with pytest.raises(StoreProblemError, match=r"does not answer: is PostgreSQL running") as refused:
        open_and_close(url)
    assert "wr0ng" not in repr(refused.value)
    with pytest.raises(StoreProblemError, match="does not answer"), hold(url):
        pass


def test_too_few_rights_are_told(postgres: Postgres, empty_postgresql_url: str) -> None:
    with psycopg.connect(empty_postgresql_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS guest")
        admin.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreProblemError, match=r"guest has too few rights in the database .*: let guest own it"):
        open_and_close(empty_postgresql_url.replace("roundtable@", "guest@"))


def test_a_transaction_that_waits_too_long_for_another_is_told(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database.POSTGRESQL, "options", "-c lock_timeout=100ms")
    store = Store.open(postgresql_url, MASTER)
    with store.update() as session:
        session.execute(sa.select(1))
        with pytest.raises(StoreProblemError, match="locked by another program"):
            open_and_close(postgresql_url)
    store.close()


def test_a_look_cannot_write(postgresql_url: str) -> None:
    store = Store.open(postgresql_url, MASTER)
    with store.look() as find, pytest.raises(sa.exc.InternalError, match="read-only transaction"):
        find.connection.execute(sa.insert(tables.settings).values(key="a", value="b"))
    store.close()


def test_the_store_goes_on_when_the_server_comes_back(own_postgres: Postgres) -> None:
    store = Store.open(own_postgres.url(own_postgres.make_database()), MASTER)

    def lose_the_server_between() -> None:
        with store.work("$1", NOW) as work:
            work.say("coordination", Message("hello there", "hello there"))
            own_postgres.stop(kill=True)
            work.say("coordination", Message("hello again", "hello again"))

    with pytest.raises(StoreAwayError) as gone:
        lose_the_server_between()
    assert "hello" not in str(gone.value)
    own_postgres.start()
    with store.work("$1", NOW) as work:
        work.say("coordination", Message("hello there", "hello there"))
    store.close()


def test_a_second_bot_of_the_same_account_is_refused(postgresql_url: str) -> None:
    with hold(postgresql_url, ADAS_BOT):
        with (
            hold(postgresql_url, BENS_BOT),
            pytest.raises(StoreProblemError, match=f"another bot of {BENS_BOT}, or a copy, is running on the"),
            hold(postgresql_url, BENS_BOT),
        ):
            pass
        with hold(postgresql_url, BENS_BOT):
            pass


def test_who_wants_the_whole_database_waits_for_every_bot(postgresql_url: str) -> None:
    with (
        hold(postgresql_url, ADAS_BOT),
        pytest.raises(StoreProblemError, match="a bot is running on the database"),
        hold(postgresql_url),
    ):
        pass
    with (
        hold(postgresql_url),
        pytest.raises(StoreProblemError, match="or a copy, is running"),
        hold(postgresql_url, ADAS_BOT),
    ):
        pass


def test_a_held_account_is_free_again_after_the_server_was_away(own_postgres: Postgres) -> None:
    url = own_postgres.url(own_postgres.make_database())
    with hold(url, ADAS_BOT):
        own_postgres.stop(kill=True)
        own_postgres.start()
        with hold(url, ADAS_BOT):
            held_twice = True
    assert held_twice


def test_what_is_unsent_is_found_by_a_small_index(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as connection:
        definition = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_outbox_unsent'"
        ).fetchone()
    assert definition is not None
    assert str(definition[0]).endswith("(channel, id) WHERE (sent_at IS NULL)")
