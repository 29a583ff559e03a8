from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from storage import register, tables
from storage.crypto import WrongKeyError
from storage.store import Store

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def put(store: Store, name: str, said: str) -> None:
    with store.work(f"put {name} {said}", NOW) as work:
        register.write(work, "glossary", name, {"said": said})


def test_an_entry_is_read_as_it_was_written_last(store: Store) -> None:
    put(store, "a", "first")
    put(store, "a", "second")
    put(store, "b", "other")
    with store.look() as find:
        assert register.read(find, "glossary") == {"a": {"said": "second"}, "b": {"said": "other"}}
        assert register.read(find, "gloss") == {}


def test_an_entry_that_was_struck_is_gone(store: Store) -> None:
    put(store, "a", "first")
    with store.work("strike", NOW) as work:
        register.strike(work, "glossary", "a")
    with store.look() as find:
        assert register.read(find, "glossary") == {}


def test_what_it_says_stands_nowhere_in_clear_and_cannot_be_moved(store: Store) -> None:
    put(store, "a", "CANARY")
    put(store, "b", "other")
    with store.update() as session:
        s = tables.settings.c
        values = {row.key: row.value for row in session.execute(sa.select(s.key, s.value)) if "register" in row.key}
        assert "CANARY" not in str(values)
        moved = {"register glossary b": values["register glossary a"]}
        for key, value in moved.items():
            session.execute(sa.update(tables.settings).where(s.key == key).values(value=value))
    with store.look() as find, pytest.raises(WrongKeyError):
        register.read(find, "glossary")
