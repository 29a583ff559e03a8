"""The names of what has its effects once: a message, a key that falls due, something that was noticed.

A name is a path, and its first part says of which kind it is. What others choose (ids and tokens of the homeserver,
names) is quoted, so that it never gets out of its own part: no event id can be the name of anything else.
"""

import hashlib
from urllib.parse import quote

EVENT, CIPHERTEXT = "event", "ciphertext"
LONGEST_PART = 300
"""In characters, once quoted; of what is longer a hash stands there. No database indexes a name without end."""
_PLAIN = "@$!#:+=,;~ "
_EDITS = "/edits/"


def of_event(event_id: str, line: int = 1) -> str:
    """A line of a message."""
    return _join(EVENT, event_id, line)


def of_ciphertext(sender_key: str, session_id: str, position: int, line: int = 1) -> str:
    """The same line, by what no homeserver and no other member can choose of it."""
    return _join(CIPHERTEXT, sender_key, session_id, position, line)


def of_job(kind: str, *parts: object) -> str:
    """Something that the bot does by itself; ``kind`` is one of its own words."""
    if not kind or kind in {EVENT, CIPHERTEXT} or _quoted(kind) != kind:
        raise ValueError("not a kind of job")
    return _join(kind, *parts)


def below(cause: str, *parts: object) -> str:
    """Something that follows a job under its name."""
    return f"{cause}/{_join(*parts)}"


def in_edit(cause: str, edited_event_id: str) -> str:
    """The name that the line of an edit has in the audit log, where it is found by the message that it edits, too.

    Only there: an edit has its effects once, whatever it says that it edits.
    """
    return f"{cause}{_EDITS}{_quoted(edited_event_id)}"


def without_edited(name: str) -> str:
    """The line itself, from its name in the audit log."""
    return name.partition(_EDITS)[0]


def of_lines(event_id: str) -> tuple[str, str]:
    """How the names of a message's own lines begin, and how those of its edits end."""
    return f"{_join(EVENT, event_id)}/", f"{_EDITS}{_quoted(event_id)}"


def derive(name: str) -> str:
    """Forty letters and digits, always the same for a name: what others may see of it, such as in an address."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:40]


def _join(*parts: object) -> str:
    return "/".join(_quoted(str(part)) for part in parts)


def _quoted(part: str) -> str:
    quoted = quote(part, safe=_PLAIN, errors="surrogatepass")
    return quoted if len(quoted) <= LONGEST_PART else f"%{hashlib.sha256(quoted.encode()).hexdigest()}"
