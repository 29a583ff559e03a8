"""Looking over many cases from the coordination room; it hears references and counts, never why."""

from typing import Annotated

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission
from chat import groups
from chat.arguments import REST, Arguments, PersonId, ShortText
from chat.context import Context, Reply
from chat.reading import suggest
from chat.registry import commands
from commands.caseload import rules as caseload
from commands.caseload.filters import fits, read_filters
from commands.caseload.rules import Look
from commands.practice.rules import is_over

GROUP, PLACE = groups.CASE, 119

MOST_SHOWN = 5
"""Entries of each list of a digest: all of it fits a phone, and the rest is a list of its own."""


class ListCases(Arguments):
    """List the open cases, by reference only: all of them, or those that fit."""

    which: Annotated[ShortText, REST] | None = Field(
        None, title="FILTER", description="late, urgent, silent, review due, team; several together"
    )
    agency: ShortText | None = Field(None, title="agency", description="who sits at the table; what is late is theirs")
    phase: ShortText | None = Field(None, title="phase", description="how far the case is")
    scheme: ShortText | None = Field(None, title="scheme", description="under which scheme")
    director: PersonId | None = Field(None, title="person", description="who runs the process")


class ShowDigest(Arguments):
    """Show what is unresolved over all cases, by reference only."""


@commands.command("case list", needs=Permission.OPEN_CASES, example="!case list late agency: police")
def list_cases(args: ListCases, ctx: Context) -> Reply:
    """References and counts, of the schemes that this person coordinates."""
    scheme, behind = _scheme(args.scheme, ctx) if args.scheme else (None, "")
    # People go on with another filter behind any of them: "agency: police late".
    typed = " ".join(filter(None, (args.which, args.agency, args.phase, behind)))
    wanted = read_filters(typed, ctx.directory.agencies)
    looks, unreadable = _look(ctx)
    shown = [
        look
        for look in looks
        if scheme in {None, look.case.scheme} and args.director in {None, look.case.director} and fits(look, wanted)
    ]
    facts: dict[str, object] = {
        "looks": shown,
        "count": sum(not look.practised for look in shown),
        "all": sum(not look.practised for look in looks) + len(unreadable),
        "narrowed": any((*wanted, scheme, args.director)),
        "unreadable": unreadable,
        "wanted": wanted,
        "scheme": scheme,
        "director": args.director,
    }
    return Reply("caseload/list", facts)


@commands.command("digest", needs=Permission.OPEN_CASES, example="!digest")
def show_digest(args: ShowDigest, ctx: Context) -> Reply:
    """The top of each list, and how many there are."""
    looks, unreadable = _look(ctx)
    facts: dict[str, object] = {"digest": caseload.digest(looks, ctx.now), "unreadable": unreadable}
    return Reply("caseload/digest", {**facts, "most": MOST_SHOWN})


def _look(ctx: Context) -> tuple[list[Look], list[str]]:
    """The open cases of the schemes that this person coordinates; and the references of those that can't be read."""
    schemes = ctx.work.find.schemes_of_open_cases()
    refs = [ref for ref, scheme in schemes.items() if ctx.house.coordinates(ctx.actor.user_id, scheme)]
    looks = [
        caseload.look_at(case, ctx.now, repeats=ctx.house.of(case.scheme).repeats) for case in ctx.work.find.cases(refs)
    ]
    read = {look.ref for look in looks}
    return [look for look in looks if not is_over(look.case)], [ref for ref in refs if ref not in read]


def _scheme(named: str, ctx: Context) -> tuple[str, str]:
    """The scheme that a text begins with, among those that this person coordinates; and what stands behind it."""
    known = ctx.work.account.schemes or ctx.house.known_schemes
    mine = {scheme.casefold(): scheme for scheme in known if ctx.house.coordinates(ctx.actor.user_id, scheme)}
    words = named.casefold().split()
    for end in range(len(words), 0, -1):
        if scheme := mine.get(" ".join(words[:end])):
            return scheme, " ".join(words[end:])
    nearest = mine.get(suggest(named.casefold(), mine) or "")
    raise Refusal("caseload/scheme", schemes=list(mine.values()), nearest=nearest)
