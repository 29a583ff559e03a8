"""Two bots, or two tasks of one, on the same store at the same time."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from cases.concern import raise_concern
from storage import audit, tables
from storage.database import StoreAwayError
from storage.outbox import Outbox
from storage.work import AlreadyHandledError, Message, Store
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry

HELLO = Message("hello", "<b>hello</b>")


@pytest.fixture
async def other(store: Store, url: str) -> AsyncIterator[Store]:
    """The same store, opened a second time."""
    opened = await Store.open(url, MASTER)
    yield opened
    await opened.close()


async def raise_surely(store: Store, number: int) -> None:
    """Raise a concern; whoever waits for the others for too long is sent away, and comes again as the bot does."""
    while True:
        try:
            return await raise_one(store, number)
        except StoreAwayError:
            continue


async def raise_one(store: Store, number: int) -> None:
    async with store.work(f"${number}", NOW) as work:
        case = await work.find.case("K7QF")
        assert case is not None
        raise_concern(case, f"number {number}", by=ADA, at=NOW)
        await work.session.flush()
        await asyncio.sleep(0)
        await work.record(an_entry(f"${number}"))
        await work.say("coordination", HELLO)


async def test_two_bots_lose_no_update_and_the_audit_log_has_one_end(store: Store, url: str) -> None:
    async with store.work("$0", NOW) as work:
        await work.open_case(a_case())
    # It is opened now, so that it has the key of the case.
    other = await Store.open(url, MASTER)
    try:
        await asyncio.gather(*(raise_surely((store, other)[number % 2], number) for number in range(1, 21)))
    finally:
        await other.close()
    async with store.look() as find:
        case = await find.case("K7QF")
    async with store.update() as session:
        fault = await audit.first_fault(session, store.ring)
        lines = await session.scalar(sa.select(sa.func.count()).select_from(tables.audit))
    assert case is not None
    assert sorted(int(c.id.removeprefix("C-")) for c in case.concerns) == list(range(1, 21))
    assert (fault, lines) == (None, 20)


async def test_one_event_that_two_hear_has_its_effect_once(store: Store, other: Store) -> None:
    async def hear(bot: Store) -> str:
        try:
            async with bot.work("$1", NOW) as work:
                await asyncio.sleep(0)
                await work.say("coordination", HELLO)
                await work.record(an_entry("$1"))
        except AlreadyHandledError:
            return "was handled"
        return "handled"

    assert sorted(await asyncio.gather(hear(store), hear(other), hear(store))) == [
        "handled",
        "was handled",
        "was handled",
    ]
    async with store.look() as find:
        assert len(await find.all(sa.select(tables.outbox.c.txn_id))) == 1
        assert await find.outcome("$1") == "done"


async def test_who_comes_second_is_behind_in_the_outbox(store: Store, other: Store) -> None:
    first_has_spoken = asyncio.Event()

    async def first() -> None:
        async with store.work("$1", NOW) as work:
            await work.say("coordination", HELLO)
            first_has_spoken.set()
            # The second is let run as far as it gets before this unit of work ends.
            for _ in range(50):
                await asyncio.sleep(0)
            await work.say("coordination", HELLO)

    async def second() -> None:
        await first_has_spoken.wait()
        async with other.work("$2", NOW) as work:
            await work.say("coordination", HELLO)

    await asyncio.gather(first(), second())
    outbox, said = Outbox(store), []
    while row := await outbox.next("coordination"):
        said.append(row.txn_id)
        await outbox.mark_sent(row, None, NOW)
    assert said == ["$1.1", "$1.2", "$2.1"]


async def test_a_look_sees_one_moment_and_waits_for_nobody(store: Store, other: Store) -> None:
    async with store.work("$0", NOW) as work:
        await work.open_case(a_case())
    async with store.look() as find:
        before = await find.outcome("$1")
        async with other.work("$1", NOW) as work:
            await work.record(an_entry("$1"))
            async with store.look() as during:
                assert await during.outcome("$1") is None
        assert (before, await find.outcome("$1")) == (None, None)
    async with store.look() as find:
        assert await find.outcome("$1") == "done"
