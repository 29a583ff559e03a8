"""The commands: each is a described model of its arguments, a permission, and one function."""

import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from cases.roles import Permission, Place
from cases.verbs import VERBS, Verb
from chat.arguments import Arguments, begins_with_id, names_another, take_name
from chat.context import Context, Reply
from chat.groups import Group
from chat.reading import SURELY_MEANT, keys, positional, suggest, usage
from chat.said import LOOSE, Sayings, folded, is_courtesy
from storage.find import Card, Find

A = TypeVar("A", bound=Arguments)
Handler = Callable[[A, Context], Reply]
AppliesEdit = Callable[[A, Context, str], str | None]
ReadsReply = Callable[[Find, str, str, Card], str | None]
"""The command that a reply to a card says, by the sender (Matrix id) and the beginning of the text."""
LAST = 999
"""The place of a concept that names none."""
_SHORTEST_GUESS = 4
"""In letters: ``!and`` is no mistyped ``hand``."""
_LONGEST_WORD = 40
_LONGEST_PATH = 100
_COLON_APART = re.compile("\\A[:\uff1a](?:\\s+|\\Z)")
_ENDS = ".,:;!?\u2026\uff1a"


@dataclass(frozen=True, repr=False)
class Command:
    """One thing a person can say."""

    path: str
    """``concern``, ``roundtable start``: one word or two."""
    needs: Permission
    arguments: type[Arguments]
    run: Handler[Any]
    example: str
    group: Group | None = None
    """Where the help shows it, if not with the others of its module."""
    words: Verb | None = None
    """The verb of the step that keeps its wording, where that is not its own word."""
    over_cases: str = ""
    """How it is typed in the coordination room, where it is about several cases."""

    def example_in(self, place: Place) -> str:
        """How it is typed in a kind of room."""
        return self.over_cases if self.over_cases and place is Place.COORDINATION else self.example

    @property
    def worded(self) -> bool:
        """Whether ``!correct`` replaces its wording."""
        what = self.words or VERBS.get(self.path.rstrip(":"))
        return what is not None and what.worded

    @property
    def place(self) -> int:
        """Where its concept stands among others: the ``PLACE`` of its module."""
        place: int = getattr(sys.modules[self.run.__module__], "PLACE", LAST)
        return place

    @property
    def heading(self) -> Group:
        """Under which group the help shows it: its own, or the ``GROUP`` of its module."""
        if self.group is not None:
            return self.group
        group: Group = sys.modules[self.run.__module__].GROUP
        return group

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.arguments.__doc__ or "").strip().splitlines()[0]


class Registry:
    """All commands, by path."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.replies: list[ReadsReply] = []
        """What concepts make of replies to cards."""
        self.first_words: dict[str, str] = {}
        """The first word that may be left out in reply to a card about a record with this letter."""
        self.sayings: dict[str, Sayings] = {}
        """What people say for each of them beside its own word."""
        self._other_words: dict[str, str] = {}
        self.polls: list[Callable[[Find, Card], bool]] = []
        """Whether a message of ours is a poll that is still asked."""
        self.calls: list[Callable[[Context, str], Collection[str]]] = []
        """Whom something else will call about a record within seconds (Matrix ids)."""
        self._lines_while: set[str] = set()
        self._said_while: dict[str, tuple[str, str]] = {}
        self.edits: dict[str, Callable[[Any, Context, str], str | None]] = {}
        """The line that does what the edit of a command asks for, by the command's path."""

    def hear_lines_while(self, kind: str) -> None:
        """Lines such as ``note: he came home`` are commands in a case with an open item of this kind."""
        self._lines_while.add(kind)

    def hears_lines(self, find: Find, ref: str) -> bool:
        """Whether such lines are commands in a case now; the case is not read here."""
        return any(ref in find.cases_with(kind) for kind in self._lines_while)

    def hear_while(self, kind: str, path: str, sayings: Collection[str]) -> None:
        """Each of these (``folded``), typed alone in a case's room, is a command while it has such an open item."""
        self._said_while |= dict.fromkeys(sayings, (kind, path))

    def said_alone(self, text: str, find: Find, ref: str) -> str | None:
        """The command that a message without a prefix is now, by what is said alone; the case is not read here."""
        kind, path = self._said_while.get(folded(text).strip(f" {_ENDS}"), ("", None))
        return path if path and ref in find.cases_with(kind) else None

    def command(
        self,
        path: str,
        *,
        needs: Permission,
        example: str,
        group: Group | None = None,
        words: Verb | None = None,
        over_cases: str = "",
    ) -> Callable[[Handler[A]], Handler[A]]:
        """Register the decorated function; its ``args`` annotation is the model of its arguments."""

        def register(run: Handler[A]) -> Handler[A]:
            if path in self.commands:
                raise RuntimeError(f"two commands named {path!r}")
            arguments = get_type_hints(run)["args"]
            self.commands[path] = Command(path, needs, arguments, run, example, group, words, over_cases)
            return run

        return register

    def edited(self, path: str) -> Callable[[AppliesEdit[A]], AppliesEdit[A]]:
        """Register the decorated function: what somebody who edits this command, once carried out, may mean by it.

        It gets what the edit says, and the record that the command made; it gives a line, which is done when they say
        yes, or None where no one command does it.
        """

        def register(apply: AppliesEdit[A]) -> AppliesEdit[A]:
            self.edits[path] = apply
            return apply

        return register

    def say(self, path: str, sayings: Sayings) -> None:
        """Declare what people say for a command beside its own word."""
        if path not in self.commands or path in self.sayings:
            raise RuntimeError(f"no command named {path!r}, or it was said before")
        self.sayings[path] = sayings
        self._other_words = {}

    def match(self, text: str) -> tuple[Command, str] | None:
        """The command that a text begins with, and the rest; two words before one."""
        first, rest = _first_word(text)
        # Some people put a blank before a colon.
        rest = _COLON_APART.sub("", rest, count=1)
        second, behind = _first_word(rest)
        if command := self._called(f"{first} {second}"):
            # What takes nothing is not meant by what goes on: ``roundtable next thursday``.
            alone = command.arguments.model_fields or is_courtesy(behind, LOOSE)
            return (command, behind) if alone else (self._called(first) or command, rest)
        if command := self._called(first):
            return command, rest
        return None

    def match_about(self, text: str, card: str | None) -> tuple[Command, str] | None:
        """The command that a text begins with; to a round table's card ``start`` says ``roundtable start``.

        Not where the word is another command's about such a record, or is followed by another record's id.
        """
        found = self.match(text)
        word = self.first_words.get(card[0]) if card else None
        if card is None or word is None or (found and takes(found[0], card)):
            return found
        longer = self.match(f"{word} {text}")
        if longer is None or longer[0].path == word or not takes(longer[0], card):
            return found
        return found if names_another(longer[1], card) else longer

    def _called(self, path: str) -> Command | None:
        """The command of this name; a phone ends a line with a full stop, and people with more (``done: …``)."""
        path = path[:_LONGEST_PATH].lower()
        for name in (path, path.rstrip(_ENDS)):
            if command := self.commands.get(name) or self.commands.get(self._also().get(folded(name), "")):
                return command
        return None

    def _also(self) -> dict[str, str]:
        """The other words that are a command, and its path."""
        if not self._other_words:
            own = {path: said for path, said in self.sayings.items() if not path.endswith(":")}
            lines = {path: said for path, said in self.sayings.items() if path.endswith(":")}
            self._other_words = {folded(a): path for path, said in own.items() for a in said.also}
            self._other_words |= {f"{folded(a)}:": path for path, said in lines.items() for a in said.also}
        return self._other_words

    def words(self) -> list[str]:
        """Every first word."""
        return sorted({path.partition(" ")[0] for path in self.commands})

    def keys(self) -> frozenset[str]:
        """The keys of all commands, in English, that are missed if they are taken as text in another.

        Not those of admins (``name:``), nor what some command may add in words of one's own (``worse:``).
        """
        said = (command for command in self.commands.values() if command.needs is not Permission.PROVISION)
        return frozenset(key for command in said for key in keys(command.arguments, but_remarks=True))

    def lines(self) -> list[str]:
        """What a line of the chair begins with, during a meeting, to be taken down: ``note: he came home``."""
        return [path.rstrip(":") for path in self.commands if path.endswith(":")]

    def named_lines(self) -> list[str]:
        """Those of them that begin with the name of an agency."""
        firsts = {
            line: next(iter(self.commands[f"{line}:"].arguments.model_fields.values()), None) for line in self.lines()
        }
        return [line for line, first in firsts.items() if first and (m := positional(first)) and m.take is take_name]

    def under(self, word: str) -> list[Command]:
        """The two-word commands that begin with this word, in the order of their concepts."""
        found = [c for path, c in self.commands.items() if path.startswith(f"{word.lower()} ")]
        return sorted(found, key=lambda command: command.place)

    def begins(self, text: str) -> bool:
        """Whether a text begins as a command does: with a command's word, or one that is surely meant for it.

        So does any word before the id of a record, be it a word of another language.
        """
        word, rest = _first_word(text)
        word = word[:_LONGEST_WORD]
        if self.match(f"{word} {rest}") or self.under(word) or begins_with_id(rest):
            return True
        return len(word) >= _SHORTEST_GUESS and suggest(word, self.words(), closeness=SURELY_MEANT) is not None


def _first_word(text: str) -> tuple[str, str]:
    first, *rest = text.strip().split(maxsplit=1) or [""]
    return first, rest[0] if rest else ""


commands = Registry()


def takes(command: Command, record_id: str) -> bool:
    """Whether a command is about a record of this kind, such as ``accept`` about ``A-3``."""
    return f"{record_id[0]}-1" in usage(command.path, command.arguments)
