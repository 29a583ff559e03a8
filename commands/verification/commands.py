"""An admin compares emoji with somebody who verifies the bot."""

from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import NAME, Arguments, PersonId
from chat.context import Context, Reply
from chat.registry import commands
from storage import answers

GROUP, PLACE = groups.ADMIN, 140

Somebody = Annotated[PersonId, NAME]


class Same(Arguments):
    """Say that the emoji are the same: a person who verifies me sees those that I showed you."""

    person: Somebody = Field(title="PERSON", description="who verifies me")


class Different(Arguments):
    """Say that the emoji differ: a person who verifies me sees others."""

    person: Somebody = Field(title="PERSON", description="who verifies me")


@commands.command("verify same", needs=Permission.PROVISION, example="!verify same Ada Jansen")
def same(args: Same, ctx: Context) -> Reply:
    """Confirm; what counts is what was shown to the admins."""
    return _answer(args.person, ctx, same=True)


@commands.command("verify different", needs=Permission.PROVISION, example="!verify different Ada Jansen")
def different(args: Different, ctx: Context) -> Reply:
    """End it: somebody may be in between."""
    return _answer(args.person, ctx, same=False)


def _answer(person: str, ctx: Context, *, same: bool) -> Reply:
    compared = answers.shown(ctx.work.find, person)
    if compared is None:
        raise Refusal("verification/nothing_to_compare", person=person)
    answers.answer(ctx.work, person, compared, same=same)
    return Reply("verification/answered", {"person": person, "same": same}, person)
