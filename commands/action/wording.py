"""What an outcome's words say: its verb, whether it may do harm, and in whose remit it plainly is."""

import re
from collections.abc import Collection

from chat.context import Context
from chat.said import words

_BEGINS_NO_VERB = frozenset(
    {
        *("the", "a", "an", "this", "that", "these", "those", "his", "her", "their", "our", "my", "its", "some", "any"),
        *("he", "she", "it", "they", "we", "i", "you", "somebody", "someone", "everybody", "there", "no", "more"),
    }
)
"""English only: in other languages a verb has other places."""

_SHORTEST = 4
"""Letters of a word of a remit that means something: shorter ones are between the others."""
_SAYS_NO_REMIT = frozenset(
    {
        *("about", "above", "after", "also", "around", "before", "between", "been", "both", "does", "each", "every"),
        *("family", "families", "from", "have", "help", "helping", "here", "home", "into", "like", "make", "more"),
        *("need", "needs", "other", "over", "parents", "people", "person", "plan", "safe", "safety", "service"),
        *("services", "some", "support", "talk", "than", "that", "their", "them", "there", "they", "this", "those"),
        *("through", "under", "visit", "what", "when", "where", "which", "while", "with", "work", "young", "your"),
    }
)
"""What every agency does, or is there for."""


def lacks_verb(outcome: str, ctx: Context) -> bool:
    """Whether what shall come about plainly begins with something else than a verb, such as an agency's name."""
    first = next((word.text for word in words(outcome)), "")
    named = {name.casefold() for a in ctx.directory.agencies.values() for name in (a.short, a.name)}
    return ctx.voice().language.code == "en" and (first in _BEGINS_NO_VERB or first in named)


def may_harm(outcome: str, owner: str, ctx: Context) -> bool:
    """Whether it is of the kind that can make things worse, as the scheme says it: by kind of agency, and by word."""
    scheme, agency = ctx.house.of(ctx.case.scheme), ctx.directory.agencies[owner]
    kinds = {kind.casefold() for kind in scheme.harm_kinds}
    if (agency.kind or agency.short).casefold() not in kinds or not scheme.harm_words:
        return False
    any_word = "|".join(re.escape(word.casefold()) for word in scheme.harm_words)
    return re.search(rf"\b(?:{any_word})(?:s|d|ed|ing)?\b", outcome.casefold()) is not None


def in_remit_of(outcome: str, owners: Collection[str], ctx: Context) -> str | None:
    """The agency at the table in whose remit an outcome plainly is; None: its owner's, or not plainly anybody's."""
    named = {w.text for a in ctx.directory.agencies.values() for n in (a.short, a.name) for w in words(n)}
    said = {w.text for w in words(outcome)} - named
    remits = {
        agency: {w.text for w in words(ctx.directory.agencies[agency].remit) if len(w.text) >= _SHORTEST}
        for agency in ctx.case.seats
        if agency in ctx.directory.agencies
    }
    found = [agency for agency, remit in remits.items() if remit & said - _SAYS_NO_REMIT]
    all_known = all(remits.get(agency) for agency in owners)
    return found[0] if all_known and len(found) == 1 and found[0] not in owners else None
