"""A case as its board: what everybody in its room may read, in the room's language, ready to be shown."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic.fields import FieldInfo

from cases.case import Case
from cases.time import shorten, show, show_day
from chat.arguments import AgencyName, Whom, key_of
from chat.layout import plain
from chat.reading import choices_of, positional
from chat.registry import commands
from chat.render import Voice
from commands.board.parts import Column, Entry, Head, Meeting, Offer, Point, list_columns, list_heads
from commands.overview.lists import lines_of_timeline, list_told
from commands.roundtable.board import list_meetings

Json = dict[str, object]
VERSION = 1
_NAMED = (*Whom.__metadata__, *AgencyName.__metadata__)  # type: ignore[attr-defined]  # of an annotated type
_NAMES = "names"
"""Of a field: the name of an agency or a person is typed."""


@dataclass(frozen=True, repr=False)
class Size:
    """How much of a case stands on its board."""

    words: int
    """Characters of what somebody wrote."""
    waiting: int
    """Entries of a column that are not settled, and below: that are."""
    settled: int
    steps: int
    meetings: int


SIZES = (Size(400, 60, 20, 30, 5), Size(160, 40, 10, 15, 3), Size(80, 20, 3, 8, 2), Size(0, 10, 0, 0, 1))
"""The largest first; the last one fits beside any text."""


def draw(case: Case, now: datetime, voice: Voice, size: Size = SIZES[0]) -> Json:
    """The board, as JSON holds it: nothing that one at the table may not read."""
    return _Drawing(case, now, voice, size).board()


class _Drawing:
    def __init__(self, case: Case, now: datetime, voice: Voice, size: Size) -> None:
        self._case = case
        self._now = now
        self._voice = voice
        self._size = size
        everybody = [member.user_id for member in case.present]
        self._hidden = case.hidden_from(*everybody)
        self._begins = max(map(case.begins_for, everybody), default=0)
        self._asked: dict[tuple[str, tuple[str, ...]], list[Json]] = {}

    def board(self) -> Json:
        case, voice = self._case, self._voice
        meetings = [] if case.closed else list_meetings(case)
        return {
            "version": VERSION,
            "language": voice.language.code,
            "ref": case.ref,
            "goal": self._short(case.goal),
            "closed": self._day(case.closed_at),
            "review": self._day(case.next_review),
            "heads": [self._head(head) for head in list_heads(case, self._now)],
            "people": {m.user_id: [voice.directory.name(m.user_id), m.agency] for m in case.present},
            "agencies": {short: voice.directory.agency_name(short) for short in case.seats},
            "meetings": [self._meeting(meeting) for meeting in meetings[: self._size.meetings]],
            "columns": [self._column(column) for column in list_columns()],
            "timeline": self._timeline(),
        }

    def _head(self, head: Head) -> Json:
        text = plain(self._voice.text(head.template, head.facts))
        return {"lines": [line for line in text.split("\n") if line], "moves": self._moves(head.offers)}

    def _column(self, column: Column) -> Json:
        entries = list(column.entries(self._case, self._now))
        waiting = sorted((e for e in entries if not e.settled), key=_urgency)
        settled = [e for e in entries if e.settled][::-1]
        shown = [*waiting[: self._size.waiting], *settled[: self._size.settled]]
        return {
            "title": self._voice.language.text(column.title),
            "entries": [self._entry(entry) for entry in shown],
            "more": len(entries) - len(shown),
            "counts": self._counts(column, entries),
            "moves": self._moves(column.offers),
        }

    def _counts(self, column: Column, entries: Collection[Entry]) -> list[list[object]]:
        """How many stand how."""
        standing = [entry.state for entry in entries]
        return [[self._voice.language.state(s), standing.count(s)] for s in column.states if s in standing]

    def _entry(self, entry: Entry) -> Json:
        state, agency = self._voice.language.state, self._voice.directory.agency_name
        return {
            "id": entry.id,
            "state": state(entry.state),
            "settled": entry.settled,
            "words": None if entry.id in self._hidden else self._short(entry.words),
            "whose": [agency(short) for short in entry.whose],
            "person": self._voice.directory.name(entry.person) if entry.person else None,
            "due": self._day(entry.due_at),
            "first": self._day(entry.first_due_at),
            "late": entry.late,
            "positions": [[state(word), [agency(a) for a in agencies]] for word, agencies in entry.positions],
            "moves": self._moves(entry.offers),
        }

    def _meeting(self, meeting: Meeting) -> Json:
        hidden = meeting.id in self._hidden
        return {
            "id": meeting.id,
            "state": meeting.state,
            "at": self._moment(meeting.at),
            "about": None if hidden else self._short(meeting.about or ""),
            "where": None if hidden else self._short(meeting.where or ""),
            "points": [self._point(point) for point in meeting.points],
            "there": [self._voice.directory.name(person) for person in meeting.there],
            "moves": self._moves(meeting.offers),
        }

    def _point(self, point: Point) -> Json:
        return {
            "words": None if point.id in self._hidden else self._short(point.words),
            "at": self._moment(point.at) if point.at else None,
            "minutes": point.minutes,
            "moves": self._moves(point.offers),
        }

    def _timeline(self) -> list[list[str]]:
        """The newest steps, the newest first, none from before somebody at the table came."""
        told = [step for step in list_told(self._case) if step.number >= self._begins]
        shown = told[-self._size.steps :] if self._size.steps else []
        _, lines = lines_of_timeline(self._case, shown, self._voice)
        return [[line["at"], line["who"], line["agency"], line["what"]] for line in reversed(lines)]

    def _moves(self, offers: Iterable[Offer]) -> list[Json]:
        return [] if self._case.closed else [self._move(offer) for offer in offers]

    def _move(self, offer: Offer) -> Json:
        """The line that its button says, with a place for each thing that is asked for."""
        said = [offer.command if offer.command.endswith(":") else f"!{offer.command}", offer.id, offer.said]
        return {
            "label": self._voice.language.text(offer.label),
            "says": " ".join(filter(None, said)),
            "asks": [] if offer.said else self._asks(offer.command, offer.also),
            "for": list(offer.by),
        }

    def _asks(self, command: str, also: tuple[str, ...]) -> list[Json]:
        """What a command requires, as its own arguments say: what has no key first. It is the same for each entry."""
        asked = self._asked.get((command, also))
        if asked is None:
            model = commands.commands[command].arguments.model_fields
            fields = sorted(model.items(), key=lambda item: positional(item[1]) is None)
            wanted = [pair for pair in fields if pair[0] != "id" and (pair[1].is_required() or pair[0] in also)]
            asked = self._asked[command, also] = [self._field(name, field) for name, field in wanted]
        return asked

    def _field(self, name: str, field: FieldInfo) -> Json:
        """One thing that is asked for: the key that it is typed behind, what it is, and what can be chosen."""
        marker = positional(field)
        named = any(part in field.metadata for part in _NAMED)
        choices = [[choice, self._voice.language.choice(choice)] for choice in choices_of(field)]
        return {
            "key": "" if marker else key_of(name),
            "is": self._voice.language.text(field.description or field.title or name),
            "needed": field.is_required(),
            "choices": choices or (_NAMES if named else None),
        }

    def _short(self, words: str) -> str:
        return shorten(words, self._size.words) if self._size.words else ""

    def _day(self, moment: datetime | None) -> str | None:
        return self._voice.language.date(show_day(moment, self._voice.zone)) if moment else None

    def _moment(self, moment: datetime) -> str:
        return self._voice.language.date(show(moment, self._voice.zone))


def _urgency(entry: Entry) -> tuple[bool, bool, float]:
    """What is late first, then by due date."""
    return not entry.late, entry.due_at is None, entry.due_at.timestamp() if entry.due_at else 0
