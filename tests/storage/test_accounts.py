"""Several accounts on one database: each has its own rooms, outbox and progress, and its own schemes' cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from cases.case import open_case
from storage import answers, claims, directory, pins, rooms, secret, tables
from storage.account import Account
from storage.claims import SchemeTakenError
from storage.directory import Changes
from storage.figures import count_waiting
from storage.outbox import Outbox
from storage.pins import StoredPins
from storage.progress import Progress
from storage.work import Message, Store
from tests.storage.examples import ADA, CLEO, MASTER, NOW

SAFETY = Account("@safety:example.org", ("safety table",))
YOUTH = Account("@youth:example.org", ("youth crime",))
HELLO = Message("hello", "<b>hello</b>", subject="A-1")


@asynccontextmanager
async def opened(url: str, account: Account, *, claiming: bool = False) -> AsyncIterator[Store]:
    store = await Store.open(url, MASTER, account)
    try:
        if claiming:
            await claims.claim(store)
            # No process holds these accounts: tests/storage/test_lease.py is about that.
            store.term = None
        yield store
    finally:
        await store.close()


@pytest.fixture
async def safety(url: str) -> AsyncIterator[Store]:
    async with opened(url, SAFETY) as store:
        yield store


@pytest.fixture
async def youth(url: str, safety: Store) -> AsyncIterator[Store]:
    """A second account on the same database."""
    async with opened(url, YOUTH) as store:
        yield store


async def open_case_of(store: Store, ref: str, scheme: str) -> None:
    async with store.work(f"open {ref}", NOW) as work:
        await work.open_case(
            open_case(
                ref,
                scheme=scheme,
                why="not seen for weeks",
                goal="a routine",
                zone="Europe/Amsterdam",
                agencies=("social", "police"),
                director=CLEO.user_id,
                by=CLEO,
                at=NOW,
                people=[CLEO, ADA],
            )
        )
        await work.say(f"case:{ref}", HELLO, scope=ref)
        await work.say("coordination", HELLO)


async def test_each_says_only_what_is_its_own(safety: Store, youth: Store) -> None:
    await open_case_of(safety, "K7QF", "safety table")
    await open_case_of(youth, "M3XT", "youth crime")
    assert await Outbox(safety).channels() == ["case:K7QF", "coordination"]
    assert await Outbox(youth).channels() == ["case:M3XT", "coordination"]
    row = await Outbox(youth).next("coordination")
    assert row is not None
    assert row.txn_id == "open M3XT.2"
    await Outbox(youth).mark_sent(row, "$said", NOW)
    assert await Outbox(safety).channels() == ["case:K7QF", "coordination"]
    assert ((await count_waiting(safety)).outbox, (await count_waiting(youth)).outbox) == (2, 1)
    async with safety.look() as find:
        assert await find.card("$said") is None


async def test_each_finds_only_the_cases_of_its_schemes(safety: Store, youth: Store) -> None:
    await open_case_of(safety, "K7QF", "safety table")
    await open_case_of(youth, "M3XT", "youth crime")
    async with youth.look() as find:
        assert await find.open_cases() == ["M3XT"]
        assert [case.ref for case in await find.cases(["K7QF", "M3XT"])] == ["M3XT"]
        assert await find.open_cases(of=ADA.user_id) == ["M3XT"]
        assert await find.case("K7QF") is None
        assert await find.is_taken("K7QF")


async def test_each_has_its_own_rooms_and_its_own_place_in_them(safety: Store, youth: Store) -> None:
    ours, theirs = Progress(safety), Progress(youth)
    await ours.save_room("coordination", "!ours")
    await theirs.save_room("coordination", "!theirs")
    await ours.save("token 1", {"!ours": "$1", "!theirs": "$forged"})
    await theirs.save("token 2", {})
    await ours.wait_for_key("$unread", "!ours", {"sender": "@ada:example.org"}, NOW)
    assert (await ours.token(), await theirs.token()) == ("token 1", "token 2")
    assert await ours.last_events() == {"!ours": "$1"}
    assert await theirs.waiting() == []
    async with youth.look() as find:
        assert (await find.room("coordination"), await find.channel("!ours")) == ("!theirs", None)
    async with youth.work("$lose", NOW) as work:
        await rooms.lose(work, "coordination")
        await answers.show(work, "@ada:example.org", "dog cat")
    async with safety.look() as find:
        assert await rooms.lost(find) == []
        assert await answers.shown(find, "@ada:example.org") is None
    await theirs.forget_room("coordination")
    async with safety.look() as find:
        assert await find.room("coordination") == "!ours"


async def test_each_vouches_with_its_own_key(safety: Store, youth: Store) -> None:
    await secret.keep(safety, secret.USER_SIGNING, b"ours")
    await secret.keep(youth, secret.USER_SIGNING, b"theirs")
    assert await secret.read(safety, secret.USER_SIGNING) == b"ours"


async def test_an_identity_that_one_admin_approved_is_approved_everywhere(safety: Store, youth: Store) -> None:
    for store in (safety, youth):
        await StoredPins(store, lambda: NOW).offer("@ada:example.org", "new key")
    async with safety.work("$approve", NOW) as work:
        await pins.approve(work, "@ada:example.org", "new key")
    async with youth.look() as find:
        assert await pins.offers(find) == {}
        assert await pins.pinned(find, "@ada:example.org") == "new key"


async def test_who_leaves_the_house_is_removed_by_the_account_that_has_the_room(
    safety: Store, youth: Store, url: str
) -> None:
    await open_case_of(youth, "M3XT", "youth crime")
    await Progress(youth).save_room("case:M3XT", "!theirs")
    async with safety.update() as session:
        await session.execute(sa.insert(tables.agencies).values(short="police", name="", kind="", remit=""))
        await session.execute(
            sa.insert(tables.professionals).values(user_id=ADA.user_id, name=ADA.name, agency="police", role=ADA.role)
        )
    async with opened(url, SAFETY) as provisioning, provisioning.work("provision", NOW) as work:
        await directory.carry_out(work, Changes(releases=(("M3XT", ADA.user_id),)), prune=False)
    assert await Outbox(safety).channels() == []
    async with youth.look() as find:
        removals = await find.rows(
            sa.select(tables.outbox.c.account, tables.outbox.c.person).where(tables.outbox.c.kind == "remove")
        )
    assert removals == [(YOUTH.user_id, ADA.user_id)]


@pytest.mark.parametrize(
    ("schemes", "shared"),
    [(("youth crime", "safety table"), "safety table"), (None, "safety table")],
)
async def test_two_accounts_cannot_run_one_scheme(url: str, schemes: tuple[str, ...] | None, shared: str) -> None:
    async with opened(url, SAFETY, claiming=True), opened(url, Account(YOUTH.user_id, schemes)) as other:
        with pytest.raises(SchemeTakenError, match=f"@safety:example.org runs {shared} on this database"):
            await claims.claim(other)
    async with opened(url, Account(SAFETY.user_id, ("nothing of it",)), claiming=True):
        pass
    if schemes is not None:
        async with opened(url, Account(YOUTH.user_id, schemes), claiming=True):
            pass


async def test_who_runs_everything_leaves_nothing_to_others(url: str) -> None:
    async with opened(url, Account(SAFETY.user_id), claiming=True), opened(url, YOUTH) as other:
        with pytest.raises(SchemeTakenError, match="runs every scheme"):
            await claims.claim(other)
        assert not await claims.release(other, "@nobody:example.org")
        assert await claims.release(other, SAFETY.user_id)
        await claims.claim(other)


async def test_a_scheme_that_nobody_runs_is_told(url: str) -> None:
    async with opened(url, Account(SAFETY.user_id), claiming=True) as alone:
        await open_case_of(alone, "K7QF", "safety table")
        await open_case_of(alone, "M3XT", "youth crime")
        async with alone.look() as find:
            assert await claims.unclaimed(find) == []
    async with opened(url, SAFETY, claiming=True) as named:
        async with named.look() as find:
            assert await claims.unclaimed(find) == ["youth crime"]
        async with opened(url, YOUTH, claiming=True), named.look() as find:
            assert await claims.unclaimed(find) == []


async def test_the_first_account_takes_what_a_single_bot_left(store: Store, url: str) -> None:
    await open_case_of(store, "K7QF", "safety table")
    await Progress(store).save_room("coordination", "!ours")
    await Progress(store).save("token", {})
    async with opened(url, SAFETY) as first, opened(url, YOUTH) as second:
        assert await Progress(first).token() == "token"
        assert await Outbox(first).channels() == ["case:K7QF", "coordination"]
        assert await Progress(second).token() is None
        assert await Outbox(second).channels() == []


async def test_who_sits_at_a_table_is_known_without_reading_its_case(safety: Store, youth: Store) -> None:
    await open_case_of(safety, "K7Q4", "safety table")
    async with safety.work("seats", NOW) as work:
        case = await work.find.case("K7Q4")
        assert case is not None
        case.join(ADA, NOW)
    async with safety.look() as find:
        assert await find.seated("K7Q4") == {ADA.user_id: True, CLEO.user_id: False}
        assert await find.seated("X1X1") is None
    async with youth.look() as find:
        assert await find.seated("K7Q4") is None
