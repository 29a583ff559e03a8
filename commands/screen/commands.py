"""Saying that an intake screen was looked at, or why it is not needed."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import REST, WORD, Arguments, ShortText, Text
from chat.context import Context, Reply
from chat.registry import commands
from commands.overview.lines import part_of_status
from commands.screen import rules as screens
from commands.screen.rules import Screen

GROUP, PLACE = groups.PERSON, 28


class How(StrEnum):
    """Whether it was looked at."""

    LOOKED = "looked"
    NOT_NEEDED = "notneeded"


class Look(Arguments):
    """Say that a need was looked at, or why that is not needed."""

    name: Annotated[ShortText, WORD] = Field(title="health", description="what is looked at")
    how: Annotated[How, WORD] = Field(title="looked", description="looked, or notneeded")
    note: Annotated[Text, REST] | None = Field(None, title="NOTE", description="what was seen")
    because: Text | None = Field(None, title="a reason", description="why it is not needed")


@commands.command("screen", needs=Permission.CONTRIBUTE, example="!screen health looked the nurse saw him on Monday")
def look(args: Look, ctx: Context) -> Reply:
    """Put it on file; what is not needed needs its reason."""
    looked = args.how is How.LOOKED
    note = args.note if looked else args.because or args.note
    if not looked and not note:
        raise Refusal("screen/reason", name=args.name)
    screen = screens.answer(ctx.case, args.name, looked=looked, note=note, by=ctx.actor, at=ctx.now)
    return Reply("screen/told", {"screen": screen, "person": ctx.actor.user_id})


@part_of_status(25)
def tell_screens(ctx: Context, hidden: object) -> Reply | None:
    """How each of them stands."""
    del hidden
    screens_of = ctx.case.all(Screen)
    return Reply("screen/line", {"screens": screens_of, "now": ctx.now}) if screens_of else None
