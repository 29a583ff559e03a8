"""Sweeps have a thread of their own: what one thread works with, no other does, and what is closed stays closed."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
import sqlalchemy as sa

from commands.concern.rules import Concern, raise_concern
from storage import audit, tables
from storage.check import check
from storage.database import StoreAwayError
from storage.journal import OnFile
from storage.known import Known
from storage.messages import Message
from storage.outbox import Outbox
from storage.store import Store
from tests.storage.examples import ADA, MASTER, NOW, a_case, an_entry

SOON = 0.2
"""Seconds in which whoever is not held up has long begun."""
THREADS, EACH = 3, 25


@pytest.fixture
def sweeps() -> Iterator[ThreadPoolExecutor]:
    """A thread beside the store's own."""
    with ThreadPoolExecutor(max_workers=THREADS) as threads:
        yield threads


def raise_one(store: Store, cause: str) -> None:
    with store.work(cause, NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        raise_concern(case, cause, by=ADA, at=NOW)
        work.record(an_entry(cause))
        work.say("coordination", Message(cause, cause))


def while_it_waits(threads: ThreadPoolExecutor, act: Callable[[], object]) -> Future[object]:
    """Let something begin in another thread, as far as it comes."""
    begun = threads.submit(act)
    wait([begun], timeout=SOON)
    return begun


def test_nobody_works_before_what_was_committed_is_kept(store: Store, sweeps: ThreadPoolExecutor) -> None:
    with store.work("$open", NOW) as work:
        work.open_case(a_case())
    keep, others = store._kept.keep, list[Future[object]]()

    def keep_when_others_come(kept: OnFile) -> None:
        if not others:
            others.append(while_it_waits(sweeps, lambda: raise_one(store, "$other")))
            assert not others[0].done()
        keep(kept)

    store._kept.keep = keep_when_others_come  # type: ignore[method-assign]
    raise_one(store, "$one")
    others[0].result()
    kept = store._kept.take("K7QF")
    assert kept is not None
    assert [concern.about for concern in kept.case.all(Concern)] == ["$one", "$other"]


async def test_what_is_being_withheld_is_not_said_meanwhile(store: Store, sweeps: ThreadPoolExecutor) -> None:
    with store.work("$open", NOW) as work:
        work.open_case(a_case())
        work.say("case:K7QF", Message("he sleeps in a car", ""), scope="K7QF")
    withheld, go_on = threading.Event(), threading.Event()

    def wipe() -> None:
        with store.work("$wipe", NOW) as work:
            work.withhold("K7QF", NOW)
            withheld.set()
            go_on.wait()

    wiping = sweeps.submit(wipe)
    withheld.wait()
    threading.Timer(SOON, go_on.set).start()
    said = await Outbox(store).next("case:K7QF")
    wiping.result()
    assert said is None or said.plain == ""


def test_a_sweep_that_goes_on_after_the_store_was_closed_does_nothing_more(
    store: Store, sweeps: ThreadPoolExecutor
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def sweep() -> None:
        with store.work("$first", NOW) as work:
            begun.set()
            go_on.wait()
            work.say("coordination", Message("first", ""))
        while True:
            with store.look() as find:
                find.open_cases()

    sweeping = sweeps.submit(sweep)
    begun.wait()
    closing = while_it_waits(sweeps, store.close)
    assert not closing.done()
    go_on.set()
    closing.result()
    with pytest.raises(StoreAwayError, match="closed"):
        sweeping.result()
    with pytest.raises(StoreAwayError, match="closed"), store.work("$second", NOW):
        pass
    assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_an_answer_that_is_kept_while_it_changes_is_not_kept(store: Store, sweeps: ThreadPoolExecutor) -> None:
    known, changing = Known(store.engine), list[Future[object]]()
    known._exclusive = True

    class Question:
        def __hash__(self) -> int:
            if not changing:
                changing.append(while_it_waits(sweeps, change))
            return 1

    def change() -> None:
        known.changed.add("rooms")
        known.settle()

    question = Question()
    known.keep(question, "as it was", known.age)
    changing[0].result()
    assert known.get(question) is None


def test_many_work_with_one_case_at_once(store: Store, url: str, sweeps: ThreadPoolExecutor) -> None:
    with store.work("$open", NOW) as work:
        work.open_case(a_case())
    another = Store.open(url, MASTER)
    stores = [store, store, another]

    def work_on(number: int) -> None:
        for one in range(EACH):
            cause = f"${number}-{one}"
            while True:
                try:
                    raise_one(stores[number], cause)
                except StoreAwayError:
                    continue
                break
            with stores[number].look() as find:
                case = find.case("K7QF")
            assert case is not None
            assert cause in {concern.about for concern in case.all(Concern)}

    for each in [sweeps.submit(work_on, number) for number in range(THREADS)]:
        each.result()
    another.close()
    with store.work("$last", NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        assert [concern.id for concern in case.all(Concern)] == [f"C-{n + 1}" for n in range(THREADS * EACH)]
        assert audit.first_fault(work.session, store.ring) is None
        said = work.find.all(sa.select(tables.outbox.c.txn_id))
    assert len(set(said)) == THREADS * EACH
    assert check(store.engine, MASTER).problems == []
