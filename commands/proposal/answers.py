"""What accepting and declining means, by the letter of the record: each concept says it of its own."""

from collections.abc import Callable
from typing import NamedTuple

from chat.context import Context, Reply


class Answers(NamedTuple):
    """What is done for each of the two answers."""

    accept: Callable[[str, Context], Reply]
    """By the record's id."""
    decline: Callable[[str, str, Context], Reply]
    """By the record's id, and why."""


_answers: dict[str, Answers] = {}


def answer_proposals(
    letter: str, *, accept: Callable[[str, Context], Reply], decline: Callable[[str, str, Context], Reply]
) -> None:
    """Let this be what the answers to records with this letter do."""
    if letter in _answers:
        raise RuntimeError(f"it was said before what accepting {letter}-1 does")
    _answers[letter] = Answers(accept, decline)


def answers_to(record_id: str) -> Answers:
    """What the answers to this record do."""
    return _answers[record_id[0]]
