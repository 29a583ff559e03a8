"""Giving somebody a place at the table until a date."""

from datetime import datetime

from cases.errors import Refusal
from chat.context import Context, Reply
from commands.case import seating
from commands.stay import rules as stay
from commands.stay.rules import Stay


def give(
    user_id: str, until: datetime, because: str, ctx: Context, *, expert: bool = False, brief: str | None = None
) -> Stay:
    """Invite them, unless they sit there for a time already, which is set anew; raises Refusal, see ``seating``."""
    case, person = ctx.case, ctx.directory.people[user_id]
    before = stay.stay_of(case, user_id)
    if before is None and case.is_member(user_id) and not case.awaits(user_id):
        raise Refusal("case/already_member", person=user_id, ref=case.ref)
    had_seat = person.agency in case.seats
    if before is None or case.awaits(user_id):
        seating.give(user_id, because, ctx, seated=not expert)
    return stay.limit(
        case,
        person,
        until=until,
        because=because,
        expert=expert,
        brief=brief or (before.brief if before else None),
        took_seat=not had_seat and person.agency in case.seats,
        by=ctx.actor,
        at=ctx.now,
    )


def told(one: Stay, ctx: Context) -> Reply:
    """What the table reads of it."""
    return Reply("stay/asked", {"stay": one, "agency": ctx.directory.people[one.person].agency}, one.id)
