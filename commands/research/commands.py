"""Research before a round table: asked for, and returned."""

from collections.abc import Collection

from pydantic import Field

from cases.errors import Refusal
from cases.record import one_of
from cases.roles import Permission, Place
from chat import groups
from chat.arguments import Arguments, Rest, ShortText, Text
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.ids import ResearchId, RoundTableId
from commands.overview.lines import part_of_status
from commands.request import answering, audience, lawful
from commands.request.by_letter import holding_nothing, refusing
from commands.request.disclosing import Discloses, Refuses, read_own_standing
from commands.request.finding import find_case
from commands.research import asking
from commands.research import rules as research
from commands.research.rules import Check, Return
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable

GROUP, PLACE = groups.MEET, 45


class Research(Arguments):
    """Have each agency check its records before a round table, or see what they returned."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    because: Text | None = Field(
        None, title="a reason", description="why you ask, for those who read it in their agency's room"
    )


class TellKnown(Discloses):
    """Return what your agency knows before a round table."""

    id: ResearchId = Field(title="Q-1", description="which check of records")
    text: Rest = Field(title="what is known", description="what your agency knows that matters here")
    lead: ShortText | None = Field(None, title="PERSON", description="who of your agency works with the person")
    suggest: Text | None = Field(None, title="an action", description="what your agency suggests")


@commands.command("research", needs=Permission.TAKE_PART, example="!research M-1")
def ask(args: Research, ctx: Context) -> Reply:
    """Ask those who were not asked yet, which the chair does; else show who returned what."""
    table = _table(args.id, ctx)
    may_ask = table.state is roundtable.State.SCHEDULED and (ctx.steers or ctx.actor.user_id == table.chair)
    if may_ask and (args.id or not research.checks_for(ctx.case, table.id)):
        checks = asking.ask(ctx.case, table, ctx.directory, because=args.because, by=ctx.actor, at=ctx.now)
        polls = ctx.house.of(ctx.case.scheme).polls
        for channel, card in asking.cards(ctx.case, table, checks, ctx.directory, polls=polls):
            ctx.tell(channel, card)
        if checks:
            agencies = [check.to_agency for check in checks]
            return Reply("research/asked", {"table": table, "agencies": agencies}, table.id)
    if not research.checks_for(ctx.case, table.id):
        roundtable.require_chair(table, ctx.actor, steers=ctx.steers)
        raise Refusal("research/nobody_asked", id=table.id)
    if args.because:
        raise Refusal("research/asked_already", id=table.id)
    return Reply("research/standing", standing_facts(table, ctx, ctx.case.hidden_from(ctx.actor.user_id)), table.id)


@commands.command(
    "known",
    needs=Permission.ANSWER,
    group=groups.ASK,
    words=research.KNOWN,
    example="!known Q-1 two call-outs lead: Sergeant Vos suggest: a visit together",
)
def tell_known(args: TellKnown, ctx: Context) -> Reply:
    """Return what the agency knows; only that goes on to the table."""
    check = _open(args.id, ctx)
    on = read_own_standing(args, ctx, f"!known {check.id} … basis: … consent: yes")
    worker = ctx.directory.people.get(args.lead or "")
    lead = worker.name if worker else args.lead
    check, given = research.give_back(
        ctx.case, check.id, known=True, text=args.text, lead=lead, suggest=args.suggest, on=on, by=ctx.actor, at=ctx.now
    )
    return _pass_on(check, given, ctx)


def hold_nothing(check_id: str, remark: str, ctx: Context) -> Reply:
    """Return that nothing is known."""
    check = _open(check_id, ctx)
    check, given = research.give_back(ctx.case, check.id, known=False, text=remark, by=ctx.actor, at=ctx.now)
    return _pass_on(check, given, ctx)


holding_nothing.add("Q", hold_nothing)


def refuse(args: Refuses, ctx: Context) -> Reply:
    """Return that the agency does not share what it found, on which ground and why; everybody there may say so."""
    check = _find(args.id, ctx)
    scheme = ctx.house.of(ctx.case.scheme)
    lawful.require_grounds(scheme, args.ground)
    on = lawful.read_standing(scheme, args.basis, args.condition, args.consent)
    check, given = research.give_back(
        ctx.case,
        check.id,
        known=False,
        text=args.text,
        on=on,
        grounds=args.ground,
        instead=args.instead,
        by=ctx.actor,
        at=ctx.now,
    )
    return _pass_on(check, given, ctx)


refusing.add("Q", refuse)


@part_of_status(70)
def show_research(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """Who has returned something for the next round table, and who is silent since when."""
    tables = [table for table in ctx.case.all(RoundTable) if table.state in research.AHEAD and not table.withdrawn]
    asked = [table for table in tables if research.checks_for(ctx.case, table.id)]
    next_ = min(asked, key=lambda table: table.starts_at, default=None)
    return Reply("research/line", standing_facts(next_, ctx, hidden)) if next_ else None


def standing_facts(table: RoundTable, ctx: Context, hidden: Collection[str]) -> dict[str, object]:
    """What the templates tell of the research for a round table."""
    standing = research.standing(ctx.case, table.id)
    return {
        "table": table,
        "standing": standing,
        "returned": [one.check.to_agency for one in standing if one.returned],
        "refused": [one.check.to_agency for one in standing if one.returned and one.returned.refused],
        "waiting": [
            (one.check, (ctx.calendar.day(ctx.now) - ctx.calendar.day(one.check.at)).days)
            for one in standing
            if one.returned is None and one.check.to_agency in ctx.case.seats
        ],
        "hidden": hidden,
    }


def _pass_on(check: Check, given: Return, ctx: Context) -> Reply:
    """What is returned goes to the table, and nothing else."""
    table = one_of(ctx.case.all(RoundTable), check.roundtable)
    waiting = research.waits_for(ctx.case, table.id)
    facts = {**asking.facts_of(ctx.case, check, table), "answer": given, "waiting": waiting}
    told = Reply("research/returned", facts, check.id)
    if ctx.place is Place.CASE:
        return told
    ctx.tell(case_channel(ctx.case.ref), told)
    return Reply("research/passed_on", {**facts, "overheard": audience.is_overheard(ctx)}, check.id)


def _table(table_id: str | None, ctx: Context) -> RoundTable:
    """The round table that was named, or the next one."""
    ctx.case.require_open()
    if table_id:
        return one_of(ctx.case.all(RoundTable), table_id)
    ahead = roundtable.running(ctx.case) or next(iter(roundtable.upcoming(ctx.case)), None)
    return ahead or roundtable.require(ctx.case, None, roundtable.State.SCHEDULED)


def _find(check_id: str, ctx: Context) -> Check:
    """The check that a return is for."""
    case = find_case(research.ITEM, check_id, ctx, "research/which_case")
    return one_of(case.all(Check), check_id)


def _open(check_id: str, ctx: Context) -> Check:
    """The same, for somebody who may tell what is known."""
    check = _find(check_id, ctx)
    answering.require_function(ctx.actor, check.to_agency, ctx)
    return check
