# lines: the dates that people type, and what each is read as, stand in its tables

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import Refusal
from cases.time import (
    add_working_days,
    end_of_working_day,
    read_past,
    read_span,
    read_when,
    shorten,
    show,
    show_day,
    working_days_between,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 11, 23, 12, 39, tzinfo=UTC)
"""13:39 in Amsterdam."""


def when(text: str, now: datetime = MONDAY) -> str:
    return show(read_when(text, now=now, zone=AMSTERDAM), AMSTERDAM).removesuffix(" Europe/Amsterdam")


def past(text: str) -> str:
    return show(read_past(text, now=MONDAY, zone=AMSTERDAM), AMSTERDAM).removesuffix(" Europe/Amsterdam")


def refused(text: str, now: datetime = MONDAY) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refusal) as refusal:
        read_when(text, now=now, zone=AMSTERDAM)
    return refusal.value.code, refusal.value.facts


def refused_past(text: str) -> str:
    with pytest.raises(Refusal) as refusal:
        read_past(text, now=MONDAY, zone=AMSTERDAM)
    return refusal.value.code


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("fri 15:00", "Fri 27 Nov 2026, 15:00"),
        ("fri", "Fri 27 Nov 2026, 17:00"),
        ("on friday", "Fri 27 Nov 2026, 17:00"),
        ("FRIDAY  at 15.00", "Fri 27 Nov 2026, 15:00"),
        ("fri.\u00a015:00", "Fri 27 Nov 2026, 15:00"),
        ("fri\u200b 15\uff1a00", "Fri 27 Nov 2026, 15:00"),
        ("mon", "Mon 23 Nov 2026, 17:00"),
        ("mon 9:30", "Mon 30 Nov 2026, 09:30"),
        ("today 16:00", "Mon 23 Nov 2026, 16:00"),
        ("15:00", "Mon 23 Nov 2026, 15:00"),
        ("15.00", "Mon 23 Nov 2026, 15:00"),
        ("at 15.10", "Mon 23 Nov 2026, 15:10"),
        ("tomorrow", "Tue 24 Nov 2026, 17:00"),
        ("tomorrow 10:00", "Tue 24 Nov 2026, 10:00"),
        ("23 nov", "Mon 23 Nov 2026, 17:00"),
        ("23 nov 9:00", "Tue 23 Nov 2027, 09:00"),
        ("24 nov, 15:00", "Tue 24 Nov 2026, 15:00"),
        ("20 nov", "Sat 20 Nov 2027, 17:00"),
        ("nov 20", "Sat 20 Nov 2027, 17:00"),
        ("4th of December", "Fri 4 Dec 2026, 17:00"),
        ("20 november 2027 15:00", "Sat 20 Nov 2027, 15:00"),
        ("2026-12-20", "Sun 20 Dec 2026, 17:00"),
        ("25/12/2026", "Fri 25 Dec 2026, 17:00"),
        ("2026/12/25", "Fri 25 Dec 2026, 17:00"),
        ("2026-12-20 15:00", "Sun 20 Dec 2026, 15:00"),
        ("2026-12-20T15:00", "Sun 20 Dec 2026, 15:00"),
        ("2026-12-20T15:00Z", "Sun 20 Dec 2026, 16:00"),
        ("2027-10-31 02:30+02:00", "Sun 31 Oct 2027, 02:30"),
        ("2026-12-20 15:00+01:00", "Sun 20 Dec 2026, 15:00"),
        ("2027-07-20t15:00+02:00", "Tue 20 Jul 2027, 15:00"),
        ("in 3 days", "Thu 26 Nov 2026, 17:00"),
        ("in 3 days at 9:00", "Thu 26 Nov 2026, 09:00"),
        ("in a week", "Mon 30 Nov 2026, 17:00"),
        ("in 2 weeks", "Mon 7 Dec 2026, 17:00"),
        ("in 3 hours", "Mon 23 Nov 2026, 16:39"),
        ("in 90 minutes", "Mon 23 Nov 2026, 15:09"),
        ("+3 days", "Thu 26 Nov 2026, 17:00"),
        ("+2 weeks", "Mon 7 Dec 2026, 17:00"),
        ("+5 working days", "Mon 30 Nov 2026, 17:00"),
        ("Fri 27 Nov 2026, 17:00 Europe/Amsterdam", "Fri 27 Nov 2026, 17:00"),
    ],
)
def test_a_date_is_read_as_it_is_typed(typed: str, shown: str) -> None:
    assert when(typed) == shown


@pytest.mark.parametrize(
    ("typed", "code", "readings"),
    [
        ("04/05/26", "when/ambiguous", ["4 May 2026", "5 April 2026"]),
        ("4.5.2026 15:00", "when/ambiguous", ["4 May 2026, 15:00", "5 April 2026, 15:00"]),
        ("4/5", "when/ambiguous", ["4 May 2027", "5 April 2027"]),
        ("4.11", "when/ambiguous", ["04:11", "4 November 2027"]),
        ("next fri", "when/ambiguous", ["27 November 2026", "4 December 2026"]),
        ("next mon", "when/ambiguous", ["30 November 2026", "7 December 2026"]),
        ("thu 27 nov", "when/ambiguous", ["27 November 2026", "26 November 2026"]),
        (
            "2027-03-28 02:30",
            "when/skipped",
            ["Sun 28 Mar 2027, 01:30 Europe/Amsterdam", "Sun 28 Mar 2027, 03:30 Europe/Amsterdam"],
        ),
        (
            "2027-10-31 02:30",
            "when/twice",
            [
                "Sun 31 Oct 2027, 02:30 Europe/Amsterdam (UTC+02:00)",
                "Sun 31 Oct 2027, 02:30 Europe/Amsterdam (UTC+01:00)",
            ],
        ),
        ("today 9:00", "when/past", ["Tue 24 Nov 2026, 09:00"]),
        ("9:00", "when/past", ["Tue 24 Nov 2026, 09:00"]),
        ("2025-01-01", "when/past", ["Fri 1 Jan 2027"]),
        ("2024-02-29", "when/past", ["Tue 24 Nov 2026"]),
        ("0001-01-01", "when/past", ["Fri 1 Jan 2027"]),
    ],
)
def test_what_can_be_meant_otherwise_is_refused_with_its_readings(typed: str, code: str, readings: list[str]) -> None:
    assert refused(typed)[0] == code
    assert refused(typed)[1]["readings"] == readings


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("fri 15:00-16:00", "Fri 27 Nov 2026, 15:00, 60 minutes"),
        ("fri 15.00-16.30", "Fri 27 Nov 2026, 15:00, 90 minutes"),
        ("fri 15:00 – 16:00", "Fri 27 Nov 2026, 15:00, 60 minutes"),
        ("fri 15:00\u201117", "Fri 27 Nov 2026, 15:00, 120 minutes"),
        ("fri 15:00 to 16:00", "Fri 27 Nov 2026, 15:00, 60 minutes"),
        ("fri 15:00 tot 16:00", "Fri 27 Nov 2026, 15:00, 60 minutes"),
        ("fri from 9:00 until 12:00", "Fri 27 Nov 2026, 09:00, 180 minutes"),
        ("fri between 9:00 and 10:00", "Fri 27 Nov 2026, 09:00, 60 minutes"),
        ("tussen 15:00 en 16:00", "Mon 23 Nov 2026, 15:00, 60 minutes"),
        ("2026-12-20 10:00-11:00", "Sun 20 Dec 2026, 10:00, 60 minutes"),
        ("2026-12-20T10:00-11:00", "Sun 20 Dec 2026, 10:00, 60 minutes"),
        ("2026-12-20T10:00+01:00", "Sun 20 Dec 2026, 10:00"),
        ("in 3 days 9:00-10:00", "Thu 26 Nov 2026, 09:00, 60 minutes"),
        ("fri 15:00", "Fri 27 Nov 2026, 15:00"),
    ],
)
def test_from_to_is_a_beginning_and_an_end(typed: str, shown: str) -> None:
    start, end = read_span(typed, now=MONDAY, zone=AMSTERDAM)
    length = f", {(end - start) // timedelta(minutes=1)} minutes" if end else ""
    assert show(start, AMSTERDAM).removesuffix(" Europe/Amsterdam") + length == shown


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("fri 09:00-12:00", ["Fri 27 Nov 2026, 09:00", "Fri 27 Nov 2026, 12:00"]),
        ("2026-11-27 09:00-12:00", ["Fri 27 Nov 2026, 09:00", "Fri 27 Nov 2026, 12:00"]),
        ("fri 9:00 to 12:00", ["Fri 27 Nov 2026, 09:00", "Fri 27 Nov 2026, 12:00"]),
        ("fri 22:00-01:00", ["Fri 27 Nov 2026, 22:00", "Sat 28 Nov 2026, 01:00"]),
        ("2026-12-20 15:00-05:30", ["Sun 20 Dec 2026, 15:00", "Sun 20 Dec 2026, 21:30"]),
        ("2026-12-20T15:00+05:30", ["Sun 20 Dec 2026, 15:00", "Sun 20 Dec 2026, 10:30"]),
        ("2027-07-20 15:00+01:00", ["Tue 20 Jul 2027, 15:00", "Tue 20 Jul 2027, 16:00"]),
        ("fri 15:00+09:00", ["Fri 27 Nov 2026, 15:00", "Fri 27 Nov 2026, 07:00"]),
    ],
)
def test_from_to_for_one_moment_and_a_foreign_offset_are_refused_with_both_readings(
    typed: str, readings: list[str]
) -> None:
    code, facts = refused(typed)
    assert (code, facts["readings"]) == ("when/ambiguous", readings)
    for line, reading in zip(facts["instead"], readings, strict=True):
        assert when(line) == reading


def test_what_was_observed_from_to_is_refused_with_both_readings() -> None:
    assert refused_past("fri 09:00-12:00") == "when/ambiguous"


@pytest.mark.parametrize("typed", ["fri 22:00-01:00", "fri 15:00-15:00", "2026-12-20 15:00-05:30"])
def test_a_span_that_does_not_end_on_its_day_is_asked_about(typed: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_span(typed, now=MONDAY, zone=AMSTERDAM)
    assert refusal.value.code == "when/ambiguous"


@pytest.mark.parametrize("typed", ["fri from 15:00", "fri between 15:00-16:00", "10:00 and 11:00", "fri 15-16"])
def test_half_of_a_span_is_no_date(typed: str) -> None:
    assert refused(typed)[0] == "when/unreadable"


def test_in_a_zone_behind_utc_the_offset_tells_the_repeated_hour_and_nothing_else() -> None:
    honolulu, new_york = ZoneInfo("Pacific/Honolulu"), ZoneInfo("America/New_York")
    start, end = read_span("2026-12-20 08:00-10:00", now=MONDAY, zone=honolulu)
    assert (start, end) == (datetime(2026, 12, 20, 18, tzinfo=UTC), datetime(2026, 12, 20, 20, tzinfo=UTC))
    for offset, hour in (("-04:00", 5), ("-05:00", 6)):
        moment = read_when(f"2027-11-07 01:30{offset}", now=MONDAY, zone=new_york)
        assert moment == datetime(2027, 11, 7, hour, 30, tzinfo=UTC)
    assert read_when("2026-12-20 15:00-05:00", now=MONDAY, zone=new_york) == datetime(2026, 12, 20, 20, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["04/05/27", "4/5", "next fri 15:00", "2027-03-28 02:30", "2027-10-31 02:30"])
def test_what_a_refusal_says_to_type_instead_can_be_typed(typed: str) -> None:
    instead = refused(typed)[1]["instead"]

    moments = [read_when(line, now=MONDAY, zone=AMSTERDAM) for line in instead]

    assert len(set(moments)) == 2


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("31 feb", "when/impossible"),
        ("29 feb", "when/impossible"),
        ("2026-02-30", "when/impossible"),
        ("45/45/2026", "when/impossible"),
        ("25:00", "when/impossible"),
        ("fri 15:60", "when/impossible"),
        ("2040-01-01", "when/far"),
        ("mon 31 december 9999", "when/far"),
        ("in 9999 days", "when/far"),
        ("in 99999999 hours", "when/far"),
        ("in 43900 hours", "when/far"),
        ("in 0 minutes", "when/past"),
        ("in 3 hours 15:00", "when/unreadable"),
        ("someday", "when/unreadable"),
        ("20 foo", "when/unreadable"),
        ("foo 20 nov", "when/unreadable"),
        ("soon, I hope", "when/unreadable"),
        ("", "when/unreadable"),
        ("9" * 5000, "when/unreadable"),
    ],
)
def test_what_is_no_date_ahead_is_refused(typed: str, code: str) -> None:
    assert refused(typed)[0] == code


def test_29_february_is_found_in_a_leap_year() -> None:
    assert when("29 feb", now=datetime(2027, 6, 1, tzinfo=UTC)) == "Tue 29 Feb 2028, 17:00"


def test_five_years_after_29_february_is_1_march() -> None:
    now = datetime(2028, 2, 29, 8, tzinfo=UTC)

    assert when("2033-03-01", now) == "Tue 1 Mar 2033, 17:00"
    assert refused("2033-03-02", now)[1]["until"] == "Tue 1 Mar 2033"


def test_a_refusal_repeats_what_was_meant_as_a_date_and_nothing_else() -> None:
    assert refused("because he told me in confidence that his mother drinks")[1]["typed"] == ""
    assert refused("his mother, fri 15:00")[1]["typed"] == ""
    assert refused("next week fri 3pm")[1]["typed"] == "next week fri 3pm"
    assert len(refused("9 " * 500)[1]["typed"]) == 40


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("yesterday", "Sun 22 Nov 2026, 17:00"),
        ("today", "Mon 23 Nov 2026, 13:39"),
        ("mon 9:00", "Mon 23 Nov 2026, 09:00"),
        ("mon 15:00", "Mon 16 Nov 2026, 15:00"),
        ("fri", "Fri 20 Nov 2026, 17:00"),
        ("3 days ago", "Fri 20 Nov 2026, 17:00"),
        ("a week ago", "Mon 16 Nov 2026, 17:00"),
        ("2 hours ago", "Mon 23 Nov 2026, 11:39"),
        ("20 nov", "Fri 20 Nov 2026, 17:00"),
        ("24 nov", "Mon 24 Nov 2025, 17:00"),
        ("2026-11-01 10:00", "Sun 1 Nov 2026, 10:00"),
    ],
)
def test_what_was_observed_is_looked_for_in_the_past(typed: str, shown: str) -> None:
    assert past(typed) == shown


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("tomorrow", "when/ahead"),
        ("2027-01-01", "when/ahead"),
        ("2 hours ago 15:00", "when/unreadable"),
        ("9999999 days ago", "when/unreadable"),
        ("in 3 days", "when/unreadable"),
        ("next fri", "when/unreadable"),
        ("1066-10-14", "when/impossible"),
    ],
)
def test_what_was_not_yet_observed_is_refused(typed: str, code: str) -> None:
    assert refused_past(typed) == code


@given(st.datetimes(datetime(2026, 11, 24), datetime(2031, 11, 22)))  # noqa: DTZ001 - a local time on the wall
def test_what_the_bot_shows_can_be_typed_back(wall: datetime) -> None:
    moment = wall.replace(second=0, microsecond=0, tzinfo=AMSTERDAM).astimezone(UTC)
    shown = show(moment, AMSTERDAM)

    try:
        assert read_when(shown, now=MONDAY, zone=AMSTERDAM) == moment
    except Refusal as refusal:
        assert refusal.code == "when/twice"  # noqa: PT017 - the only refusal that may happen here


WORDS = st.sampled_from(
    [
        "fri",
        "friday",
        "monday",
        "next",
        "on",
        "at",
        "in",
        "a",
        "+",
        "-",
        ",",
        ".",
        "/",
        ":",
        "3",
        "31",
        "29",
        "02",
        "feb",
        "nov",
        "2026",
        "2027",
        "2026-11-20",
        "10.30",
        "02:30",
        "25:00",
        "days",
        "week",
        "hours",
        "working",
        "today",
        "tomorrow",
        "yesterday",
        "ago",
        "04/05/26",
        "4.5",
        "t",
        "z",
        "+01:00",
        "-12:00",
        "15:00-16:00",
        "to",
        "–",
        "99999",
        "9999-12-31",
        "0001-01-01",
        "٣",
    ]
)
TYPED = st.lists(WORDS, max_size=6).map(" ".join) | st.lists(WORDS, max_size=4).map("".join) | st.text(max_size=30)
ZONES = st.sampled_from(["Europe/Amsterdam", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "UTC"])
NOWS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


@given(TYPED, NOWS, ZONES.map(ZoneInfo))
def test_whatever_is_typed_is_a_moment_ahead_or_a_refusal(typed: str, now: datetime, zone: ZoneInfo) -> None:
    try:
        moment = read_when(typed, now=now, zone=zone)
    except Refusal as refusal:
        assert refusal.code.startswith("when/")  # noqa: PT017 - a refusal is one of two right outcomes
    else:
        assert moment.tzinfo is UTC
        assert now < moment < now + timedelta(days=5 * 366 + 2)


@given(TYPED, NOWS, ZONES.map(ZoneInfo))
def test_whatever_is_typed_is_a_moment_gone_by_or_a_refusal(typed: str, now: datetime, zone: ZoneInfo) -> None:
    try:
        moment = read_past(typed, now=now, zone=zone)
    except Refusal as refusal:
        assert refusal.code.startswith("when/")  # noqa: PT017 - a refusal is one of two right outcomes
    else:
        assert moment.tzinfo is UTC
        assert moment <= now


def test_working_days_leave_out_weekends_and_holidays() -> None:
    friday = date(2026, 11, 20)

    assert add_working_days(friday, 1) == date(2026, 11, 23)
    assert add_working_days(friday, 1, holidays=[date(2026, 11, 23)]) == date(2026, 11, 24)
    assert add_working_days(date(2026, 11, 22), -1) == friday
    assert add_working_days(date(2026, 11, 22), 0) == date(2026, 11, 22)
    assert working_days_between(friday, date(2026, 11, 24)) == 2
    assert working_days_between(date(2026, 11, 24), friday) == -2


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 300), st.booleans())
def test_counting_working_days_undoes_adding_them(start: date, count: int, back: bool) -> None:
    n = -count if back else count

    assert working_days_between(start, add_working_days(start, n)) == n


def test_a_working_day_ends_at_17_in_its_zone() -> None:
    assert end_of_working_day(date(2026, 7, 1), AMSTERDAM) == datetime(2026, 7, 1, 15, tzinfo=UTC)


def test_a_moment_is_shown_with_weekday_date_time_and_zone() -> None:
    moment = datetime(2026, 11, 20, 16, tzinfo=UTC)

    assert show(moment, AMSTERDAM) == "Fri 20 Nov 2026, 17:00 Europe/Amsterdam"
    assert show_day(moment, AMSTERDAM) == "Fri 20 Nov 2026"


def test_a_long_text_is_shortened_to_one_line() -> None:
    assert shorten("one\n two") == "one two"
    assert shorten("x" * 50) == "x" * 39 + "…"
