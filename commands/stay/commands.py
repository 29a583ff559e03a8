"""Asking an expert to the table for a time."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import REST, Arguments, PersonId, Text, When
from chat.context import Context, Reply
from chat.registry import commands
from commands.brief import rules as briefs
from commands.overview.lines import part_of_status
from commands.stay import giving
from commands.stay import rules as stay

GROUP, PLACE = groups.CASE, 125


class AskExpert(Arguments):
    """Ask an expert to the table until a date: they read a brief, and nothing that was said before."""

    person: Annotated[PersonId, REST] = Field(title="PERSON", description="whom you ask")
    until: When = Field(title="a date", description="until when")
    because: Text = Field(title="a reason", description="why this expert is needed")
    brief: Text | None = Field(None, title="the brief", description="what they need to know, and no more")


@commands.command(
    "expert",
    needs=Permission.TAKE_PART,
    example="!expert Finn until: fri because: his nights brief: he hardly sleeps",
)
def ask_expert(args: AskExpert, ctx: Context) -> Reply:
    """Warned before the date and gone on it; their agency takes no seat. A chair may who has confirmed."""
    stay.require_may_ask(ctx.case, ctx.actor, steers=ctx.steers)
    if not ctx.steers:
        ctx.require_no_restraint()
    before = stay.stay_of(ctx.case, args.person)
    if args.brief is None and briefs.brief_of(ctx.case) is None and not (before and before.brief):
        raise Refusal("stay/no_brief", person=args.person)
    given = giving.give(args.person, args.until, args.because, ctx, expert=True, brief=args.brief)
    return giving.told(given, ctx)


@part_of_status(78)
def show_limited(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """Who sits here until when."""
    shown = [one for one in stay.current(ctx.case) if one.id not in hidden]
    return Reply("stay/standing", {"stays": shown}) if shown else None
