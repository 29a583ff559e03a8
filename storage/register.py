"""What the house keeps beside its cases, such as its glossary: small entries, each sealed with the house's key."""

import base64
import json
from collections.abc import Mapping

from sqlalchemy import delete, select

from storage import tables
from storage.crypto import HOUSE
from storage.find import Find
from storage.work import Work

_PLACE = "settings.register"
_ENTRY = "register "
"""What the name of a setting begins with that holds an entry; its register and its own name follow."""
Facts = Mapping[str, str]


def write(work: Work, register: str, name: str, facts: Facts) -> None:
    """Put an entry, in place of the one of that name. The names stand in clear: no words that people typed."""
    key = f"{_ENTRY}{register} {name}"
    work.keep(key, base64.b64encode(work.seal(json.dumps(dict(facts)), HOUSE, _PLACE, key)).decode())


def strike(work: Work, register: str, name: str) -> None:
    """Take an entry out."""
    s = tables.settings.c
    mine = (s.account == work.account.user_id, s.key == f"{_ENTRY}{register} {name}")
    work.session.execute(delete(tables.settings).where(*mine))


def read(find: Find, register: str) -> dict[str, dict[str, str]]:
    """The entries of a register, by name; raises WrongKeyError."""
    s = tables.settings.c
    begins = f"{_ENTRY}{register} "
    query = select(s.key, s.value).where(s.account == find.account.user_id, s.key.startswith(begins, autoescape=True))
    sealed = {row.key: base64.b64decode(row.value) for row in find.rows(query)}
    return {
        key.removeprefix(begins): json.loads(find.unseal(value, HOUSE, _PLACE, key))
        for key, value in sorted(sealed.items())
    }
