"""Of matrix-nio the Olm machine and its store, loaded without its client and without what that needs."""

import sys
from importlib.util import find_spec, module_from_spec

from bot.imports import later, without


def _postpone_the_rest() -> None:
    """Let parts of nio be loaded alone: all that the package itself would load comes once somebody asks it for more."""
    spec = find_spec("nio")
    if "nio" in sys.modules or spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def load(name: str) -> object:
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = load
    sys.modules["nio"] = package


_postpone_the_rest()
# What a client answers with, HTTP without a loop, files, and the export of keys; pycryptodome would start a process to
# learn where it runs.
_UNUSED = (
    "nio.responses",
    "nio.http",
    "nio.crypto.async_attachments",
    "nio.crypto.attachments",
    "nio.crypto.key_export",
)
# peewee would load the drivers of PostgreSQL.
with later(*_UNUSED), without("psycopg", "psycopg2"):
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
