"""What a board is made of: columns that concepts offer (``board.py`` in their folder), entries, and moves.

Nothing here is typed by a command: a move is a line that a person says from their own device.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cases.case import Case


@dataclass(frozen=True, repr=False)
class Offer:
    """A move that can be made now: what its button is called, the command, and who it is for.

    ``by``: short names of agencies, and Matrix ids; nobody in particular: everybody at the table. The button decides
    nothing: whoever may not is refused as if they had typed it.
    """

    label: str
    command: str
    """The path of a command, whose required fields are asked for."""
    id: str = ""
    by: tuple[str, ...] = ()
    said: str = ""
    """What is said behind the id; then nothing is asked for."""
    also: tuple[str, ...] = ()
    """The fields that may be left out, and are asked for."""


@dataclass(frozen=True, repr=False)
class Entry:
    """One record on the board, and whose move it is."""

    id: str
    state: str
    words: str
    """Content: left out for everybody as soon as one at the table came too late to read it."""
    whose: tuple[str, ...] = ()
    person: str | None = None
    due_at: datetime | None = None
    first_due_at: datetime | None = None
    """The date first agreed, once it was moved."""
    late: bool = False
    settled: bool = False
    positions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Agencies, by where they stand."""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, repr=False)
class Point:
    """A point of an agenda, or a time that is proposed."""

    id: str
    words: str = ""
    at: datetime | None = None
    minutes: int | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, repr=False)
class Meeting:
    """A round table that is held, ahead, looked for, or not done with."""

    id: str
    state: str
    at: datetime
    about: str | None
    where: str | None
    points: tuple[Point, ...]
    there: tuple[str, ...]
    """Who has confirmed, or comes (Matrix ids)."""
    offers: tuple[Offer, ...]


@dataclass(frozen=True, repr=False)
class Head:
    """A few lines above the columns, worded by a template, and what can be said about them."""

    template: str
    facts: Mapping[str, object]
    offers: tuple[Offer, ...] = ()


List = Callable[[Case, datetime], Iterable[Entry]]
Tell = Callable[[Case, datetime], Head]


@dataclass(frozen=True, repr=False)
class Column:
    """Records of one kind, and what begins a new one."""

    place: int
    title: str
    states: tuple[str, ...]
    offers: tuple[Offer, ...]
    entries: List


_columns: list[Column] = []
_heads: list[Tell] = []
_labels: dict[str, None] = {}


def label(text: str) -> str:
    """Declare what a button, or a column, is called (in English): for translators."""
    _labels[text] = None
    return text


def on_board(place: int, title: str, states: Iterable[str], *offers: Offer) -> Callable[[List], List]:
    """Show what this lists as a column; ``states``: the words for how an entry stands."""

    def register(entries: List) -> List:
        _columns.append(Column(place, label(title), tuple(states), offers, entries))
        return entries

    return register


def above_board(tell: Tell) -> Tell:
    """Show what this tells above the columns."""
    _heads.append(tell)
    return tell


def list_heads(case: Case, now: datetime) -> list[Head]:
    """What stands above the columns."""
    return [tell(case, now) for tell in _heads]


def list_columns() -> list[Column]:
    """Every column, in its place."""
    return sorted(_columns, key=lambda column: column.place)


def list_labels() -> Iterator[str]:
    """What buttons and columns are called: for translators."""
    yield from _labels
