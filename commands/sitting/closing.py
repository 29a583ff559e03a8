"""A sitting is over: what was not heard is called off in its room, and goes to the next date if there is one."""

from chat.context import Context
from commands.audit import asking
from commands.sitting import keeping, leaving, rules, tables
from commands.sitting.dates import begin_following
from commands.sitting.rules import Sitting, State, Turn


def close(sitting: Sitting, state: State, ctx: Context) -> Sitting | None:
    """End it; gives the one that takes up what is left, if it comes again."""
    sittings = [one for one in keeping.read(ctx.work.find) if one.number != sitting.number]
    for slot in sitting.waiting:
        tables.call_off(sitting, slot, ctx, Turn.NOT_REACHED if state is State.ENDED else state)
        slot.turn = Turn.NOT_REACHED
    sitting.state = state
    for one in sittings:
        if one.is_over and one.starts_at < ctx.now - rules.KEPT_FOR:
            keeping.strike(ctx.work, one)
    number = keeping.next_number([*sittings, sitting])
    following = keeping.following(sittings, sitting) or begin_following(sitting, number, ctx.now)
    if following:
        _take_up(following, sitting, sittings, ctx)
        keeping.write(ctx.work, following)
    others = {one.number: one for one in (*sittings, following) if one}
    leaving.let_go(sitting, sitting.slots, others.values(), ctx)
    keeping.write(ctx.work, sitting)
    return following


def ask_for_marks(sitting: Sitting, ctx: Context) -> None:
    """Ask each agency once for all that it was there for: of the last one, in its own room."""
    asked = set[str]()
    for slot in reversed(sitting.slots):
        case = ctx.work.find.case_or_none(slot.ref) if slot.turn is Turn.HELD else None
        if case and (table := tables.table_of(slot, case)):
            asked |= asking.offer(table, tables.at_table(case, ctx), but=asked)


def _take_up(following: Sitting, sitting: Sitting, others: list[Sitting], ctx: Context) -> None:
    """Put what is left on the next one, and plan it there; that has none of its own before this one is over."""
    elsewhere = {slot.ref for one in others for slot in one.waiting}
    for left in sitting.left:
        if left.ref not in elsewhere:
            slot = rules.put_on(following, left.ref, ctx.now, left.minutes)
            # One that can't be planned now is at its turn.
            case = ctx.work.find.case_or_none(slot.ref)
            if case and not case.closed and case.is_member(following.chair):
                tables.plan(following, slot, case, ctx)


def end_series(sitting: Sitting, ctx: Context) -> list[Sitting]:
    """Let it not come again: those to come that have no case are gone. Gives those that are still held."""
    series = sitting.rhythm.series if sitting.rhythm else None
    still: list[Sitting] = []
    for one in keeping.read(ctx.work.find):
        if one.is_over or one.rhythm is None or one.rhythm.series != series:
            continue
        if one.slots:
            one.rhythm = None
            keeping.write(ctx.work, one)
            still.append(one)
        else:
            keeping.strike(ctx.work, one)
    return still
