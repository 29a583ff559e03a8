"""A sitting as coordinators run it, in their own room and by reference only; its chair can lead it on at its tables."""

from typing import Annotated

from pydantic import Field

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import (
    NAME,
    Arguments,
    Every,
    Minutes,
    Parties,
    PersonId,
    RestSlot,
    ShortText,
    Text,
)
from chat.context import COORDINATION, Context, Reply
from chat.reading import missing
from chat.registry import commands
from commands.case.named import Reference
from commands.ids import References
from commands.sitting import closing, dates, keeping, leaving, rules, tables, turns
from commands.sitting.returns import returns_of
from commands.sitting.rules import Rhythm, Sitting, State, Turn, Why

GROUP, PLACE = groups.MEET, 55
EXAMPLE = "!sitting fri 14:00 cases: K7QF, B3XW for: 10m chair: Hugo Peters"


class Sit(Arguments):
    """Plan a sitting, one date for many cases; without a date: how the sittings stand."""

    when: RestSlot | None = Field(None, title="a date", description="a day and an hour, such as fri 14:00")
    cases: References | None = Field(
        None, title="references", description="the cases in their order, such as K7QF, B3XW"
    )
    for_: Minutes | None = Field(None, title="length", description="how long for each case, such as 10m")
    chair: PersonId | None = Field(None, title="PERSON", description="who chairs; you, if left out")
    core: Parties | None = Field(None, title="people", description="who gets a place at each of its tables")
    where: ShortText | None = Field(None, title="place", description="where you meet")
    every: Every | None = Field(None, title="how often", description="comes again: 6 months, 2 weeks, first Tuesday")


class Add(Arguments):
    """Put a case on the sitting, behind the others."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    for_: Minutes | None = Field(None, title="length", description="how long for this case, such as 15m")


class Drop(Arguments):
    """Take a case off the sitting."""

    ref: Reference = Field(title="a reference", description="the reference of the case")


class Defer(Arguments):
    """Leave a case to another sitting, and say why."""

    ref: Reference = Field(title="a reference", description="the reference of the case")
    because: Text = Field(title="a reason", description="why it is not heard now")


class HandChair(Arguments):
    """Let another person chair the sitting: the tables still to come, and the one that is held."""

    person: Annotated[PersonId, NAME] = Field(title="PERSON", description="who chairs from now on")


class Cancel(Arguments):
    """Call the next sitting off; its cases are for another one."""


class Stop(Arguments):
    """End a sitting that comes again; the next one is still held, if it has cases."""


class Start(Arguments):
    """Begin the sitting: the first case's round table opens in its own room."""


class Next(Arguments):
    """End the case that is held, and open the next one in its own room."""


class End(Arguments):
    """End the sitting; what was not heard is for another one."""


@commands.command("sitting", needs=Permission.OPEN_CASES, example=EXAMPLE)
def sit(args: Sit, ctx: Context) -> Reply:
    """Plan each case's round table in its own room; nobody hears of a case at whose table they don't sit."""
    if args.when is None and args.model_fields_set:
        # Who named cases believes that they are planned now.
        raise missing(Sit, ("when",), ctx.voice().language, EXAMPLE)
    if args.when is None:
        return Reply("sitting/list", _standing(ctx))
    if not args.cases:
        raise missing(Sit, ("cases",), ctx.voice().language, EXAMPLE)
    others = keeping.read(ctx.work.find)
    number = keeping.next_number(others)
    each = args.when.minutes // len(args.cases) if args.when.minutes else rules.DEFAULT_MINUTES
    sitting = Sitting(
        number,
        args.when.starts_at,
        args.for_ or max(each, 1),
        args.chair or ctx.actor.user_id,
        ctx.actor.user_id,
        core=_people(args.core or ()),
        where=args.where,
    )
    if args.every:
        rule = args.every.bind(sitting.starts_at, ctx.house.zone)
        sitting.rhythm = Rhythm(number, rule, args.every.words, sitting.starts_at, ctx.house.zone.key)
    for ref in args.cases:
        _put_on(sitting, tables.find(ref, ctx), others, ctx)
    keeping.write(ctx.work, sitting)
    following = dates.begin_following(sitting, number + 1, ctx.now)
    if following:
        keeping.write(ctx.work, following)
    return Reply("sitting/planned", {"sitting": sitting, "following": following})


@commands.command("sitting add", needs=Permission.OPEN_CASES, example="!sitting add K7QF")
def add(args: Add, ctx: Context) -> Reply:
    """Put a case at the end of the one that is held, else of the next one."""
    case = tables.find(args.ref.upper(), ctx)
    sitting = keeping.require_open(ctx)
    _put_on(sitting, case, keeping.read(ctx.work.find), ctx, args.for_)
    keeping.write(ctx.work, sitting)
    return Reply("sitting/added", {"sitting": sitting, "slot": sitting.slots[-1]})


@commands.command("sitting drop", needs=Permission.OPEN_CASES, example="!sitting drop K7QF")
def drop(args: Drop, ctx: Context) -> Reply:
    """Take a case off: its round table is called off in its room."""
    ref = args.ref.upper()
    sitting = keeping.require_open(ctx, ref)
    slot = rules.require_waiting(sitting, ref)
    tables.call_off(sitting, slot, ctx, "dropped")
    sitting.slots.remove(slot)
    leaving.let_go(sitting, [slot], (), ctx)
    keeping.write(ctx.work, sitting)
    return Reply("sitting/dropped", {"sitting": sitting, "ref": ref})


@commands.command(
    "sitting defer", needs=Permission.OPEN_CASES, example="!sitting defer K7QF because: the school is shut today"
)
def defer(args: Defer, ctx: Context) -> Reply:
    """Leave a case to another sitting: its room reads why."""
    ref = args.ref.upper()
    sitting = keeping.require_open(ctx, ref)
    slot = rules.require_waiting(sitting, ref)
    slot.turn, slot.why = Turn.DEFERRED, Why.BY_HAND
    tables.call_off(sitting, slot, ctx, Why.BY_HAND, args.because)
    keeping.write(ctx.work, sitting)
    # In the audit log it is about this case, so that the reason goes when the message is deleted.
    ctx.open_case = ctx.work.find.case_or_none(ref)
    facts = {"sitting": sitting, "ref": ref, "again": dates.date_after(sitting, ctx.now)}
    return Reply("sitting/deferred", facts, slot.table if ctx.open_case else None)


@commands.command("sitting chair", needs=Permission.OPEN_CASES, example="!sitting chair Hugo Peters")
def hand_chair(args: HandChair, ctx: Context) -> Reply:
    """Give the chair to another person at each table that is held or still to come; there they get a place."""
    sitting = keeping.require_open(ctx)
    sitting.chair = args.person
    for slot in (*([sitting.running] if sitting.running else []), *sitting.waiting):
        tables.hand_chair(sitting, slot, ctx)
    keeping.write(ctx.work, sitting)
    return Reply("sitting/chaired", {"sitting": sitting})


@commands.command("sitting cancel", needs=Permission.OPEN_CASES, example="!sitting cancel")
def cancel(args: Cancel, ctx: Context) -> Reply:
    """Call off each round table of the next one in its own room."""
    del args
    sitting = keeping.require_next(ctx)
    following = closing.close(sitting, State.CALLED_OFF, ctx)
    return Reply("sitting/cancelled", {"sitting": sitting, "following": following})


@commands.command("sitting stop", needs=Permission.OPEN_CASES, example="!sitting stop")
def stop(args: Stop, ctx: Context) -> Reply:
    """End the series of the one that is held or comes next."""
    del args
    coming = [one for one in keeping.ours(ctx) if not one.is_over and one.rhythm]
    if not coming:
        raise Refusal("sitting/none_again")
    return Reply("sitting/stopped", {"sitting": coming[0], "still": closing.end_series(coming[0], ctx)})


@commands.command("sitting start", needs=Permission.SIT, group=groups.DURING, example="!sitting start")
def start(args: Start, ctx: Context) -> Reply:
    """Open the first case."""
    del args
    sitting = keeping.require_next(ctx)
    rules.begin(sitting, ctx.now)
    return _go_on(sitting, ctx)


@commands.command("sitting next", needs=Permission.SIT, group=groups.DURING, example="!sitting next")
def go_on(args: Next, ctx: Context) -> Reply:
    """End the one that is held: its minutes are drafted in its room; then the next one."""
    del args
    sitting = keeping.require_running(ctx)
    if not sitting.waiting:
        raise Refusal("sitting/none_left", held=sitting.running is not None)
    return _go_on(sitting, ctx)


@commands.command("sitting end", needs=Permission.SIT, group=groups.DURING, example="!sitting end")
def end(args: End, ctx: Context) -> Reply:
    """End what is held, and tell what became of each case, by reference only."""
    del args
    sitting = keeping.require_running(ctx)
    turns.end_running(sitting, tables.in_coordination(ctx))
    following = closing.close(sitting, State.ENDED, tables.in_coordination(ctx))
    closing.ask_for_marks(sitting, tables.in_coordination(ctx))
    over = Reply("sitting/over", {"sitting": sitting, "following": following})
    return _answer(over, "sitting/over_here", {}, ctx)


def _go_on(sitting: Sitting, ctx: Context) -> Reply:
    step = turns.go_on(sitting, tables.in_coordination(ctx))
    keeping.write(ctx.work, sitting)
    facts = {**vars(step), "sitting": sitting}
    return _answer(Reply("sitting/went_on", facts), "sitting/handed_over", {"more": step.opened is not None}, ctx)


def _answer(told: Reply, template: str, facts: dict[str, object], ctx: Context) -> Reply:
    """What coordinators are told; at a table it is told in their room, and here only that it went on."""
    if ctx.open_case is None:
        return told
    tables.in_coordination(ctx).tell(COORDINATION, told)
    return Reply(template, facts)


def _put_on(sitting: Sitting, case: Case, others: list[Sitting], ctx: Context, minutes: int | None = None) -> None:
    keeping.require_nowhere([one for one in others if one.number != sitting.number], case.ref)
    slot = rules.put_on(sitting, case.ref, ctx.now, minutes)
    tables.give_places(sitting, slot, case, ctx)
    tables.plan(sitting, slot, case, ctx)


def _people(parties: tuple[str, ...]) -> tuple[str, ...]:
    """Who gets places: persons, since an agency does not say who comes."""
    if agencies := [party for party in parties if not party.startswith("@")]:
        raise Refusal("sitting/no_person", agencies=agencies)
    return parties


def _standing(ctx: Context) -> dict[str, object]:
    """The one that is held, those to come with the returns for each case, and what was not heard and is on none."""
    sittings = keeping.ours(ctx)
    still_open = ctx.work.find.schemes_of_open_cases()
    left = {ref: one for ref, one in rules.find_left(sittings).items() if ref in still_open}
    now, coming = keeping.running(sittings), keeping.planned(sittings)
    returns = returns_of([*([now] if now else []), *coming], ctx.work.find)
    return {"running": now, "planned": coming, "left": left, "returns": returns}
