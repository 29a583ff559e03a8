"""Minutes: shown, corrected, disputed, approved, and added to.

Each wording is rendered once and kept with its checksum; message, PDF and Markdown are made from what was kept.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import files, groups
from chat.arguments import WORD, Arguments, Paragraph, Rest, ToAgency
from chat.context import Context, Reply
from chat.registry import commands
from commands.ids import RoundTableId
from commands.minutes import rules as minutes
from commands.minutes.filing import changed, document_of, facts_of, facts_of_addendum, file, files_of, files_of_addendum
from commands.roundtable.rules import NoteKind

GROUP, PLACE = groups.MINUTES, 70


class How(StrEnum):
    """How a dispute is settled."""

    CORRECT = "correct"
    BOTH = "both"


class Show(Arguments):
    """Show the minutes of a round table, of the latest if no id is given, with the documents."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    version: int | None = Field(None, ge=1, title="number", description="an earlier version, such as 1")


class Correct(Arguments):
    """Say what is wrong in the minutes, or missing: in a paragraph or as a whole."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    paragraph: Paragraph | None = Field(None, title="§", description="the number of the paragraph")
    text: Rest = Field(title="a text", description="how it was")


class Dispute(Arguments):
    """Say that it was otherwise, in your own words; the chair settles that before approving."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    paragraph: Paragraph | None = Field(None, title="§", description="the number of the paragraph")
    text: Rest = Field(title="a text", description="how you see it")


class Settle(Arguments):
    """Settle a dispute: with another wording, or by attaching both views; the chair does."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    paragraph: Paragraph = Field(title="§", description="the number of the paragraph")
    how: Annotated[How, WORD] = Field(title="correct or both", description="another wording, or both views")
    text: Rest | None = Field(None, title="a text", description="the new wording, behind correct")


class View(Arguments):
    """Add the person's view to the minutes, or why it isn't known."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    text: Rest = Field(title="a text", description="what the person says, or why that isn't known")


class Credit(Arguments):
    """Say whose contribution changed the plan, by agency."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    agency: ToAgency = Field(title="AGENCY", description="whose contribution it was")
    text: Rest = Field(title="what it changed", description="what it changed")


class Approve(Arguments):
    """Approve the minutes and lock them; the chair does, and who else was there can agree."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")


class Addendum(Arguments):
    """Add something to approved minutes, for everybody who had them."""

    id: RoundTableId | None = Field(None, title="M-1", description="which minutes")
    text: Rest = Field(title="a text", description="what is to be added")


@commands.command("minutes", needs=Permission.READ, example="!minutes M-1")
def show(args: Show, ctx: Context) -> Reply:
    """A wording as it was posted, the newest unless a version is named, with its files and what was added later."""
    table, version = minutes.require_minutes(ctx.case, args.id)
    filed = minutes.versions(ctx.case, table.id)
    if args.version:
        if args.version > len(filed):
            raise Refusal("minutes/no_such_version", id=table.id, newest=len(filed))
        version = filed[args.version - 1]
    made = files_of(table, version, ctx)
    facts = {**facts_of(table, version, ctx), **files.attached(made)}
    for number, addendum in enumerate(minutes.addenda(ctx.case, table.id), 1):
        made += files_of_addendum(table, addendum, number, ctx)
    return Reply("minutes/version", facts, table.id, files=made)


@commands.command(
    "minutes correct", needs=Permission.TAKE_PART, example="!minutes correct M-1 §3 it was his aunt who called"
)
def correct(args: Correct, ctx: Context) -> Reply:
    """Put the correction into a new version."""
    about = _paragraph(args.id, args.paragraph, ctx)
    table = minutes.correct(
        ctx.case, args.id, args.text, paragraph=about, by=ctx.actor, at=ctx.now, calendar=ctx.calendar
    )
    return changed(table, ctx)


@commands.command(
    "minutes dispute", needs=Permission.TAKE_PART, example="!minutes dispute M-1 §3 I did not say that he agreed"
)
def dispute(args: Dispute, ctx: Context) -> Reply:
    """Put the other view into a new version, and call the chair."""
    about = _paragraph(args.id, args.paragraph, ctx)
    table = minutes.dispute(
        ctx.case, args.id, args.text, paragraph=about, by=ctx.actor, at=ctx.now, calendar=ctx.calendar
    )
    return changed(table, ctx)


@commands.command("minutes settle", needs=Permission.TAKE_PART, example="!minutes settle M-1 §3 both")
def settle(args: Settle, ctx: Context) -> Reply:
    """Settle what is disputed about a paragraph, in a new version."""
    if (args.how is How.CORRECT) != bool(args.text):
        raise Refusal("minutes/settle_how", number=args.paragraph)
    about = _paragraph(args.id, args.paragraph, ctx)
    table = minutes.settle(
        ctx.case,
        args.id,
        about or "",
        args.text,
        by=ctx.actor,
        at=ctx.now,
        steers=ctx.steers,
        numbers=_numbers(args.id, ctx),
    )
    return changed(table, ctx)


@commands.command(
    "minutes view",
    needs=Permission.TAKE_PART,
    group=groups.PERSON,
    example="!minutes view M-1 he wants to go back to his old class",
)
def add_view(args: View, ctx: Context) -> Reply:
    """Put the person's view into a new version."""
    table = minutes.add(ctx.case, args.id, NoteKind.VIEW, args.text, by=ctx.actor, at=ctx.now, calendar=ctx.calendar)
    return changed(table, ctx)


@commands.command(
    "minutes credit", needs=Permission.TAKE_PART, example="!minutes credit M-1 youth they found out about the gym"
)
def add_credit(args: Credit, ctx: Context) -> Reply:
    """Put a credit into a new version."""
    table = minutes.add(
        ctx.case,
        args.id,
        NoteKind.CREDIT,
        args.text,
        credits_=args.agency,
        by=ctx.actor,
        at=ctx.now,
        calendar=ctx.calendar,
    )
    return changed(table, ctx)


@commands.command("minutes approve", needs=Permission.TAKE_PART, example="!minutes approve M-1")
def approve(args: Approve, ctx: Context) -> Reply:
    """Lock the newest wording; from others who were there it is taken as their agreement."""
    table, _ = minutes.require_minutes(ctx.case, args.id)
    if ctx.actor.user_id != table.chair and ctx.case.is_member(table.chair):
        table, version = minutes.second(ctx.case, table.id, by=ctx.actor, at=ctx.now)
        facts = {**facts_of(table, version, ctx), "who": ctx.actor.user_id}
        return Reply("minutes/agreed", facts, table.id, (table.chair,))
    if any(told.id not in _numbers(table.id, ctx) for told in minutes.views_for(ctx.case, table)):
        # What was written down of the person's view since then is approved with the rest.
        file(table, ctx)
    table, version = minutes.approve(
        ctx.case, table.id, by=ctx.actor, at=ctx.now, steers=ctx.steers, numbers=_numbers(table.id, ctx)
    )
    made = files_of(table, version, ctx)
    return Reply("minutes/approved", {**facts_of(table, version, ctx), **files.attached(made)}, table.id, files=made)


@commands.command(
    "minutes addendum", needs=Permission.TAKE_PART, example="!minutes addendum M-1 the school has changed its mind"
)
def add_later(args: Addendum, ctx: Context) -> Reply:
    """Say it to everybody who had the minutes and still sits at the table."""
    table, addendum = minutes.add_later(ctx.case, args.id, args.text, by=ctx.actor, at=ctx.now)
    entitled, former = minutes.had(ctx.case, table)
    number = len(minutes.addenda(ctx.case, table.id))
    facts = {**facts_of_addendum(table, addendum, number, ctx), "entitled": entitled, "former": former}
    made = files_of_addendum(table, addendum, number, ctx)
    wake = tuple(person for person in entitled if person != ctx.actor.user_id)
    return Reply("minutes/addendum", facts, table.id, wake, made)


def _numbers(table_id: str | None, ctx: Context) -> dict[str, int]:
    """The numbers of the newest wording's paragraphs, by key."""
    return document_of(minutes.require_minutes(ctx.case, table_id)[1]).numbers


def _paragraph(table_id: str | None, number: int | None, ctx: Context) -> str | None:
    """The key of a paragraph; raises Refusal when the newest wording has none of this number."""
    if number is None:
        return None
    numbers = _numbers(table_id, ctx)
    for key, known in numbers.items():
        if known == number:
            return key
    table, _ = minutes.require_minutes(ctx.case, table_id)
    raise Refusal("minutes/no_such_paragraph", id=table.id, number=number, last=max(numbers.values(), default=0))
