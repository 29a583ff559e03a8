"""A sitting goes on from case to case: one is ended, the next one that can be heard is opened, each in its own room."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cases.case import MOST_STEPS, Case
from cases.followups import unresolved
from cases.time import show_day
from chat.context import Context, Reply
from commands.roundtable import holding, invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable
from commands.sitting import rules, tables
from commands.sitting.rules import Sitting, Slot, Turn, Why

ROOM_FOR_A_TABLE = 20
"""Steps: a file that holds fewer more is full before its round table has ended."""


@dataclass(repr=False)
class Step:
    """What was done by going on: by reference, for the coordinators."""

    ended: Slot | None = None
    passed: list[Slot] = field(default_factory=list[Slot])
    """Those that were deferred or skipped on the way."""
    opened: Slot | None = None
    coming: Slot | None = None
    """The one after that."""


def go_on(sitting: Sitting, ctx: Context) -> Step:
    """End the case that is held, and open the next one that can be."""
    step = Step(end_running(sitting, ctx))
    for slot in sitting.waiting:
        if _open(sitting, slot, ctx):
            step.opened = slot
            break
        step.passed.append(slot)
    if step.opened:
        step.coming = _tell_next(sitting, step.opened.until, ctx)
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
        _note(sitting, slot, case, table, ctx)
    slot.turn = Turn.HELD
    return slot


def _note(sitting: Sitting, slot: Slot, case: Case, table: RoundTable, ctx: Context) -> None:
    """Note that a case was heard: how much is unresolved there, and who has confirmed."""
    confirmed = [person for person, said in roundtable.presences(case, table).items() if said is Presence.CONFIRMED]
    sitting.confirmed = tuple(dict.fromkeys((*sitting.confirmed, *confirmed)))
    slot.turn, slot.unresolved = Turn.HELD, len(unresolved(case, ctx.now))


def _open(sitting: Sitting, slot: Slot, ctx: Context) -> bool:
    """Give a case its turn; one that can't be heard is deferred or skipped, and its room reads why."""
    case = ctx.work.find.case_or_none(slot.ref)
    if case is None:
        # One that is off the file, such as a practice that is over, is for no other sitting.
        on_file = slot.ref in ctx.work.find.schemes_of_open_cases()
        return _pass_over(slot, Turn.SKIPPED, Why.UNREADABLE if on_file else Why.CLOSED)
    if slot.table is None and not case.closed and case.is_member(sitting.chair):
        tables.plan(sitting, slot, case, ctx)
    table = tables.table_of(slot, case)
    if table is None:
        return _pass_over(slot, Turn.SKIPPED, _without_table(case, slot))
    if why := _hindered(case, table, sitting):
        if why is Why.ANOTHER_RUNS:
            tables.call_off(sitting, slot, ctx, why)
        return _pass_over(slot, Turn.SKIPPED, why)
    match table.state:
        case roundtable.State.ENDED:
            # It was held by itself; what was confirmed there holds on.
            _note(sitting, slot, case, table, ctx)
            return False
        case roundtable.State.SCHEDULED if rules.is_deserted(case, table, sitting, (ctx.actor.user_id,)):
            tables.call_off(sitting, slot, ctx, Why.REFERRER)
            return _pass_over(slot, Turn.DEFERRED, Why.REFERRER)
        case roundtable.State.SCHEDULED:
            here = tables.at_table(case, ctx)
            here.tell(here.channel, holding.begin(here, table.id, steers=True))
    slot.turn, slot.begun_at = Turn.RUNNING, ctx.now
    _tell_turn(sitting, slot, case, table, ctx)
    return True


def _pass_over(slot: Slot, turn: Turn, why: Why | None) -> bool:
    slot.turn, slot.why = turn, why
    return False


def _hindered(case: Case, table: RoundTable, sitting: Sitting) -> Why | None:
    """Why a case can't be heard, whoever is there."""
    if case.closed:
        return Why.CLOSED
    if table.state is roundtable.State.CANCELLED:
        return Why.CALLED_OFF
    if table.state is not roundtable.State.SCHEDULED:
        return None
    if show_day(table.starts_at, case.zone_info) != show_day(sitting.starts_at, case.zone_info):
        return Why.CALLED_OFF
    if roundtable.running(case):
        return Why.ANOTHER_RUNS
    return Why.FULL if len(case.steps) > MOST_STEPS - ROOM_FOR_A_TABLE else None


def _without_table(case: Case, slot: Slot) -> Why:
    if case.closed:
        return Why.CLOSED
    return Why.NO_CHAIR if slot.table is None else Why.CALLED_OFF


def _tell_turn(sitting: Sitting, slot: Slot, case: Case, table: RoundTable, ctx: Context) -> None:
    """Tell a case's room that it is its turn, and for how long; who has confirmed before has here, too."""
    here = tables.at_table(case, ctx)
    known = roundtable.take_over(case, sitting.confirmed, by=ctx.house.bot, at=ctx.now)
    said = roundtable.presences(case, table)
    facts: dict[str, object] = {
        "table": table,
        "minutes": slot.minutes,
        "until": slot.until,
        "confirmed": known,
        "waiting": [m.user_id for m in case.present if said.get(m.user_id) is not Presence.CONFIRMED],
        "last": not sitting.waiting,
    }
    here.tell(here.channel, Reply("sitting/your_turn", facts, table.id))


def _tell_next(sitting: Sitting, when: datetime | None, ctx: Context) -> Slot | None:
    """Tell the room of the next case that can be heard that it is the next one, once."""
    for slot, case, table in _could_come(sitting, ctx):
        if not slot.told:
            slot.told = True
            here = tables.at_table(case, ctx)
            deserted = rules.is_deserted(case, table, sitting, (ctx.actor.user_id,))
            facts: dict[str, object] = {
                "table": table,
                "when": when,
                "agency": rules.referrer(case) if deserted else None,
            }
            here.tell(here.channel, Reply("sitting/next", facts, table.id, invitation.everybody(case)))
        return slot
    return None


def _could_come(sitting: Sitting, ctx: Context) -> Iterator[tuple[Slot, Case, RoundTable]]:
    for slot in sitting.waiting:
        case = ctx.work.find.case_or_none(slot.ref)
        table = tables.table_of(slot, case) if case and not case.closed else None
        if case and table and table.state is roundtable.State.SCHEDULED:
            yield slot, case, table
