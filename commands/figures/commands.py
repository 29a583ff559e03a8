"""Figures and returns for those who may look at them, and the categories that only a return tells."""

from typing import Annotated

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.period import QUARTER, Period
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import REST, Arguments, ShortText, Text
from chat.context import Context, Reply
from chat.registry import commands
from commands.figures import rules as categories
from commands.figures.choosing import choose
from commands.figures.gathering import Gathering, Learned
from commands.figures.returns import Returning
from commands.figures.showing import Showing

GROUP, PLACE = groups.CASE, 170


class ShowFigures(Arguments):
    """Show what the cases of a month come to; small counts are hidden."""

    month: Annotated[ShortText, REST] | None = Field(
        None, title="MONTH", description="2026-11, november, last month; the last full one if left out"
    )
    scheme: ShortText | None = Field(None, title="scheme", description="of one scheme only")


class MakeReturn(Arguments):
    """Make the return to the authority, as a file for a spreadsheet."""

    period: Annotated[ShortText, REST] | None = Field(
        None, title="MONTH", description="2026-11 or 2026-Q4; the last full one if left out"
    )
    scheme: ShortText | None = Field(None, title="scheme", description="of which scheme")


class SayCategories(Arguments):
    """Say the categories of a case, asked once for the return; they stand on no card."""

    text: Annotated[Text, REST] | None = Field(
        None, title="CHOICES", description="what there is to choose, if left out"
    )


@commands.command("figures", needs=Permission.FIGURES, example="!figures last month")
def show_figures(args: ShowFigures, ctx: Context) -> Reply:
    """Of each scheme that is theirs to see; above the tables of the month that runs only while there is no other."""
    schemes = _schemes(args.scheme, ctx)
    month = _period(args.month, 1, ctx)
    if month.months != 1:
        raise Refusal("figures/months_only")
    if ctx.place is not Place.COORDINATION and month.end > ctx.now and ctx.work.find.cases_before(month.start):
        raise Refusal("figures/not_over", period=month.name, before=month.before.name)
    gathering = Gathering(ctx.house, month, ctx.now)
    found = ctx.work.find.cases_before(month.end)
    gathering.read(ctx.work.find, [ref for ref, scheme in found.items() if scheme in schemes])
    learned = Learned.of(ctx.work.find, ctx.directory, month)
    showing = Showing(gathering, learned, ctx.voice(), names_agencies=ctx.place is Place.COORDINATION)
    return showing.reply(gathering.schemes(schemes) or schemes[:1])


@commands.command("figures return", needs=Permission.OPEN_CASES, example="!figures return 2026-Q4")
def make_return(args: MakeReturn, ctx: Context) -> Reply:
    """Of one scheme, as its configuration says."""
    schemes = [name for name in _schemes(args.scheme, ctx) if ctx.house.of(name).returns]
    if len(schemes) != 1:
        raise Refusal("figures/which_return", schemes=schemes)
    rules = ctx.house.of(schemes[0])
    columns = rules.returns
    if columns is None:
        raise ValueError("returns")
    months = QUARTER if columns.quarterly else 1
    period = _period(args.period, months, ctx)
    if period.months != months:
        whole = Period.of(period.start, ctx.house.zone, months)
        raise Refusal("figures/other_period", quarterly=columns.quarterly, whole=str(whole))
    returning = Returning(rules, columns, period, sorted(ctx.directory.agencies))
    refs = [ref for ref, of in ctx.work.find.cases_before(period.end).items() if of == schemes[0]]
    read = 0
    for case in ctx.work.find.read_through(refs):
        returning.add(case)
        read += 1
    facts: dict[str, object] = {"scheme": schemes[0], "period": period.name, "is_over": period.end <= ctx.now}
    facts |= {"rule": columns.suppression, "unreadable": len(refs) - read}
    return Reply("figures/returned", facts, files=(returning.file(),))


@commands.command("categories", needs=Permission.ANSWER, group=groups.SHARE, example="!categories age: 12-15")
def say_categories(args: SayCategories, ctx: Context) -> Reply:
    """By whoever runs the process, in the case's room or with me alone; no value is repeated."""
    if ctx.place is Place.AGENCY:
        raise Refusal("dispatch/no_case")
    case, text = _named(args.text or "", ctx)
    known = ctx.house.of(case.scheme).categories
    if case.director != ctx.actor.user_id:
        raise Refusal("figures/not_the_director")
    if text and not known:
        raise Refusal("figures/no_categories", scheme=case.scheme)
    if text:
        categories.say(case, choose(text, known), known, by=ctx.actor, at=ctx.now)
    missing = [name for name in known if name not in categories.said(case)]
    facts: dict[str, object] = {"ref": case.ref, "categories": known, "missing": missing}
    return Reply("figures/said" if text else "figures/asked", facts)


def _schemes(named: str | None, ctx: Context) -> list[str]:
    """Those whose figures are this person's to see, or the one that they named."""
    known = ctx.work.account.schemes or ctx.house.known_schemes
    above = ctx.place is not Place.COORDINATION
    mine = [scheme for scheme in known if above or ctx.house.coordinates(ctx.actor.user_id, scheme)]
    if named is None and mine:
        return mine
    if found := [scheme for scheme in mine if scheme.casefold() == (named or "").casefold()]:
        return found
    raise Refusal("figures/which_scheme", schemes=mine)


def _period(typed: str | None, months: int, ctx: Context) -> Period:
    """The one that was typed, or the last full one; where there was no case yet, the one that runs."""
    this = Period.of(ctx.now, ctx.house.zone, months)
    if typed is None:
        return this.before if ctx.work.find.cases_before(this.start) else this
    period = Period.read(typed, ctx.now, ctx.house.zone)
    if period is None:
        raise Refusal("figures/which_month", now=str(this))
    if period.start > ctx.now:
        raise Refusal("figures/to_come", period=period.name, now=str(this))
    return period


def _named(text: str, ctx: Context) -> tuple[Case, str]:
    """The case that is meant, and what is said of it: this room's, the card's, or one that they run."""
    first, _, rest = text.partition(" ")
    if ctx.open_case is not None:
        return ctx.open_case, rest.strip() if first.upper() == ctx.open_case.ref else text
    open_ = ctx.work.find.cases(ctx.work.find.open_cases(of=ctx.actor.user_id))
    mine = [case for case in open_ if case.director == ctx.actor.user_id]
    named = [case for case in mine if case.ref == first.upper()]
    if not named and len(mine) != 1:
        raise Refusal("figures/which_case", refs=[case.ref for case in mine])
    ctx.open_case = (named or mine)[0]
    return ctx.open_case, rest.strip() if named else text
