"""The store's own thread: what works with the database is plain synchronous code there, one piece after the other.

Whoever listens and speaks awaits it, and holds up nobody meanwhile.
"""

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threaded(Protocol):
    """What runs a function in the store's thread."""

    async def do(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it there."""
        ...


class HasStore(Protocol):
    """What works with a store."""

    @property
    def _store(self) -> Threaded: ...


S = TypeVar("S", bound=HasStore)


def in_store_thread(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Let a synchronous method of what works with a store be awaited; it runs in the store's thread."""

    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.do(method, self, *args, **kwargs)

    update_wrapper(run, method)
    return run
