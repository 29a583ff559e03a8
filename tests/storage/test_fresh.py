"""What is handed over as it is committed is what the outbox would give; by it nothing is overtaken or said twice."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cases.people import Agency, Professional
from cases.roles import Role
from storage import directory, rooms, tables
from storage.fresh import Fresh
from storage.messages import Attachment, Message
from storage.outbox import Outbox, Row
from storage.progress import Progress
from storage.store import Store
from storage.work import Work
from tests.storage.examples import ADA, CLEO, NOW, a_case

HELLO = Message("he sleeps in a car", "<b>he sleeps in a car</b>", mentions=(ADA.user_id,), notice=False, subject="C-1")
DIRK = Professional("@dirk:example.org", "Dirk Visser", "police", Role.COORDINATOR)


def listen(store: Store) -> dict[str, Fresh | None]:
    """What is handed over from now on, the last in each channel."""
    told: dict[str, Fresh | None] = {}

    def take(channels: Mapping[str, Fresh | None] | None) -> None:
        told.update(channels or {})

    store.on_news = take
    return told


def open_one(store: Store) -> None:
    """A case with two people of an agency at its table, one of whom has left it."""
    with store.work("$open", NOW) as work:
        directory.put(work, Agency("police", "Police", "police", ""))
        for person in (ADA, DIRK):
            directory.put(work, person)
        case = a_case()
        for person in (ADA, DIRK):
            case.invite(person, because="knows", by=CLEO, at=NOW)
            case.join(person, NOW)
        case.leave(DIRK, NOW)
        work.open_case(case)


def say(work: Work) -> None:
    work.say("case:K7QF", HELLO, scope="K7QF")


def tell_the_agency(work: Work) -> None:
    assert work.find.case("K7QF")
    work.say("agency:police", HELLO, scope="K7QF")


def tell_the_agency_without_the_case(work: Work) -> None:
    work.say("agency:police", HELLO, scope="K7QF")


def attach(work: Work) -> None:
    work.attach("case:K7QF", Attachment("M-1.pdf", "application/pdf", b"%PDF"), scope="K7QF", subject="M-1")


def remove(work: Work) -> None:
    work.remove("case:K7QF", DIRK.user_id)


def change_and_say(work: Work) -> None:
    case = work.find.case("K7QF")
    assert case
    case.leave(ADA, NOW)
    say(work)


WAYS = (say, tell_the_agency, tell_the_agency_without_the_case, attach, remove, change_and_say)


@pytest.mark.parametrize("write", WAYS)
async def test_what_is_handed_over_is_what_the_outbox_gives(store: Store, write: object) -> None:
    open_one(store)
    outbox, told = Outbox(store), listen(store)
    assert callable(write)
    with store.work("$1", NOW) as work:
        write(work)
    ((channel, fresh),) = told.items()
    assert fresh
    row = await outbox.next(channel)
    assert row
    given = outbox.open(fresh)
    assert given.alone
    assert {**vars(given), "alone": False} == vars(row)
    if channel == "agency:police":
        assert row.audience == {ADA.user_id}


def put(store: Store, cause: str, *texts: str) -> None:
    with store.work(cause, NOW) as work:
        for text in texts:
            work.say("coordination", Message(text, text))


async def test_nothing_is_handed_over_before_what_waits(store: Store) -> None:
    put(store, "$1", "first")
    told = listen(store)
    put(store, "$2", "second")
    assert told == {"coordination": None}


async def test_what_was_noted_is_marked_first_and_overtaken_by_nothing(store: Store) -> None:
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "first")
    first = told["coordination"]
    assert first
    outbox.note_sent(outbox.open(first), "$first", NOW)
    begun: list[object] = []
    sa.event.listen(store.engine, "begin", begun.append)
    put(store, "$2", "second")
    second = told["coordination"]
    assert second
    assert second.put.body["plain"] == "second"
    assert len(begun) == 1
    assert await outbox.event_of("$1.1") == "$first"
    assert store.sent == {}


async def test_what_was_noted_is_found_by_whoever_looks_for_the_next(store: Store) -> None:
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "first")
    first = told["coordination"]
    assert first
    outbox.take(first)
    outbox.note_sent(outbox.open(first), "$first", NOW)
    assert await outbox.next("coordination") is None
    assert store.under_way == {}
    with store.look() as find:
        assert find.card("$first")


async def test_a_mark_that_was_noted_outlives_a_fault(store: Store) -> None:
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "first")
    first = told["coordination"]
    assert first
    outbox.note_sent(outbox.open(first), "$first", NOW)

    def fail() -> None:
        with store.work("$2", NOW):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert await outbox.event_of("$1.1") == "$first"


async def test_what_is_deleted_a_moment_after_it_went_out_is_deleted_in_its_room(store: Store) -> None:
    await Progress(store).save_room("coordination", "!room:example.org")
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "he sleeps in a car")
    first = told["coordination"]
    assert first
    outbox.take(first)
    outbox.note_sent(outbox.open(first), "$first", NOW)
    with store.work("$2", NOW) as work:
        work.retract("$1")
    following = told["coordination"]
    assert following
    row: Row = outbox.open(following)
    assert (row.kind, row.retracts) == ("retract", "$1.1")
    assert await outbox.event_of("$1.1") == "$first"


async def test_what_was_handed_over_and_not_begun_is_under_way_for_whoever_deletes_it(store: Store) -> None:
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "he sleeps in a car")
    first = told["coordination"]
    assert first
    outbox.take(first)
    with store.work("$2", NOW) as work:
        work.retract("$1")
    # It goes out as it was, or empty under the same transaction id; then it is deleted.
    row = await outbox.next("coordination")
    assert row
    assert (row.txn_id, row.plain) == ("$1.1", "")
    await outbox.mark_sent(row, "$first", NOW)
    row = await outbox.next("coordination")
    assert row
    assert row.retracts == "$1.1"


async def test_in_a_room_that_is_lost_nothing_is_handed_over(store: Store) -> None:
    await Progress(store).save_room("coordination", "!room:example.org")
    with store.work("$lost", NOW) as work:
        rooms.lose(work, "coordination")
    told = listen(store)
    put(store, "$1", "first")
    assert told == {"coordination": None}


async def test_behind_several_the_outbox_is_looked_at(store: Store) -> None:
    outbox, told = Outbox(store), listen(store)
    put(store, "$1", "first", "second")
    first = told["coordination"]
    assert first
    row = outbox.open(first)
    assert not row.alone
    following = await outbox.go_on(row, "$first", NOW + timedelta(seconds=1))
    assert following
    assert following.plain == "second"
    with store.look() as find:
        assert find.one(sa.select(sa.func.count()).where(tables.outbox.c.sent_at.is_(None))) == 1
