"""What the person wants and sees, whether they know of the table, and who speaks to parents or family."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from cases.roles import Permission
from chat import groups
from chat.arguments import WORD, AnyWhen, Arguments, LeadingPastWhen, PersonId, Rest, Text, When
from chat.context import Context, Reply
from chat.registry import commands
from commands.overview.lines import part_of_status
from commands.person import rules as person
from commands.person.rules import Family, What

GROUP, PLACE = groups.PERSON, 60
MOST_CONTACTS = 5


class Show(Arguments):
    """Show the person's goal and view."""


class TellGoal(Arguments):
    """Write down what the person wants."""

    text: Rest = Field(title="a text", description="what the person wants")


class TellView(Arguments):
    """Write down how the person sees it, or why that isn't known."""

    text: Rest = Field(title="a text", description="what the person says, or why that isn't known")


class TellInformed(Arguments):
    """Say that the person was told, by whom."""

    on: LeadingPastWhen = Field(title="a date", description="when the person was told")
    text: Rest = Field(title="a text", description="what the person was told")
    by: PersonId = Field(title="a person", description="who told them")


class TellNotInformed(Arguments):
    """Say why the person was not told yet."""

    because: Text = Field(title="a reason", description="why the person is not told yet")
    review: When = Field(title="a date", description="when it is looked at again")


class NoteContact(Arguments):
    """Plan or note contact with family."""

    family: Annotated[Family, WORD] = Field(title="parent or family", description="whom the contact is with")
    text: Rest = Field(title="a text", description="what it is about")
    who: PersonId | None = Field(None, title="person", description="who speaks to them; you, if left out")
    on: AnyWhen | None = Field(None, title="date", description="when it was, or will be")
    told: Text | None = Field(None, title="what they are told", description="what they are told")
    view: Text | None = Field(None, title="their view", description="how they see it")


@commands.command("person", needs=Permission.READ, example="!person")
def show(args: Show, ctx: Context) -> Reply:
    """All that is on file of the person's side."""
    return Reply("person/shown", _facts(ctx, ctx.case.hidden_from(ctx.actor.user_id)))


@commands.command("person goal", needs=Permission.CONTRIBUTE, example="!person goal his old class")
def tell_goal(args: TellGoal, ctx: Context) -> Reply:
    """It is the first line of digests and of the pinned card from now on."""
    told = person.tell(ctx.case, What.GOAL, args.text, by=ctx.actor, at=ctx.now)
    return Reply("person/told", {"ref": ctx.case.ref, "told": told}, told.id)


@commands.command("person view", needs=Permission.CONTRIBUTE, example="!person view he feels watched at school")
def tell_view(args: TellView, ctx: Context) -> Reply:
    """It stands in the minutes that are not approved yet, and in the next."""
    told = person.tell(ctx.case, What.VIEW, args.text, by=ctx.actor, at=ctx.now)
    return Reply("person/told", {"ref": ctx.case.ref, "told": told}, told.id)


@commands.command(
    "person informed",
    needs=Permission.CONTRIBUTE,
    example="!person informed today why by: Hugo",
)
def tell_informed(args: TellInformed, ctx: Context) -> Reply:
    """The person knows: when, what, and from whom."""
    told = person.tell(ctx.case, What.INFORMED, args.text, on=args.on, teller=args.by, by=ctx.actor, at=ctx.now)
    return Reply("person/told", {"ref": ctx.case.ref, "told": told}, told.id)


@commands.command(
    "person notinformed",
    needs=Permission.CONTRIBUTE,
    example="!person notinformed because: danger review: in 14 days",
)
def tell_not_informed(args: TellNotInformed, ctx: Context) -> Reply:
    """The person does not know yet: why, and until when at most that stands without a look."""
    told = person.tell(ctx.case, What.NOT_INFORMED, args.because, review_at=args.review, by=ctx.actor, at=ctx.now)
    return Reply("person/told", {"ref": ctx.case.ref, "told": told}, told.id)


@commands.command(
    "contact",
    needs=Permission.CONTRIBUTE,
    example="!contact parent his nights on: fri",
)
def note_contact(args: NoteContact, ctx: Context) -> Reply:
    """Ahead it is planned, and whoever speaks to them is reminded; else it is noted."""
    contact, settled = person.note_contact(
        ctx.case,
        args.family,
        args.text,
        who=args.who or ctx.actor.user_id,
        on=args.on or ctx.now,
        told=args.told,
        view=args.view,
        by=ctx.actor,
        at=ctx.now,
    )
    wake = (contact.who,) if contact.planned and contact.who != ctx.actor.user_id else ()
    return Reply("person/contact", {"ref": ctx.case.ref, "contact": contact, "settled": settled}, contact.id, wake)


@part_of_status(12)
def tell_in_status(ctx: Context, hidden: Collection[str]) -> Reply | None:
    """The person's goal, and whether they are informed; nothing while nothing is known of it."""
    facts = _facts(ctx, hidden)
    return Reply("person/line", facts) if facts["goal"] or facts["informed"] else None


def _facts(ctx: Context, hidden: Collection[str]) -> dict[str, object]:
    found = person.contacts(ctx.case, hidden)
    return {
        "case": ctx.case,
        "goal": person.newest(ctx.case, What.GOAL, hidden=hidden),
        "view": person.newest(ctx.case, What.VIEW, hidden=hidden),
        "informed": person.newest(ctx.case, What.INFORMED, What.NOT_INFORMED, hidden=hidden),
        "contacts": found[-MOST_CONTACTS:],
        "earlier": max(0, len(found) - MOST_CONTACTS),
        "now": ctx.now,
    }
