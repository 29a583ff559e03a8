"""What people say to the card that asks whether something may go to a second case."""

from chat.registry import commands
from chat.said import LOOSE, Sayings, is_courtesy, words
from storage.find import Card, Find

_GOES = frozenset({"agree", "agreed", "yes", "ok", "okay", "ja", "akkoord", "eens"})
_STAYS = frozenset({"object", "disagree", "dissent", "refuse", "oneens", "weiger"})


def read_agreement(find: Find, sender: str, said: str, card: Card) -> str | None:
    """``agree`` in reply to it, and ``disagree`` with why; ``accept`` and ``decline`` are commands of their own."""
    del find, sender
    first = next(iter(words(said)), None)
    if not (card.subject or "").startswith("K-") or first is None:
        return None
    rest = said[first.end :].lstrip(" ,:.!-")
    if first.text in _STAYS:
        return f"decline {card.subject} {rest}".rstrip()
    goes = first.text in _GOES and "?" not in said and is_courtesy(rest, LOOSE)
    return f"accept {card.subject}" if goes else None


commands.replies.append(read_agreement)
commands.say("separate", Sayings(instead=("split", "divide", "siblings", "splitsen")))
commands.say("allocate", Sayings(instead=("assign", "verdeel")))
