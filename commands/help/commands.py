"""Help, made from the registry: what this person may do here, on one phone screen.

Few commands stand there with an example each; of many the groups do, and ``!help ask`` opens one.
"""

import re
from dataclasses import dataclass
from math import ceil
from typing import Annotated, NoReturn

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission, may, where_may, who_may, who_may_anywhere
from chat import groups
from chat.arguments import REST, Arguments, ShortText, key_of
from chat.context import Context, Reply
from chat.groups import GROUPS, Group
from chat.languages import Language, codes, language
from chat.reading import choices_of, positional, suggest, usage
from chat.registry import Command, commands
from chat.said import LOOSE, is_courtesy

GROUP, PLACE = groups.ME, 150

MOST_LINES = 27
_SCREEN, _PHONE = 30, 40
"""The lines of a phone, and the characters of each."""
TRUST = "trust"
"""A topic that is no command: whom to believe, and how to find out."""
_FRAME = 2
"""The first line, and the one that says how to learn more."""
_ROW = 36
"""Characters for the first words of a group, beside what indents them: a phone shows forty."""
_CLAUSE = re.compile("[,;:.]")


class Help(Arguments):
    """Show what you can do here, or how one command is typed."""

    command: Annotated[ShortText, REST] | None = Field(None, title="command", description="which command")


@dataclass(frozen=True, repr=False)
class Row:
    """One command in a list: what it is for, in few words, and how it may look."""

    purpose: str
    example: str


@dataclass(frozen=True, repr=False)
class Section:
    """Rows below a heading, if they need one."""

    title: str | None
    rows: list[Row]


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
    if args.command and not (is_courtesy(args.command, LOOSE) and _group(args.command.lower()) is None):
        return _explain(" ".join(args.command.lstrip("!/").lower().split()), allowed, ctx)
    if _FRAME + 2 * len(_listed(allowed)) <= MOST_LINES:
        return _list("What you can do here", allowed, ctx)
    groups = {group: found for group in GROUPS if (found := _listed(_of(group, allowed)))}
    sections = [Section(group.title, _rows(found, ctx)) for group, found in groups.items()]
    rows = [row for section in sections for row in section.rows]
    if _FRAME + len(groups) + len(rows) <= MOST_LINES and len(groups) + _height(rows, purposes=False) <= _SCREEN:
        return _sections("What you can do here", sections, purposes=False)
    opened = [(group, _first(found), _rows(found, ctx)) for group, found in groups.items()]
    return Reply("help/groups", {"groups": opened})


def _list(title: str, found: list[Command], ctx: Context) -> Reply:
    """Each of the commands with an example, and with what it is for where the screen has room for that."""
    rows = _rows(_listed(found), ctx)
    purposes = _FRAME + 2 * len(rows) <= MOST_LINES and _height(rows, purposes=True) <= _SCREEN
    return _sections(title, [Section(None, rows)], purposes=purposes)


def _height(rows: list[Row], *, purposes: bool) -> int:
    """The lines that these take on a phone, with the frame around them."""
    height = sum(ceil((len(row.example) + 3) / _PHONE) for row in rows)
    return _FRAME + height + sum(ceil(len(row.purpose) / _PHONE) for row in rows if purposes)


def _sections(title: str, sections: list[Section], *, purposes: bool) -> Reply:
    return Reply("help/list", {"title": title, "sections": sections, "purposes": purposes})


def _rows(found: list[Command], ctx: Context) -> list[Row]:
    """The first clause of a summary stands for itself, in every language; each as it is typed here."""
    spoken = ctx.voice().language
    return [Row(_CLAUSE.split(spoken.text(c.summary), maxsplit=1)[0], c.example_in(ctx.place)) for c in found]


def _first(found: list[Command]) -> str:
    """As many of the commands as a line of a phone holds."""
    words = list(map(_said_after, [None, *found], found))
    shown = len(words)
    while len(line := " · ".join(words if shown == len(words) else [*words[:shown], "…"])) > _ROW:
        shown -= 1
    return line


def _said_after(before: Command | None, command: Command) -> str:
    """Of ``!roundtable start`` behind another that begins so only ``start``: the word is said once."""
    first, _, second = command.path.partition(" ")
    if before and second and before.path.partition(" ")[0] == first:
        return second
    return command.path if command.path.endswith(":") else f"!{command.path}"


def _explain(topic: str, allowed: list[Command], ctx: Context) -> Reply:
    """What is known of a word: a command, a group, half of a command."""
    if topic == TRUST:
        return Reply("help/trust", {"house": ctx.house})
    spoken = ctx.voice().language
    known = commands.commands.get(topic) or commands.commands.get(f"{topic}:")
    group = _group(topic)
    found = _of(group, allowed) if group else []
    opened = _listed(found) or found
    if known in allowed or len(opened) == 1:
        return _explained(known if known in allowed else opened[0], opened, allowed, ctx)
    if group and opened:
        return _list(group.title, opened, ctx)
    if known is None and (half := [c for c in allowed if c.path.startswith(f"{topic} ")]):
        return _list("What you can do here", half, ctx)
    if known := known or next((c for c in commands.commands.values() if c.heading is group), None):
        _refuse(known, ctx)
    words = {word for one in GROUPS if _of(one, allowed) for word in (one.word, spoken.group(one.word))}
    raise Refusal("help/unknown", nearest=suggest(topic, [*words, *(c.path for c in allowed)]))


def _explained(command: Command, beside: list[Command], allowed: list[Command], ctx: Context) -> Reply:
    """One command; a word that opens a group as well, such as ``decide``, goes on with the others of that."""
    spoken = ctx.voice().language
    line = usage(command.path, command.arguments, spoken)
    further = [c for c in allowed if c.path.startswith(f"{command.path} ")]
    others = [c for c in dict.fromkeys([*beside, *further]) if c is not command] if len(beside) > 1 else []
    return Reply(
        "help/command",
        {
            "described": command,
            "example": command.example_in(ctx.place),
            "usage": line.removeprefix("!") if command.path.endswith(":") else line,
            "keys": _keys(command.arguments, spoken),
            "others": _rows(others, ctx),
            "further": [] if others else further,
        },
    )


def _refuse(command: Command, ctx: Context) -> NoReturn:
    if roles := who_may(command.needs, ctx.place):
        raise Refusal("dispatch/not_allowed", roles=roles, people=[])
    raise Refusal(
        "dispatch/wrong_room",
        places=where_may(command.needs, ctx.role),
        roles=who_may_anywhere(command.needs),
        instead=None,
    )


def _group(topic: str) -> Group | None:
    """The group that a word opens, in whichever language it is said."""
    spoken = [language(code) for code in codes()]
    return next((g for g in GROUPS for one in spoken if topic in {g.word, one.group(g.word).lower()}), None)


def _of(group: Group, found: list[Command]) -> list[Command]:
    return [c for c in found if c.heading is group]


def _keys(arguments: type[Arguments], spoken: Language) -> list[Key]:
    return [
        Key(spoken.key(key_of(name)), field.description or "", choices_of(field))
        for name, field in arguments.model_fields.items()
        if positional(field) is None
    ]


def _listed(found: list[Command]) -> list[Command]:
    """Without the help itself and the longer names of what has a short one, such as ``roundtable schedule``."""
    shortest = {c.arguments: c for c in sorted(found, key=lambda c: len(c.path), reverse=True)}
    return [c for c in found if shortest[c.arguments] is c and c.arguments is not Help]


def _position(command: Command) -> tuple[int, int]:
    """By group and concept; within one as they are defined."""
    return GROUPS.index(command.heading), command.place


def _allowed(command: Command, ctx: Context) -> bool:
    """Whether this person may do it here; whoever asks in this room has been found to belong to it."""
    return may(command.needs, role=ctx.role, place=ctx.place, belongs=True)
