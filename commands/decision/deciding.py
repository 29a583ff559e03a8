"""Putting a decision on file, alone or at a round table, and telling where the agencies stand."""

from pydantic import Field

from chat.arguments import Arguments, Rest, Text, When
from chat.context import Context, Reply
from commands.decision import rules as decision
from commands.decision.rules import Decision, Stance
from commands.roundtable.quorum import quorum_of


class Decide(Arguments):
    """Put a decision before the table, with its reasons."""

    text: Rest = Field(title="a decision", description="what is decided")
    because: Text = Field(title="a reason", description="why you decide so")
    review: When | None = Field(None, title="date", description="when the table looks at it again")


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
    return told_of("put", put, ctx, wake=tuple(person for agency in silent for person in ctx.at_table(agency)))


def told_of(what: str, told: Decision, ctx: Context, *, wake: tuple[str, ...] = ()) -> Reply:
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
