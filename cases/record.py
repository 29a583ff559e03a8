"""What every record of a case has in common, and the journal of steps that a case is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_type_hints

from cases.errors import Refusal
from cases.verbs import VERBS, verb

if TYPE_CHECKING:
    from cases.people import Professional
    from cases.verbs import Phrase, Verb


class _Words:
    """Marks somebody's own words."""


Words = Annotated[str, _Words()]
"""Text that somebody wrote: it is erased when its message is deleted, and never logged."""
GAP = verb("gap", "goes on with an older file: numbers go on after {id}", in_a_full_case=True)
"""After it numbers go on behind the one that is its subject."""
ERASED = "[…]"
"""Stands where somebody's words stood."""


@dataclass(eq=False, repr=False)
class Record:
    """One entry of a case file: who wrote it, for which agency, and when."""

    id: str
    """Unique within the case and never reused: ``C-1``, ``R-1``; parts of a record as ``R-1/2``."""
    by: str
    agency: str
    at: datetime
    withdrawn: bool = field(default=False, kw_only=True)
    """Taken back by its author: kept, but no longer part of the picture."""

    def consequences(self) -> Mapping[str, object]:
        """Fields that follow from its others, as they are when one of these was taken back or came back."""
        return {}

    @property
    def asks_review_at(self) -> datetime | None:
        """When it asks the table to look at the case again."""
        return None


T = TypeVar("T")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, repr=False)
class Kind:
    """What was declared of a kind of entry, and what follows from it."""

    name: str
    kept_as: type[Any]
    letter: str | None
    """What its ids begin with; None: they are parts of other records' ids."""
    noun: str
    """What people call it."""
    wording: str | None
    """The field whose text ``!correct`` replaces."""
    words: frozenset[str]
    """The fields that hold somebody's own words."""
    hints: Mapping[str, object]
    """The type of each field."""


KINDS: dict[str, Kind] = {}
_BY_TYPE: dict[type, Kind] = {}


def record(
    name: str, *, letter: str | None = None, wording: str | None = None, noun: str | None = None
) -> Callable[[type[T]], type[T]]:
    """Declare a kind of entry that a case holds; a name that a journal may hold stays declared."""

    def declare(kept_as: type[T]) -> type[T]:
        taken = {word for kind in KINDS.values() for word in (kind.name, kind.letter) if word}
        for word in (name, letter):
            if word in taken:
                raise RuntimeError(f"a kind of record can't have {word!r}: it is taken")
        hints = get_type_hints(kept_as, include_extras=True)
        words = frozenset(field for field, hint in hints.items() if _is_words(hint))
        KINDS[name] = _BY_TYPE[kept_as] = Kind(name, kept_as, letter, noun or name, wording, words, hints)
        return kept_as

    return declare


def kind_of(entry: object) -> Kind:
    """The declaration of what kind of entry this is."""
    return next(_BY_TYPE[kept_as] for kept_as in type(entry).__mro__ if kept_as in _BY_TYPE)


def named(letter: str) -> Kind | None:
    """The kind of record whose ids begin with a letter."""
    return next((kind for kind in KINDS.values() if kind.letter == letter), None)


def _is_words(hint: object) -> bool:
    metadata = getattr(hint, "__metadata__", ())
    return any(isinstance(mark, _Words) for mark in metadata) or any(map(_is_words, get_args(hint)))


@dataclass(frozen=True, repr=False)
class Added:
    """An entry as it was first written."""

    kind: str
    fields: Mapping[str, object]
    said: int | None = None
    """The number of the step whose words it repeats; None: its own."""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.fields["id"])


@dataclass(frozen=True, repr=False)
class Change:
    """A field of an entry that got another value."""

    kind: str
    id: str
    field: str
    old: object
    new: object
    said: int | None = None
    """The number of the step whose words the new value repeats; None: its own."""


@dataclass(eq=False, repr=False)
class Step:
    """One thing that happened in a case: all that is stored of it. What was written stays, but for words wiped."""

    number: int
    verb: str
    subject: str
    by: str
    agency: str
    at: datetime
    entries: tuple[Added, ...] = ()
    changes: tuple[Change, ...] = ()
    undoes: tuple[int, ...] = ()
    """The numbers of the steps that this one takes back."""
    lapses: tuple[int, ...] = ()
    """Of those of which it takes back what they changed, while what they added stays."""
    redoes: tuple[int, ...] = ()
    """Of those that it lets hold again."""
    erases: int | None = None
    """The number of the step whose words this one takes off the file."""
    undone: bool = False
    """Whether a later step took it back: this and the next follow from the later ones, and are not stored."""
    lapsed: bool = False

    @property
    def what(self) -> Verb:
        """What was declared of its verb."""
        return VERBS[self.verb]

    @property
    def phrase(self) -> Phrase:
        """What is told of it."""
        return self.what.phrase(self)

    @property
    def added(self) -> tuple[str, ...]:
        """The ids of the entries that it put on file."""
        return tuple(entry.id for entry in self.entries)

    @property
    def before(self) -> dict[str, dict[str, object]]:
        """The changed entries' earlier values: id → field → value."""
        earlier: dict[str, dict[str, object]] = {}
        for change in self.changes:
            earlier.setdefault(change.id, {}).setdefault(change.field, change.old)
        return earlier

    def add(self, entries: MutableSequence[T], entry: T, *, said: int | None = None) -> T:
        """Put a new entry into the case as part of this step; ``said``: the step whose words it repeats, if another."""
        _settle(entry)
        entries.append(entry)
        self.entries = (*self.entries, snapshot(entry, said))
        return entry

    def change(self, entry: Record | Entry, said: int | None = None, /, **values: object) -> None:
        """Change fields of an entry as part of this step; ``said``: the step whose words it repeats, if another."""
        for name, value in values.items():
            new = _settled(value)
            change = Change(kind_of(entry).name, entry.id, name, getattr(entry, name), new, said)
            self.changes = (*self.changes, change)
            setattr(entry, name, new)

    def take_back(self, step: Step) -> None:
        """Let another step no longer hold."""
        self.undoes = (*self.undoes, step.number)
        self.mark([step], [], [])

    def let_lapse(self, step: Step) -> None:
        """Let what another step changed no longer hold, while what it added stays."""
        self.lapses = (*self.lapses, step.number)
        self.mark([], [step], [])

    def let_hold(self, step: Step) -> None:
        """Let another step hold again."""
        self.redoes = (*self.redoes, step.number)
        self.mark([], [], [step])

    def mark_all(self, steps: Sequence[Step]) -> None:
        """The same for all that this step says of those before it, when it is read."""
        self.mark(*([steps[number - 1] for number in numbers] for numbers in (self.undoes, self.lapses, self.redoes)))

    @staticmethod
    def mark(undone: Iterable[Step], lapsed: Iterable[Step], held: Iterable[Step]) -> None:
        """Mark steps that are taken back, in part taken back, or hold."""
        for steps, flags in ((undone, (True, False)), (lapsed, (False, True)), (held, (False, False))):
            for step in steps:
                step.undone, step.lapsed = flags


class Entry:
    """What a journal holds beside records: anything with an id of its own."""

    id: str


def snapshot(entry: object, said: int | None = None) -> Added:
    """An entry as it is now."""
    kind = kind_of(entry)
    return Added(kind.name, {name: getattr(entry, name) for name in kind.hints}, said)


def _settle(entry: object) -> None:
    for part in fields(entry):  # type: ignore[arg-type]  # each kind of entry is a dataclass
        value = getattr(entry, part.name)
        if isinstance(value, datetime):
            object.__setattr__(entry, part.name, _settled(value))


def _settled(value: object) -> object:
    """A moment as it is read back, in UTC: what is in memory must not differ from what is on file."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def next_id(letter: str, records: Sequence[Record], steps: Sequence[Step] = ()) -> str:
    """The next id of a kind: behind all that were given, and behind the numbers that a restored file left out."""
    # Numbers only rise: the newest record has the highest, and what was left out before it counts no more.
    newest = records[-1].id if records else f"{letter}-0"
    highest = int(newest.partition("-")[2])
    for step in reversed(steps):
        if any(entry.id == newest for entry in step.entries):
            break
        if step.what is GAP:
            highest = max(highest, int(step.subject))
    return f"{letter}-{highest + 1}"


def one_of(records: MutableSequence[R], record_id: str) -> R:
    """The record with this id; raises Refusal when this case has none."""
    for record in records:
        if record.id == record_id and not record.withdrawn:
            return record
    kind = named(record_id[0])
    known = [r.id for r in records if not r.withdrawn][-5:]
    gone = any(record.id == record_id for record in records)
    raise Refusal("case/no_such_record", id=record_id, kind=kind.name if kind else None, known=known, gone=gone)


def require_agency(agency: str, by: Professional, code: str, **facts: object) -> None:
    """Refuse unless this person speaks for that agency: each keeps its own responsibility."""
    if by.agency != agency:
        raise Refusal(code, agency=agency, **facts)
