import pytest

from tests.room import Conference


@pytest.mark.parametrize(
    ("by", "told"),
    [("today 15:00", "That is today."), ("2026-11-08 12:00", "That is no working day."), ("fri 15:00", None)],
)
async def test_a_date_that_may_not_be_meant_is_taken_and_said(table: Conference, by: str, told: str | None) -> None:
    room = await table.open_case()
    for line in (
        f"!action visit the family for: social by: {by}",
        f"!request health was he seen? because: the plan by: {by}",
    ):
        said = await table.answer("ada", line, room=room)
        assert ("That is" in said) is (told is not None)
        assert told is None or told in said


async def test_a_round_table_that_begins_early_says_for_when_it_was_planned(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable thu 10:00", room=room)
    (card,) = [s for s in await table.say("ada", "!roundtable start M-1", room=room) if s.channel == room]
    assert "It begins early: it was planned for Thu 5 Nov 2026, 10:00" in card
