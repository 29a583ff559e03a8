"""What holds content, or may, shows none of it in a repr: those end up in logs, tracebacks and chat."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from pydantic import BaseModel

import bot
import cases
import chat
import commands
import storage
from bot.matrix.crypto.trust import Verdict

CANARY = "Zephyrine Quillfeather"
PLACES = {"channel", "event_id", "id", "kind", "sender", "type", "user_id"}
PUBLIC = {"Identity"}
"""Shows a public key, as its own test says."""


def modules() -> Iterator[object]:
    for package in (bot, cases, chat, commands, storage):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                yield importlib.import_module(module.name)


def classes() -> list[type]:
    found = {
        cls
        for module in modules()
        for cls in vars(module).values()
        if inspect.isclass(cls) and cls.__module__.split(".")[0] in {"bot", "cases", "chat", "commands", "storage"}
    }
    return sorted(found, key=lambda cls: f"{cls.__module__}.{cls.__qualname__}")


DATACLASSES = [cls for cls in classes() if is_dataclass(cls) and cls.__name__ not in PUBLIC]
MODELS = [cls for cls in classes() if issubclass(cls, BaseModel) and cls.__module__ != "bot.config"]


@pytest.mark.parametrize("cls", DATACLASSES, ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}")
def test_no_record_shows_what_it_holds(cls: type[Any]) -> None:
    made: Any = object.__new__(cls)
    for field in fields(cls):
        # Where something goes, and as what, is told.
        harmless = Verdict.TRUSTED if field.name == "verdict" else "place" if field.name in PLACES else None
        object.__setattr__(made, field.name, harmless or CANARY)
    assert CANARY not in repr(made)


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}")
def test_no_model_shows_what_it_holds(cls: type[Any]) -> None:
    made = cls.model_construct(**dict.fromkeys(cls.model_fields, CANARY))
    assert CANARY not in repr(made) + str(made)


def test_the_walk_finds_what_matters() -> None:
    names = {cls.__name__ for cls in DATACLASSES}
    assert {"Incoming", "Row", "Message", "Attachment", "Reply", "Case", "Step", "Concern", "Member"} <= names
    assert len(MODELS) > 50
