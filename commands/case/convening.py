"""Who may bring a case to the table of a scheme, and for which concerns (practice, sections 1 and 5)."""

from cases.errors import Refusal
from cases.scheme import Scheme
from chat.reading import suggest


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
