"""Cases kept in memory: never older than what is on file, never half done, never without bound."""

from collections.abc import AsyncIterator

import pytest

from cases.case import Case
from cases.concern import raise_concern
from cases.errors import Refusal
from storage.kept import KeptCases
from storage.work import Store, Work
from tests.storage.examples import ADA, CLEO, MASTER, NOW, a_case


@pytest.fixture
async def kept(store: Store) -> Case:
    """A case with one concern, as it is kept."""
    async with store.work("$open", NOW) as work:
        await work.open_case(a_case())
    async with store.work("$first", NOW) as work:
        return await raise_in(work, "first")


@pytest.fixture
async def another(url: str, kept: Case) -> AsyncIterator[Store]:
    """Another process on the same database."""
    opened = await Store.open(url, MASTER)
    yield opened
    await opened.close()


async def raise_in(work: Work, about: str) -> Case:
    case = await work.find.case("K7QF")
    assert case is not None
    raise_concern(case, about, by=ADA, at=NOW)
    return case


async def concerns(store: Store) -> list[str]:
    async with store.look() as find:
        case = await find.case("K7QF")
    assert case is not None
    return [concern.about for concern in case.concerns]


async def test_the_next_unit_of_work_gets_the_same_case(store: Store, kept: Case) -> None:
    async with store.work("$second", NOW) as work:
        assert await raise_in(work, "second") is kept
    assert await concerns(store) == ["first", "second"]


async def test_what_another_process_wrote_is_seen(store: Store, kept: Case, another: Store) -> None:
    async with another.work("$theirs", NOW) as work:
        await raise_in(work, "theirs")
    async with store.work("$ours", NOW) as work:
        assert await raise_in(work, "ours") is not kept
    assert await concerns(store) == ["first", "theirs", "ours"]


async def test_a_change_of_one_record_alone_is_seen_elsewhere(store: Store, kept: Case, another: Store) -> None:
    async with another.work("$theirs", NOW) as work:
        case = await work.find.case("K7QF")
        assert case is not None
        case.concerns[0].withdrawn = True
    async with store.work("$ours", NOW) as work:
        case = await work.find.case("K7QF")
        assert case is not None
        assert case.concerns[0].withdrawn


async def test_what_was_refused_half_done_is_not_kept(store: Store, kept: Case) -> None:
    async with store.work("$refused", NOW) as work:
        with pytest.raises(Refusal):
            await refuse(work)
        # The same unit of work sees it as it was before, too.
        case = await work.find.case("K7QF")
        assert case is not None
        assert [concern.about for concern in case.concerns] == ["first"]
    async with store.work("$next", NOW) as work:
        await raise_in(work, "next")
    assert await concerns(store) == ["first", "next"]


async def test_what_a_fault_broke_off_is_not_kept(store: Store, kept: Case) -> None:

    async def fail() -> None:
        async with store.work("$fault", NOW) as work:
            await raise_in(work, "lost")
            await work.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.work("$next", NOW) as work:
        case = await raise_in(work, "next")
    assert [concern.id for concern in case.concerns] == ["C-1", "C-2"]
    assert await concerns(store) == ["first", "next"]


async def refuse(work: Work) -> None:
    async with work.or_nothing():
        await raise_in(work, "half done")
        await work.session.flush()
        raise Refusal("some/refusal")


def test_those_used_last_are_kept_up_to_so_many_steps() -> None:
    cases = {ref: a_case(ref) for ref in ("AAA1", "BBB2", "CCC3")}
    kept = KeptCases(most_steps=2)
    for case in cases.values():
        kept.keep(case)
    assert [kept.take(ref) for ref in cases] == [None, cases["BBB2"], cases["CCC3"]]
    assert kept.take("CCC3") is None


def test_the_case_used_last_is_kept_however_long_it_is() -> None:
    kept = KeptCases(most_steps=1)
    short, long = a_case("AAA1"), a_case("BBB2")
    for about in ("first", "second"):
        raise_concern(long, about, by=ADA, at=NOW)
    kept.keep(short)
    kept.keep(long)
    assert [kept.take("AAA1"), kept.take("BBB2")] == [None, long]


def test_a_closed_case_is_not_kept() -> None:
    kept = KeptCases()
    case = a_case()
    case.close(because="goal met", owner="social", by=CLEO, at=NOW)
    kept.keep(case)
    assert kept.take(case.ref) is None
