"""Minutes: shown, corrected, and approved; rendered once, kept with a checksum, and shown from there."""

from pydantic import Field

from cases import minutes
from cases.case import Case
from cases.minutes import Version
from cases.roles import Permission
from cases.roundtable import RoundTable
from commands.arguments import Arguments, Rest, RoundTableId
from commands.context import Context, Reply
from commands.registry import commands
from commands.render import plain


class Show(Arguments):
    """Show the minutes of a round table, of the latest if no id is given."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")


class Correct(Arguments):
    """Say what is wrong or missing in the minutes, until the chair approves them."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    text: Rest = Field(title="a text", description="how it was")


class Approve(Arguments):
    """Approve the minutes and lock them; the chair does."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")


@commands.command("minutes", needs=Permission.READ, example="!minutes M-1")
async def show(args: Show, ctx: Context) -> Reply:
    """The newest wording."""
    table, version = minutes.require_minutes(ctx.case, args.id)
    return _shown(ctx.case, table, version)


@commands.command(
    "minutes correct", needs=Permission.CONTRIBUTE, example="!minutes correct M-1 it was his aunt who called"
)
async def correct(args: Correct, ctx: Context) -> Reply:
    """Put the correction into a new version."""
    table = minutes.correct(ctx.case, args.id, args.text, by=ctx.actor, at=ctx.now)
    return draft(table, ctx)


@commands.command("minutes approve", needs=Permission.CONTRIBUTE, example="!minutes approve M-1")
async def approve(args: Approve, ctx: Context) -> Reply:
    """Lock the newest wording."""
    table, version = minutes.approve(ctx.case, args.id, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    return Reply("minutes/approved", _facts(ctx.case, table, version), table.id)


def draft(table: RoundTable, ctx: Context) -> Reply:
    """Render the minutes as they are now and file them as the next version; the chair is called to approve."""
    drafted = minutes.draft(ctx.case, table, ctx.now)
    text = plain(ctx.voice().text("minutes/draft", {**vars(drafted), "ref": ctx.case.ref}))
    version = minutes.file(ctx.case, table, text, by=ctx.actor, at=ctx.now)
    wake = (table.chair,) if ctx.case.is_member(table.chair) else ()
    return Reply("minutes/version", _facts(ctx.case, table, version), table.id, wake)


def without_correction(correction_id: str, ctx: Context) -> Reply:
    """After ``!undo`` took a correction back: file and show a version without it."""
    table, _ = minutes.require_minutes(ctx.case, correction_id.partition("/")[0])
    return draft(table, ctx)


def _shown(case: Case, table: RoundTable, version: Version) -> Reply:
    return Reply("minutes/version", _facts(case, table, version), table.id)


def _facts(case: Case, table: RoundTable, version: Version) -> dict[str, object]:
    return {"table": table, "version": version, "number": len(minutes.versions(case, table.id))}
