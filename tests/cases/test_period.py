"""Which month or quarter somebody means."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.period import QUARTER, Period
from tests.room import AMSTERDAM

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11", "2026-11"),
        ("2026-1", "2026-01"),
        ("11/2026", "2026-11"),
        ("november", "2026-11"),
        ("Nov 2026", "2026-11"),
        ("nov.", "2026-11"),
        # Without a year the last one that has begun is meant.
        ("December", "2025-12"),
        ("december 2026", "2026-12"),
        ("sept", "2026-09"),
        ("maart", "2026-03"),
        ("last month", "2026-10"),
        ("  This   month!", "2026-11"),
        ("vorige maand", "2026-10"),
        ("2026-Q4", "2026-Q4"),
        ("q4", "2026-Q4"),
        ("Q4 2025", "2025-Q4"),
        ("last quarter", "2026-Q3"),
    ],
)
def test_a_month_is_typed_as_people_do(typed: str, meant: str) -> None:
    assert str(Period.read(typed, NOW, AMSTERDAM)) == meant


@pytest.mark.parametrize("typed", ["2026-13", "2026-00", "smarch", "", "q5", "tomorrow", "2026", "11", "november 26"])
def test_what_is_no_month_is_none(typed: str) -> None:
    assert Period.read(typed, NOW, AMSTERDAM) is None


def test_a_month_begins_at_midnight_in_the_zone_of_the_house() -> None:
    november = Period(2026, 11, 1, AMSTERDAM)
    assert november.start == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    assert november.end == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert november.start in november
    assert november.end not in november
    assert None not in november
    assert Period(2026, 1, 1, AMSTERDAM).before == Period(2025, 12, 1, AMSTERDAM)
    assert Period(2026, 1, QUARTER, AMSTERDAM).before.name == "2025-Q4"


@given(st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.sampled_from([1, QUARTER]))  # noqa: DTZ001
def test_each_moment_is_in_one_period_which_reads_back(moment: datetime, months: int) -> None:
    period = Period.of(moment, AMSTERDAM, months)
    assert moment in period
    assert moment not in period.before
    assert period.before.end == period.start
    assert Period.read(str(period), NOW, AMSTERDAM) == period
    assert Period.read(period.name, NOW, AMSTERDAM) == period
