"""What the tests of a concept bring to those that go through all: ``WALK`` and ``STORY`` in the head of its folder."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from tests import commands


def gather(name: str) -> list[Any]:
    """The entries of all lists of this name, concept by concept."""
    folders = [found.name for found in iter_modules(commands.__path__, f"{commands.__name__}.") if found.ispkg]
    return [entry for folder in folders for entry in getattr(import_module(folder), name, [])]
