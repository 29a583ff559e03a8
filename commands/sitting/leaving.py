"""When a sitting is over, who had a place at a table for it alone, and holds nothing there, leaves that table.

A case is for those who work on it: whoever came for an afternoon does not read on (practice, section 5, row 1). Whoever
was there first reads the minutes, which may say what they did not; who stays for that, or for what waits for them,
leaves on a later morning.
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

READ_MINUTES_FOR = 5
"""Working days after a round table, if its minutes are not approved before."""


def let_go(sitting: Sitting, slots: Collection[Slot], others: Iterable[Sitting], ctx: Context) -> bool:
    """See out those of a sitting's cases, and give whether anybody left; if another sitting hears the case they stay.

    Whoever holds something still, or sits at a table that can't be read, keeps the place for the sitting alone.
    """
    still_to_come = {slot.ref: (one, slot) for one in others for slot in (*one.waiting, one.running) if slot}
    gone: dict[str, list[str]] = defaultdict(list)
    for slot in slots:
        if slot.seated and slot.ref in still_to_come:
            other, later = still_to_come[slot.ref]
            later.seated += slot.seated
            keeping.write(ctx.work, other)
            slot.seated = ()
        else:
            for person in _leave(slot, ctx):
                gone[person].append(slot.ref)
    for person, refs in gone.items():
        ctx.tell(direct_channel(person), Reply("sitting/places_over", {"when": sitting.starts_at, "refs": refs}))
    return bool(gone)


def _leave(slot: Slot, ctx: Context) -> list[str]:
    """Let them leave a table, which reads it; gives who did."""
    case = ctx.work.find.case_or_none(slot.ref) if slot.seated else None
    if case is None:
        return []
    by_id = {member.id: member for member in case.present}
    here = [(place, by_id[place.member]) for place in slot.seated if place.member in by_id]
    stay = [
        place
        for place, member in here
        if _reads_minutes(case, slot, member, ctx) or _holds_something(case, member, ctx.now)
    ]
    leavers = [member for place, member in here if place not in stay]
    took = {member.agency for place, member in here if place.took_seat}
    slot.seated = tuple(stay)
    for member in leavers:
        case.release(member.user_id, by=ctx.house.bot, at=ctx.now)
    empty = [a for a in case.seats if a in took and all(one.agency != a for one in case.present)]
    if leavers and empty:
        case.steps[-1].change(case, seats=tuple(seat for seat in case.seats if seat not in empty))
    people = [member.user_id for member in leavers]
    if people:
        there = tables.at_table(case, ctx)
        there.tell(there.channel, Reply("sitting/left_table", {"people": people, "agencies": empty}))
        for person in people:
            ctx.work.remove(there.channel, person)
    return people


def _reads_minutes(case: Case, slot: Slot, member: Member, ctx: Context) -> bool:
    """Whether somebody was at a round table whose minutes are not approved, and has had no time to read them."""
    table = tables.table_of(slot, case)
    if table is None or table.ended_at is None or table.approved_at:
        return False
    calendar = ctx.house.calendar(case)
    read = calendar.add(calendar.day(table.ended_at), READ_MINUTES_FOR)
    was_there = roundtable.presences(case, table).get(member.user_id) is roundtable.Presence.CONFIRMED
    return was_there and calendar.day(ctx.now) <= read


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
