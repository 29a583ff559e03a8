"""Whether an outcome begins with its verb, as far as that can be told."""

from chat.context import Context
from chat.said import words

_BEGINS_NO_VERB = frozenset(
    {
        *("the", "a", "an", "this", "that", "these", "those", "his", "her", "their", "our", "my", "its", "some", "any"),
        *("he", "she", "it", "they", "we", "i", "you", "somebody", "someone", "everybody", "there", "no", "more"),
    }
)
"""English only: in other languages a verb has other places."""


def lacks_verb(outcome: str, ctx: Context) -> bool:
    """Whether what shall come about plainly begins with something else than a verb, such as an agency's name."""
    first = next((word.text for word in words(outcome)), "")
    named = {name.casefold() for a in ctx.directory.agencies.values() for name in (a.short, a.name)}
    return ctx.voice().language.code == "en" and (first in _BEGINS_NO_VERB or first in named)
