import pytest
import sqlalchemy as sa

from storage import secret, tables
from storage.crypto import WrongKeyError
from storage.work import Store


async def test_a_secret_is_kept_sealed_and_replaced(store: Store) -> None:
    assert await secret.read(store, "seed") is None
    await secret.keep(store, "seed", b"one")
    await secret.keep(store, "seed", b"two")
    assert await secret.read(store, "seed") == b"two"
    async with store.update() as session:
        value = await session.scalar(sa.select(tables.settings.c.value).where(tables.settings.c.key == "seed"))
    assert value is not None
    assert "dHdv" not in value


async def test_a_secret_under_another_name_does_not_open(store: Store) -> None:
    await secret.keep(store, "seed", b"one")
    async with store.update() as session:
        await session.execute(sa.update(tables.settings).values(key="other"))
    with pytest.raises(WrongKeyError):
        await secret.read(store, "other")
