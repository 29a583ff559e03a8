"""When a sitting is over, who had a place at a table for it alone, and holds nothing there, leaves that table.

A case is for those who work on it: whoever came for an afternoon does not read on (practice, section 5, row 1).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from cases.case import Case, Member
from cases.followups import unresolved
from chat.context import Context, Reply, direct_channel
from commands.lead.rules import lead_of
from commands.request.rules import Request
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable
from commands.sitting import keeping, tables
from commands.sitting.rules import Sitting, Slot, referrer


def let_go(sitting: Sitting, slots: Collection[Slot], others: Iterable[Sitting], ctx: Context) -> None:
    """See out those of a sitting's cases; where another sitting hears the case they stay until that one is over."""
    still_to_come = {slot.ref: (one, slot) for one in others for slot in (*one.waiting, one.running) if slot}
    gone: dict[str, list[str]] = defaultdict(list)
    for slot in slots:
        if slot.seated and slot.ref in still_to_come:
            other, later = still_to_come[slot.ref]
            later.seated += slot.seated
            keeping.write(ctx.work, other)
        else:
            for person in _leave(slot, ctx):
                gone[person].append(slot.ref)
        slot.seated = ()
    for person, refs in gone.items():
        ctx.tell(direct_channel(person), Reply("sitting/places_over", {"when": sitting.starts_at, "refs": refs}))


def _leave(slot: Slot, ctx: Context) -> list[str]:
    """Let them leave a table, which reads it; gives who did."""
    case = ctx.work.find.case_or_none(slot.ref) if slot.seated else None
    if case is None:
        return []
    by_id = {member.id: member for member in case.present}
    leavers = [by_id[place.member] for place in slot.seated if place.member in by_id]
    leavers = [member for member in leavers if not _holds_something(case, member, ctx.now)]
    took = {by_id[place.member].agency for place in slot.seated if place.member in by_id and place.took_seat}
    for member in leavers:
        case.release(member.user_id, by=ctx.house.bot, at=ctx.now)
    empty = [a for a in case.seats if a in took and all(one.agency != a for one in case.present)]
    if leavers and empty:
        case.steps[-1].change(case, seats=tuple(seat for seat in case.seats if seat not in empty))
    people = [member.user_id for member in leavers]
    if people:
        here = tables.at_table(case, ctx)
        here.tell(here.channel, Reply("sitting/left_table", {"people": people, "agencies": empty}))
        for person in people:
            ctx.work.remove(here.channel, person)
    return people


def _holds_something(case: Case, member: Member, now: datetime) -> bool:
    """Whether somebody runs, leads, brought or chairs, waits for an answer, or has something to see to.

    What their agency has to see to is theirs where nobody else of it sits at the table.
    """
    person, agency = member.user_id, member.agency
    if person in {case.director, lead_of(case), case.opened_by} or agency == referrer(case):
        return True
    tables_ = (t for t in case.all(RoundTable) if not t.withdrawn and t.state is not roundtable.State.CANCELLED)
    if any(table.chair == person for table in tables_):
        return True
    if any(asked.waiting and asked.by == person for asked in case.all(Request)):
        return True
    alone = all(one.agency != agency or one.user_id == person for one in case.present)
    return any(i.person == person or (alone and i.agency == agency) for i in unresolved(case, now))
