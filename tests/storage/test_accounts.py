"""Several accounts on one database: each has its own rooms, outbox and progress, and its own schemes' cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from cases.case import open_case
from chat.context import House
from commands.people import changing
from storage import answers, claims, pins, rooms, secret, tables
from storage.account import Account
from storage.claims import SchemeTakenError
from storage.directory import Changes
from storage.figures import count_waiting
from storage.messages import Message
from storage.outbox import Outbox
from storage.pins import StoredPins
from storage.progress import Progress
from storage.store import Store
from tests.storage.examples import ADA, CLEO, MASTER, NOW

SAFETY = Account("@safety:example.org", ("safety table",))
YOUTH = Account("@youth:example.org", ("youth crime",))
HELLO = Message("hello", "<b>hello</b>", subject="A-1")


@contextmanager
def opened(url: str, account: Account, *, claiming: bool = False) -> Iterator[Store]:
    store = Store.open(url, MASTER, account)
    try:
        if claiming:
            claims.claim(store)
            # No process holds these accounts: tests/storage/test_lease.py is about that.
            store.term = None
        yield store
    finally:
        store.close()


@pytest.fixture
def safety(url: str) -> Iterator[Store]:
    with opened(url, SAFETY) as store:
        yield store


@pytest.fixture
def youth(url: str, safety: Store) -> Iterator[Store]:
    """A second account on the same database."""
    with opened(url, YOUTH) as store:
        yield store


def open_case_of(store: Store, ref: str, scheme: str) -> None:
    with store.work(f"open {ref}", NOW) as work:
        work.open_case(
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
        work.say(f"case:{ref}", HELLO, scope=ref)
        work.say("coordination", HELLO)


async def test_each_says_only_what_is_its_own(safety: Store, youth: Store) -> None:
    open_case_of(safety, "K7QF", "safety table")
    open_case_of(youth, "M3XT", "youth crime")
    assert await Outbox(safety).channels() == ["case:K7QF", "coordination"]
    assert await Outbox(youth).channels() == ["case:M3XT", "coordination"]
    row = await Outbox(youth).next("coordination")
    assert row is not None
    assert row.txn_id == "open M3XT.2"
    await Outbox(youth).mark_sent(row, "$said", NOW)
    assert await Outbox(safety).channels() == ["case:K7QF", "coordination"]
    assert ((count_waiting(safety)).outbox, (count_waiting(youth)).outbox) == (2, 1)
    with safety.look() as find:
        assert find.card("$said") is None


def test_each_finds_only_the_cases_of_its_schemes(safety: Store, youth: Store) -> None:
    open_case_of(safety, "K7QF", "safety table")
    open_case_of(youth, "M3XT", "youth crime")
    with youth.look() as find:
        assert find.open_cases() == ["M3XT"]
        assert [case.ref for case in find.cases(["K7QF", "M3XT"])] == ["M3XT"]
        assert find.open_cases(of=ADA.user_id) == ["M3XT"]
        assert find.case("K7QF") is None
        assert find.is_taken("K7QF")


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
    with youth.look() as find:
        assert (find.room("coordination"), find.channel("!ours")) == ("!theirs", None)
    with youth.work("$lose", NOW) as work:
        rooms.lose(work, "coordination")
        answers.show(work, "@ada:example.org", "dog cat")
    with safety.look() as find:
        assert rooms.lost(find) == []
        assert answers.shown(find, "@ada:example.org") is None
    await theirs.forget_room("coordination")
    with safety.look() as find:
        assert find.room("coordination") == "!ours"


def test_each_vouches_with_its_own_key(safety: Store, youth: Store) -> None:
    secret.keep(safety, secret.USER_SIGNING, b"ours")
    secret.keep(youth, secret.USER_SIGNING, b"theirs")
    assert secret.read(safety, secret.USER_SIGNING) == b"ours"


async def test_an_identity_that_one_admin_approved_is_approved_everywhere(safety: Store, youth: Store) -> None:
    for store in (safety, youth):
        await StoredPins(store, lambda: NOW).offer("@ada:example.org", "new key")
    with safety.work("$approve", NOW) as work:
        pins.approve(work, "@ada:example.org", "new key")
    with youth.look() as find:
        assert pins.offers(find) == {}
        assert pins.pinned(find, "@ada:example.org") == "new key"


async def test_who_leaves_the_house_is_removed_by_the_account_that_has_the_room(
    safety: Store, youth: Store, url: str
) -> None:
    open_case_of(youth, "M3XT", "youth crime")
    rooms_of_youth = ["case:M3XT", "agency:police", f"direct:{ADA.user_id}"]
    for channel in rooms_of_youth:
        await Progress(youth).save_room(channel, f"!theirs-{channel}")
    with safety.update() as session:
        session.execute(sa.insert(tables.agencies).values(short="police", name="", kind="", remit=""))
        session.execute(
            sa.insert(tables.professionals).values(user_id=ADA.user_id, name=ADA.name, agency="police", role=ADA.role)
        )
    with opened(url, SAFETY) as provisioning, provisioning.work("provision", NOW) as work:
        changing.carry_out(
            work,
            Changes(gone=(ADA,)),
            House("safety table", ZoneInfo("Europe/Amsterdam"), SAFETY.user_id, "R"),
            prune=True,
        )
    # It tells its own coordinators; the table hears of it from the bot that has its room.
    assert await Outbox(safety).channels() == ["coordination"]
    with youth.look() as find:
        o = tables.outbox.c
        asked = sa.select(o.account, o.channel, o.person).where(o.kind == "remove").order_by(o.id)
        removals = find.rows(asked)
    assert removals == [(YOUTH.user_id, channel, ADA.user_id) for channel in rooms_of_youth]
    assert "case:M3XT" in await Outbox(youth).channels()


@pytest.mark.parametrize(
    ("schemes", "shared"),
    [(("youth crime", "safety table"), "safety table"), (None, "safety table")],
)
def test_two_accounts_cannot_run_one_scheme(url: str, schemes: tuple[str, ...] | None, shared: str) -> None:
    with (
        opened(url, SAFETY, claiming=True),
        opened(url, Account(YOUTH.user_id, schemes)) as other,
        pytest.raises(SchemeTakenError, match=f"@safety:example.org runs {shared} on this database"),
    ):
        claims.claim(other)
    with opened(url, Account(SAFETY.user_id, ("nothing of it",)), claiming=True):
        pass
    if schemes is not None:
        with opened(url, Account(YOUTH.user_id, schemes), claiming=True):
            pass


def test_who_runs_everything_leaves_nothing_to_others(url: str) -> None:
    with opened(url, Account(SAFETY.user_id), claiming=True), opened(url, YOUTH) as other:
        with pytest.raises(SchemeTakenError, match="runs every scheme"):
            claims.claim(other)
        assert not claims.release(other, "@nobody:example.org")
        assert claims.release(other, SAFETY.user_id)
        claims.claim(other)


def test_a_scheme_that_nobody_runs_is_told(url: str) -> None:
    with opened(url, Account(SAFETY.user_id), claiming=True) as alone:
        open_case_of(alone, "K7QF", "safety table")
        open_case_of(alone, "M3XT", "youth crime")
        with alone.look() as find:
            assert claims.unclaimed(find) == []
    with opened(url, SAFETY, claiming=True) as named:
        with named.look() as find:
            assert claims.unclaimed(find) == ["youth crime"]
        with opened(url, YOUTH, claiming=True), named.look() as find:
            assert claims.unclaimed(find) == []


async def test_the_first_account_takes_what_a_single_bot_left(store: Store, url: str) -> None:
    open_case_of(store, "K7QF", "safety table")
    await Progress(store).save_room("coordination", "!ours")
    await Progress(store).save("token", {})
    with opened(url, SAFETY) as first, opened(url, YOUTH) as second:
        assert await Progress(first).token() == "token"
        assert await Outbox(first).channels() == ["case:K7QF", "coordination"]
        assert await Progress(second).token() is None
        assert await Outbox(second).channels() == []


def test_who_sits_at_a_table_is_known_without_reading_its_case(safety: Store, youth: Store) -> None:
    open_case_of(safety, "K7Q4", "safety table")
    with safety.work("seats", NOW) as work:
        case = work.find.case("K7Q4")
        assert case is not None
        case.join(ADA, NOW)
    with safety.look() as find:
        assert find.seated("K7Q4") == {ADA.user_id: True, CLEO.user_id: False}
        assert find.seated("X1X1") is None
    with youth.look() as find:
        assert find.seated("K7Q4") is None
