"""A scheme goes from one bot to another: its cases go on in new rooms, and nothing that waits is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat.incoming import Incoming
from commands.trust.watch import Watch
from storage.account import Account
from storage.outbox import Outbox, Row
from storage.store import Store
from tests.room import MONDAY, Conference, user

MASTER = bytes(range(32))
OLD, NEW = Account("@old:example.org"), Account("@new:example.org", ("safety table",))


@asynccontextmanager
async def opened(url: str, account: Account) -> AsyncIterator[Store]:
    store = Store.open(url, MASTER, account)
    yield store
    store.close()


async def test_a_case_goes_on_in_a_room_of_the_bot_that_runs_its_scheme_now(table: Conference, store_url: str) -> None:
    channel = await table.open_case(agencies="police, social")
    asked = Incoming("$late", f"!{channel}:example.org", user("dirk"), "!concern not answered yet kind: fact")
    await table.dispatcher.handle(asked)
    async with opened(store_url, OLD), opened(store_url, NEW) as new:
        watch = Watch(new, table.house, lambda: MONDAY)
        for _ in range(2):
            await watch.take_over()
        said = [(row.kind, row.person or row.plain.partition("\n")[0]) async for row in waiting(new, channel)]
        told = [row.plain async for row in waiting(new, "coordination")]
        with new.look() as find:
            case = find.case(channel.partition(":")[2])
    assert said[0][1].startswith("C-1 ")
    assert said[1] == ("message", "This room replaces the earlier one. Everybody is invited again.")
    assert sorted(said[2:]) == [("invite", f"@{who}:example.org") for who in ("ada", "cleo", "dirk")]
    assert len(told) == 1
    assert "another bot ran this case before; I do now" in told[0]
    assert case is not None
    assert not any(member.joined_at for member in case.present)


async def waiting(store: Store, channel: str) -> AsyncIterator[Row]:
    outbox = Outbox(store)
    while row := await outbox.next(channel):
        yield row
        await outbox.mark_sent(row, None, MONDAY)
