"""Who has no professional secrecy of their own is told that they are bound, with the text (practice, section 5)."""

import hashlib
from collections.abc import Iterable

from cases.people import Professional
from cases.scheme import Scheme
from storage import register
from storage.find import Directory
from storage.work import Work

_TEXTS = "bound"
"""The register of what was shown, by its version."""
_LONG_ENOUGH = 8


def version_of(text: str) -> str:
    """What tells one text from another: the beginning of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LONG_ENOUGH]


def is_told(person: Professional, scheme: Scheme, directory: Directory) -> bool:
    """Whether a scheme has this person told."""
    agency = directory.agencies.get(person.agency)
    own = {person.function.casefold(), agency.kind.casefold() if agency else ""} - {""}
    return bool(scheme.bound) and own.isdisjoint(name.casefold() for name in scheme.under_secrecy)


def tell(people: Iterable[str], scheme: Scheme, directory: Directory, work: Work) -> dict[str, str]:
    """Those of these (Matrix ids) who are told, each with the version of the text, which is kept as it was shown."""
    known = (directory.people.get(person) for person in people)
    version = version_of(scheme.bound)
    told = {person.user_id: version for person in known if person and is_told(person, scheme, directory)}
    if told and version not in register.read(work.find, _TEXTS):
        register.write(work, _TEXTS, version, {"text": scheme.bound, "since": work.now.isoformat()})
    return told
