"""The dates of round tables that are planned: how long one takes, how a poll stands, and one of a series left out."""

from collections.abc import Iterable
from datetime import datetime

from cases.case import Case
from cases.errors import Refusal
from chat.arguments import Slot
from chat.context import Context, Reply
from commands.planning import rules as planning
from commands.roundtable import invitation
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Quorum, RoundTable
from commands.series import rules as series


def leave_out(table_id: str | None, because: str | None, ctx: Context) -> Reply:
    """Leave one of a series out, and tell everybody which come next."""
    case = ctx.case
    table = roundtable.require(case, table_id, roundtable.State.SCHEDULED)
    rest = series.require_series(case, table)
    dates = invitation.dates_of(rest)
    table, new = series.skip(case, table.id, dates, because=because, by=ctx.actor, at=ctx.now)
    following = [t for t in roundtable.upcoming(case) if t.series == rest.id and t.starts_at > ctx.now]
    facts = {
        "table": table,
        "by": ctx.actor.user_id,
        "following": following,
        "agenda": roundtable.agenda_of(case, following[0]) if following else [],
    }
    return Reply("planning/skipped", facts, table.id, invitation.everybody(case), invitation.files(ctx, [table, *new]))


def length_of(slots: Iterable[Slot], said: int | None) -> int | None:
    """How long a round table takes, in minutes; refused when one place says otherwise than another."""
    lengths = sorted({minutes for minutes in [said, *(slot.minutes for slot in slots)] if minutes})
    if len(lengths) > 1:
        raise Refusal("roundtable/which_length", lengths=lengths)
    return lengths[0] if lengths else None


def standing(case: Case, table: RoundTable, now: datetime, quorum: Quorum) -> dict[str, object]:
    """What the template ``planning/tally`` shows: what each agency can, who is silent, the best time so far."""
    return {
        "table": table,
        "tally": planning.tally(case, table),
        "silent": planning.silent(case, table),
        "best": planning.best(case, table, now, quorum),
        "needed": quorum.number(case.seats),
        "ask_chair": False,
    }
