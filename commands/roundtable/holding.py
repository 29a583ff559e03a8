"""A round table begins and ends: what is said then in its case's room."""

from dataclasses import replace

from chat.context import COORDINATION, Context, Reply, case_channel
from commands.action.rules import Action
from commands.audit import asking
from commands.meeting import rules as meeting
from commands.minutes import filing
from commands.minutes import rules as kept
from commands.overview.lists import followups_reply
from commands.practice.rules import is_practice
from commands.research import rules as research
from commands.roundtable import bonds, invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import RoundTable
from commands.upward import counting


def begin(ctx: Context, table_id: str | None, *, taker: str | None = None, steers: bool | None = None) -> Reply:
    """Open it: why, the goal, confidentiality, the agenda; everybody else confirms.

    ``steers``: whether who begins may, without being its chair; None: as that is in this room.
    """
    case = ctx.case
    scheme = ctx.house.of(case.scheme)
    table = roundtable.start(
        case,
        table_id,
        by=ctx.actor,
        at=ctx.now,
        steers=ctx.steers if steers is None else steers,
        taker=taker,
        needs=quorum_of(ctx.house, case).needs,
    )
    facts = {
        "table": table,
        "case": case,
        "last": kept.latest(case),
        "pending": [a for a in case.all(Action) if a.pending],
        "agenda": roundtable.agenda_of(case, table),
        "order": meeting.speaking_order(case, table),
        "standing": research.standing(case, table.id),
        "hidden": case.hidden_from(*invitation.everybody(case)),
        "statement": scheme.statement,
        "bound": scheme.bound,
        "told": bonds.tell(case, ctx.house, ctx.work),
        "early": ctx.calendar.day(table.starts_at) > ctx.calendar.day(ctx.now),
    }
    wake = tuple(person for person in invitation.everybody(case) if person != ctx.actor.user_id)
    return Reply("roundtable/started", facts, table.id, wake)


def end(ctx: Context, table_id: str | None, *, steers: bool | None = None, audited: bool = True) -> Reply:
    """End it: tell the draft of the minutes, then give what is said last, what is unresolved. ``steers``: as above.

    ``audited``: whether the agencies are asked now how they found it.
    """
    table = roundtable.end(
        ctx.case, table_id, by=ctx.actor, at=ctx.now, steers=ctx.steers if steers is None else steers
    )
    said = (
        filing.draft(table, ctx),
        _without_quorum(table, ctx),
        followups_reply(ctx, *invitation.everybody(ctx.case)),
    )
    *before, last = [reply for reply in said if reply]
    for reply in before:
        ctx.tell(case_channel(ctx.case.ref), reply)
    if audited:
        asking.offer(table, ctx)
    return replace(last, subject=last.subject or table.id)


def _without_quorum(table: RoundTable, ctx: Context) -> Reply | None:
    """What is said when a meeting ended without quorum; the second time running the coordinators are told, too."""
    if roundtable.has_quorum(ctx.case, table, quorum=quorum_of(ctx.house, ctx.case)):
        return None
    if not is_practice(ctx.case) and meeting.failed_twice(ctx.case, table, quorum_of(ctx.house, ctx.case)):
        ctx.tell(COORDINATION, Reply("meeting/failed_twice", {"ref": ctx.case.ref}))
        counting.count(ctx.work, counting.What.NO_QUORUM, {ctx.case.ref})
    by = ctx.calendar.add(ctx.calendar.day(ctx.now), meeting.NEW_DATE_WITHIN)
    return Reply("meeting/failed", {"table": table, "by": ctx.calendar.morning(by)}, table.id, (table.chair,))
