"""What may be shown of counts: a small one is hidden, and so is whatever would let it be worked out.

Whoever reads a table knows its sums, what each mark means, and that a count is no negative number. So much must leave
at least two values for each count that is hidden. Nought is shown: it tells of nobody. Only what adds up to something
that is shown as well is a table; counts that add up to nothing else stand alone (``cell``).
"""

from collections.abc import Sequence
from enum import StrEnum

SMALLEST_RULE = 3
"""With "below 2" every hidden count would be 1."""


class Hidden(StrEnum):
    """Why a count is not shown."""

    SMALL = "small"
    """It is below the least that is shown, and not nought."""
    WITHHELD = "withheld"
    """It may be any number: with it a small one could be worked out."""


Cell = int | Hidden


def cell(count: int, least: int) -> Cell:
    """A count that stands alone."""
    return Hidden.SMALL if 0 < count < least else count


def break_down(total: int, ways: Sequence[Sequence[int]], least: int) -> tuple[Cell, list[list[Cell]]]:
    """A total and the parts that add up to it, in one way or several; raises ValueError if they do not.

    Of a total that is not shown, no part is.
    """
    if any(sum(parts) != total for parts in ways):
        raise ValueError("the parts of a total must add up to it")
    shown = [_hide(parts, least) for parts in ways]
    whole = [parts for parts in shown if parts is not None]
    if 0 < total < least or len(whole) < len(ways):
        return cell(total, least) if total < least else Hidden.WITHHELD, [[Hidden.WITHHELD] * len(way) for way in ways]
    return total, whole


def share(part: int, whole: int, least: int) -> float | None:
    """A part of a whole, from 0 to 1; None where the part, the rest or the whole is too small, or there is none."""
    _, [cells] = break_down(whole, [[part, whole - part]], least)
    return None if not whole or any(isinstance(one, Hidden) for one in cells) else part / whole


def _hide(parts: Sequence[int], least: int) -> list[Cell] | None:
    """The parts of a total that is known; None where too few are large enough to hide the small ones among."""
    shown = [cell(part, least) for part in parts]
    small = [place for place, one in enumerate(shown) if one is Hidden.SMALL]
    if not small or _leaves_open([parts[place] for place in small], least):
        return shown
    large = [place for place, part in enumerate(parts) if part >= least]
    if not large:
        return None
    # The next one in order, whatever its size: which one it is tells nothing.
    shown[next((place for place in large if place > small[-1]), large[0])] = Hidden.WITHHELD
    return shown


def _leaves_open(small: Sequence[int], least: int) -> bool:
    """Whether small counts, of which the sum is known, can each be another number, too."""
    return len(small) > 1 and len(small) < sum(small) < len(small) * (least - 1)
