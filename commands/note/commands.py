"""The lines that the chair, or who writes the minutes, has taken down during a round table: ``note: he came along``."""

from pydantic import Field

from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest, ToAgency
from chat.context import Context, Reply
from chat.lookup import Lookup
from chat.registry import commands
from commands.action.proposing import Propose, put_action
from commands.decision import rules as decision
from commands.decision.deciding import Decide, put_decision
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import MEETING, NoteKind, RoundTable

GROUP, PLACE = groups.DURING, 45
commands.hear_lines_while(MEETING)

MOST_WORDS_IN_A_NAME = 6


class TakeNote(Arguments):
    """Have a line taken down: the chair, during a round table."""

    text: Rest = Field(title="a text", description="what is to stand in the minutes")


class TakeView(Arguments):
    """Note the person's view: the chair, during a round table."""

    text: Rest = Field(title="a text", description="what the person says, or why that isn't known")


class TakeWorry(Arguments):
    """Note what the table is worried about: the chair, during a round table."""

    text: Rest = Field(title="a text", description="what you are worried about")


class TakeStrength(Arguments):
    """Note what is working well: the chair, during a round table."""

    text: Rest = Field(title="a text", description="what is working well")


class TakeNeed(Arguments):
    """Note what needs to happen: the chair, during a round table."""

    text: Rest = Field(title="a text", description="what needs to happen")


class TakeCredit(Arguments):
    """Note whose contribution changed the plan: the chair, during a round table."""

    agency: ToAgency = Field(title="AGENCY", description="whose contribution it was")
    text: Rest = Field(title="what it changed", description="what it changed")


class TakeAction(Propose):
    """Propose an action: the chair, during a round table."""


class TakeDecision(Decide):
    """Put a decision on file: the chair, during a round table."""


class TakeApologies(Arguments):
    """Note who can't be here: the chair, during a round table."""

    text: Rest = Field(title="NAME and why", description="who can't be here, and why")


@commands.command(
    "note:", needs=Permission.TAKE_PART, group=groups.DURING, example="note: he came along to the gym on Tuesday"
)
def take_note(args: TakeNote, ctx: Context) -> Reply:
    """Take a line down."""
    return _noted(NoteKind.NOTE, args.text, ctx)


@commands.command(
    "view:", needs=Permission.TAKE_PART, group=groups.PERSON, example="view: he wants to go back to his old class"
)
def take_view(args: TakeView, ctx: Context) -> Reply:
    """Take the person's view down."""
    return _noted(NoteKind.VIEW, args.text, ctx)


@commands.command(
    "worried:",
    needs=Permission.TAKE_PART,
    group=groups.DURING,
    example="worried: he is out at night three times a week",
)
def take_worry(args: TakeWorry, ctx: Context) -> Reply:
    """Take a worry down."""
    return _noted(NoteKind.WORRIED, args.text, ctx)


@commands.command(
    "working:", needs=Permission.TAKE_PART, group=groups.DURING, example="working: he never misses the gym"
)
def take_strength(args: TakeStrength, ctx: Context) -> Reply:
    """Take down what works."""
    return _noted(NoteKind.WORKING, args.text, ctx)


@commands.command(
    "needed:", needs=Permission.TAKE_PART, group=groups.DURING, example="needed: a timetable that he can keep"
)
def take_need(args: TakeNeed, ctx: Context) -> Reply:
    """Take down what needs to happen."""
    return _noted(NoteKind.NEEDED, args.text, ctx)


@commands.command(
    "credit:", needs=Permission.TAKE_PART, group=groups.DURING, example="credit: youth they found out about the gym"
)
def take_credit(args: TakeCredit, ctx: Context) -> Reply:
    """Take a credit down."""
    return _noted(NoteKind.CREDIT, args.text, ctx, args.agency)


@commands.command(
    "action:",
    needs=Permission.TAKE_PART,
    group=groups.DURING,
    example="action: visit the family together for: social by: fri 15:00",
)
def take_action(args: TakeAction, ctx: Context) -> Reply:
    """Propose an action at the table; it runs from now on."""
    table = _chaired(ctx)
    return put_action(args, ctx, table.id)


@commands.command(
    "decision:",
    needs=Permission.TAKE_PART,
    group=groups.DURING,
    words=decision.DECIDED,
    example="decision: he returns part-time because: it worked last year",
)
def take_decision(args: TakeDecision, ctx: Context) -> Reply:
    """Put a decision of the table on file; it holds from now on."""
    table = _chaired(ctx)
    return put_decision(args, ctx, table.id)


@commands.command(
    "apologies:", needs=Permission.TAKE_PART, group=groups.DURING, example="apologies: Jack Post, on leave"
)
def take_apologies(args: TakeApologies, ctx: Context) -> Reply:
    """Note a member's apologies; those of somebody who doesn't sit at the table are taken down as text."""
    member, why = _named(args.text, ctx)
    if member is None:
        return _noted(NoteKind.APOLOGIES, args.text, ctx)
    table, _ = roundtable.excuse(ctx.case, member.user_id, why, by=ctx.actor, at=ctx.now, steers=ctx.steers)
    return Reply(subject=table.id, tick=True)


def _noted(kind: NoteKind, text: str, ctx: Context, agency: str | None = None) -> Reply:
    note = roundtable.take_note(ctx.case, kind, text, by=ctx.actor, at=ctx.now, steers=ctx.steers, credits_=agency)
    return Reply(subject=note.roundtable, tick=True)


def _chaired(ctx: Context) -> RoundTable:
    """The running meeting, if this person's lines are taken down there; raises Refusal."""
    table = roundtable.require_running(ctx.case)
    roundtable.require_recorder(table, ctx.actor, steers=ctx.steers)
    return table


def _named(text: str, ctx: Context) -> tuple[Professional | None, str | None]:
    """The one member whose name a line begins with, and what follows; two who bear it are asked about."""
    words = text.split()
    lookup = Lookup(ctx.directory, ctx.case)
    for length in range(min(len(words), MOST_WORDS_IN_A_NAME), 0, -1):
        name = " ".join(words[:length]).rstrip(",:;.")
        found = [p for p in lookup.people(name) if ctx.case.is_member(p.user_id)]
        if len(found) > 1:
            people = [{"name": p.name, "id": p.user_id} for p in found]
            raise Refusal("reading/which_person", typed=name, people=people)
        if found:
            return found[0], " ".join(words[length:]) or None
    return None, None
