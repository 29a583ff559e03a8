"""The versions of minutes: each is rendered once and filed with its checksum, and shown as it was filed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from textwrap import fill

from cases.calendar import Calendar
from cases.case import Case
from cases.effects import OF_CASE
from cases.errors import Refusal
from cases.followups import unresolved
from cases.record import ERASED
from chat import files
from chat.context import Context, Reply
from chat.documents.document import HEAD, Document
from chat.layout import plain
from commands.assessment.rules import Part
from commands.decision.rules import Position
from commands.erasure import rules as erasure
from commands.minutes import rules as minutes
from commands.minutes.rules import Remark, Version
from commands.research.rules import Return
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import Attendance, RoundTable
from storage.messages import Attachment, Paper

MOST_SHOWN = 40
"""Paragraphs in a message; all of them stand in the files."""
_ROW = 75
"""Characters in a line of a message, behind the number of the paragraph."""


@dataclass(frozen=True, repr=False)
class Change:
    """What differs in a version: a paragraph as it reads now, or only its number when it is gone."""

    number: int
    text: str = ""


def draft(table: RoundTable, ctx: Context) -> Reply:
    """The first version, when the meeting ends: a card of what came of it; the chair is called to see it through."""
    version = file(table, ctx)
    made = files_of(table, version, ctx)
    drafted = minutes.draft(ctx.case, table, ctx.now, quorum_of(ctx.house, ctx.case))
    waiting = dict.fromkeys(item.id for item in unresolved(ctx.case, ctx.now) if item.id != table.id)
    facts = {**vars(drafted), **facts_of(table, version, ctx), **files.attached(made), "open": list(waiting)}
    return Reply("minutes/card", facts, table.id, _chair(table, ctx.case), made)


def after_undo(record_id: str, ctx: Context) -> Reply:
    """After ``!undo`` took something out of the minutes: file and show a version without it."""
    table, _ = minutes.require_minutes(ctx.case, record_id.partition("/")[0])
    return changed(table, ctx)


def reminder(case: Case, table: RoundTable, calendar: Calendar) -> Reply:
    """What the chair is told once the time for corrections has ended: what is left to do."""
    version = minutes.versions(case, table.id)[-1]
    numbers = document_of(version).numbers
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


def changed(table: RoundTable, ctx: Context) -> Reply:
    """File the wording as it is now, and show what differs from the one before."""
    before = document_of(minutes.versions(ctx.case, table.id)[-1])
    version = file(table, ctx)
    now = document_of(version)
    old = {one.key: one.lines for one in before.paragraphs}
    changes = [
        Change(one.number, _wrapped(one.lines))
        for one in now.paragraphs
        if not one.empty and old.get(one.key) != one.lines
    ]
    gone = [Change(one.number) for one in before.paragraphs if one.key not in now.numbers and not one.empty]
    made = files_of(table, version, ctx)
    changed = {"changes": sorted([*changes, *gone], key=lambda c: c.number)}
    facts = {**facts_of(table, version, ctx), **files.attached(made), **changed}
    wake = () if ctx.actor.user_id == table.chair else _chair(table, ctx.case)
    return Reply("minutes/changed", facts, table.id, wake, made)


def file(table: RoundTable, ctx: Context) -> Version:
    """Render the minutes as they are now, and file them as the next version."""
    drafted = minutes.draft(ctx.case, table, ctx.now, quorum_of(ctx.house, ctx.case))
    numbers: dict[str, int] = {}
    for version in minutes.versions(ctx.case, table.id):
        numbers |= document_of(version).numbers

    def render(standing: list[Remark]) -> Document:
        facts = {**vars(drafted), "ref": ctx.case.ref, "now": ctx.now, "standing": standing, "marking": _marking(ctx)}
        return Document.read(plain(ctx.voice().text("minutes/document", facts)), numbers)

    made = render(drafted.remarks)
    # What was said about a paragraph that is no longer there must not get lost.
    said = [*drafted.corrected.values(), *(one for many in drafted.disputes.values() for one in many)]
    if orphans := [remark for remark in said if remark.paragraph not in made.numbers]:
        made = render([*drafted.remarks, *orphans])
    return minutes.file(ctx.case, table, made.markdown(), paper=made.dump(), by=ctx.actor, at=ctx.now)


def files_of(table: RoundTable, version: Version, ctx: Context) -> tuple[Attachment | Paper, ...]:
    """A version as Markdown, of which the checksum is, and as PDF; without what is too large to post."""
    facts = facts_of(table, version, ctx)
    approved = bool(facts["approved"])
    name = f"{ctx.case.ref}-{table.id}-minutes-v{facts['number']}"
    text, document = _without(ctx.case, version, erasure.hidden(ctx.case))
    at = table.approved_at if approved and table.approved_at else version.at
    printed = f"{name}{'-approved' if approved else ''}.pdf"
    paper = _paper(printed, document, "minutes/paper", facts, at, ctx) if version.paper else None
    return files.of_document(paper, f"{name}.md", text)


def files_of_addendum(table: RoundTable, addendum: Remark, number: int, ctx: Context) -> tuple[Attachment | Paper, ...]:
    """What was added to approved minutes, as Markdown and as PDF."""
    facts = {**facts_of_addendum(table, addendum, number, ctx), "marking": _marking(ctx)}
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


def facts_of(table: RoundTable, version: Version, ctx: Context) -> dict[str, object]:
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


def facts_of_addendum(table: RoundTable, addendum: Remark, number: int, ctx: Context) -> dict[str, object]:
    """What the templates tell of what was added to approved minutes."""
    approved = minutes.versions(ctx.case, table.id)[-1]
    return {**facts_of(table, approved, ctx), "addendum": addendum, "number_of_addendum": number}


def document_of(version: Version) -> Document:
    """What was kept of a version; of one from before there were paragraphs, nothing."""
    return Document.load(version.paper) if version.paper else Document()


def _without(case: Case, version: Version, words: Collection[tuple[str, str]]) -> tuple[str, Document]:
    """A version as it was posted, but for words that were taken off the file since; as Markdown, too."""
    table = next(table for table in case.all(RoundTable) if table.id == version.roundtable)
    standing = [(key, word) for entry_id, word in words for key in _paragraphs_of(case, table, entry_id)]
    document = document_of(version).without(standing, ERASED)
    if version.paper:
        return (version.text if document == document_of(version) else document.markdown()), document
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
    if isinstance(entry, Position | Return):
        return (entry.decision if isinstance(entry, Position) else entry.check,)
    if isinstance(entry, Part):
        return entry_id, *(f"{entry_id}/{column}" for column in ("worried", "working", "needed"))
    return (entry.paragraph or entry_id, entry_id) if isinstance(entry, Remark) else (entry_id,)


def _wrapped(lines: list[str]) -> str:
    return "\n".join(fill(line, _ROW) for line in lines)


def _chair(table: RoundTable, case: Case) -> tuple[str, ...]:
    """Whom to wake: the chair, who may have left the table."""
    return (table.chair,) if case.is_member(table.chair) else ()
