"""After a restore numbers go on behind a gap."""

from cases.case import MOST_STEPS, Case
from cases.people import Professional
from commands.concern.rules import raise_concern
from tests.storage.examples import ADA, NOW, a_case

US = Professional("@bot:example.org", "Roundtable", "")


def raised(case: Case) -> str:
    return raise_concern(case, "bruises", by=ADA, at=NOW).id


def test_no_number_is_given_twice_after_a_gap() -> None:
    case = a_case()
    assert raised(case) == "C-1"
    assert case.leave_a_gap(by=US, at=NOW) == 1000
    assert [raised(case), raised(case)] == ["C-1001", "C-1002"]
    assert case.leave_a_gap(by=US, at=NOW) == 2000
    assert case.leave_a_gap(by=US, at=NOW) == 3000
    assert raised(case) == "C-3001"


def test_a_gap_is_no_sign_of_life_and_nobody_takes_it_back() -> None:
    case = a_case()
    alive = case.last_sign_of_life
    case.leave_a_gap(by=US, at=NOW.replace(year=2027))
    assert case.last_sign_of_life == alive


def test_a_full_case_has_a_gap_too() -> None:
    case = a_case()
    case.steps *= MOST_STEPS
    assert case.leave_a_gap(by=US, at=NOW) == 1000
