"""Proposing an action, alone or at a round table, and telling how one stands."""

from datetime import datetime

from pydantic import Field

from cases.roles import Place, Role
from cases.scheme import Runs
from chat.arguments import AgencyName, Arguments, Rest, Text, When, Whom
from chat.context import Context, Reply, agency_channel, case_channel
from chat.reading import missing
from chat.remarks import remark_on
from commands.action import rules as action
from commands.action import wording
from commands.action.rules import Action

SETTLES = frozenset({"accepted", "declined", "declined_half"})
"""What answers the question whether an agency takes an action on."""


class Propose(Arguments):
    """Propose an action to an agency or person, with a date."""

    outcome: Rest = Field(title="an outcome", description="what shall come about, beginning with a verb")
    for_: Whom = Field(title="an owner", description="the agency or person who shall do it")
    by: When = Field(title="a date", description="when it shall be done, e.g. fri 15:00")
    with_: AgencyName | None = Field(None, title="agency", description="an agency that carries it too; both accept")
    safety: AgencyName | None = Field(None, title="agency", description="an agency that is there for safety only")
    worse: Text | None = Field(None, title="text", description="could this make it worse? How, and what then")
    how: Text | None = Field(None, title="text", description="how you will know that it is done")
    because: Text | None = Field(None, title="a reason", description="why it is to be done")


def put_action(args: Propose, ctx: Context, roundtable: str | None = None) -> Reply:
    """Propose an action, perhaps at a round table (``M-1``); raises Refusal unless the owner sits at the table."""
    if roundtable and not args.because and ctx.house.of(ctx.case.scheme).reasons_on_actions:
        raise missing(
            Propose, ["because"], ctx.voice().language, "action: visit the family for: social by: fri because: …"
        )
    ctx.require_somebody(args.for_.agency, args.with_, args.safety)
    proposed = action.propose(
        ctx.case,
        args.outcome,
        args.for_,
        due_at=args.by,
        support=args.with_,
        safety=args.safety,
        worse=args.worse,
        roundtable=roundtable,
        how=args.how,
        because=args.because,
        asks_worse=wording.may_harm(args.outcome, args.for_.agency, ctx),
        accept_by=accept_by(ctx),
        by=ctx.actor,
        at=ctx.now,
    )
    return told_of(
        "proposed",
        proposed,
        ctx,
        wake=still_to_accept(proposed, ctx),
        verbless=wording.lacks_verb(args.outcome, ctx),
        remark=remark_on(args.by, ctx),
        remit=None if args.because else wording.in_remit_of(args.outcome, proposed.owners, ctx),
    )


def accept_by(ctx: Context) -> datetime:
    """When what is asked of an agency now goes to the chair, unless it is accepted."""
    return ctx.house.of(ctx.case.scheme).clock(Runs.ACCEPT).ends(ctx.now, ctx.calendar)


def told_of(what: str, told: Action, ctx: Context, *, wake: tuple[str, ...] = (), **facts: object) -> Reply:
    """The new state, for everybody at the table."""
    proposer = ctx.directory.people.get(told.by)
    facts |= {
        "action": told,
        "actor": ctx.actor,
        "by_coordinator": proposer is not None and proposer.role is Role.COORDINATOR,
        "waits_for": told.unanswered,
    }
    reply = Reply(f"action/{what}", facts, told.id, wake)
    if ctx.place is not Place.CASE:
        ctx.tell(case_channel(ctx.case.ref), reply)
        return Reply(reply.template, facts, told.id)
    if what in SETTLES and ctx.house.of(ctx.case.scheme).polls:
        # Its agency was asked in its own room, too.
        ctx.tell(agency_channel(ctx.actor.agency), Reply(reply.template, facts, told.id))
    return reply


def still_to_accept(told: Action, ctx: Context) -> tuple[str, ...]:
    """Whom to wake: who can accept it, in each agency that has not."""
    return tuple(
        person
        for agency in told.unanswered
        for person in ctx.at_table(agency, told.owner_person if agency == told.owner else None)
    )
