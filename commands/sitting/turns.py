"""A sitting goes on from case to case: one is ended, the next one that can be heard is opened, each in its own room."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.case import Case
from cases.followups import unresolved
from cases.time import show_day
from chat.context import Context, Reply
from commands.roundtable import holding, invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable
from commands.sitting import rules, tables
from commands.sitting.rules import Sitting, Slot, Turn, Why


@dataclass(repr=False)
class Step:
    """What was done by going on: by reference, for the coordinators."""

    ended: Slot | None = None
    passed: list[Slot] = field(default_factory=list[Slot])
    """Those that were deferred or skipped on the way."""
    opened: Slot | None = None
    until: datetime | None = None
    coming: Slot | None = None
    """The one after that."""


def go_on(sitting: Sitting, ctx: Context) -> Step:
    """End the case that is held, and open the next one that can be."""
    step = Step(end_running(sitting, ctx))
    for slot in sitting.waiting:
        if _open(sitting, slot, ctx):
            step.opened, step.until = slot, ctx.now + timedelta(minutes=slot.minutes)
            break
        step.passed.append(slot)
    if step.opened:
        step.coming = _tell_next(sitting, ctx, step.until or ctx.now)
    return step


def end_running(sitting: Sitting, ctx: Context) -> Slot | None:
    """End the case that is held: the minutes are drafted in its room. Who has confirmed there has for the sitting."""
    slot = sitting.running
    if slot is None:
        return None
    case = ctx.work.find.case_or_none(slot.ref)
    if case is None:
        slot.turn, slot.why = Turn.SKIPPED, Why.UNREADABLE
        return slot
    table = tables.table_of(slot, case)
    if table and table.state is roundtable.State.RUNNING:
        here = tables.at_table(case, ctx)
        here.tell(here.channel, holding.end(here, table.id, steers=True, audited=False))
    if table:
        sitting.confirmed = tuple(dict.fromkeys((*sitting.confirmed, *_confirmed(case, table))))
    slot.turn, slot.unresolved = Turn.HELD, len(unresolved(case, ctx.now))
    return slot


def _open(sitting: Sitting, slot: Slot, ctx: Context) -> bool:
    """Give a case its turn; one that can't be heard is deferred or skipped, and its room reads why."""
    case = ctx.work.find.case_or_none(slot.ref)
    if case is not None and slot.table is None and not case.closed and case.is_member(sitting.chair):
        tables.plan(sitting, slot, case, ctx)
    table = tables.table_of(slot, case) if case else None
    if case is None or table is None or (why := _hindered(case, table, sitting, ctx)):
        slot.turn = Turn.SKIPPED
        slot.why = Why.UNREADABLE if case is None else _without_table(case, slot) if table is None else why
        if slot.why is Why.ANOTHER_RUNS:
            tables.call_off(sitting, slot, ctx, slot.why)
        return False
    if table.state is roundtable.State.ENDED:
        # It was held by itself; what it has confirmed holds on.
        sitting.confirmed = tuple(dict.fromkeys((*sitting.confirmed, *_confirmed(case, table))))
        slot.turn, slot.unresolved = Turn.HELD, len(unresolved(case, ctx.now))
        return False
    if table.state is roundtable.State.SCHEDULED and rules.is_deserted(case, table, sitting, (ctx.actor.user_id,)):
        slot.turn, slot.why = Turn.DEFERRED, Why.REFERRER
        tables.call_off(sitting, slot, ctx, Why.REFERRER)
        return False
    slot.turn = Turn.RUNNING
    here = tables.at_table(case, ctx)
    if table.state is roundtable.State.SCHEDULED:
        here.tell(here.channel, holding.begin(here, table.id, steers=True))
    known = roundtable.take_over(case, sitting.confirmed, by=ctx.house.bot, at=ctx.now)
    said = roundtable.presences(case, table)
    facts: dict[str, object] = {
        "table": table,
        "minutes": slot.minutes,
        "until": ctx.now + timedelta(minutes=slot.minutes),
        "confirmed": known,
        "waiting": [m.user_id for m in case.present if said.get(m.user_id) is not Presence.CONFIRMED],
        "last": not sitting.waiting,
    }
    here.tell(here.channel, Reply("sitting/your_turn", facts, table.id))
    return True


def _hindered(case: Case, table: RoundTable, sitting: Sitting, ctx: Context) -> Why | None:
    """Why a case can't be heard, whoever is there."""
    if case.closed:
        return Why.CLOSED
    moved = _day(table.starts_at, case) != _day(sitting.starts_at, case)
    if table.state is roundtable.State.CANCELLED or (table.state is roundtable.State.SCHEDULED and moved):
        return Why.CALLED_OFF
    held = roundtable.running(case)
    if held and held is not table and table.state is roundtable.State.SCHEDULED:
        return Why.ANOTHER_RUNS
    return None


def _without_table(case: Case, slot: Slot) -> Why:
    if case.closed:
        return Why.CLOSED
    return Why.NO_CHAIR if slot.table is None else Why.CALLED_OFF


def _tell_next(sitting: Sitting, ctx: Context, when: datetime) -> Slot | None:
    """Tell the room of the next case that can be heard that it is the next one, once."""
    for slot, case, table in _could_come(sitting, ctx):
        if not slot.told:
            slot.told = True
            here = tables.at_table(case, ctx)
            deserted = rules.is_deserted(case, table, sitting, (ctx.actor.user_id,))
            facts = {"table": table, "when": when, "agency": rules.referrer(case) if deserted else None}
            here.tell(here.channel, Reply("sitting/next", facts, table.id, invitation.everybody(case)))
        return slot
    return None


def _could_come(sitting: Sitting, ctx: Context) -> Iterator[tuple[Slot, Case, RoundTable]]:
    for slot in sitting.waiting:
        case = ctx.work.find.case_or_none(slot.ref)
        table = tables.table_of(slot, case) if case and not case.closed else None
        if case and table and table.state is roundtable.State.SCHEDULED:
            yield slot, case, table


def _confirmed(case: Case, table: RoundTable) -> list[str]:
    return [person for person, said in roundtable.presences(case, table).items() if said is Presence.CONFIRMED]


def _day(moment: datetime, case: Case) -> str:
    return show_day(moment, case.zone_info)
