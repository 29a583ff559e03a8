"""Help, made from the registry: what this person may do here, on one phone screen."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission, may, where_may, who_may, who_may_anywhere
from commands import MODULES
from commands.arguments import REST, Arguments, ShortText, key_of
from commands.context import Context, Reply
from commands.languages import Language
from commands.reading import choices_of, positional, suggest, usage
from commands.registry import Command, commands

MOST_LINES = 25
TRUST = "trust"
"""A topic that is no command: whom to believe, and how to find out."""
_FRAME = 2
"""The first line, and the one that says how to learn more."""
_ROW = 76


class Help(Arguments):
    """Show what you can do here, or how one command is typed."""

    command: Annotated[ShortText, REST] | None = Field(None, title="command", description="which command")


@dataclass(repr=False)
class Group:
    """Commands that belong together, as one module defines them: the first with its summary, then the others."""

    first: Command
    others: list[Command]

    @property
    def rows(self) -> list[str]:
        """The others, as many on a line as it holds; those that begin with the first one's word say it once."""
        paths = [c.path for c in self.others]
        own = [path for path in paths if path.startswith(f"{self.first.path} ")]
        said = [f"!{path}" if path == own[0] else path.partition(" ")[2] for path in own]
        found: list[str] = []
        for word in [*said, *(f"!{path}" for path in paths if path not in own)]:
            if found and len(f"{found[-1]} · {word}") <= _ROW:
                found[-1] += f" · {word}"
            else:
                found.append(word)
        return found


@dataclass(frozen=True, repr=False)
class Key:
    """A field that is typed as ``key: value``."""

    key: str
    description: str
    choices: list[str]


@commands.command("help", needs=Permission.HELP, example="!help concern")
def show_help(args: Help, ctx: Context) -> Reply:
    """The list, or one command."""
    allowed = sorted((c for c in commands.commands.values() if _allowed(c, ctx)), key=_position)
    if args.command:
        return _explain(args.command.lstrip("!/"), allowed, ctx)
    # What is said about a deletion is offered where one is told.
    listed = _once([c for c in allowed if c.needs is not Permission.OWN_WORDS])
    notes = [c for c in listed if c.path.endswith(":")]
    spoken = [c for c in listed if c not in notes]
    lines = _FRAME + 2 * bool(notes) + len(spoken)
    groups = [Group(c, []) for c in spoken] if lines <= MOST_LINES else _grouped(spoken)
    return _list(groups, notes)


def _list(groups: list[Group], notes: Collection[Command] = ()) -> Reply:
    """The list, with an example each where the screen has room for them."""
    lines = _FRAME + 2 * bool(notes) + sum(2 + len(group.rows) for group in groups)
    return Reply("help/list", {"groups": groups, "notes": notes, "examples": lines <= MOST_LINES})


def _explain(topic: str, allowed: list[Command], ctx: Context) -> Reply:
    known = {c.path: c for c in commands.commands.values()}
    wanted = " ".join(topic.lower().split())
    if wanted == TRUST:
        return Reply("help/trust", {"house": ctx.house})
    command = known.get(wanted) or known.get(f"{wanted}:")
    if command is None:
        if group := [c for c in allowed if c.path.startswith(f"{wanted} ")]:
            return _list([Group(c, []) for c in group])
        raise Refusal("help/unknown", nearest=suggest(wanted, [c.path for c in allowed]))
    if command not in allowed:
        if roles := who_may(command.needs, ctx.place):
            raise Refusal("dispatch/not_allowed", roles=roles)
        raise Refusal(
            "dispatch/wrong_room",
            places=where_may(command.needs, ctx.role),
            roles=who_may_anywhere(command.needs),
        )
    language = ctx.voice().language
    line = usage(command.path, command.arguments, language)
    return Reply(
        "help/command",
        {
            "described": command,
            "usage": line.removeprefix("!") if command.path.endswith(":") else line,
            "keys": _keys(command.arguments, language),
            "further": [c for c in allowed if c.path.startswith(f"{command.path} ")],
        },
    )


def _keys(arguments: type[Arguments], language: Language) -> list[Key]:
    return [
        Key(language.key(key_of(name)), field.description or "", choices_of(field))
        for name, field in arguments.model_fields.items()
        if positional(field) is None
    ]


def _grouped(allowed: list[Command]) -> list[Group]:
    """A module that goes on with another's word, as the planning of round tables does, stands with that one."""
    groups: dict[str, Group] = {}
    by_word: dict[str, Group] = {}
    for command in allowed:
        module, word = command.run.__module__, command.path.partition(" ")[0]
        if group := groups.get(module) or by_word.get(word):
            groups[module] = group
            group.others.append(command)
        else:
            groups[module] = by_word[word] = Group(command, [])
    return list(by_word.values())


def _once(allowed: list[Command]) -> list[Command]:
    """Without the longer names of what has a short one, such as ``roundtable schedule``."""
    shortest = {c.arguments: c for c in sorted(allowed, key=lambda c: len(c.path), reverse=True)}
    return [c for c in allowed if shortest[c.arguments] is c]


def _position(command: Command) -> int:
    """By concept; within one as they are defined."""
    concept = command.run.__module__.rpartition(".")[2]
    return MODULES.index(concept) if concept in MODULES else len(MODULES)


def _allowed(command: Command, ctx: Context) -> bool:
    """Whether this person may do it here; whoever asks in this room has been found to belong to it."""
    return may(command.needs, role=ctx.role, place=ctx.place, belongs=True)
