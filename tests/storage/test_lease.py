"""A process that may have lost its account on PostgreSQL writes nothing more for it, and so says nothing more."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage import claims
from storage.account import Account
from storage.database import StoreAwayError, StoreInUseError
from storage.lease import Lease, LeaseLostError, hold
from storage.messages import Message
from storage.outbox import Outbox
from storage.store import Store
from tests.postgres import Postgres
from tests.storage.examples import MASTER, NOW

BOT = Account("@bot:example.org")
HELLO = Message("hello", "<b>hello</b>")


@pytest.fixture
def lease(postgresql_url: str) -> Iterator[Lease]:
    with hold(postgresql_url, BOT.user_id) as held:
        yield held


@pytest.fixture
def store(postgresql_url: str, lease: Lease) -> Iterator[Store]:
    """A store whose account this process holds."""
    opened = Store.open(postgresql_url, MASTER, BOT)
    claims.claim(opened)
    yield opened
    opened.close()


def say(store: Store, cause: str) -> None:
    with store.work(cause, NOW) as work:
        work.say("coordination", HELLO)


async def test_who_holds_the_account_speaks(store: Store, lease: Lease) -> None:
    say(store, "$1")
    await lease.check()
    assert await Outbox(store).channels() == ["coordination"]


async def test_who_lost_the_lock_says_nothing_more(
    store: Store, lease: Lease, postgres: Postgres, postgresql_url: str
) -> None:
    say(store, "$1")
    assert postgres.cut_lease(str(sa.make_url(postgresql_url).database)) == 1
    with pytest.raises(StoreAwayError, match="no longer holds its account"):
        say(store, "$2")
    # Each row is fetched just before it is sent.
    with pytest.raises(StoreAwayError, match="no longer holds its account"):
        await Outbox(store).next("coordination")
    with pytest.raises(LeaseLostError):
        await lease.check()


def test_who_was_replaced_says_nothing_more(store: Store, postgres: Postgres, postgresql_url: str) -> None:
    postgres.cut_lease(str(sa.make_url(postgresql_url).database))
    with hold(postgresql_url, BOT.user_id):
        second = Store.open(postgresql_url, MASTER, BOT)
        claims.claim(second)
        with pytest.raises(StoreAwayError, match="no longer holds its account"):
            say(store, "$1")
        say(second, "$1")
        second.close()


def test_nobody_brings_the_tables_up_to_date_beside_the_bots_of_other_accounts(
    lease: Lease, postgresql_url: str
) -> None:
    with (
        hold(postgresql_url, "@other:example.org"),
        pytest.raises(StoreInUseError, match="bots of other accounts run on this database: stop them first"),
        lease.alone(),
    ):
        pytest.fail("the tables were changed under a running bot")
    # Nobody comes meanwhile, either.
    with (
        lease.alone(),
        pytest.raises(StoreInUseError, match="another bot of @other"),
        hold(postgresql_url, "@other:example.org"),
    ):
        pytest.fail("a bot began while the tables were changed")
    with lease.alone(), pytest.raises(StoreInUseError), hold(postgresql_url):
        pytest.fail("the shell began while the tables were changed")
    with hold(postgresql_url, "@other:example.org") as other:
        assert other is not lease
