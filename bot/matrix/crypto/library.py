"""Of matrix-nio the Olm machine and its store, loaded without its client and without what that needs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

from bot.imports import without


@contextmanager
def _without_its_client() -> Iterator[None]:
    """Load parts of nio, but not all that the package itself would: whoever imports it later gets it whole."""
    spec = find_spec("nio")
    if "nio" in sys.modules or spec is None:
        yield
        return
    bare = sys.modules["nio"] = ModuleType("nio")
    bare.__path__ = list(spec.submodule_search_locations or ())
    try:
        yield
    finally:
        del sys.modules["nio"]


# peewee would load the drivers of PostgreSQL, and pycryptodome, which only nio's attachments use, a C parser.
with without("psycopg", "psycopg2", "cffi"), _without_its_client():
    from nio.crypto import DeviceStore, Olm, OlmDevice, OutgoingKeyRequest, TrustState
    from nio.events import DummyEvent
    from nio.store import SqliteStore
    from peewee import SqliteDatabase  # type: ignore[import-untyped] # no stubs

__all__ = (
    "DeviceStore",
    "DummyEvent",
    "Olm",
    "OlmDevice",
    "OutgoingKeyRequest",
    "SqliteDatabase",
    "SqliteStore",
    "TrustState",
)
