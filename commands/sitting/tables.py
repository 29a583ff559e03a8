"""The round tables of a sitting: each is planned, told of, and called off in its case's own room."""

from dataclasses import replace

from cases.case import Case
from cases.errors import Refusal
from cases.roles import Place
from chat.context import Context, Reply, case_channel
from chat.layout import plain
from commands.case import seating
from commands.case.named import case_of
from commands.meeting import rules as meeting
from commands.roundtable import invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable
from commands.sitting.dates import date_after
from commands.sitting.rules import Seated, Sitting, Slot, referrer


def at_table(case: Case, ctx: Context) -> Context:
    """The same command, as it goes on in the room of one of the cases."""
    return replace(ctx, place=Place.CASE, channel=case_channel(case.ref), open_case=case, called=set[str]())


def in_coordination(ctx: Context) -> Context:
    """The same command, as it goes on in the coordinators' room."""
    return replace(ctx, place=Place.COORDINATION, channel=Place.COORDINATION.value, open_case=None, called=set[str]())


def find(ref: str, ctx: Context) -> Case:
    """The case of this reference, if this coordinator may name it; raises Refusal, also for one that can't be read."""
    known = ctx.work.find.schemes_of_open_cases()
    if ref in known and ctx.work.find.case_or_none(ref) is None:
        raise Refusal("sitting/unreadable", ref=ref)
    case = case_of(ref, replace(ctx))
    case.require_open()
    return case


def give_places(sitting: Sitting, slot: Slot, case: Case, ctx: Context) -> None:
    """Give who chairs, and the core members, a place at a table where they have none; raises Refusal."""
    here = at_table(case, ctx)
    for person in dict.fromkeys((sitting.chair, *sitting.core)):
        if not case.is_member(person):
            facts = {"sitting": sitting, "why": "chair" if person == sitting.chair else "core"}
            seats = case.seats
            told = seating.give(person, plain(here.voice().text("sitting/because", facts)), here)
            slot.seated += (Seated(case.members[-1].id, case.seats != seats),)
            here.tell(here.channel, told)


def plan(sitting: Sitting, slot: Slot, case: Case, ctx: Context) -> None:
    """Plan a case's round table in its slot, and call those of its table."""
    here = at_table(case, ctx)
    table = roundtable.schedule(
        case,
        slot.starts_at,
        chair=sitting.chair,
        by=ctx.actor,
        at=ctx.now,
        minutes=slot.minutes,
        where=sitting.where,
        sitting=str(sitting.number),
    )
    slot.table = table.id
    _tell(invitation.card(here, table), here, ctx)


def table_of(slot: Slot, case: Case) -> RoundTable | None:
    """The round table of a case on a sitting, unless it was taken back."""
    return next((t for t in case.all(RoundTable) if t.id == slot.table and not t.withdrawn), None)


def hand_chair(sitting: Sitting, slot: Slot, ctx: Context) -> None:
    """Let who chairs the sitting now chair a case's round table, too; one that could not be planned now is."""
    case = ctx.work.find.case_or_none(slot.ref)
    if case is None or case.closed:
        return
    table = table_of(slot, case)
    if table and table.state not in {roundtable.State.SCHEDULED, roundtable.State.RUNNING}:
        return
    give_places(sitting, slot, case, ctx)
    if slot.table is None:
        plan(sitting, slot, case, ctx)
    elif table and table.chair != sitting.chair:
        meeting.hand_chair(case, table.id, sitting.chair, by=ctx.actor, at=ctx.now, steers=True)
        here = at_table(case, ctx)
        facts: dict[str, object] = {"table": table, "by": ctx.actor.user_id}
        here.tell(here.channel, Reply("meeting/chair", facts, table.id, (table.chair,)))


def call_off(sitting: Sitting, slot: Slot, ctx: Context, why: str, words: str | None = None) -> None:
    """Call a case's round table off, if it can be, and tell its room why; ``words``: the reason that somebody gave."""
    case = ctx.work.find.case_or_none(slot.ref)
    table = table_of(slot, case) if case and not case.closed else None
    if case is None or table is None or table.state is not roundtable.State.SCHEDULED:
        return
    here = at_table(case, ctx)
    facts: dict[str, object] = {
        "table": table,
        "why": why,
        "agency": referrer(case),
        "again": date_after(sitting, ctx.now),
    }
    because = words or plain(here.voice().text("sitting/because", facts))
    # Words are their author's, who can have them taken off the file.
    roundtable.cancel(case, table.id, because=because, by=ctx.actor if words else ctx.house.bot, at=ctx.now)
    files = invitation.files(here, [table])
    _tell(Reply("sitting/called_off", facts, table.id, invitation.everybody(case), files), here, ctx)


def _tell(reply: Reply, here: Context, ctx: Context) -> None:
    """Tell it in a case's room; who sits in many is rung in one of them."""
    wake = tuple(person for person in reply.wake if person not in ctx.called)
    ctx.called.update(wake)
    here.tell(here.channel, replace(reply, wake=wake))
