"""Raising a concern."""

from pydantic import Field

from cases.record import one_of
from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, PastWhen, Rest, ShortText
from chat.context import Context, Reply
from chat.registry import commands
from commands.concern.rules import Basis, Concern, Domain, Urgency
from commands.concern.rules import raise_concern as raise_it

GROUP, PLACE = groups.ASK, 0


class RaiseConcern(Arguments):
    """Raise a concern, so that the table hears it."""

    about: Rest = Field(title="what you observed", description="what you saw or heard")
    kind: Basis | None = Field(None, title="fact or opinion", description="fact or opinion")
    seen: PastWhen | None = Field(None, title="date", description="when it was observed")
    source: ShortText | None = Field(None, title="source", description="how you know it")
    domain: Domain | None = Field(None, title="domain", description="which part of life")
    urgency: Urgency = Field(Urgency.ROUTINE, title="urgency", description="how soon the table should look at it")


@commands.command(
    "concern",
    needs=Permission.CONTRIBUTE,
    example="!concern has not been at school for two weeks kind: fact domain: school",
)
def raise_concern(args: RaiseConcern, ctx: Context) -> Reply:
    """Put a concern on file."""
    concern = raise_it(
        ctx.case,
        args.about,
        kind=args.kind,
        seen_at=args.seen,
        source=args.source,
        domain=args.domain,
        urgency=args.urgency,
        by=ctx.actor,
        at=ctx.now,
    )
    # What is urgent calls the table at any hour: quiet hours hold only what the bot says by itself.
    others = tuple(m.user_id for m in ctx.case.present if m.user_id != ctx.actor.user_id)
    wake = others if args.urgency is Urgency.URGENT else ()
    return Reply("concern/raised", {"concern": concern}, concern.id, wake)


@commands.edited("concern")
def put_right(args: RaiseConcern, ctx: Context, concern_id: str) -> str | None:
    """Other words correct it."""
    before = one_of(ctx.case.all(Concern), concern_id)
    same = (args.kind or before.kind, args.seen, args.source, args.domain, args.urgency)
    if args.about == before.about or same != (
        before.kind,
        before.seen_at,
        before.source,
        before.domain,
        before.urgency,
    ):
        return None
    return f"correct {concern_id} {args.about}"
