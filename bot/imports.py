"""Loading libraries without what they load besides: at each start it takes time, and memory for as long as we run."""

import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """What is imported in here takes these packages for not installed; those that are loaded already stay."""
    # That is what None means to Python's import system.
    with _instead(dict.fromkeys(packages)):
        yield


@contextmanager
def later(*modules: str) -> Iterator[None]:
    """What is imported in here gets of these modules names only: each is loaded when one of its names is used.

    Those that are loaded already stay. A class made from such a name in here can't be used.
    """
    with _instead({name: _Later(name) for name in modules}):
        yield


@contextmanager
def trusting_nobody() -> Iterator[None]:
    """What is imported in here makes its TLS contexts without the system's certificates, so that they refuse everybody.

    Reading these takes 20 ms and 2 MiB, which nobody needs who speaks without TLS: whoever speaks with it gives a
    context of its own.
    """
    usual = ssl.SSLContext.load_default_certs
    ssl.SSLContext.load_default_certs = _load_none  # type: ignore[assignment,method-assign]
    ssl.SSLContext.set_default_verify_paths = _load_none  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        ssl.SSLContext.load_default_certs = usual  # type: ignore[method-assign]
        # It was only inherited.
        del ssl.SSLContext.set_default_verify_paths


def _load_none(_context: ssl.SSLContext, _purpose: object = None) -> None:
    """Instead of the system's certificates."""


@contextmanager
def _instead(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


class _Later(ModuleType):
    """Has whatever name is asked for."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Name(name, (), {"__module__": self.__name__})


class _Name(type):
    """Stands for a class or a function of a module that is not loaded yet."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        return cls._real()(*args, **kwargs)

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._real(), name)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._real())

    def _real(cls) -> Any:  # noqa: ANN401 whatever has that name
        return getattr(import_module(cls.__module__), cls.__name__)
