import pytest
import sqlalchemy as sa

from cases.concern import raise_concern
from cases.decision import decide
from cases.erasure import WORDS
from cases.minutes import Version
from cases.record import Record
from storage.crypto import SealedText
from storage.find import UnreadableCaseError
from storage.mapping import RECORDS, version_of
from storage.work import Store
from tests.storage.examples import ADA, NOW, a_case


def test_deleting_erases_every_sealed_column_of_every_record_that_people_write() -> None:
    sealed = {
        kind: {column.name for column in table.c if isinstance(column.type, SealedText)}
        for kind, table in RECORDS.values()
        # What the bot itself drew up from the records is corrected, not deleted.
        if issubclass(kind, Record) and kind is not Version
    }
    assert {kind: set(names) for kind, names in WORDS.items()} == {
        kind: names for kind, names in sealed.items() if names
    }


async def test_text_of_one_record_can_be_handed_to_any_other(store: Store) -> None:
    async with store.work("$1", NOW) as work:
        await work.open_case(a_case())
        await work.open_case(a_case("M3XT"))
    async with store.work("$2", NOW) as work:
        case, other = await work.find.case("K7QF"), await work.find.case("M3XT")
        assert case
        assert other
        first = raise_concern(case, "he ran away", by=ADA, at=NOW)
        await work.session.flush()
        decided = decide(case, first.about, because=case.why, by=ADA, at=NOW, review_at=None)
        await work.session.flush()
        # Also to one that is on file already, and to another case's.
        case.goal = decided.text
        other.why = decided.because
        raise_concern(other, first.about, by=ADA, at=NOW)
    async with store.look() as find:
        case, other = await find.case("K7QF"), await find.case("M3XT")
    assert case
    assert other
    assert (case.goal, case.decisions[0].text, other.concerns[0].about) == ("he ran away",) * 3
    assert (case.decisions[0].because, other.why) == ("not seen at school for weeks",) * 2


async def test_a_change_in_one_case_makes_no_new_version_of_another(store: Store) -> None:
    async with store.work("$1", NOW) as work:
        await work.open_case(a_case())
        await work.open_case(a_case("M3XT"))
    async with store.work("$2", NOW) as work:
        case, other = await work.find.case("K7QF"), await work.find.case("M3XT")
        assert case
        assert other
        raise_concern(case, "he ran away", by=ADA, at=NOW)
    assert (version_of(case), version_of(other)) == (2, 1)


async def test_a_case_that_cannot_be_read_takes_no_other_with_it(store: Store) -> None:
    async with store.work("$1", NOW) as work:
        for ref in ("K7QF", "M3XT", "P4RS"):
            await work.open_case(a_case(ref))
    async with store.engine.begin() as raw:
        await raw.execute(sa.text("UPDATE cases SET goal = :x WHERE ref = 'M3XT'"), {"x": b"x"})
    async with store.look() as find:
        assert [case.ref for case in await find.cases(["K7QF", "M3XT", "P4RS"])] == ["K7QF", "P4RS"]
        # Nothing is left of it half read.
        for _ in range(2):
            with pytest.raises(UnreadableCaseError, match="the case M3XT can't be read"):
                await find.case("M3XT")
    assert store.unreadable == {"M3XT": "ValueError"}
