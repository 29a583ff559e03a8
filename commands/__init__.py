"""What a person can say to the bot, and what it answers."""

from importlib import import_module
from typing import TYPE_CHECKING

from commands import groups

if TYPE_CHECKING:
    from commands.registry import Registry

MODULES = {
    "concerns": groups.ASK,
    "requests": groups.ASK,
    "actions": groups.ACT,
    "decisions": groups.DECIDE,
    "roundtables": groups.MEET,
    "planning": groups.MEET,
    "meeting": groups.DURING,
    "minutes": groups.MINUTES,
    "picture": groups.CASE,
    "erasing": groups.MISTAKE,
    "snoozing": groups.ME,
    "settings": groups.ME,
    "steering": groups.CASE,
    "administration": groups.ADMIN,
    "verification": groups.ADMIN,
    "helping": groups.ME,
}
"""One a concept, in the order in which the help shows them; and the group of its commands, unless one names another."""


def registry_of_all() -> "Registry":
    """Every command: importing a module registers what it defines."""
    # The configuration asks for languages only: whoever reads it does not load what commands need.
    from commands.registry import commands  # noqa: PLC0415

    for module in MODULES:
        import_module(f"commands.{module}")
    return commands
