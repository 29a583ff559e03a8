"""While a round table is held: conflicts of interest, who writes, who chairs, and the points of the agenda in turn."""

from typing import Annotated

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import REST, Arguments, PersonId, Rest
from chat.context import Context, Reply
from chat.registry import commands
from commands.ids import RoundTableId
from commands.meeting import rules as meeting
from commands.roundtable import rules as roundtable

GROUP, PLACE = groups.DURING, 60


class HandChair(Arguments):
    """Give the chair of a round table to another member."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    person: Annotated[PersonId, REST] = Field(title="PERSON", description="who chairs from now on")


class Appoint(Arguments):
    """Say who writes the minutes with you: the chair, during a round table."""

    person: Annotated[PersonId, REST] = Field(title="PERSON", description="whose lines are taken down, too")


class Next(Arguments):
    """Go to the next point of the agenda: the chair, during a round table."""


class Declare(Arguments):
    """Say that you have a conflict of interest, and take no position: during a round table."""

    why: Rest = Field(title="WHY", description="what your conflict of interest is")


@commands.command("roundtable chair", needs=Permission.TAKE_PART, example="!roundtable chair M-1 Hugo Peters")
def hand_chair(args: HandChair, ctx: Context) -> Reply:
    """Give the chair away; everybody at the table is told."""
    table = meeting.hand_chair(ctx.case, args.id, args.person, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    return Reply("meeting/chair", {"table": table, "by": ctx.actor.user_id}, table.id, (args.person,))


@commands.command("roundtable taker", needs=Permission.TAKE_PART, example="!roundtable taker Dirk Smit")
def appoint(args: Appoint, ctx: Context) -> Reply:
    """Name the minute-taker."""
    table = meeting.appoint(ctx.case, args.person, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    return Reply("meeting/taker", {"table": table}, table.id, (args.person,))


@commands.command("roundtable next", needs=Permission.TAKE_PART, example="!roundtable next")
def begin_next(args: Next, ctx: Context) -> Reply:
    """Go to the next point, with the time that the table takes for it."""
    item = meeting.begin_next(ctx.case, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    return Reply("meeting/item", {"item": item, "until": meeting.ends_at(item)}, item.roundtable)


@commands.command("conflict", needs=Permission.TAKE_PART, example="!conflict his brother is married to my sister")
def declare(args: Declare, ctx: Context) -> Reply:
    """Put a conflict of interest on file; the agency takes its positions by somebody else."""
    note = meeting.declare_conflict(ctx.case, args.why, by=ctx.actor, at=ctx.now)
    table = roundtable.require_running(ctx.case)
    return Reply("meeting/conflict", {"note": note, "table": table}, table.id)
