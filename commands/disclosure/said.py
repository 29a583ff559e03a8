"""What people say to the card that asks whether something may leave the table."""

from chat.registry import commands
from chat.said import LOOSE, is_courtesy, words
from storage.find import Card, Find

_GOES = frozenset({"accept", "accepted", "agree", "agreed", "yes", "ok", "okay", "ja", "akkoord", "eens", "accepteer"})
_STAYS = frozenset({"decline", "dissent", "no", "nope", "nee", "object", "disagree", "oneens", "refuse", "weiger"})


def read_agreement(find: Find, sender: str, said: str, card: Card) -> str | None:
    """``accept`` and ``no`` in reply to it, with thanks perhaps; anything else is talk."""
    del find, sender
    first = next(iter(words(said)), None)
    if not (card.subject or "").startswith("L-") or first is None or not is_courtesy(said[first.end :], LOOSE):
        return None
    if first.text in _STAYS:
        return f"retain {card.subject}"
    return f"consent {card.subject}" if first.text in _GOES and "?" not in said else None


commands.replies.append(read_agreement)
