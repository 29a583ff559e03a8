"""A series that is kept two ahead, whatever is skipped, moved and called off."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import Case
from cases.errors import Refusal
from commands.case import rules as closing
from commands.planning import rules as planning
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable, State
from commands.series import rules as series
from commands.series.rules import Series
from tests.cases.table import ADA, CLEO, DIRK, FRIDAY, NOW, a_case

WEEK = timedelta(weeks=1)


def weekly() -> Iterator[datetime]:
    return (FRIDAY + n * WEEK for n in count())


def a_series(case: Case) -> Series:
    series.begin(
        case,
        "FREQ=WEEKLY;INTERVAL=1",
        weekly(),
        every="week",
        chair=ADA.user_id,
        by=ADA,
        at=NOW,
        about="how it goes",
        minutes=45,
    )
    return case.all(Series)[-1]


def dates(case: Case, state: State = State.SCHEDULED) -> list[int]:
    """Which weeks of the series are on file."""
    tables = [t for t in case.all(RoundTable) if t.state is state and t.occurs_at and not t.withdrawn]
    return [(t.occurs_at - FRIDAY) // WEEK for t in tables if t.occurs_at]


def test_the_next_two_exist_by_themselves() -> None:
    case = a_case()
    rest = a_series(case)
    first, second = case.all(RoundTable)
    assert [(t.id, t.starts_at, t.about, t.minutes, t.chair) for t in (first, second)] == [
        ("M-1", FRIDAY, "how it goes", 45, ADA.user_id),
        ("M-2", FRIDAY + WEEK, "how it goes", 45, ADA.user_id),
    ]
    assert series.missing(case, rest, NOW) == 0


def test_when_one_is_over_another_is_put_on_file() -> None:
    case = a_case()
    rest = a_series(case)
    (new,) = series.extend(case, rest, weekly(), by=ADA, at=FRIDAY)
    assert (new.id, new.starts_at) == ("M-3", FRIDAY + 2 * WEEK)
    assert series.extend(case, rest, weekly(), by=ADA, at=FRIDAY) == []


def test_closing_the_case_calls_off_what_is_planned_for_good() -> None:
    case = a_case()
    rest = a_series(case)
    planning.plan(case, [FRIDAY + timedelta(hours=1)], chair=ADA.user_id, by=ADA, at=NOW)
    roundtable.schedule(case, FRIDAY - timedelta(days=1), chair=ADA.user_id, by=ADA, at=NOW)
    roundtable.cancel(case, "M-4", because="half are ill", by=ADA, at=NOW)
    called_off = closing.close(case, because="he is back at school", owner="social", by=CLEO, at=NOW)
    assert [t.id for t in called_off] == ["M-1", "M-3", "M-2"]
    case.reopen(because="missing again", by=CLEO, at=NOW + WEEK)
    assert {t.state for t in case.all(RoundTable)} == {State.CANCELLED}
    assert series.missing(case, rest, NOW + WEEK) == 0


def test_what_was_missed_is_not_made_up_for() -> None:
    case = a_case()
    rest = a_series(case)
    series.extend(case, rest, weekly(), by=ADA, at=FRIDAY + 9 * WEEK)
    assert dates(case) == [0, 1, 10, 11]


def test_one_is_skipped_and_its_agenda_goes_to_the_next() -> None:
    case = a_case()
    a_series(case)
    roundtable.add_agenda_item(case, "M-1", "the gym", by=DIRK, at=NOW)
    skipped, (new,) = series.skip(case, "M-1", weekly(), because=None, by=DIRK, at=NOW)
    assert (skipped.state, new.id) == (State.CANCELLED, "M-3")
    assert [i.text for i in roundtable.agenda_of(case, case.all(RoundTable)[1])] == ["the gym"]
    case.undo(by=DIRK, at=NOW)
    assert dates(case) == [0, 1]
    assert [i.text for i in roundtable.agenda_of(case, skipped)] == ["the gym"]


def test_a_series_ends_and_what_is_ahead_is_called_off() -> None:
    case = a_case()
    rest = a_series(case)
    called_off = series.stop(case, "M-2", because="he is well again", by=DIRK, at=NOW)
    assert [t.id for t in called_off] == ["M-1", "M-2"]
    assert series.extend(case, rest, weekly(), by=ADA, at=FRIDAY) == []
    with pytest.raises(Refusal, match="series/stopped"):
        series.stop(case, "M-2", because=None, by=DIRK, at=NOW)


def test_a_single_round_table_is_neither_skipped_nor_stopped() -> None:
    case = a_case()
    roundtable.schedule(case, FRIDAY, chair=ADA.user_id, by=ADA, at=NOW)
    with pytest.raises(Refusal, match="series/none"):
        series.skip(case, "M-1", weekly(), because=None, by=DIRK, at=NOW)


def test_what_the_bot_puts_on_file_is_no_sign_of_life() -> None:
    case = a_case()
    rest = a_series(case)
    bot = type(ADA)("@roundtable:example.org", "Roundtable", "")
    series.extend(case, rest, weekly(), by=bot, at=FRIDAY + 3 * WEEK)
    assert case.last_sign_of_life == NOW


class Moves:
    SKIP, UNDO, CANCEL, WAIT = range(4)


@given(st.lists(st.integers(Moves.SKIP, Moves.WAIT), max_size=12))
def test_two_are_always_ahead_rising_and_what_was_skipped_stays_so(moves: list[int]) -> None:
    case = a_case()
    rest = a_series(case)
    now = NOW
    skipped: list[list[int]] = []
    for move in moves:
        ahead = series.next_of(case, rest, now)
        assert ahead
        if move == Moves.SKIP:
            series.skip(case, ahead.id, weekly(), because=None, by=DIRK, at=now)
            skipped.append(dates(case, State.CANCELLED))
        elif move == Moves.CANCEL:
            roundtable.cancel(case, ahead.id, because="ill", by=ADA, at=now)
        elif move == Moves.UNDO and (case.steps[-1].verb, case.steps[-1].at) == ("roundtable skip", now):
            case.undo(by=DIRK, at=now)
            skipped.pop()
        elif move == Moves.WAIT:
            now += timedelta(days=5)
        series.extend(case, rest, weekly(), by=ADA, at=now)
        upcoming = [t for t in series.tables_of(case, rest) if t.state is State.SCHEDULED and t.starts_at > now]
        assert len(upcoming) >= series.AHEAD
        occurrences = [t.occurs_at for t in series.tables_of(case, rest)]
        assert len(set(occurrences)) == len(occurrences)
        if skipped:
            assert set(skipped[-1]) <= set(dates(case, State.CANCELLED))
