"""What a person can say to the bot, and what it answers."""

from importlib import import_module

from commands.registry import Registry, commands

MODULES = (
    "concerns",
    "requests",
    "actions",
    "decisions",
    "roundtables",
    "planning",
    "meeting",
    "minutes",
    "picture",
    "erasing",
    "snoozing",
    "settings",
    "steering",
    "administration",
    "verification",
    "helping",
)
"""One a concept, in the order in which the help shows them."""


def registry_of_all() -> Registry:
    """Every command: importing a module registers what it defines."""
    for module in MODULES:
        import_module(f"commands.{module}")
    return commands
