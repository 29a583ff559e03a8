"""Accepting and declining what is proposed to an agency."""

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply
from chat.registry import commands
from commands.ids import ProposalId
from commands.proposal.answers import answers_to

GROUP, PLACE = groups.ACT, 15


class Accept(Arguments):
    """Take an action or a referral on for your agency."""

    id: ProposalId = Field(title="A-1", description="which action or referral")


class Decline(Arguments):
    """Say that your agency does not take it on, and why."""

    id: ProposalId = Field(title="A-1", description="which action or referral")
    why: Rest = Field(title="a reason", description="why your agency does not take it on")


@commands.command("accept", needs=Permission.CARRY_OUT, example="!accept A-1")
def accept(args: Accept, ctx: Context) -> Reply:
    """Take it on, as it is done for what it is."""
    return answers_to(args.id).accept(args.id, ctx)


@commands.command("decline", needs=Permission.CARRY_OUT, example="!decline A-1 he does not open the door to us")
def decline(args: Decline, ctx: Context) -> Reply:
    """Leave it to the agency that proposed it."""
    return answers_to(args.id).decline(args.id, args.why, ctx)
