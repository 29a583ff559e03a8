import pytest

from cases.errors import Refusal
from commands.concern.rules import Basis, Concern, Domain, Urgency, raise_concern
from tests.cases.table import ADA, DIRK, NOW, a_case, closed_case


def test_a_concern_needs_nothing_but_what_was_observed() -> None:
    case = a_case()
    concern = raise_concern(case, "not at school for two weeks", by=ADA, at=NOW)
    assert (concern.id, concern.about, concern.by, concern.agency) == (
        "C-1",
        "not at school for two weeks",
        ADA.user_id,
        "police",
    )
    assert (concern.kind, concern.seen_at, concern.source, concern.domain) == (None, None, None, None)
    assert concern.urgency is Urgency.ROUTINE


def test_a_concern_keeps_everything_that_was_said() -> None:
    concern = raise_concern(
        a_case(),
        "sleeps in the stairwell",
        kind=Basis.FACT,
        seen_at=NOW,
        source="a neighbour",
        domain=Domain.HOUSING,
        urgency=Urgency.URGENT,
        by=ADA,
        at=NOW,
    )
    assert (concern.kind, concern.seen_at, concern.source) == (Basis.FACT, NOW, "a neighbour")
    assert (concern.domain, concern.urgency) == (Domain.HOUSING, Urgency.URGENT)


def test_a_number_that_was_taken_back_is_not_given_again() -> None:
    case = a_case()
    raise_concern(case, "first", by=ADA, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert raise_concern(case, "second", by=DIRK, at=NOW).id == "C-2"
    assert [(c.id, c.withdrawn) for c in case.all(Concern)] == [("C-1", True), ("C-2", False)]


def test_a_closed_case_hears_no_concern() -> None:
    case = closed_case()
    with pytest.raises(Refusal, match="case/closed"):
        raise_concern(case, "he is back on the street", by=ADA, at=NOW)
    assert case.all(Concern) == []
