"""What it means that nothing is held or known, by the letter of what was asked: each concept says it of its own."""

from collections.abc import Callable

from chat.context import Context, Reply

Holds = Callable[[str, str, Context], Reply]
"""By the record's id, and what there is to add."""

_holds: dict[str, Holds] = {}


def hold_nothing_about(letter: str, holds: Holds) -> None:
    """Let this be what ``nothing`` does about records with this letter."""
    if letter in _holds:
        raise RuntimeError(f"it was said before what nothing means about {letter}-1")
    _holds[letter] = holds


def nothing_about(record_id: str) -> Holds:
    """What ``nothing`` does about this record."""
    return _holds[record_id[0]]
