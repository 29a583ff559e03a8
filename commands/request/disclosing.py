"""What an agency says of what it tells: on which basis, and with which consent (practice, section 5, row 6)."""

from typing import Annotated

from pydantic import Field

from chat.arguments import Arguments, Positional, ShortText, Text, take_rest
from chat.context import Context
from chat.reading import missing
from commands.ids import HeldId
from commands.request import lawful
from commands.request.rules import Ground, Standing


class Discloses(Arguments):
    """What an agency says of an answer that it gives."""

    basis: ShortText | None = Field(None, title="a lawful basis", description="what allows it")
    condition: ShortText | None = Field(
        None, title="a second condition", description="what allows it for sensitive data, beside the basis"
    )
    consent: ShortText | None = Field(
        None,
        title="the consent",
        description="whether the person agreed: yes, no, or not asked because …",
    )


class Refuses(Discloses):
    """Say that you cannot share it, on which ground and why, and what could help instead."""

    id: HeldId = Field(title="R-1 or Q-1", description="which question, or which check of records")
    text: Annotated[Text, Positional(take_rest, also="because")] = Field(
        title="an explanation", description="why you cannot share it"
    )
    ground: tuple[Ground, ...] = Field(title="a ground", description="the ground, or several with commas")
    instead: Text | None = Field(None, title="alternative", description="what could help")


def read_own_standing(args: Discloses, ctx: Context, example: str, *, lacking: tuple[str, ...] = ()) -> Standing:
    """On what the agency tells it; raises Refusal for what the scheme of the case asks for and was left out.

    ``lacking``: the fields that are missing for another reason.
    """
    scheme = ctx.house.of(ctx.case.scheme)
    on = lawful.read_standing(scheme, args.basis, args.condition, args.consent)
    asked_for = {"basis": on.basis, "consent": on.consent} if scheme.basis_on_answers else {}
    absent = [*(name for name, said in asked_for.items() if not said), *lacking]
    if absent:
        raise missing(type(args), absent, ctx.voice().language, example)
    return on
