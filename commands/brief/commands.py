"""Writing the brief, reading it, and letting a newcomer read all that was there before."""

from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import Arguments, PersonId, Positional, ReadingContext, Rest, suggest_name
from chat.context import Context, Reply
from chat.registry import commands
from chat.said import folded
from commands.brief import rules as brief

GROUP, PLACE = groups.CASE, 81

MOST_WORDS_IN_A_NAME = 4
NO_BRIEF = frozenset({"show", "read", "list", "delete", "remove", "clear", "none", "toon", "lees", "verwijder", "geen"})
"""Alone they ask for something: whoever comes late would read that word, and the brief that stood there no more."""


def take_somebody(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """All of a text that is somebody's name, or nearly that; what is longer is a brief."""
    name = text.strip().rstrip(".!?,:;")
    if len(name.split()) <= MOST_WORDS_IN_A_NAME and (context.lookup.people(name) or suggest_name(name, context)):
        return name, ""
    return None, text


class WriteBrief(Arguments):
    """Write the brief that whoever comes late reads, show it, or let a newcomer read all that was there before."""

    person: Annotated[PersonId, Positional(take_somebody)] | None = Field(
        None, title="PERSON", description="who was invited later, and reads all of it"
    )
    text: Rest | None = Field(None, title="TEXT", description="what whoever comes late needs to know")


@commands.command(
    "brief", needs=Permission.TAKE_PART, example="!brief he stays with his aunt since May", words=brief.WRITTEN
)
def write_brief(args: WriteBrief, ctx: Context) -> Reply:
    """The table gives what was there before, as a step of its own; no coordinator does from outside."""
    if args.person is not None:
        ctx.case.brief(args.person, by=ctx.actor, at=ctx.now)
        facts: dict[str, object] = {"ref": ctx.case.ref, "person": args.person}
        return Reply("case/briefed", facts, wake=(args.person,))
    if args.text is None:
        standing = brief.brief_of(ctx.case)
        return Reply("brief/shown", {"brief": standing}, standing.id if standing else None)
    if folded(args.text.strip(" .!?")) in NO_BRIEF:
        raise Refusal("brief/one_word")
    ctx.require_no_restraint()
    written = brief.write(ctx.case, args.text, by=ctx.actor, at=ctx.now)
    return Reply("brief/written", {"brief": written}, written.id)
