"""When the next round table is: asking who can come when, deciding, moving, and what comes again."""

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Minutes, PersonId, Rest, RestSlot, ShortText, SlotChoice, Slots, Text
from chat.context import Context, Reply
from chat.registry import commands
from commands.ids import RoundTableId
from commands.meeting import rules as meeting
from commands.planning import availability
from commands.planning import rules as planning
from commands.planning.dates import leave_out, length_of, standing
from commands.roundtable import invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.series import rules as series

GROUP, PLACE = groups.MEET, 50


class Plan(Arguments):
    """Ask who can come when, with up to six times."""

    times: Slots = Field(title="WHEN | WHEN | WHEN", description="up to six times, such as thu 10:00 | fri 14:00")
    about: Text | None = Field(None, title="purpose", description="what it is about")
    for_: Minutes | None = Field(None, title="length", description="how long, such as 60m")
    where: ShortText | None = Field(None, title="place", description="where you meet")
    chair: PersonId | None = Field(None, title="PERSON", description="who chairs; you, if left out")


class Available(Arguments):
    """Say which of the proposed times suit you."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    answers: Rest = Field(title="1 yes 2 no", description=f"number and answer, such as {availability.EXAMPLE}")


class Fix(Arguments):
    """Decide on a time: one of those proposed, by its number, or another."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    when: SlotChoice = Field(title="WHEN", description="a number such as 2, or a day and an hour such as fri 15:00")
    because: Text | None = Field(None, title="a reason", description="why so late, after a table without quorum")


class Move(Arguments):
    """Put a round table to another time, and say why; others of its series stay."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    when: RestSlot = Field(title="WHEN", description="a day and an hour, such as fri 15:00")
    because: Text = Field(title="a reason", description="why it is moved")


class Skip(Arguments):
    """Leave out one round table of a series; the others stay."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    because: Text | None = Field(None, title="a reason", description="why it is left out")


class Stop(Arguments):
    """End a series of round tables, and call off what is ahead of it."""

    id: RoundTableId | None = Field(None, title="M-1", description="any round table of the series")
    because: Text | None = Field(None, title="a reason", description="why the series ends")


@commands.command(
    "roundtable plan", needs=Permission.TAKE_PART, example="!roundtable plan thu 10:00 | fri 14:00 | mon 9:00"
)
def plan(args: Plan, ctx: Context) -> Reply:
    """Propose the times to everybody."""
    case = ctx.case
    table = planning.plan(
        case,
        [slot.starts_at for slot in args.times],
        chair=args.chair or ctx.actor.user_id,
        about=args.about,
        minutes=length_of(args.times, args.for_) or roundtable.DEFAULT_MINUTES,
        where=args.where,
        by=ctx.actor,
        at=ctx.now,
    )
    times = planning.times_of(case, table)
    moments = [time.starts_at for time in times]
    facts = {"table": table, "times": times, "elsewhere": invitation.elsewhere(case, ctx.directory, moments)}
    return Reply("planning/proposed", facts, table.id, invitation.everybody(case))


@commands.command("available", needs=Permission.TAKE_PART, example="!available M-1 1 yes 2 no 3 if need be")
def answer(args: Available, ctx: Context) -> Reply:
    """Take down when somebody can come, and show how it stands; the chair is called once all have answered."""
    case = ctx.case
    table = planning.require(case, args.id)
    before = planning.silent(case, table)
    numbers = [time.number for time in planning.times_of(case, table)]
    answers = availability.read(args.answers, numbers)
    planning.answer(case, table.id, answers, by=ctx.actor, at=ctx.now)
    complete = bool(before) and not planning.silent(case, table)
    return Reply(
        "planning/tally",
        standing(case, table, ctx.now, quorum_of(ctx.house, ctx.case)),
        table.id,
        (table.chair,) if complete else (),
    )


@commands.command("roundtable fix", needs=Permission.TAKE_PART, example="!roundtable fix M-1 2")
def fix(args: Fix, ctx: Context) -> Reply:
    """Decide, and call everybody."""
    when, minutes = (args.when, None) if isinstance(args.when, int) else (args.when.starts_at, args.when.minutes)
    moment = planning.moment_of(ctx.case, planning.require(ctx.case, args.id), when)
    meeting.require_soon(ctx.case, moment, args.because, ctx.calendar, quorum_of(ctx.house, ctx.case))
    table = planning.fix(
        ctx.case,
        args.id,
        when,
        minutes=minutes,
        because=args.because,
        by=ctx.actor,
        at=ctx.now,
        steers=ctx.steers,
    )
    expected = [person for person, said in roundtable.presences(ctx.case, table).items() if said == "attends"]
    return invitation.card(ctx, table, expected=expected)


@commands.command(
    "roundtable move", needs=Permission.TAKE_PART, example="!roundtable move M-1 thu 14:00 because: the school is shut"
)
def move(args: Move, ctx: Context) -> Reply:
    """Move one, and tell everybody."""
    case = ctx.case
    when, minutes = args.when.starts_at, args.when.minutes
    table = planning.move(case, args.id, when, minutes=minutes, because=args.because, by=ctx.actor, at=ctx.now)
    facts: dict[str, object] = {
        "table": table,
        "minutes": minutes,
        "by": ctx.actor.user_id,
        "elsewhere": invitation.elsewhere(case, ctx.directory, [table.starts_at]),
        "series": series.series_of(case, table),
    }
    return Reply("planning/moved", facts, table.id, invitation.everybody(case), invitation.files(ctx, [table]))


@commands.command("roundtable skip", needs=Permission.TAKE_PART, example="!roundtable skip M-3")
def skip(args: Skip, ctx: Context) -> Reply:
    """Leave one out, and tell everybody which come next."""
    return leave_out(args.id, args.because, ctx)


@commands.command("roundtable stop", needs=Permission.TAKE_PART, example="!roundtable stop M-3")
def stop(args: Stop, ctx: Context) -> Reply:
    """End the series, and tell everybody what does not take place."""
    case = ctx.case
    called_off = series.stop(case, args.id, because=args.because, by=ctx.actor, at=ctx.now)
    facts: dict[str, object] = {
        "id": args.id,
        "called_off": called_off,
        "because": args.because,
        "by": ctx.actor.user_id,
    }
    return Reply("planning/stopped", facts, None, invitation.everybody(case), invitation.files(ctx, called_off))
