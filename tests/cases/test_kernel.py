from cases.case import Head, Member, Reopening
from commands.concern.rules import Concern, raise_concern
from tests.cases.table import ADA, NOW, a_case


def test_a_case_holds_records_by_type_also_what_was_withdrawn() -> None:
    case = a_case()
    assert case.all(Concern) == []
    first = raise_concern(case, "sleeps in a car", by=ADA, at=NOW)
    second = raise_concern(case, "was seen at the lake", by=ADA, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert case.all(Concern) == [first, second]
    assert second.withdrawn
    assert list(case.records()) == [first, second]
    assert (case.members, case.reopenings) == (case.all(Member), case.all(Reopening))
    assert case.all(Head) == []
