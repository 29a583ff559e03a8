"""The summary of minutes for release: decisions and plan, nothing of third parties (practice, section 5)."""

from dataclasses import dataclass

from cases.record import Record
from chat import files
from chat.context import Context, case_channel
from chat.documents.document import Document
from chat.layout import plain
from commands.disclosure import rules as disclosure
from commands.disclosure.rules import Approval
from commands.minutes import rules as minutes
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import RoundTable
from storage.messages import Attachment, Paper


@dataclass(frozen=True, repr=False)
class Summary:
    """What a summary holds now, and its approval if that is of this wording."""

    table: RoundTable
    document: Document
    checksum: str
    approval: Approval | None
    without: tuple[str, ...]

    @property
    def listed(self) -> list[str]:
        """The records that stand in it."""
        return [one.key for one in self.document.paragraphs if not one.empty]


def summarise(ctx: Context, table_id: str | None, without: tuple[str, ...] | None = None) -> Summary:
    """The summary of a meeting's minutes, as its decisions and actions read now; raises Refusal when there is none.

    ``without``: the records that are left out; None: those that were left out when it was approved.
    """
    table, _ = minutes.require_minutes(ctx.case, table_id)
    drafted = minutes.draft(ctx.case, table, ctx.now, quorum_of(ctx.house, ctx.case))
    approved = disclosure.approval_of(ctx.case, table.id)
    left_out = without if without is not None else approved.without if approved else ()

    def kept(record: Record) -> bool:
        return record.id not in left_out

    facts: dict[str, object] = {
        "ref": ctx.case.ref,
        "table": table,
        "marking": ctx.house.of(ctx.case.scheme).marking,
        "decisions": [(d, taken) for d, _, _, taken in drafted.decisions if kept(d)],
        "actions": [a for a in drafted.actions if kept(a)],
    }
    # Worded as in the case's room, wherever it is asked for: what was approved is the same everywhere.
    voice = ctx.voice(case_channel(ctx.case.ref))
    document = Document.read(plain(voice.text("disclosure/document", facts)))
    checksum = minutes.checksum(document.dump())
    current = approved if approved and (approved.checksum, approved.without) == (checksum, left_out) else None
    return Summary(table, document, checksum, current, left_out)


def files_of(summary: Summary, ctx: Context) -> tuple[Attachment | Paper, ...]:
    """A summary as PDF and Markdown."""
    facts = {"approval": summary.approval, "checksum": summary.checksum}
    name = f"{ctx.case.ref}-{summary.table.id}-summary"
    status = plain(ctx.voice().text("disclosure/status", facts))
    paper = Paper(f"{name}.pdf", "pack", summary.document.facts(status=status), ctx.now)
    return files.of_document(paper, f"{name}.md", summary.document.markdown())
