"""In which phase a case is, and going on."""

from typing import Annotated

from pydantic import Field

from cases.gates import Phase, lacks
from cases.roles import Permission
from chat import groups
from chat.arguments import WORD, Arguments, Text
from chat.context import Context, Reply
from chat.registry import commands
from commands.phase import rules as phases

GROUP, PLACE = groups.CASE, 85


class ShowOrGo(Arguments):
    """Show the gates of the case and whose move it is, or go on to a phase."""

    phase: Annotated[Phase, WORD] | None = Field(None, title="PHASE", description="where the case goes on to")
    because: Text | None = Field(None, title="a reason", description="why, where something is missing")


@commands.command("phase", needs=Permission.TAKE_PART, example="!phase")
def show_or_go(args: ShowOrGo, ctx: Context) -> Reply:
    """Show the gates; or go on, and tell the table what was missing, and why it went on."""
    if args.phase is None:
        return Reply(
            "phase/gates", {**_facts(ctx), "may": ctx.steers or ctx.actor.user_id == phases.chair_of(ctx.case)}
        )
    anonymous = ctx.house.of(ctx.case.scheme).anonymous
    change = phases.go(
        ctx.case,
        args.phase,
        because=args.because,
        by=ctx.actor,
        at=ctx.now,
        steers=ctx.steers,
        anonymous=anonymous,
    )
    named = anonymous and [one for one in phases.changes(ctx.case) if one.phase is not Phase.GATHER] == [change]
    return Reply("phase/changed", {**_facts(ctx), "change": change, "named": named})


def _facts(ctx: Context) -> dict[str, object]:
    now = phases.standing(ctx.case, ctx.now)
    gates = [(phase, lacks(ctx.case, phase, ctx.now)) for phase in Phase if phase is not Phase.CLOSED]
    return {"case": ctx.case, "standing": now, "gates": gates}
