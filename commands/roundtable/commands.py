"""Round tables: planned, prepared, held, and ended."""

from typing import Any

from pydantic import Field

from cases.roles import Permission
from chat import groups, recurrence
from chat.arguments import Arguments, Every, Minutes, PersonId, Rest, RestSlot, ShortText, Text
from chat.context import Context, Reply, case_channel
from chat.registry import commands
from commands.ids import RoundTableId
from commands.mandate import named
from commands.meeting import rules as meeting
from commands.planning import rules as planning
from commands.planning.dates import leave_out, length_of
from commands.roundtable import bonds, holding, invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import Presence, RoundTable, State
from commands.series import rules as series

GROUP, PLACE = groups.MEET, 40
commands.first_words["M"] = "roundtable"


class Schedule(Arguments):
    """Plan a round table; any member can, and any member can chair."""

    when: RestSlot = Field(title="a date", description="a day and an hour, such as fri 15:00")
    about: Text | None = Field(None, title="purpose", description="what it is about")
    for_: Minutes | None = Field(None, title="length", description="how long, such as 60m")
    where: ShortText | None = Field(None, title="place", description="where you meet")
    chair: PersonId | None = Field(None, title="PERSON", description="who chairs; you, if left out")
    every: Every | None = Field(None, title="how often", description="comes again: 6 months, 2 weeks, first Tuesday")
    because: Text | None = Field(None, title="a reason", description="why so late, after a table without quorum")


class Cancel(Arguments):
    """Call a round table off, and say why."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    because: Text = Field(title="a reason", description="why it is called off")


class Start(Arguments):
    """Begin the round table; the chair does."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    minutes: PersonId | None = Field(None, title="PERSON", description="who writes the minutes with you")


class End(Arguments):
    """End the round table; its minutes are drafted at once."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")


class AddToAgenda(Arguments):
    """Put a point on the agenda."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    text: Rest = Field(title="an item", description="what you want to talk about")
    for_: Minutes | None = Field(None, title="length", description="how long the table takes for it, such as 10m")


class Attend(Arguments):
    """Say that you come to the round table."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")


class SendApologies(Arguments):
    """Say that you can't come, and perhaps who comes instead."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")
    why: Rest | None = Field(None, title="WHY", description="why you can't come")
    deputy: PersonId | None = Field(None, title="PERSON", description="who of your agency comes instead")


class Confirm(Arguments):
    """Say that you are here, and keep confidential what is said."""

    id: RoundTableId | None = Field(None, title="M-1", description="which round table")


@commands.command("roundtable", needs=Permission.TAKE_PART, example="!roundtable fri 15:00 about: back to school")
@commands.command(
    "roundtable schedule", needs=Permission.TAKE_PART, example="!roundtable schedule fri 15:00 about: back to school"
)
def schedule(args: Schedule, ctx: Context) -> Reply:
    """Plan it, and call everybody."""
    said: dict[str, Any] = {
        "chair": args.chair or ctx.actor.user_id,
        "about": args.about,
        "minutes": length_of([args.when], args.for_) or roundtable.DEFAULT_MINUTES,
        "where": args.where,
        "by": ctx.actor,
        "at": ctx.now,
    }
    when = args.when.starts_at
    meeting.require_soon(ctx.case, when, args.because, ctx.calendar, quorum_of(ctx.house, ctx.case))
    if args.every is None:
        return invitation.card(ctx, roundtable.schedule(ctx.case, when, **said, because=args.because))
    rule = args.every.bind(when, ctx.case.zone_info)
    dates = recurrence.dates(rule, when, ctx.case.zone_info)
    first, *_ = series.begin(ctx.case, rule, dates, every=args.every.words, **said)
    return invitation.card(ctx, first)


@commands.command("roundtable start", needs=Permission.TAKE_PART, group=groups.DURING, example="!roundtable start M-1")
def start(args: Start, ctx: Context) -> Reply:
    """Open it: why, the goal, confidentiality, the agenda; everybody else confirms."""
    return holding.begin(ctx, args.id, taker=args.minutes)


@commands.command("roundtable end", needs=Permission.TAKE_PART, group=groups.DURING, example="!roundtable end")
def end(args: End, ctx: Context) -> Reply:
    """End it: the draft of the minutes, then what is unresolved."""
    return holding.end(ctx, args.id)


@commands.command("agenda", needs=Permission.TAKE_PART, example="!agenda M-1 the part-time timetable")
def add_to_agenda(args: AddToAgenda, ctx: Context) -> Reply:
    """Put a point on the agenda, and show it."""
    item = roundtable.add_agenda_item(ctx.case, args.id, args.text, minutes=args.for_, by=ctx.actor, at=ctx.now)
    table = _table_of(item.roundtable, ctx)
    return Reply("roundtable/agenda", {"table": table, "agenda": roundtable.agenda_of(ctx.case, table)}, table.id)


@commands.command("attend", needs=Permission.TAKE_PART, example="!attend M-1")
def attend(args: Attend, ctx: Context) -> Reply:
    """Say that I come."""
    table = roundtable.announce(ctx.case, args.id, Presence.ATTENDS, by=ctx.actor, at=ctx.now)
    return Reply("roundtable/attending", {"table": table, "who": ctx.actor.user_id}, table.id)


@commands.command(
    "apologies", needs=Permission.TAKE_PART, example="!apologies M-1 I am on a course that day deputy: Dirk Smit"
)
def send_apologies(args: SendApologies, ctx: Context) -> Reply:
    """Say that I can't come; a deputy is told."""
    deputy = ctx.directory.people[args.deputy] if args.deputy else None
    table = roundtable.announce(
        ctx.case, args.id, Presence.APOLOGIES, deputy=deputy, why=args.why, by=ctx.actor, at=ctx.now
    )
    stand_ins = named.stand_ins(ctx.work.find, ctx.directory, ctx.actor, ctx.now)
    facts = {
        "table": table,
        "who": ctx.actor.user_id,
        "why": args.why,
        "deputy": args.deputy,
        "stand_ins": [one for one in stand_ins if one != ctx.actor.user_id] if args.deputy not in stand_ins else [],
        "known": [one for one in stand_ins if one in ctx.directory.people and one != ctx.actor.user_id],
        "deputy_at_table": deputy is not None and ctx.case.is_member(deputy.user_id),
    }
    return Reply(
        "roundtable/apologies", facts, table.id, (args.deputy,) if facts["deputy_at_table"] and args.deputy else ()
    )


@commands.command(
    "roundtable cancel", needs=Permission.TAKE_PART, example="!roundtable cancel M-1 because: half are ill"
)
def cancel(args: Cancel, ctx: Context) -> Reply:
    """Call it off, and tell everybody; one of a series is left out of it."""
    table = roundtable.require(ctx.case, args.id, State.PLANNING, State.SCHEDULED)
    if (rest := series.series_of(ctx.case, table)) and not rest.stopped_at:
        return leave_out(table.id, args.because, ctx)
    table = roundtable.cancel(ctx.case, args.id, because=args.because, by=ctx.actor, at=ctx.now)
    had_time = planning.had_time(ctx.case, table)
    facts = {"table": table, "had_time": had_time, "by": ctx.actor.user_id}
    files = invitation.files(ctx, [table] if had_time else [])
    return Reply("roundtable/cancelled", facts, table.id, _everybody(ctx), files)


@commands.command("confirm", needs=Permission.TAKE_PART, group=groups.DURING, example="!confirm")
def confirm(args: Confirm, ctx: Context) -> Reply:
    """Confirm the confidentiality statement; one card says who has, once that makes a quorum and once all have."""
    quorum = quorum_of(ctx.house, ctx.case)
    running = roundtable.running(ctx.case)
    had_quorum = running is not None and bool(roundtable.has_quorum(ctx.case, running, quorum=quorum))
    if late := bonds.tell_late(ctx.case, ctx.house, ctx.work):
        ctx.tell(case_channel(ctx.case.ref), late)
    table = roundtable.confirm(ctx.case, args.id, by=ctx.actor, at=ctx.now)
    said = roundtable.presences(ctx.case, table)
    confirmed = [m.user_id for m in ctx.case.present if said.get(m.user_id) is Presence.CONFIRMED]
    facts = {"table": table, "people": confirmed, **_attendance(table, ctx)}
    is_news = had_quorum != bool(facts["quorum"]) or len(confirmed) == len(ctx.case.present)
    return Reply("roundtable/confirmed", facts, table.id, tick=not is_news)


def _table_of(table_id: str, ctx: Context) -> RoundTable:
    return next(t for t in ctx.case.all(RoundTable) if t.id == table_id)


def _everybody(ctx: Context) -> tuple[str, ...]:
    return tuple(member.user_id for member in ctx.case.present)


def _attendance(table: RoundTable, ctx: Context) -> dict[str, object]:
    return {
        "here": len(roundtable.agencies_present(ctx.case, table)),
        "needed": quorum_of(ctx.house, ctx.case).number(ctx.case.seats),
        "quorum": roundtable.has_quorum(ctx.case, table, quorum=quorum_of(ctx.house, ctx.case)),
    }
