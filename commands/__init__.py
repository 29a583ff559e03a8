"""What a person can say to the bot, and what it answers: a folder for each concept.

Whoever imports any of it has all records, verbs and items declared that a journal may hold (``rules.py``).
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.registry import Registry


@cache
def _load(module: str) -> None:
    """Import the module of this name of each concept that has one."""
    # Asking the importer for each of them is a tenth of the start.
    for found in sorted(Path(__file__).parent.glob(f"*/{module}.py")):
        import_module(f"{__name__}.{found.parent.name}.{module}")


def registry_of_all() -> "Registry":
    """Every command, job and poll, what people say and boards show: importing a module registers what it defines."""
    # Whoever opens a store only does not load what commands need.
    from chat.registry import commands  # noqa: PLC0415

    for module in ("commands", "jobs", "polls", "said", "board"):
        _load(module)
    return commands


_load("rules")
