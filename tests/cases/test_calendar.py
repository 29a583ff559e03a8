from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import Calendar, Hours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)})
DUTCH = Calendar(AMSTERDAM, CHRISTMAS)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
CALENDARS = st.frozensets(DAYS, max_size=40).map(lambda days: Calendar(AMSTERDAM, days))


@given(CALENDARS, DAYS, st.integers(1, 60), st.booleans())
def test_adding_working_days_ends_on_one_and_counting_undoes_it(
    calendar: Calendar, start: date, count: int, back: bool
) -> None:
    n = -count if back else count
    found = calendar.add(start, n)
    assert calendar.is_working_day(found)
    assert calendar.between(start, found) == n


@given(CALENDARS, DAYS, st.integers(0, 30), st.integers(0, 30))
def test_working_days_add_up(calendar: Calendar, start: date, first: int, then: int) -> None:
    assert calendar.add(calendar.add(start, first), then) == calendar.add(start, first + then)


@given(CALENDARS, DAYS, st.integers(1, 30))
def test_a_holiday_never_brings_a_working_day_nearer(calendar: Calendar, start: date, n: int) -> None:
    assert calendar.add(start, n) >= Calendar(AMSTERDAM).add(start, n)


@given(CALENDARS, st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 Hypothesis adds the zone
def test_when_the_bot_speaks_nobody_is_off(calendar: Calendar, moment: datetime) -> None:
    local = moment.astimezone(AMSTERDAM)
    if not calendar.rests(moment):
        assert time(9) <= local.time() < time(19)
        assert local.weekday() < 5
        assert local.date() not in calendar.holidays


@given(CALENDARS, st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 as above
def test_a_week_begins_once_and_within_itself(calendar: Calendar, moment: datetime) -> None:
    begins = calendar.week(moment)
    assert calendar.day(begins).isocalendar()[:2] == calendar.day(moment).isocalendar()[:2]
    assert calendar.week(begins) == begins


def test_christmas_in_the_netherlands() -> None:
    thursday = date(2026, 12, 24)
    assert DUTCH.add(thursday, 1) == date(2026, 12, 28)
    assert DUTCH.add(thursday, 5) == date(2027, 1, 4)
    assert DUTCH.between(thursday, date(2027, 1, 4)) == 5
    assert DUTCH.end_of(thursday) == datetime(2026, 12, 24, 16, tzinfo=UTC)
    assert DUTCH.is_quiet(datetime(2026, 12, 25, 11, tzinfo=UTC))
    assert not DUTCH.is_quiet(datetime(2026, 12, 24, 11, tzinfo=UTC))


def test_a_week_that_begins_with_a_holiday_begins_the_day_after_it() -> None:
    easter = Calendar(AMSTERDAM, frozenset({date(2026, 4, 6)}))
    assert easter.week(datetime(2026, 4, 8, tzinfo=UTC)) == datetime(2026, 4, 7, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "quiet"),
    [(23, 7, True), (23, 8, False), (23, 18, False), (23, 19, True), (21, 12, True)],
)
def test_evenings_nights_and_weekends_are_quiet(day: int, hour: int, quiet: bool) -> None:
    assert Calendar(AMSTERDAM).is_quiet(datetime(2026, 11, day, hour, tzinfo=AMSTERDAM)) is quiet


def test_people_have_hours_and_a_zone_of_their_own() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=AMSTERDAM)
    assert Calendar(AMSTERDAM).is_quiet(noon, Hours(time(12), time(13)))
    assert not Calendar(AMSTERDAM).is_quiet(noon, Hours(time(13), time(14)))
    assert Calendar(AMSTERDAM).is_quiet(noon, Hours(time(13), time(14)), ZoneInfo("Europe/Helsinki"))


@given(st.times(), st.times(), st.times())
def test_a_moment_is_in_a_stretch_or_in_the_rest_of_the_day(start: time, end: time, moment: time) -> None:
    if start != end:
        assert (moment in Hours(start, end)) is not (moment in Hours(end, start))


def test_the_clock_change_moves_no_morning() -> None:
    sunday = date(2026, 10, 25)
    before, after = DUTCH.morning(sunday - timedelta(days=2)), DUTCH.morning(sunday + timedelta(days=1))
    assert after - before == timedelta(days=3, hours=1)
