"""Cases kept in memory: never older than what is on file, never half done, never without bound."""

from collections.abc import Iterator

import pytest

from cases.case import Case
from cases.errors import Refusal
from commands.case import rules as closing
from commands.concern.rules import Concern, raise_concern
from storage.journal import OnFile
from storage.kept import KeptCases
from storage.store import Store
from storage.work import Work
from tests.storage.examples import ADA, CLEO, MASTER, NOW, a_case


@pytest.fixture
def kept(store: Store) -> Case:
    """A case with one concern, as it is kept."""
    with store.work("$open", NOW) as work:
        work.open_case(a_case())
    with store.work("$first", NOW) as work:
        return raise_in(work, "first")


@pytest.fixture
def another(url: str, kept: Case) -> Iterator[Store]:
    """Another process on the same database."""
    opened = Store.open(url, MASTER)
    yield opened
    opened.close()


def raise_in(work: Work, about: str) -> Case:
    case = work.find.case("K7QF")
    assert case is not None
    raise_concern(case, about, by=ADA, at=NOW)
    return case


def concerns(store: Store) -> list[str]:
    with store.look() as find:
        case = find.case("K7QF")
    assert case is not None
    return [concern.about for concern in case.all(Concern)]


def test_the_next_unit_of_work_gets_the_same_case(store: Store, kept: Case) -> None:
    with store.work("$second", NOW) as work:
        assert raise_in(work, "second") is kept
    assert concerns(store) == ["first", "second"]


def test_what_another_process_wrote_is_seen(store: Store, kept: Case, another: Store) -> None:
    with another.work("$theirs", NOW) as work:
        raise_in(work, "theirs")
    with store.work("$ours", NOW) as work:
        raise_in(work, "ours")
    assert concerns(store) == ["first", "theirs", "ours"]


def test_a_change_of_one_record_alone_is_seen_elsewhere(store: Store, kept: Case, another: Store) -> None:
    with another.work("$theirs", NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        case.undo(by=ADA, at=NOW)
    with store.work("$ours", NOW) as work:
        case = work.find.case("K7QF")
        assert case is not None
        assert case.all(Concern)[0].withdrawn


def test_what_was_refused_half_done_is_not_kept(store: Store, kept: Case) -> None:
    with store.work("$refused", NOW) as work:
        with pytest.raises(Refusal):
            refuse(work)
        # The same unit of work sees it as it was before, too.
        case = work.find.case("K7QF")
        assert case is not None
        assert [concern.about for concern in case.all(Concern)] == ["first"]
    with store.work("$next", NOW) as work:
        raise_in(work, "next")
    assert concerns(store) == ["first", "next"]


def test_what_a_fault_broke_off_is_not_kept(store: Store, kept: Case) -> None:

    def fail() -> None:
        with store.work("$fault", NOW) as work:
            raise_in(work, "lost")
            work.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.work("$next", NOW) as work:
        case = raise_in(work, "next")
    assert [concern.id for concern in case.all(Concern)] == ["C-1", "C-2"]
    assert concerns(store) == ["first", "next"]


def on_file(case: Case) -> OnFile:
    return OnFile(case, saved=len(case.steps))


def refuse(work: Work) -> None:
    with work.or_nothing():
        raise_in(work, "half done")
        work.save()
        raise Refusal("some/refusal")


def test_those_used_last_are_kept_up_to_so_many_steps() -> None:
    cases = {ref: on_file(a_case(ref)) for ref in ("AAA1", "BBB2", "CCC3")}
    kept = KeptCases(most_steps=2)
    for case in cases.values():
        kept.keep(case)
    assert [kept.take(ref) for ref in cases] == [None, cases["BBB2"], cases["CCC3"]]
    assert kept.take("CCC3") is None


def test_the_case_used_last_is_kept_however_long_it_is() -> None:
    kept = KeptCases(most_steps=1)
    long = a_case("BBB2")
    for about in ("first", "second"):
        raise_concern(long, about, by=ADA, at=NOW)
    short, long_one = on_file(a_case("AAA1")), on_file(long)
    kept.keep(short)
    kept.keep(long_one)
    assert [kept.take("AAA1"), kept.take("BBB2")] == [None, long_one]


def test_a_closed_case_is_not_kept() -> None:
    kept = KeptCases()
    case = a_case()
    closing.close(case, because="goal met", owner="social", by=CLEO, at=NOW)
    kept.keep(on_file(case))
    assert kept.take(case.ref) is None
