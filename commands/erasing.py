"""Having back what somebody else deleted in one's name."""

from pydantic import Field

from cases import erasure
from cases.roles import Permission
from commands.arguments import AnyId, Arguments
from commands.context import Context, Reply
from commands.registry import commands


class Restore(Arguments):
    """Have back what you did not delete yourself, within a week."""

    id: AnyId = Field(title="ID", description="which record, for example C-1")


@commands.command("restore", needs=Permission.TAKE_PART, example="!restore C-1")
async def restore(args: Restore, ctx: Context) -> Reply:
    """Put the deleted words back on file."""
    erasure.restore(ctx.case, args.id, by=ctx.actor, at=ctx.now)
    return Reply("erasure/restored", {"id": args.id}, subject=args.id)
