"""Decisions: their reasons, and where each agency stands."""

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest, Text, When
from chat.context import Context, Reply
from chat.registry import commands
from commands.decision import rules as decision
from commands.decision.rules import Decision, Stance
from commands.ids import DecisionId
from commands.roundtable.quorum import quorum_of

GROUP, PLACE = groups.DECIDE, 30


class Decide(Arguments):
    """Put a decision before the table, with its reasons."""

    text: Rest = Field(title="a decision", description="what is decided")
    because: Text = Field(title="a reason", description="why you decide so")
    review: When | None = Field(None, title="date", description="when the table looks at it again")


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
    """Ask each agency where it stands."""
    return put_decision(args, ctx)


@commands.command("agree", needs=Permission.CONTRIBUTE, example="!agree D-1")
def agree(args: Agree, ctx: Context) -> Reply:
    """Record the agency's agreement."""
    agreed = decision.take_position(ctx.case, args.id, Stance.AGREES, by=ctx.actor, at=ctx.now)
    return _told("position", agreed, ctx)


@commands.command(
    "dissent", needs=Permission.CONTRIBUTE, example="!dissent D-1 the school has to be able to reach his mother"
)
def dissent(args: Dissent, ctx: Context) -> Reply:
    """Record the agency's dissent in its own words."""
    opposed = decision.take_position(ctx.case, args.id, Stance.DISSENTS, why=args.why, by=ctx.actor, at=ctx.now)
    return _told("position", opposed, ctx)


def put_decision(args: Decide, ctx: Context, roundtable: str | None = None) -> Reply:
    """Put a decision on file, perhaps at a round table (``M-1``), and ask the agencies that have not spoken."""
    put = decision.decide(
        ctx.case,
        args.text,
        because=args.because,
        review_at=args.review,
        roundtable=roundtable,
        quorum=quorum_of(ctx.house, ctx.case),
        by=ctx.actor,
        at=ctx.now,
    )
    silent = decision.silent_on(ctx.case, put)
    return _told("put", put, ctx, wake=tuple(person for agency in silent for person in ctx.at_table(agency)))


def _told(what: str, told: Decision, ctx: Context, *, wake: tuple[str, ...] = ()) -> Reply:
    """The decision or a position on it, whether it is taken, and where the agencies stand."""
    positions = decision.positions_on(ctx.case, told)
    agree = [agency for agency, position in positions.items() if position.stance is Stance.AGREES]
    facts: dict[str, object] = {
        "decision": told,
        "actor": ctx.actor,
        "position": positions.get(ctx.actor.agency),
        "taken": decision.taken(ctx.case, told),
        "needed": min(told.needed, len(ctx.case.seats)),
        "lacking": decision.lacking(ctx.case, told, agree),
        "agree": agree,
        "dissent": [agency for agency, position in positions.items() if position.stance is Stance.DISSENTS],
        "silent": decision.silent_on(ctx.case, told),
    }
    return Reply(f"decision/{what}", facts, told.id, wake)
