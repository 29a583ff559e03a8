from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cases.errors import Refusal
from chat.recurrence import dates, read_rhythm

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
THURSDAY = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
"""Ten in Amsterdam, the first Thursday of November."""
ZONES = [ZoneInfo(key) for key in ("Europe/Amsterdam", "Europe/Helsinki", "Atlantic/Azores", "Australia/Lord_Howe")]
RHYTHMS = ("day", "working day", "2 weeks", "3 months", "6 months", "year")


def next_dates(every: str, first: datetime = THURSDAY, zone: ZoneInfo = AMSTERDAM, many: int = 3) -> list[str]:
    rule = read_rhythm(every).bind(first, zone)
    return [f"{when.astimezone(zone):%a %Y-%m-%d %H:%M}" for when in islice(dates(rule, first, zone), 1, 1 + many)]


@pytest.mark.parametrize(
    ("every", "second", "third"),
    [
        ("6 months", "Wed 2027-05-05 10:00", "Fri 2027-11-05 10:00"),
        ("half year", "Wed 2027-05-05 10:00", "Fri 2027-11-05 10:00"),
        ("2 weeks", "Thu 2026-11-19 10:00", "Thu 2026-12-03 10:00"),
        ("every other week", "Thu 2026-11-19 10:00", "Thu 2026-12-03 10:00"),
        ("week", "Thu 2026-11-12 10:00", "Thu 2026-11-19 10:00"),
        ("quarter", "Fri 2027-02-05 10:00", "Wed 2027-05-05 10:00"),
        ("First Thursday", "Thu 2026-12-03 10:00", "Thu 2027-01-07 10:00"),
        ("the first thursday of the month", "Thu 2026-12-03 10:00", "Thu 2027-01-07 10:00"),
        ("1st Thursday every 3 months", "Thu 2027-02-04 10:00", "Thu 2027-05-06 10:00"),
        ("thursday", "Thu 2026-11-12 10:00", "Thu 2026-11-19 10:00"),
        ("working day", "Fri 2026-11-06 10:00", "Mon 2026-11-09 10:00"),
        ("Yearly", "Fri 2027-11-05 10:00", "Sun 2028-11-05 10:00"),
    ],
)
def test_peoples_words_become_dates(every: str, second: str, third: str) -> None:
    assert next_dates(every, many=2) == [second, third]


@pytest.mark.parametrize("every", ["", "0 weeks", "now and then", "61 months", "fifth Friday", "2", "blue moon"])
def test_what_cannot_be_read_is_refused(every: str) -> None:
    with pytest.raises(Refusal, match="series/unreadable"):
        read_rhythm(every)


def test_the_last_day_of_a_month_stays_the_last() -> None:
    last = datetime(2026, 8, 31, 8, 0, tzinfo=UTC)
    assert next_dates("6 months", last) == ["Sun 2027-02-28 10:00", "Tue 2027-08-31 10:00", "Tue 2028-02-29 10:00"]


def test_a_first_date_that_the_rhythm_leaves_out_is_refused_with_the_next_one_that_fits() -> None:
    with pytest.raises(Refusal, match="series/first_elsewhere") as refused:
        read_rhythm("first Tuesday").bind(THURSDAY, AMSTERDAM)
    assert refused.value.facts["instead"] == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def test_an_hour_that_the_clock_change_skips_is_one_later_on_that_day_only() -> None:
    night = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)
    assert next_dates("day", night, many=2) == ["Sun 2027-03-28 03:30", "Mon 2027-03-29 02:30"]


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.times(time(4), time(22)).map(lambda hour: hour.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES),
    st.sampled_from(RHYTHMS),
)
def test_the_local_hour_is_kept_and_the_dates_rise(day: date, hour: time, zone: ZoneInfo, every: str) -> None:
    first = datetime.combine(day, hour, zone).astimezone(UTC)
    assume(every != "working day" or day.isoweekday() in range(1, 6))
    found = list(islice(dates(read_rhythm(every).bind(first, zone), first, zone), 30))
    assert found[0] == first
    assert {when.astimezone(zone).time() for when in found} == {hour}
    assert all(later - earlier > timedelta(hours=20) for earlier, later in pairwise(found))
    assert all(when.tzinfo is UTC for when in found)
