import pytest
import sqlalchemy as sa

from storage import secret, tables
from storage.crypto import WrongKeyError
from storage.store import Store


def test_a_secret_is_kept_sealed_and_replaced(store: Store) -> None:
    assert secret.read(store, "seed") is None
    secret.keep(store, "seed", b"one")
    secret.keep(store, "seed", b"two")
    assert secret.read(store, "seed") == b"two"
    with store.update() as session:
        value = session.scalar(sa.select(tables.settings.c.value).where(tables.settings.c.key == "seed"))
    assert value is not None
    assert "dHdv" not in value


def test_a_secret_under_another_name_does_not_open(store: Store) -> None:
    secret.keep(store, "seed", b"one")
    with store.update() as session:
        session.execute(sa.update(tables.settings).values(key="other"))
    with pytest.raises(WrongKeyError):
        secret.read(store, "other")
