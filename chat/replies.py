# lines: one judge of what a reply means, with every word that decides
"""What a reply to a card means: a command, nearly one, or talk.

A person replies to a card as to a colleague, without prefix or id. What they mean is judged, in this one place, by what
the card can take and by what follows the word: ``done he was at home`` is a command; ``done soon`` and ``ok`` may be
meant as one, so they are asked about; ``thanks`` and ``who will drive?`` are talk.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import get_args

from chat import said
from chat.arguments import begins_with_id, id_at_beginning, take_rest
from chat.keys import is_one_slip
from chat.reading import SURELY_MEANT, positional, suggest, usage
from chat.registry import Command, Registry
from chat.said import Sayings, Word, is_courtesy, words

_SETS_OFF = " \t\n:,.;!-\u2010\u2011\u2012\u2013\u2014\u2026*_`~\"'\u201c\u201d"
"""What may stand between a command's word and what it takes."""
_LONGEST_TYPO = 20
_STEM, _LONG, _ALIKE = 4, 6, 0.8
"""In letters: a word of which only the ending differs, one with two slips; and how much of it is the same."""
_MAY_BE_LEFT_OUT = re.compile(r" \[[^\]]*\]")
_CLOSE_ENOUGH = 0.6
_FEW_WORDS = 2


@dataclass(frozen=True, repr=False)
class Meant:
    """What a reply may mean: a command, and what stands behind its words."""

    path: str
    takes: str = ""
    sure: bool = True
    """Whether it can mean nothing else; if not, it is asked about, and done once the person says yes."""
    lacks_words: bool = False
    """Whether it would be meant so, but for the words that the command takes."""
    mistyped: bool = False
    """Whether a word stands there that comes near to the command's."""
    misfit: bool = False
    """Whether the card is about something else than this command is for."""

    @property
    def line(self) -> str:
        """The command line, without its prefix."""
        return f"{self.path} {self.takes}".strip()


def judge(text: str, record: str | None, registry: Registry) -> list[Meant]:
    """What a reply to the card of this record may mean, the likeliest first; nothing for talk."""
    return _Judge(text, record, registry).judge()


def meant_without_card(text: str, registry: Registry, takes_lines: Callable[[], bool]) -> Meant | None:
    """What ordinary talk that begins as a command does is asked about: ``accept A-1``, ``note he came home``.

    ``takes_lines``: whether those of a chair are commands here.
    """
    if text.rstrip().endswith("?"):
        return None
    spoken = words(text)
    for line in (f"{line}:" for line in registry.lines()) if len(spoken) > _FEW_WORDS else ():
        sayings = registry.sayings.get(line)
        nearly = sayings and spoken[0].text in sayings.nearly
        if nearly and spoken[1].text not in said.GOES_ON | {"that", "dat"} and takes_lines():
            return Meant(line, text[spoken[0].end :].strip(_SETS_OFF), sure=False)
    command, rest = registry.match(text) or (None, "")
    if command is None or not begins_with_id(rest) or "id" not in command.arguments.model_fields:
        return None
    return Meant(command.path, rest, sure=False)


def takes(command: Command, record: str) -> bool:
    """Whether a command is about a record of this kind, such as ``accept`` about ``A-3``."""
    line = usage(command.path, command.arguments)
    return f"{record[0]}-1" in line or (" ID" in line and not line.startswith(("!restore", "!erase")))


def lines_for(record: str, registry: Registry) -> list[str]:
    """How each command is typed that is about a record of this kind, with nothing that may be left out.

    Where the id may be left out too, in reply it is this record that is meant; of two words those are the chair's.
    """
    id_or_none = f"[{record[0]}-1]"
    typed = ((c.path, usage(c.path, c.arguments)) for c in registry.commands.values())
    lines = (line if " " in path else line.replace(id_or_none, id_or_none[1:-1]) for path, line in typed)
    # Of several kinds of records that a command takes only this one.
    about = re.compile(rf"(?<= )(?:[A-Z]-1/)*{record[0]}-1(?:/[A-Z]-1)*")
    return [about.sub(record, _MAY_BE_LEFT_OUT.sub("", line)) for line in lines if about.search(line)]


def suggest_command(text: str, allowed: Sequence[Command], registry: Registry, card: str | None) -> str | None:
    """The command that somebody may have meant by an unknown word, and the record that they named; only to be shown.

    What people say for a command comes before what is spelled like it, and nothing before what does something else.
    """
    typed = text.split()
    first = id_at_beginning(typed[0]) if typed else None
    if first and len(typed) > 1 and (swapped := registry.match(typed[1])) and takes(swapped[0], first):
        return _about(swapped[0], first)
    for length in (2, 1):
        spoken = said.folded(" ".join(typed[:length]).strip(_SETS_OFF + "?"))
        record = (id_at_beginning(typed[length]) if len(typed) > length else None) or card
        for command in allowed:
            sayings = registry.sayings.get(command.path)
            meant = spoken in sayings.instead if sayings else False
            if (meant or spoken.replace(" ", "") == command.path.replace(" ", "")) and _fits(command, record):
                return _about(command, record)
    words_ = {word: c for c in reversed(allowed) for word in (c.path.partition(" ")[0], c.path.replace(" ", ""))}
    slips = [word for word in words_ if typed and is_one_slip(said.folded(typed[0]).strip(_SETS_OFF + "?"), word)]
    # Of two that are spelled alike, the one with fewer slips: "consern" is "concern" rather than "consent".
    near = suggest(typed[0], slips or words_) if typed else None
    if near is None or not _is_near(said.folded(typed[0]).strip(_SETS_OFF + "?"), near):
        return None
    command = words_[near]
    record = (id_at_beginning(typed[1]) if len(typed) > 1 else None) or card
    if command.path.replace(" ", "") != near:
        # The first of two words: the second may be right.
        return near
    if not _fits(command, record):
        return None
    return _about(command, card) if card else command.path


def suggest_second(
    text: str, longer: Sequence[Command], registry: Registry, *, closeness: float = _CLOSE_ENOUGH
) -> str | None:
    """The two-word command that may be meant, by what is said for its second word or spelled like it."""
    first, *typed = text.split(maxsplit=2)[:2] or [""]
    second = said.folded(typed[0].strip(_SETS_OFF + "?")) if typed else ""
    for command in longer if typed else ():
        sayings = registry.sayings.get(command.path)
        if sayings and {second, f"{said.folded(first)} {second}"}.intersection(sayings.instead):
            return command.path
    seconds = {command.path.partition(" ")[2]: command.path for command in longer}
    near = suggest(typed[0], seconds, closeness=closeness) if typed else None
    return seconds[near] if near and near != typed[0].lower() else None


def _fits(command: Command, record: str | None) -> bool:
    return record is None or takes(command, record) or not _is_about_records(command)


def _about(command: Command, record: str | None) -> str:
    return f"{command.path} {record}" if record and takes(command, record) else command.path


def _is_near(typed: str, word: str) -> bool:
    """Whether one slip, or another ending, makes a word of another: what is further away is a word of its own."""
    if is_one_slip(typed, word) or (typed[1:2] + typed[:1] + typed[2:]) == word:
        return True
    if min(len(typed), len(word)) >= _STEM and (typed.startswith(word) or word.startswith(typed)):
        return True
    long = min(len(typed), len(word)) >= _LONG and typed[:1] == word[:1]
    return long and SequenceMatcher(None, typed, word).ratio() >= _ALIKE


class _Judge:
    def __init__(self, text: str, record: str | None, registry: Registry) -> None:
        self._text = text
        self._record = record
        self._registry = registry
        self._words = words(text)
        self._asks = "?" in text

    def judge(self) -> list[Meant]:
        if answers := self._answers(sure=True):
            return answers
        if not self._words:
            signs = not self._asks and said.ASSENTING_SIGNS.intersection(self._text)
            return self._assents() if signs else []
        for at in self._beginnings():
            found = self._phrase_at(at, phrases_of(self._registry, (self._record or "?")[0]))
            if found:
                return self._command(*found, by_whom=at > 0 and self._words[at - 1].text in said.WE)
        if self._record is None:
            return []
        for at in self._beginnings():
            told = [(path, f) for path, s in self._fitting() if (f := self._phrase_at(at, _tuples(s.meant)))]
            if told:
                path, (taken, word) = max(told, key=lambda one: one[1][1].end)
                return self._said_so(path, taken, word)
        return self._mistyped() or [*self._nearly(), *self._answers()]

    def _beginnings(self) -> list[int]:
        """Where the word may stand that counts: first, or behind ``yes``, ``I``, ``sorry, we``."""
        at = [0]
        if len(self._words) > 1 and self._words[0].text in said.OPENINGS:
            at.append(1)
        if len(self._words) > at[-1] + 1 and self._words[at[-1]].text in said.WE:
            at.append(at[-1] + 1)
        return at

    def _is_adjective(self, path: str) -> bool:
        """Whether a command's word says alone that something is right, as ``correct`` does."""
        sayings = self._registry.sayings.get(path)
        return sayings is not None and sayings.adjective

    def _fitting(self) -> Iterator[tuple[str, Sayings]]:
        """What is said for the commands that the card can take."""
        for path, sayings in self._registry.sayings.items():
            about = self._record and self._record[0] in (sayings.about or self._record)
            if about and self._record and takes(self._registry.commands[path], self._record):
                yield path, sayings

    def _phrase_at(self, at: int, phrases: Mapping[tuple[str, ...], str]) -> tuple[str, Word] | None:
        """The longest of these phrases that stands there, and its last word."""
        here = tuple(word.text for word in self._words[at : at + _LONGEST_PHRASE])
        for length in range(len(here), 0, -1):
            if path := phrases.get(here[:length]):
                return path, self._words[at + length - 1]
        return None

    def _behind(self, word: Word) -> tuple[str, str]:
        """What stands behind a word, without the marks that set it off; and those marks."""
        behind = self._text[word.end :]
        rest = behind.lstrip(_SETS_OFF)
        return rest.rstrip("*_`~ \n"), behind[: len(behind) - len(rest)]

    def _command(self, path: str, word: Word, *, by_whom: bool) -> list[Meant]:  # noqa: PLR0911 one for each kind
        """What a command's own word means, by what follows it."""
        command = self._registry.commands[path]
        rest, mark = self._behind(word)
        named = id_at_beginning(rest)
        if named and not takes(command, named) and (found := self._registry.match(self._text[word.start :])):
            return [Meant(found[0].path, found[1])]
        fits = self._record is not None and takes(command, self._record)
        if is_courtesy(rest, said.LOOSE):
            if self._text[word.end :].lstrip().startswith("?") or (self._asks and rest):
                return []
            if fits and self._is_adjective(path):
                return []
            return self._line(command, "", fits=fits)
        if not fits:
            return self._of_another(command, rest)
        if not _takes_text(command):
            if begins_with_id(rest) or _is_structured(command):
                return self._line(command, rest, fits=True)
            talk = self._asks or words(rest)[0].text in {"that", "dat"}
            return [] if talk else [Meant(path, f"{self._record}", sure=False)]
        if begins_with_id(rest):
            return self._line(command, rest, fits=True)
        sayings = self._registry.sayings.get(path)
        if sayings and sayings.asks:
            return [Meant(path, f"{self._record} {rest}")]
        talk = self._goes_on(rest) or "?" in (self._text[word.end : word.end + 2], self._text.rstrip()[-1:])
        talk = talk or rest.startswith("?") or (self._is_adjective(path) and "," in mark)
        told = mark.strip() or words(rest)[0].text in said.BECAUSE if words(rest) else False
        sure = not talk and (not by_whom or bool(told))
        return [Meant(path, f"{self._record} {rest}", sure=sure)]

    def _line(self, command: Command, rest: str, *, fits: bool) -> list[Meant]:
        if not fits and self._record and _is_about_records(command):
            return [Meant(command.path, misfit=True)]
        named = "" if not fits or begins_with_id(rest) else f" {self._record}"
        return [Meant(command.path, f"{named} {rest}".strip())]

    def _of_another(self, command: Command, rest: str) -> list[Meant]:
        """A command that is not about this card: said in reply all the same, or the beginning of a sentence."""
        if self._record is None:
            return [Meant(command.path, rest, sure=False)]
        if self._asks or (words(rest) and self._goes_on(rest)):
            return []
        if begins_with_id(rest):
            return [Meant(command.path, rest)]
        if self._record and _is_about_records(command):
            return [Meant(command.path, misfit=True)] if _takes_text(command) else []
        return [Meant(command.path, rest, sure=False)]

    def _goes_on(self, rest: str) -> bool:
        """Whether what follows makes a sentence of the command's word."""
        following = words(rest)
        return bool(following) and (
            following[0].text in said.GOES_ON
            or (following[0].text == "in" and len(following) > 1 and following[1].text in {"a", "an", "one", "the"})
        )

    def _said_so(self, path: str, taken: str, word: Word) -> list[Meant]:
        """What a phrase means that is no command's word; ``taken``: what the command takes then."""
        taken = taken.strip()
        rest, mark = self._behind(word)
        if self._asks:
            return []
        line = f"{self._record} {taken}".strip()
        if is_courtesy(rest, said.LOOSE):
            return [Meant(path, line)]
        if taken:
            return [Meant(path, line)] if {",", "."} & set(mark) else []
        if not _takes_text(self._registry.commands[path]):
            return [Meant(path, line, sure=False)]
        return [Meant(path, f"{line} {rest}", sure=not self._goes_on(rest))]

    def _nearly(self) -> list[Meant]:
        """What may be meant as a command, and may be talk."""
        if self._record is None or self._asks:
            return []
        if self._is_assent():
            return self._assents()
        found: list[Meant] = []
        for path, sayings in self._fitting():
            nearly = {tuple(phrase.split()): path for phrase in sayings.nearly}
            near = next(filter(None, (self._phrase_at(at, nearly) for at in self._beginnings())), None)
            if near:
                found += self._near(self._registry.commands[path], near[1])
        return found

    def _near(self, command: Command, word: Word) -> list[Meant]:
        rest, mark = self._behind(word)
        follows = words(rest)[0].text if words(rest) and not mark.strip() else None
        if word.text in said.UNABLE and follows not in said.UNABLE_WHEN | {None}:
            return []
        if word.text in {"no", "nope", "nee"} and said.STILL_TO_COME.search(rest):
            return []
        line = str(self._record)
        if not _takes_text(command):
            return [Meant(command.path, line, sure=False)] if is_courtesy(rest, said.LOOSE) else []
        if is_courtesy(rest, said.LOOSE):
            return [Meant(command.path, line, sure=False, lacks_words=_needs_text(command))]
        return [Meant(command.path, f"{line} {rest}", sure=False)]

    def _is_assent(self) -> bool:
        spoken = " ".join(word.text for word in self._words)
        certain = self._words[0].text in said.YES or self._words[0].text == "akkoord"
        return spoken in said.ASSENT or (certain and all(w.text in said.BESIDE_YES for w in self._words[1:]))

    def _assents(self) -> list[Meant]:
        """What a yes may be said to; to a question it is the answer."""
        answers = self._answers()
        yes = [(path, sayings.assent) for path, sayings in self._fitting() if sayings.assent is not None]
        # What takes any text may be for another room: it is seen later what can be done here.
        return answers + [Meant(path, f"{self._record} {taken}".strip(), sure=False) for path, taken in yes]

    def _mistyped(self) -> list[Meant]:
        """A word that comes near to one that the card asks for: its author believes to have done it."""
        first = self._words[0]
        if self._record is None or self._asks or len(first.text) > _LONGEST_TYPO:
            return []
        asked_for = [c.path for c in self._registry.commands.values() if takes(c, self._record) and " " not in c.path]
        path = suggest(first.text, asked_for, closeness=SURELY_MEANT)
        rest, _ = self._behind(first)
        if path is None or said.STILL_TO_COME.search(rest) or self._goes_on(rest):
            return []
        words_ = f" {rest}" if _takes_text(self._registry.commands[path]) else ""
        return [Meant(path, f"{self._record}{words_}", sure=False, mistyped=True)]

    def _answers(self, *, sure: bool = False) -> list[Meant]:
        """What takes a text as it stands."""
        text = self._text.strip()
        found = [(path, sayings.answers(text)) for path, sayings in self._fitting()]
        return [Meant(path, f"{self._record} {text}", sure=sure) for path, answers in found if answers is sure]


def _tuples(phrases: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    return {tuple(phrase.split()): meant or _NOTHING for phrase, meant in phrases.items()}


_NOTHING = " "
_LONGEST_PHRASE = 5


@cache
def phrases_of(registry: Registry, letter: str = "?") -> dict[tuple[str, ...], str]:
    """The words of each command, but those that nearly mean one of this card; ``start`` of M-1 ``roundtable start``."""
    own = [path for path in registry.commands if not path.endswith(":")]
    here = {path for path in registry.sayings if path in registry.commands and takes(registry.commands[path], letter)}
    nearly = {phrase for path in here for phrase in registry.sayings[path].nearly}
    spoken = ((also, path) for path in own if path in registry.sayings for also in registry.sayings[path].also)
    # Of another card several words are talk, such as "on it", which takes an urgent call and begins many a sentence.
    typed = [(path, path) for path in own]
    typed += [(a, path) for a, path in spoken if path in here or (" " not in a and a not in nearly)]
    found = {tuple(word.text for word in words(phrase)): path for phrase, path in typed}
    before = registry.first_words.get(letter, "")
    for command in registry.under(before) if before else ():
        short = (command.path.partition(" ")[2],)
        shadowed = registry.commands.get(found.get(short, ""))
        if takes(command, f"{letter}-1") and not (shadowed and takes(shadowed, f"{letter}-1")):
            found[short] = command.path
    return found


def _is_about_records(command: Command) -> bool:
    fields = command.arguments.model_fields
    return "id" in fields and fields["id"].is_required()


def _text_field(command: Command) -> bool | None:
    """Whether the text that a command takes must be there; None: it takes none."""
    for field in command.arguments.model_fields.values():
        marker = positional(field)
        if marker and marker.take is take_rest and _is_text(field.annotation):
            return field.is_required()
    return None


def _is_text(kind: object) -> bool:
    return kind is str or any(map(_is_text, get_args(kind)))


def _takes_text(command: Command) -> bool:
    return _text_field(command) is not None


def _needs_text(command: Command) -> bool:
    return _text_field(command) is True


def _is_structured(command: Command) -> bool:
    """Whether a command takes more than an id: a date, a name, keys."""
    return len(command.arguments.model_fields) > 1
