"""After a case was closed: no new concern, or it comes back."""

from typing import Annotated

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Positional, ShortText, Text, take_word
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.afterwards import rules as afterwards
from commands.case.named import case_of
from commands.overview.lines import in_status

GROUP, PLACE = groups.CASE, 140


class FindNone(Arguments):
    """Say that there is no new concern in a closed case, when I ask."""


class Repeat(Arguments):
    """Open a closed case again because of something new."""

    ref: Annotated[ShortText, Positional(take_word, "REF")] = Field(
        title="a reference", description="the reference of the case"
    )
    because: Text = Field(title="a reason", description="what has happened")


@commands.command("review none", needs=Permission.STEER, example="!review none")
def find_none(args: FindNone, ctx: Context) -> Reply:
    """Note that a closed case was looked at again, and that it can stay closed."""
    again = afterwards.find_none(ctx.case, by=ctx.actor, at=ctx.now)
    return Reply("afterwards/none", {"case": ctx.case, "again": again})


@commands.command(
    "case repeat", needs=Permission.OPEN_CASES, example="!case repeat K7QF because: he was missing again on Monday"
)
def repeat(args: Repeat, ctx: Context) -> Reply:
    """Bring the table together again; it reads why, and the coordination room only that."""
    case = case_of(args.ref, ctx)
    case.reopen(because=args.because, by=ctx.actor, at=ctx.now, repeat=True)
    everybody = tuple(member.user_id for member in case.present)
    ctx.tell(
        case_channel(case.ref), Reply("afterwards/repeated", {"case": case, "because": args.because}, None, everybody)
    )
    return Reply("afterwards/repeated_by_reference", {"ref": case.ref, "count": case.repeats})


@in_status("came back {count} time", "came back {count} times")
def count_repeats(ctx: Context, hidden: object) -> int:
    """How often the case came back."""
    del hidden
    return ctx.case.repeats
