"""A sitting is over: what was not heard is called off in its room, and goes to the next date if there is one."""

from chat.context import Context
from commands.audit import asking
from commands.sitting import keeping, rules, tables
from commands.sitting.dates import begin_following
from commands.sitting.rules import Sitting, State, Turn


def close(sitting: Sitting, state: State, ctx: Context) -> Sitting | None:
    """End it; gives the one that takes up what is left, if it comes again."""
    sittings = [one for one in keeping.read(ctx.work.find) if one.number != sitting.number]
    for slot in sitting.waiting:
        tables.call_off(sitting, slot, ctx, state if state is State.NOT_HELD else Turn.NOT_REACHED)
        slot.turn = Turn.NOT_REACHED
    sitting.state = state
    keeping.write(ctx.work, sitting)
    number = keeping.next_number([*sittings, sitting])
    following = keeping.following(sittings, sitting) or begin_following(sitting, number, ctx.now)
    if following:
        _take_up(following, sitting, sittings, ctx)
        keeping.write(ctx.work, following)
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
            slot = rules.put_on(following, left.ref, left.minutes)
            # One that can't be planned now is at its turn.
            case = ctx.work.find.case_or_none(slot.ref)
            if case and not case.closed and case.is_member(following.chair):
                tables.plan(following, slot, case, ctx)
