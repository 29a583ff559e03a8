"""Giving somebody a place at the table of a case."""

from cases.errors import Refusal
from chat.context import Context, Reply, case_channel
from commands.case.named import others_who_steer
from commands.mandate import standing
from commands.practice.rules import is_practice


def give(user_id: str, because: str, ctx: Context, *, seated: bool = True) -> Reply:
    """Give the person a place, or ask once more who has one and has not come; gives what the table reads of it.

    Raises Refusal for oneself, and for whoever lacks what the scheme asks for, unless it is practised.
    """
    case = ctx.case
    if user_id == ctx.actor.user_id:
        raise Refusal("case/not_yourself", ref=case.ref, people=others_who_steer(case, ctx))
    person = ctx.directory.people[user_id]
    lacks = () if is_practice(case) else standing.lacks(ctx.work.find, ctx.house.of(case.scheme), person, ctx.now)
    if missing := list(lacks):
        raise Refusal("mandate/lacks", person=person.user_id, agency=person.agency, missing=missing)
    if case.awaits(user_id):
        case.require_open()
    else:
        case.invite(person, because=because, by=ctx.actor, at=ctx.now, seated=seated)
    ctx.work.invite(case_channel(case.ref), user_id)
    return Reply("case/invited", {"ref": case.ref, "person": user_id, "because": because})
