"""What people reply to the privacy protocol."""

from chat.registry import commands
from chat.said import is_courtesy
from commands.mandate.commands import ACCEPT
from storage import questions
from storage.find import Card, Find

_BEHIND = frozenset({"", "it", "this", "the protocol"})
_ACCEPTS = frozenset({"accept", "accepted", "agree", "agreed", "acknowledge", "acknowledged", "akkoord", "accepteer"})


def read_acceptance(find: Find, sender: str, said: str, card: Card) -> str | None:
    """``accept``, in reply to the protocol as it was shown: of that version."""
    first, _, rest = said.casefold().strip("!/.").partition(" ")
    if first.strip(",.") not in _ACCEPTS or not (
        rest.strip() in {"it", "the protocol", "protocol accept", ""} or is_courtesy(rest)
    ):
        return None
    line = questions.line_about(find, sender, card.cause)
    return line if line and line.startswith(ACCEPT) else None


commands.replies.append(read_acceptance)
