"""Who may say what, and where: refused by default, with who may, and where."""

from collections.abc import Collection

from cases.errors import Refusal
from cases.roles import Place, Role, may, where_may, who_may, who_may_anywhere
from chat.context import Context
from chat.registry import Command

_MOST_NAMED = 3


def permit(command: Command, ctx: Context) -> None:
    """Refuse by default; say who may, and where."""
    if is_allowed(command, ctx):
        return
    if not belongs(ctx):
        if ctx.open_case and ctx.place is not Place.CASE:
            ctx.open_case.require_not_left(ctx.actor)
        raise Refusal("dispatch/not_a_member")
    if may(command.needs, role=ctx.role, place=ctx.place, belongs=True):
        ctx.require_no_restraint()
    roles = who_may(command.needs, ctx.place)
    if roles:
        raise Refusal("dispatch/not_allowed", roles=roles, people=_who_has(roles, ctx))
    raise Refusal(
        "dispatch/wrong_room",
        places=where_may(command.needs, ctx.role),
        roles=who_may_anywhere(command.needs),
        instead=None,
    )


def is_allowed(command: Command, ctx: Context) -> bool:
    """Whether this person may say it here, by role, place, and whom the room is for."""
    return may(command.needs, role=ctx.role, place=ctx.place, belongs=belongs(ctx), observes=ctx.observes)


def belongs(ctx: Context) -> bool:
    """Whether this person is one of those whom the room is for."""
    if ctx.actor.user_id not in ctx.directory.people:
        return False
    key = ctx.channel.partition(":")[2]
    match ctx.place:
        case Place.CASE:
            return ctx.case.is_member(ctx.actor.user_id)
        case Place.AGENCY:
            return ctx.actor.agency == key and not has_left(ctx)
        case Place.DIRECT:
            return ctx.actor.user_id == key and not has_left(ctx)
        case Place.STEERING | Place.LEADERS | Place.COMMITTEE | Place.SPACE:
            return ctx.place in ctx.actor.sits
        case Place.COORDINATION | Place.ADMIN:
            return True


def _who_has(roles: Collection[Role], ctx: Context) -> list[str]:
    """Who of those that this person can ask has one of these roles."""
    case = ctx.open_case if ctx.place is Place.CASE else None
    known = [p for role in roles for p in ctx.directory.with_role(role) if case is None or case.is_member(p.user_id)]
    if case is not None and case.director and Role.COORDINATOR in roles:
        return [case.director]
    return [person.user_id for person in known][:_MOST_NAMED]


def has_left(ctx: Context) -> bool:
    """Whether this person has left the table of the case whose card they reply to."""
    return ctx.open_case is not None and ctx.open_case.has_left(ctx.actor.user_id)
