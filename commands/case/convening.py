"""Who may bring a case to the table of a scheme, and for which concerns (practice, sections 1 and 5)."""

from cases.errors import Refusal
from cases.scheme import Scheme
from chat.context import Context
from chat.reading import suggest
from commands.case.named import coordinators


def require_convener(scheme: Scheme, brought_by: str | None) -> None:
    """Refuse a case that nobody brings who may, where the scheme names who may."""
    if scheme.conveners and brought_by not in scheme.conveners:
        raise Refusal("case/not_convener", agency=brought_by, conveners=scheme.conveners)


def find_topic(scheme: Scheme, named: str | None) -> str | None:
    """The concern that was named, as the scheme words it; raises Refusal for one that is none of its own."""
    if named is None or not scheme.topics:
        return named
    known = {topic.casefold(): topic for topic in scheme.topics}
    if topic := known.get(named.strip().casefold()):
        return topic
    raise Refusal("case/unknown_topic", topics=scheme.topics, nearest=known.get(suggest(named.casefold(), known) or ""))


def find_scheme(named: str | None, ctx: Context) -> str:
    """The scheme that was named, which stands in clear on file: raises Refusal for any but those of the configuration.

    Another bot may run it, which opens its cases in its own room.
    """
    if named is None:
        return _usual_scheme(ctx)
    ours = ctx.work.account.schemes
    known = {scheme.casefold(): scheme for scheme in ours or ctx.house.known_schemes}
    if scheme := known.get(named.casefold()):
        if ctx.house.coordinates(ctx.actor.user_id, scheme):
            return scheme
        raise Refusal("case/open_elsewhere", people=coordinators(scheme, ctx))
    nearest = known.get(suggest(named.casefold(), known) or "")
    code = "case/unknown_scheme" if ours is None else "case/scheme_elsewhere"
    raise Refusal(code, schemes=list(known.values()), nearest=nearest)


def _usual_scheme(ctx: Context) -> str:
    """The house's own scheme, or the only one that this coordinator has."""
    known = ctx.work.account.schemes or ctx.house.known_schemes
    mine = [scheme for scheme in known if ctx.house.coordinates(ctx.actor.user_id, scheme)]
    if ctx.house.scheme in mine:
        return ctx.house.scheme
    if len(mine) != 1:
        raise Refusal("case/which_scheme", schemes=mine)
    return mine[0]
