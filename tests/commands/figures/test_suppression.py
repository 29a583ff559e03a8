"""What is hidden of a table cannot be worked out from what is shown of it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.figures.suppression import Cell, Hidden, break_down, cell, share

LEAST = 5
MORE_THAN_ANY = 40
"""As far as whoever works something out tries."""


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, Hidden.SMALL), (4, Hidden.SMALL), (5, 5), (17, 17)])
def test_a_count_below_five_is_hidden_and_nought_tells_of_nobody(count: int, shown: Cell) -> None:
    assert cell(count, LEAST) == shown


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([7, 9, 5], [7, 9, 5]),
        # One small part would follow from the total: another goes with it, whichever is next.
        ([2, 9, 8], [Hidden.SMALL, Hidden.WITHHELD, 8]),
        ([9, 8, 2], [Hidden.WITHHELD, 8, Hidden.SMALL]),
        # Nought is no hiding place: it is shown.
        ([2, 0, 8], [Hidden.SMALL, 0, Hidden.WITHHELD]),
        # Two that are small hide each other, unless their sum leaves each but one number.
        ([2, 3, 8], [Hidden.SMALL, Hidden.SMALL, 8]),
        ([1, 1, 8], [Hidden.SMALL, Hidden.SMALL, Hidden.WITHHELD]),
        ([4, 4, 8], [Hidden.SMALL, Hidden.SMALL, Hidden.WITHHELD]),
    ],
)
def test_a_small_part_does_not_follow_from_the_total(parts: list[int], shown: list[Cell]) -> None:
    assert break_down(sum(parts), [parts], LEAST) == (sum(parts), [shown])


def test_of_a_total_that_is_small_no_part_is_shown() -> None:
    assert break_down(3, [[3, 0], [1, 2]], LEAST) == (Hidden.SMALL, [[Hidden.WITHHELD] * 2] * 2)


def test_a_total_goes_where_nothing_else_can() -> None:
    """Five ages with one each: the total of five would tell them all, and so would the other way to part it."""
    hidden = break_down(5, [[1, 1, 1, 1, 1], [5, 0]], LEAST)
    assert hidden == (Hidden.WITHHELD, [[Hidden.WITHHELD] * 5, [Hidden.WITHHELD] * 2])


def test_parts_that_add_up_to_something_else_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="add up"):
        break_down(5, [[1, 2]], LEAST)


@pytest.mark.parametrize(
    ("part", "whole", "told"), [(5, 10, 0.5), (10, 10, 1.0), (0, 7, 0.0), (9, 10, None), (1, 10, None), (3, 3, None)]
)
def test_a_share_tells_no_small_part(part: int, whole: int, told: float | None) -> None:
    assert share(part, whole, LEAST) == told
    assert share(0, 0, LEAST) is None


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[list[int]], int]:
    """A least, and one or two ways in which the same total falls into parts, many of them small."""
    least = draw(st.integers(3, 6))
    part = st.one_of(st.integers(0, least), st.integers(0, 12))
    first = draw(st.lists(part, min_size=2, max_size=4))
    cuts = sorted(draw(st.lists(st.integers(0, sum(first)), min_size=1, max_size=2)))
    second = [b - a for a, b in zip([0, *cuts], [*cuts, sum(first)], strict=True)]
    return sum(first), [first, second][: draw(st.integers(1, 2))], least


@given(tables())
def test_no_hidden_count_can_be_worked_out(table: tuple[int, list[list[int]], int]) -> None:
    """Every table that reads the same is tried: each hidden count is another number in one of them.

    The total counts as known even where this table hides it: it may have been shown elsewhere, alone.
    """
    total, ways, least = table
    shown, cells = break_down(total, ways, least)
    assert shown in ({Hidden.SMALL} if 0 < total < least else {total, Hidden.WITHHELD})
    totals = possible(shown, least) if shown is Hidden.SMALL else [total]
    for parts, read in zip(ways, cells, strict=True):
        assert all(isinstance(one, Hidden) or one == part for one, part in zip(read, parts, strict=True))
        assert all(isinstance(one, Hidden) for one, part in zip(read, parts, strict=True) if 0 < part < least)
        alike = [all_ for all_ in worked_out(read, max(totals), least) if sum(all_) in totals]
        assert tuple(parts) in alike
        for place, one in enumerate(read):
            if isinstance(one, Hidden):
                assert len({numbers[place] for numbers in alike}) > 1
    if shown is Hidden.SMALL:
        assert len(totals) > 1


@given(tables())
def test_as_much_is_shown_as_can_be(table: tuple[int, list[list[int]], int]) -> None:
    """Where nothing is small nothing is hidden, and no more than one part is withheld for those that are."""
    total, ways, least = table
    shown, cells = break_down(total, ways, least)
    for parts, read in zip(ways, cells, strict=True):
        if not any(0 < part < least for way in ways for part in way):
            assert read == parts
        elif shown == total:
            assert read.count(Hidden.WITHHELD) <= 1


def possible(one: Cell, least: int) -> list[int]:
    """What a count may be of which this is read."""
    if one is Hidden.SMALL:
        return list(range(1, least))
    return list(range(MORE_THAN_ANY)) if one is Hidden.WITHHELD else [int(one)]


def worked_out(read: list[Cell], most: int, least: int) -> list[tuple[int, ...]]:
    """All that may stand behind what is read, up to a sum."""
    return list(product(*([n for n in possible(one, least) if n <= most] for one in read)))
