"""The secrets of its own that a running bot needs: sealed with the house's key, so with the master key."""

import base64

from sqlalchemy import delete, insert

from storage import tables
from storage.crypto import HOUSE
from storage.store import Store

PLACE = "settings.value"
USER_SIGNING = "user_signing"
"""The seed of the key with which the bot vouches for people it has verified."""


def keep(store: Store, name: str, secret: bytes) -> None:
    """Keep a secret, in place of an earlier one."""
    s = tables.settings
    sealed = store.ring.seal(base64.b64encode(secret).decode(), scope=HOUSE, place=PLACE, row=name)
    with store.update() as session:
        ours = {"account": store.account.user_id, "key": name}
        session.execute(delete(s).filter_by(**ours))
        session.execute(insert(s).values(**ours, value=base64.b64encode(sealed).decode()))


def read(store: Store, name: str) -> bytes | None:
    """The secret, or None; raises WrongKeyError when it was tampered with."""
    with store.look() as find:
        sealed = find.setting(name)
    if sealed is None:
        return None
    return base64.b64decode(store.ring.open(base64.b64decode(sealed), scope=HOUSE, place=PLACE, row=name))
