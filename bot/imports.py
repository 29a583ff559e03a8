"""Loading libraries without what they load besides: at each start it takes time, and memory for as long as we run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """What is imported in here takes these packages for not installed; those that are loaded already stay."""
    # That is what None means to Python's import system.
    absent = dict.fromkeys(name for name in packages if name not in sys.modules)
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
