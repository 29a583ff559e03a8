"""Naming the lead professional."""

from typing import Annotated

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import NAME, Arguments, PersonId, Text
from chat.context import Context, Reply
from chat.registry import commands
from commands.lead import rules as lead

GROUP, PLACE = groups.CASE, 124


class NameLead(Arguments):
    """Name the lead professional, who owns the content of the case, and say why."""

    person: Annotated[PersonId, NAME] = Field(title="a person", description="who leads from now on")
    because: Text = Field(title="a reason", description="why this person")


@commands.command("lead", needs=Permission.STEER, example="!lead Finn de Boer because: he knows him best")
def name_lead(args: NameLead, ctx: Context) -> Reply:
    """The table reads who leads, and why."""
    named = lead.name_lead(ctx.case, args.person, because=args.because, by=ctx.actor, at=ctx.now)
    return Reply("lead/named", {"case": ctx.case, "lead": named}, None, (args.person,))
