"""Two bots, or two tasks of one, on the same store at the same time."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from commands.concern.rules import Concern, raise_concern
from storage import audit, tables
from storage.database import StoreAwayError
from storage.messages import Message
from storage.outbox import Outbox
from storage.store import Store
from storage.work import AlreadyHandledError
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry

HELLO = Message("hello", "<b>hello</b>")


@pytest.fixture
def other(store: Store, url: str) -> Iterator[Store]:
    """The same store, opened a second time."""
    opened = Store.open(url, MASTER)
    yield opened
    opened.close()


def raise_surely(store: Store, number: int) -> None:
    """Raise a concern; whoever waits for the others for too long is sent away, and comes again as the bot does."""
    while True:
        try:
            return raise_one(store, number)
        except StoreAwayError:
            continue


def raise_one(store: Store, number: int) -> None:
    with store.work(f"${number}", NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        raise_concern(case, f"number {number}", by=ADA, at=NOW)
        work.save()
        work.record(an_entry(f"${number}"))
        work.say("coordination", HELLO)


async def test_two_bots_lose_no_update_and_the_audit_log_has_one_end(store: Store, url: str) -> None:
    with store.work("$0", NOW) as work:
        work.open_case(a_case())
    # It is opened now, so that it has the key of the case.
    other = Store.open(url, MASTER)
    try:
        bots = [(store, other)[number % 2] for number in range(1, 21)]
        await asyncio.gather(*(bot.do(raise_surely, bot, number) for number, bot in enumerate(bots, 1)))
    finally:
        other.close()
    with store.look() as find:
        case = find.case("K7QF")
    with store.update() as session:
        fault = audit.first_fault(session, store.ring)
        lines = session.scalar(sa.select(sa.func.count()).select_from(tables.audit))
    assert case is not None
    assert sorted(int(c.id.removeprefix("C-")) for c in case.all(Concern)) == list(range(1, 21))
    assert (fault, lines) == (None, 20)


async def test_one_event_that_two_hear_has_its_effect_once(store: Store, other: Store) -> None:
    def hear(bot: Store) -> str:
        try:
            with bot.work("$1", NOW) as work:
                work.say("coordination", HELLO)
                work.record(an_entry("$1"))
        except AlreadyHandledError:
            return "was handled"
        return "handled"

    assert sorted(await asyncio.gather(*(bot.do(hear, bot) for bot in (store, other, store)))) == [
        "handled",
        "was handled",
        "was handled",
    ]
    with store.look() as find:
        assert len(find.all(sa.select(tables.outbox.c.txn_id))) == 1
        assert find.outcome("$1") == "done"


async def test_who_comes_second_is_behind_in_the_outbox(store: Store, other: Store) -> None:
    first_has_spoken, second_comes = threading.Event(), threading.Event()

    def first() -> None:
        with store.work("$1", NOW) as work:
            work.say("coordination", HELLO)
            first_has_spoken.set()
            # The second is let run as far as it gets before this unit of work ends.
            second_comes.wait()
            work.say("coordination", HELLO)

    def second() -> None:
        first_has_spoken.wait()
        second_comes.set()
        with other.work("$2", NOW) as work:
            work.say("coordination", HELLO)

    await asyncio.gather(store.do(first), other.do(second))
    outbox, said = Outbox(store), []
    while row := await outbox.next("coordination"):
        said.append(row.txn_id)
        await outbox.mark_sent(row, None, NOW)
    assert said == ["$1.1", "$1.2", "$2.1"]


def test_a_look_sees_one_moment_and_waits_for_nobody(store: Store, other: Store) -> None:
    with store.work("$0", NOW) as work:
        work.open_case(a_case())
    with store.look() as find:
        before = find.outcome("$1")
        with other.work("$1", NOW) as work:
            work.record(an_entry("$1"))
            with store.look() as during:
                assert during.outcome("$1") is None
        assert (before, find.outcome("$1")) == (None, None)
    with store.look() as find:
        assert find.outcome("$1") == "done"
