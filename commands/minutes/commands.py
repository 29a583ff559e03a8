# lines: eight commands on one document, and what makes its versions
"""Minutes: shown, corrected, disputed, approved, and added to.

Each wording is rendered once and kept with its checksum; message, PDF and Markdown are made from what was kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from textwrap import fill
from typing import Annotated

from pydantic import Field

from cases.calendar import Calendar
from cases.case import Case
from cases.effects import OF_CASE
from cases.errors import Refusal
from cases.followups import unresolved
from cases.record import ERASED
from cases.roles import Permission
from chat import files, groups
from chat.arguments import WORD, Arguments, Paragraph, Rest, ToAgency
from chat.context import Context, Reply
from chat.documents.document import HEAD, Document
from chat.layout import plain
from chat.registry import commands
from commands.decision.rules import Position
from commands.erasure import rules as erasure
from commands.ids import RoundTableId
from commands.minutes import rules as minutes
from commands.minutes.rules import Remark, Version
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import Attendance, NoteKind, RoundTable
from storage.work import Attachment, Paper

GROUP, PLACE = groups.MINUTES, 70

MOST_SHOWN = 40
"""Paragraphs in a message; all of them stand in the files."""
_ROW = 75
"""Characters in a line of a message, behind the number of the paragraph."""


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


@dataclass(frozen=True, repr=False)
class Change:
    """What differs in a version: a paragraph as it reads now, or only its number when it is gone."""

    number: int
    text: str = ""


@commands.command("minutes", needs=Permission.READ, example="!minutes M-1")
def show(args: Show, ctx: Context) -> Reply:
    """A wording as it was posted, the newest unless a version is named, with its files and what was added later."""
    table, version = minutes.require_minutes(ctx.case, args.id)
    filed = minutes.versions(ctx.case, table.id)
    if args.version:
        if args.version > len(filed):
            raise Refusal("minutes/no_such_version", id=table.id, newest=len(filed))
        version = filed[args.version - 1]
    made = _files(table, version, ctx)
    facts = {**_facts(table, version, ctx), **files.attached(made)}
    for number, addendum in enumerate(minutes.addenda(ctx.case, table.id), 1):
        made += _files_of_addendum(table, addendum, number, ctx)
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
    return _changed(table, ctx)


@commands.command(
    "minutes dispute", needs=Permission.TAKE_PART, example="!minutes dispute M-1 §3 I did not say that he agreed"
)
def dispute(args: Dispute, ctx: Context) -> Reply:
    """Put the other view into a new version, and call the chair."""
    about = _paragraph(args.id, args.paragraph, ctx)
    table = minutes.dispute(
        ctx.case, args.id, args.text, paragraph=about, by=ctx.actor, at=ctx.now, calendar=ctx.calendar
    )
    return _changed(table, ctx)


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
    return _changed(table, ctx)


@commands.command(
    "minutes view",
    needs=Permission.TAKE_PART,
    group=groups.PERSON,
    example="!minutes view M-1 he wants to go back to his old class",
)
def add_view(args: View, ctx: Context) -> Reply:
    """Put the person's view into a new version."""
    table = minutes.add(ctx.case, args.id, NoteKind.VIEW, args.text, by=ctx.actor, at=ctx.now, calendar=ctx.calendar)
    return _changed(table, ctx)


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
    return _changed(table, ctx)


@commands.command("minutes approve", needs=Permission.TAKE_PART, example="!minutes approve M-1")
def approve(args: Approve, ctx: Context) -> Reply:
    """Lock the newest wording; from others who were there it is taken as their agreement."""
    table, _ = minutes.require_minutes(ctx.case, args.id)
    if ctx.actor.user_id != table.chair and ctx.case.is_member(table.chair):
        table, version = minutes.second(ctx.case, table.id, by=ctx.actor, at=ctx.now)
        facts = {**_facts(table, version, ctx), "who": ctx.actor.user_id}
        return Reply("minutes/agreed", facts, table.id, (table.chair,))
    table, version = minutes.approve(
        ctx.case, table.id, by=ctx.actor, at=ctx.now, steers=ctx.steers, numbers=_numbers(table.id, ctx)
    )
    made = _files(table, version, ctx)
    return Reply("minutes/approved", {**_facts(table, version, ctx), **files.attached(made)}, table.id, files=made)


@commands.command(
    "minutes addendum", needs=Permission.TAKE_PART, example="!minutes addendum M-1 the school has changed its mind"
)
def add_later(args: Addendum, ctx: Context) -> Reply:
    """Say it to everybody who had the minutes and still sits at the table."""
    table, addendum = minutes.add_later(ctx.case, args.id, args.text, by=ctx.actor, at=ctx.now)
    entitled, former = minutes.had(ctx.case, table)
    number = len(minutes.addenda(ctx.case, table.id))
    facts = {**_addendum_facts(table, addendum, number, ctx), "entitled": entitled, "former": former}
    made = _files_of_addendum(table, addendum, number, ctx)
    wake = tuple(person for person in entitled if person != ctx.actor.user_id)
    return Reply("minutes/addendum", facts, table.id, wake, made)


def draft(table: RoundTable, ctx: Context) -> Reply:
    """The first version, when the meeting ends: a card of what came of it; the chair is called to see it through."""
    version = _file(table, ctx)
    made = _files(table, version, ctx)
    drafted = minutes.draft(ctx.case, table, ctx.now, quorum_of(ctx.house, ctx.case))
    waiting = dict.fromkeys(item.id for item in unresolved(ctx.case, ctx.now) if item.id != table.id)
    facts = {**vars(drafted), **_facts(table, version, ctx), **files.attached(made), "open": list(waiting)}
    return Reply("minutes/card", facts, table.id, _chair(table, ctx.case), made)


def after_undo(record_id: str, ctx: Context) -> Reply:
    """After ``!undo`` took something out of the minutes: file and show a version without it."""
    table, _ = minutes.require_minutes(ctx.case, record_id.partition("/")[0])
    return _changed(table, ctx)


def reminder(case: Case, table: RoundTable, calendar: Calendar) -> Reply:
    """What the chair is told once the time for corrections has ended: what is left to do."""
    version = minutes.versions(case, table.id)[-1]
    numbers = _document(version).numbers
    facts: dict[str, object] = {
        "table": table,
        "until": minutes.corrections_until(table, calendar),
        "disputed": [
            numbers.get(r.paragraph or r.id) or numbers.get(r.id) for r in minutes.open_disputes(case, table.id)
        ],
        "view": minutes.has_view(case, table),
    }
    return Reply("minutes/waiting", facts, table.id, _chair(table, case))


def wipe(case: Case, words: Collection[tuple[str, str]]) -> None:
    """Take words out of every wording that was kept, for good; each with the key of what it stood in."""
    for version in case.all(Version):
        text, paper = _without(case, version, words)
        if text != version.text:
            erasure.reword(case, version, text=text, paper=paper.dump() if version.paper else None)


def _changed(table: RoundTable, ctx: Context) -> Reply:
    """File the wording as it is now, and show what differs from the one before."""
    before = _document(minutes.versions(ctx.case, table.id)[-1])
    version = _file(table, ctx)
    now = _document(version)
    old = {one.key: one.lines for one in before.paragraphs}
    changes = [
        Change(one.number, _wrapped(one.lines))
        for one in now.paragraphs
        if not one.empty and old.get(one.key) != one.lines
    ]
    gone = [Change(one.number) for one in before.paragraphs if one.key not in now.numbers and not one.empty]
    made = _files(table, version, ctx)
    changed = {"changes": sorted([*changes, *gone], key=lambda c: c.number)}
    facts = {**_facts(table, version, ctx), **files.attached(made), **changed}
    wake = () if ctx.actor.user_id == table.chair else _chair(table, ctx.case)
    return Reply("minutes/changed", facts, table.id, wake, made)


def _file(table: RoundTable, ctx: Context) -> Version:
    """Render the minutes as they are now, and file them as the next version."""
    drafted = minutes.draft(ctx.case, table, ctx.now, quorum_of(ctx.house, ctx.case))
    numbers: dict[str, int] = {}
    for version in minutes.versions(ctx.case, table.id):
        numbers |= _document(version).numbers

    def render(standing: list[Remark]) -> Document:
        facts = {**vars(drafted), "ref": ctx.case.ref, "now": ctx.now, "standing": standing, "marking": _marking(ctx)}
        return Document.read(plain(ctx.voice().text("minutes/document", facts)), numbers)

    made = render(drafted.remarks)
    # What was said about a paragraph that is no longer there must not get lost.
    said = [*drafted.corrected.values(), *(one for many in drafted.disputes.values() for one in many)]
    if orphans := [remark for remark in said if remark.paragraph not in made.numbers]:
        made = render([*drafted.remarks, *orphans])
    return minutes.file(ctx.case, table, made.markdown(), paper=made.dump(), by=ctx.actor, at=ctx.now)


def _files(table: RoundTable, version: Version, ctx: Context) -> tuple[Attachment | Paper, ...]:
    """A version as Markdown, of which the checksum is, and as PDF; without what is too large to post."""
    facts = _facts(table, version, ctx)
    approved = bool(facts["approved"])
    name = f"{ctx.case.ref}-{table.id}-minutes-v{facts['number']}"
    text, document = _without(ctx.case, version, erasure.hidden(ctx.case))
    at = table.approved_at if approved and table.approved_at else version.at
    printed = f"{name}{'-approved' if approved else ''}.pdf"
    paper = _paper(printed, document, "minutes/paper", facts, at, ctx) if version.paper else None
    return files.of_document(paper, f"{name}.md", text)


def _files_of_addendum(
    table: RoundTable, addendum: Remark, number: int, ctx: Context
) -> tuple[Attachment | Paper, ...]:
    facts = {**_addendum_facts(table, addendum, number, ctx), "marking": _marking(ctx)}
    document = Document.read(plain(ctx.voice().text("minutes/addendum_document", facts)))
    name = f"{ctx.case.ref}-{table.id}-addendum-{number}"
    paper = _paper(f"{name}.pdf", document, "minutes/addendum_paper", facts, addendum.at, ctx)
    return files.of_document(paper, f"{name}.md", document.markdown())


def _marking(ctx: Context) -> str:
    return ctx.house.of(ctx.case.scheme).marking


def _paper(  # noqa: PLR0917 its name, its content, its frame
    name: str, document: Document, words: str, facts: dict[str, object], at: datetime, ctx: Context
) -> Paper:
    """A document in the frame whose lines the template ``words`` gives: mark, status, checksum, and what is signed."""
    mark, status, checksum, *signatures = plain(ctx.voice().text(words, facts)).split("\n")
    framed = document.facts(status=status, mark=mark, checksum=checksum, signatures=signatures)
    return Paper(name, "minutes", framed, at)


def _facts(table: RoundTable, version: Version, ctx: Context) -> dict[str, object]:
    """What the templates tell of a version; raises Refusal for whoever came later and was not briefed."""
    if roundtable.is_before_their_time(ctx.case, table.id, ctx.actor.user_id):
        raise Refusal("case/before_your_time", id=table.id, person=ctx.actor.user_id)
    filed = minutes.versions(ctx.case, table.id)
    number = filed.index(version) + 1
    text, document = _without(ctx.case, version, erasure.hidden(ctx.case))
    paragraphs = [one.number for one in document.paragraphs if not one.empty]
    return {
        "ref": ctx.case.ref,
        "table": table,
        "version": version,
        "text": text,
        "altered": minutes.checksum(text) != version.checksum,
        "number": number,
        "newest": len(filed),
        "approved": table.approved_at is not None and number == len(filed),
        "document": document if version.paper else None,
        "listed": paragraphs[:MOST_SHOWN],
        "more": len(paragraphs[MOST_SHOWN:]),
        "until": minutes.corrections_until(table, ctx.calendar),
        "now": ctx.now,
        "view": minutes.has_view(ctx.case, table),
        "addenda": minutes.addenda(ctx.case, table.id),
    }


def _addendum_facts(table: RoundTable, addendum: Remark, number: int, ctx: Context) -> dict[str, object]:
    approved = minutes.versions(ctx.case, table.id)[-1]
    return {**_facts(table, approved, ctx), "addendum": addendum, "number_of_addendum": number}


def _document(version: Version) -> Document:
    """What was kept of a version; of one from before there were paragraphs, nothing."""
    return Document.load(version.paper) if version.paper else Document()


def _without(case: Case, version: Version, words: Collection[tuple[str, str]]) -> tuple[str, Document]:
    """A version as it was posted, but for words that were taken off the file since; as Markdown, too."""
    table = next(table for table in case.all(RoundTable) if table.id == version.roundtable)
    standing = [(key, word) for entry_id, word in words for key in _paragraphs_of(case, table, entry_id)]
    document = _document(version).without(standing, ERASED)
    if version.paper:
        return (version.text if document == _document(version) else document.markdown()), document
    text = version.text
    for _, word in words:
        text = text.replace(word, ERASED)
    return text, document


def _paragraphs_of(case: Case, table: RoundTable, entry_id: str) -> tuple[str, ...]:
    """The keys of the paragraphs that hold an entry's words."""
    if entry_id in {OF_CASE, *(again.id for again in case.reopenings)}:
        return f"{table.id}/why", f"{table.id}/goal"
    if entry_id in {table.id, table.series}:
        return f"{table.id}/about", HEAD
    entry = case.entries()[entry_id]
    if isinstance(entry, Attendance):
        return (f"{entry.roundtable}/apologies/{entry.by}",)
    if isinstance(entry, Position):
        return (entry.decision,)
    return (entry.paragraph or entry_id, entry_id) if isinstance(entry, Remark) else (entry_id,)


def _numbers(table_id: str | None, ctx: Context) -> dict[str, int]:
    """The numbers of the newest wording's paragraphs, by key."""
    return _document(minutes.require_minutes(ctx.case, table_id)[1]).numbers


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


def _wrapped(lines: list[str]) -> str:
    return "\n".join(fill(line, _ROW) for line in lines)


def _chair(table: RoundTable, case: Case) -> tuple[str, ...]:
    """Whom to wake: the chair, who may have left the table."""
    return (table.chair,) if case.is_member(table.chair) else ()
