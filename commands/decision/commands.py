"""Decisions: their reasons, and where each agency stands."""

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply
from chat.registry import commands
from commands.decision import rules as decision
from commands.decision.deciding import Decide, put_decision, told_of
from commands.decision.rules import Stance
from commands.ids import DecisionId
from commands.roundtable import rules as roundtable

GROUP, PLACE = groups.DECIDE, 30


class Agree(Arguments):
    """Agree with a decision, for your agency."""

    id: DecisionId = Field(title="D-1", description="which decision")


class Dissent(Arguments):
    """Say that your agency does not agree, and why; your words go into the minutes."""

    id: DecisionId = Field(title="D-1", description="which decision")
    why: Rest = Field(title="a reason", description="why your agency does not agree")


@commands.command(
    "decide",
    needs=Permission.CONTRIBUTE,
    example="!decide one person calls him because: five callers made him hide",
)
def decide(args: Decide, ctx: Context) -> Reply:
    """Ask each agency where it stands; what the chair or the minute-taker puts at a round table, the table decides."""
    table = roundtable.running(ctx.case)
    records = table is not None and ctx.actor.user_id in {table.chair, table.taker}
    return put_decision(args, ctx, table.id if table and records else None)


@commands.command("agree", needs=Permission.CONTRIBUTE, example="!agree D-1")
def agree(args: Agree, ctx: Context) -> Reply:
    """Record the agency's agreement."""
    agreed = decision.take_position(ctx.case, args.id, Stance.AGREES, by=ctx.actor, at=ctx.now)
    return told_of("position", agreed, ctx)


@commands.command(
    "dissent", needs=Permission.CONTRIBUTE, example="!dissent D-1 the school has to be able to reach his mother"
)
def dissent(args: Dissent, ctx: Context) -> Reply:
    """Record the agency's dissent in its own words."""
    opposed = decision.take_position(ctx.case, args.id, Stance.DISSENTS, why=args.why, by=ctx.actor, at=ctx.now)
    return told_of("position", opposed, ctx)
