"""A minute of each agency after a round table, and the means over a quarter."""

from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.period import QUARTER, Period
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import REST, WORD, Arguments, ShortText
from chat.context import Context, Reply
from chat.registry import commands
from commands.audit import rules as audit
from commands.audit.rules import ITEM, Marks
from commands.ids import RoundTableId

GROUP, PLACE = groups.MINUTES, 160


class GiveMarks(Arguments):
    """Say how you found a round table: four marks from 1 (poor) to 4 (good)."""

    id: RoundTableId = Field(title="M-1", description="which round table")
    arrangements: Annotated[int, WORD] = Field(ge=1, le=4, title="ARRANGEMENTS", description="1 to 4, e.g. 3 4 2 3")
    conduct: Annotated[int, WORD] = Field(ge=1, le=4, title="CONDUCT", description="1 to 4, e.g. 3 4 2 3")
    assessment: Annotated[int, WORD] = Field(ge=1, le=4, title="ASSESSMENT", description="1 to 4, e.g. 3 4 2 3")
    plan: Annotated[int, WORD] = Field(ge=1, le=4, title="PLAN", description="1 to 4, e.g. 3 4 2 3")


class ShowMeans(Arguments):
    """Show the means of what agencies said of round tables, over a quarter."""

    quarter: Annotated[ShortText, REST] | None = Field(
        None, title="2026-Q4", description="which quarter; this one if left out"
    )


@commands.command("audit", needs=Permission.ANSWER, example="!audit M-1 3 4 2 3")
def give_marks(args: GiveMarks, ctx: Context) -> Reply:
    """Take the marks; nobody is ever shown them, only means."""
    if ctx.open_case is None or (ctx.place is not Place.CASE and ctx.card != args.id):
        raise Refusal("dispatch/no_case")
    marks = Marks(args.arrangements, args.conduct, args.assessment, args.plan)
    given = audit.give(ctx.case, args.id, marks, by=ctx.actor, at=ctx.now)
    return Reply("audit/thanks", {"id": given.roundtable, "ref": ctx.case.ref}, given.roundtable)


@commands.command("audit figures", needs=Permission.OPEN_CASES, group=groups.CASE, example="!audit figures 2026-Q4")
def show_means(args: ShowMeans, ctx: Context) -> Reply:
    """Of the cases that this person coordinates; of too few nothing."""
    this = Period.of(ctx.now, ctx.house.zone, QUARTER)
    quarter = Period.read(args.quarter, ctx.now, ctx.house.zone) if args.quarter else this
    if quarter is None or quarter.months != QUARTER:
        raise Refusal("audit/which_quarter", now=str(this))
    found = ctx.work.find.cases(ctx.work.find.cases_with_due(ITEM, ctx.now))
    ours = [case for case in found if ctx.house.coordinates(ctx.actor.user_id, case.scheme)]
    given = [marks for case in ours for marks in audit.marks_of(case, quarter)]
    shown = [f"{mean:.1f}" for mean in audit.means(given) or ()]
    return Reply("audit/means", {"quarter": str(quarter), "count": len(given), "means": shown, "fewest": audit.FEWEST})
