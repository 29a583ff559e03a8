"""What was agreed in a scheme, for whoever works in it."""

from pydantic import Field

from cases.errors import Refusal
from cases.roles import Permission, Place
from cases.scheme import Runs
from chat import groups
from chat.arguments import Arguments, Rest
from chat.context import Context, Reply
from chat.reading import suggest
from chat.registry import commands
from commands.concern.rules import Urgency
from commands.request.rules import Ground

GROUP, PLACE = groups.CASE, 150


class ShowScheme(Arguments):
    """Show what was agreed in a scheme: who must be there, clocks, grounds, and what is asked."""

    name: Rest | None = Field(None, title="scheme", description="which scheme; this room's, if left out")


@commands.command("scheme", needs=Permission.HELP, example="!scheme")
def show_scheme(args: ShowScheme, ctx: Context) -> Reply:
    """The scheme of this room's case, or of the house; nothing of any case."""
    name = _find(args.name, ctx) if args.name else _own(ctx)
    scheme = ctx.house.of(name)
    clocks = [(runs, [(urgency, scheme.clock(runs, urgency)) for urgency in Urgency]) for runs in Runs]
    others = [known for known in ctx.house.known_schemes if known != name]
    facts: dict[str, object] = {"name": name, "scheme": scheme, "clocks": clocks, "others": others}
    facts["shifts"] = [f"{hour:%H:%M}" for hour in scheme.shifts]
    return Reply("scheme/shown", {**facts, "grounds": scheme.grounds or tuple(Ground)})


def _own(ctx: Context) -> str:
    return ctx.case.scheme if ctx.place is Place.CASE else ctx.house.scheme


def _find(named: str, ctx: Context) -> str:
    known = {name.casefold(): name for name in ctx.house.known_schemes}
    folded = named.strip().casefold()
    if folded not in known:
        nearest = known.get(suggest(folded, known) or "")
        raise Refusal("scheme/unknown", schemes=list(known.values()), nearest=nearest)
    return known[folded]
