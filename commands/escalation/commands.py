"""Escalating a disagreement, and telling how it ended."""

from collections.abc import Collection

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest, Text
from chat.context import Context, Reply, direct_channel
from chat.registry import commands
from commands.concern.rules import Urgency
from commands.escalation import ladder
from commands.escalation import rules as escalation
from commands.escalation.rules import Escalation
from commands.ids import DisputedId
from commands.overview.lines import part_of_status

GROUP, PLACE = groups.DECIDE, 60
A_DAY = 24 * 60 * 60


class Escalate(Arguments):
    """Let a disagreement climb the ladder of the scheme, and say why."""

    id: DisputedId = Field(title="D-1", description="which decision, refusal or action")
    because: Text = Field(title="a reason", description="why the table cannot settle it")
    urgency: Urgency = Field(Urgency.ROUTINE, title="urgency", description="urgent, where somebody may be harmed")


class Resolve(Arguments):
    """Tell how a disagreement was resolved."""

    id: DisputedId = Field(title="D-1", description="which decision, refusal or action")
    outcome: Rest = Field(title="an outcome", description="how it was resolved")


@commands.command("escalate", needs=Permission.CONTRIBUTE, example="!escalate D-1 because: it is too far")
def escalate(args: Escalate, ctx: Context) -> Reply:
    """Begin at the lowest level; the table reads by when an outcome is demanded."""
    scheme, urgent = ctx.house.of(ctx.case.scheme), args.urgency is Urgency.URGENT
    due_at = ladder.ends(scheme, 0, ctx.now, ctx.calendar, urgent=urgent)
    one = escalation.escalate(
        ctx.case, args.id, because=args.because, due_at=due_at, urgent=urgent, by=ctx.actor, at=ctx.now
    )
    facts = {**_facts(one, ctx), "ref": ctx.case.ref}
    for person in ladder.told(scheme, one, ctx.case, ctx.directory):
        ctx.tell(direct_channel(person), Reply("escalation/notice", facts, wake=(person,)))
    concerned = escalation.concerned(ctx.case, one)
    wake = tuple(m.user_id for m in ctx.case.present if m.agency in concerned and m.user_id != ctx.actor.user_id)
    return Reply("escalation/escalated", facts, one.about, wake)


@commands.command("resolve", needs=Permission.CONTRIBUTE, example="!resolve D-1 both visit him")
def resolve(args: Resolve, ctx: Context) -> Reply:
    """End it."""
    one = escalation.resolve(ctx.case, args.id, args.outcome, by=ctx.actor, at=ctx.now)
    return Reply("escalation/resolved", _facts(one, ctx), one.about)


@part_of_status(65)
def show_escalated(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """At which level each is, and how much time that has left."""
    shown = [e for e in ctx.case.all(Escalation) if e.waits and not {e.id, e.about} & set(hidden)]
    left = [(_facts(e, ctx), int((e.due_at - ctx.now).total_seconds())) for e in shown]
    return Reply("escalation/standing", {"escalated": left, "a_day": A_DAY}) if shown else None


def _facts(one: Escalation, ctx: Context) -> dict[str, object]:
    rungs = ctx.house.of(ctx.case.scheme).ladder
    return {"one": one, "level": rungs[min(one.level, len(rungs) - 1)].level}
