"""Loading libraries without what they load besides: at each start it takes time, and memory for as long as we run."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """What is imported in here takes these packages for not installed; those that are loaded already stay."""
    # That is what None means to Python's import system.
    with _instead(dict.fromkeys(packages)):
        yield


@contextmanager
def hollow(*modules: str) -> Iterator[None]:
    """What is imported in here, and can't do without these modules, gets names only; those that are loaded stay.

    Whoever makes something of such a name later gets an ImportError.
    """
    with _instead({name: _Hollow(name) for name in modules}):
        yield


@contextmanager
def _instead(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


class _Hollow(ModuleType):
    """Has whatever name is asked for: a class that nothing can be made of."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: object, **__: object) -> None:
            raise ImportError(f"{self.__name__}.{name} was left out when it was imported")

        return type(name, (), {"__init__": refuse})
