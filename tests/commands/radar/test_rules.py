from datetime import timedelta

from commands.concern.rules import raise_concern
from commands.radar.rules import Finding, sweep
from tests.cases.table import ADA, CLEO, DIRK, FINN, NOW, a_case, closed_case


def test_a_case_whose_director_never_sat_down_has_none() -> None:
    assert sweep(a_case(), NOW) == [Finding.NO_DIRECTOR]


def test_a_well_kept_case_is_not_on_the_radar() -> None:
    case = a_case()
    case.invite(CLEO, because="directs", by=CLEO, at=NOW)
    for person in (CLEO, ADA, DIRK, FINN):
        case.join(person, NOW)
    assert sweep(case, NOW + timedelta(days=14)) == []


def test_somebody_who_does_not_come_is_found_after_a_week() -> None:
    case = a_case()
    for person in (ADA, DIRK):
        case.join(person, NOW)
    week = timedelta(days=7)
    assert Finding.NOT_COME not in sweep(case, NOW + week)
    assert Finding.NOT_COME in sweep(case, NOW + week + timedelta(seconds=1))
    # Who has been asked into another room has a week for that one.
    case.expect_everybody(by=CLEO, at=NOW + week)
    assert Finding.NOT_COME not in sweep(case, NOW + 2 * week)
    assert Finding.NOT_COME in sweep(case, NOW + 3 * week)
    for person in (ADA, DIRK):
        case.join(person, NOW + 2 * week)
    case.release(FINN.user_id, by=CLEO, at=NOW + 2 * week)
    assert Finding.NOT_COME not in sweep(case, NOW + 3 * week)


def test_a_case_can_lack_everything() -> None:
    case = a_case()
    case.director = None
    assert sweep(case, NOW + timedelta(days=29)) == [
        Finding.NO_DIRECTOR,
        Finding.NO_NEXT_REVIEW,
        Finding.SILENT,
        Finding.NOT_COME,
    ]


def test_a_case_without_a_review_is_found() -> None:
    case = a_case()
    case.next_review = None
    assert Finding.NO_NEXT_REVIEW in sweep(case, NOW)


def test_whatever_somebody_does_is_a_sign_of_life() -> None:
    case = a_case()
    later = NOW + timedelta(days=10)
    raise_concern(case, "seen again", by=ADA, at=later)
    assert Finding.SILENT not in sweep(case, later + timedelta(days=14))
    assert Finding.SILENT in sweep(case, later + timedelta(days=14, seconds=1))


def test_a_closed_case_is_left_in_peace() -> None:
    assert sweep(closed_case(), NOW + timedelta(days=100)) == []
