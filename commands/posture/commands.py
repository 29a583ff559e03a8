"""Saying how far an agency is in."""

from typing import Annotated

from pydantic import Field

from cases.roles import Permission, Role
from chat import groups
from chat.arguments import WORD, Arguments, Text, ToAgency
from chat.context import Context, Reply, agency_channel, case_channel
from chat.registry import commands
from commands.posture import rules as posture
from commands.posture.rules import Posture

GROUP, PLACE = groups.CASE, 126


class SetPosture(Arguments):
    """Say how far an agency is in: lead, active, background, or consult: outside the room, and asked in its own."""

    agency: ToAgency = Field(title="an agency", description="which agency")
    posture: Annotated[Posture, WORD] = Field(title="how far", description="lead, active, background or consult")
    because: Text | None = Field(None, title="a reason", description="why")


@commands.command("posture", needs=Permission.STEER, example="!posture police consult")
def set_posture(args: SetPosture, ctx: Context) -> Reply:
    """Tell the table; those who are only consulted leave the room, and hear so in their own, without content."""
    was = posture.posture_of(ctx.case, args.agency)
    made = posture.set_posture(
        ctx.case,
        args.agency,
        args.posture,
        because=args.because,
        by=ctx.actor,
        at=ctx.now,
        steers=lambda who: _coordinates(who, ctx),
    )
    for person in made.people:
        ctx.work.remove(case_channel(ctx.case.ref), person)
    channel = agency_channel(args.agency)
    facts: dict[str, object] = {"case": ctx.case, "change": made, "back": was is Posture.CONSULT}
    if args.posture is Posture.CONSULT and ctx.work.find.room(channel):
        ctx.tell(channel, Reply("posture/consulted", facts))
    return Reply("posture/set", facts)


def _coordinates(person: str, ctx: Context) -> bool:
    known = ctx.directory.people.get(person)
    return known is not None and known.role is Role.COORDINATOR
