from datetime import datetime, time

import pytest

from commands.handover.rules import shift_of
from tests.room import AMSTERDAM

SHIFTS = (time(7), time(15), time(23))


@pytest.mark.parametrize(
    ("at", "shift"),
    [
        ("14:40", "15:00 to 23:00"),
        ("15:10", "15:00 to 23:00"),
        ("11:00", "07:00 to 15:00"),
        ("22:55", "23:00 to 07:00"),
        ("02:00", "23:00 to 07:00"),
        ("06:30", "07:00 to 15:00"),
    ],
)
def test_a_hand_over_is_for_the_shift_that_begins_soon_or_has_begun(at: str, shift: str) -> None:
    now = datetime.combine(datetime(2026, 11, 2, tzinfo=AMSTERDAM).date(), time.fromisoformat(at), AMSTERDAM)
    found = shift_of(SHIFTS, now, AMSTERDAM)
    assert found
    assert f"{found.start:%H:%M} to {found.end:%H:%M}" == shift


def test_one_shift_a_day_goes_on_to_the_next_day_and_without_any_there_is_none() -> None:
    now = datetime(2026, 11, 2, 12, tzinfo=AMSTERDAM)
    found = shift_of((time(8),), now, AMSTERDAM)
    assert found
    assert (found.start.day, found.end.day) == (2, 3)
    assert shift_of((), now, AMSTERDAM) is None
