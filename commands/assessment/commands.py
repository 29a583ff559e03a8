"""Assessing together: a round is begun, each agency gives its part, and rounds are compared."""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest, ShortText, Text
from chat.context import Context, Reply
from chat.layout import plain
from chat.reading import suggest
from chat.registry import commands
from commands.assessment import rules as assessment
from commands.assessment.rules import Confidence, Part, Round
from commands.overview.lines import part_of_status
from storage.messages import Paper

GROUP, PLACE = groups.DECIDE, 35

COLUMNS = 3
_BETWEEN = "\x1f"
"""What parts the places of a line that is handed on as facts (ASCII: unit separator)."""


class StartRound(Arguments):
    """Begin an assessment round, in which each agency gives its own view."""

    about: Text | None = Field(None, title="about", description="what is assessed, if not all of it")


class Assess(Arguments):
    """Give your agency's part of the assessment: worried about, working well, needs to happen."""

    text: Rest | None = Field(None, title="WORRIED | WORKING | NEEDED", description="three columns, with | between")
    worried: Text | None = Field(None, title="text", description="what you are worried about")
    working: Text | None = Field(None, title="text", description="what works well")
    needed: Text | None = Field(None, title="text", description="what needs to happen")
    score: int | None = Field(None, title="0-10", description="from 0 (unsafe) to 10 (safe)")
    confidence: Confidence | None = Field(None, title="confidence", description="how sure you are")
    dimension: ShortText | None = Field(None, title="dimension", description="which of the scheme's dimensions")
    dissent: Text | None = Field(None, title="dissent", description="where you see it otherwise than the others")


class CloseRound(Arguments):
    """Close the assessment round."""


class Compare(Arguments):
    """Show the last round beside the one before, as text and as a picture."""


@dataclass(frozen=True, repr=False)
class Beside:
    """What an agency said in two rounds."""

    agency: str
    dimension: str | None
    before: Part | None
    now: Part | None


@commands.command("assess start", needs=Permission.CONTRIBUTE, example="!assess start about: is home safe?")
def start_round(args: StartRound, ctx: Context) -> Reply:
    """Ask each agency for its part."""
    begun = assessment.start(ctx.case, about=args.about, by=ctx.actor, at=ctx.now)
    everybody = tuple(member.user_id for member in ctx.case.present if member.user_id != ctx.actor.user_id)
    facts: dict[str, object] = {"round": begun, "dimensions": ctx.house.of(ctx.case.scheme).dimensions}
    return Reply("assessment/started", facts, begun.id, everybody)


@commands.command(
    "assess", needs=Permission.CONTRIBUTE, example="!assess he is alone | the gym | somebody to call score: 4"
)
def assess(args: Assess, ctx: Context) -> Reply:
    """Put the agency's part on file; given again, it stands in place of the earlier one."""
    worried, working, needed = _columns(args)
    if args.score is not None and not 0 <= args.score <= 10:  # noqa: PLR2004 the scale of the practice
        raise Refusal("assessment/scale")
    of, part = assessment.give(
        ctx.case,
        worried=worried,
        working=working,
        needed=needed,
        score=args.score,
        confidence=args.confidence,
        dimension=_dimension(args.dimension, ctx),
        dissent=args.dissent,
        by=ctx.actor,
        at=ctx.now,
    )
    facts: dict[str, object] = {"round": of, "part": part, "silent": assessment.silent_in(ctx.case, of)}
    return Reply("assessment/given", facts, of.id)


@commands.command("assess close", needs=Permission.CONTRIBUTE, example="!assess close")
def close_round(args: CloseRound, ctx: Context) -> Reply:
    """All parts beside each other; who was silent is named."""
    closed = assessment.close(ctx.case, by=ctx.actor, at=ctx.now)
    parts, silent = assessment.parts_of(ctx.case, closed), assessment.silent_in(ctx.case, closed)
    return Reply("assessment/closed", {"round": closed, "parts": parts, "silent": silent}, closed.id)


@commands.command("assess compare", needs=Permission.READ, example="!assess compare")
def compare(args: Compare, ctx: Context) -> Reply:
    """The last two rounds, agency by agency."""
    known = assessment.rounds(ctx.case)[-2:]
    if not known:
        raise Refusal("assessment/none_yet")
    hidden = ctx.case.hidden_from(ctx.actor.user_id)
    # A score of before somebody came is not theirs to read, no more than the words beside it.
    parts = [part for of in known for part in assessment.parts_of(ctx.case, of) if part.id not in hidden]
    rows = _beside(parts, known)
    facts: dict[str, object] = {"rounds": known, "rows": rows, "hidden": hidden, "between": _BETWEEN}
    return Reply("assessment/compared", facts, known[-1].id, files=(_drawn(facts, known, ctx),))


@part_of_status(35)
def tell_round(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """How far the last round is, and where each agency stands in it."""
    for last in assessment.rounds(ctx.case)[-1:]:
        parts = [part for part in assessment.parts_of(ctx.case, last) if part.id not in hidden]
        facts = {"round": last, "parts": parts, "silent": assessment.silent_in(ctx.case, last)}
        return Reply("assessment/line", facts)
    return None


def _columns(args: Assess) -> tuple[str, str, str]:
    """The three columns, from one text or from keys; raises Refusal when one is missing."""
    named = [args.worried, args.working, args.needed]
    columns = [column.strip() for column in args.text.split("|")] if args.text else []
    if columns and not any(named):
        named = list(columns)
    elif columns:
        raise Refusal("assessment/columns")
    if len(named) != COLUMNS or not all(named):
        raise Refusal("assessment/columns")
    worried, working, needed = (column or "" for column in named)
    return worried, working, needed


def _dimension(named: str | None, ctx: Context) -> str | None:
    dimensions = ctx.house.of(ctx.case.scheme).dimensions
    if named is None:
        return None
    known = {dimension.casefold(): dimension for dimension in dimensions}
    if dimension := known.get(named.strip().casefold()):
        return dimension
    nearest = known.get(suggest(named.casefold(), known) or "")
    raise Refusal("assessment/unknown_dimension", dimensions=dimensions, nearest=nearest)


def _beside(parts: list[Part], known: list[Round]) -> list[Beside]:
    """Each agency and dimension with what it said before and now."""
    keys = dict.fromkeys((part.agency, part.dimension) for part in parts)
    last, first = known[-1].id, known[0].id if len(known) > 1 else None
    found = {(part.assessment, part.agency, part.dimension): part for part in parts}
    return [Beside(a, d, found.get((first or "", a, d)), found.get((last, a, d))) for a, d in keys]


def _drawn(facts: dict[str, object], known: list[Round], ctx: Context) -> Paper:
    """Where each agency stands from 0 to 10, in both rounds; what it shows stands in words above it."""
    title, *lines = plain(ctx.voice().text("assessment/picture", facts | {"ref": ctx.case.ref})).split("\n")
    rows = [dict(zip(("agency", "before", "now"), line.split(_BETWEEN), strict=True)) for line in lines if line]
    marking = ctx.voice().marked(ctx.house.of(ctx.case.scheme).marking)
    words = {"title": title, "class": marking, "lang": ctx.voice().language.code}
    names = [of.id for of in known]
    return Paper(
        f"{ctx.case.ref}-{known[-1].id}-rounds.png", "rounds", {**words, "rounds": names, "rows": rows}, ctx.now
    )
