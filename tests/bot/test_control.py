"""The socket over which the shell asks: for the bot's own user, in its own folder, and gone with the bot."""

import asyncio
import stat
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot import control
from bot.config import ConfigProblem


async def say_back(asked: Mapping[str, Any]) -> dict[str, object]:
    return {"said": asked["word"]}


async def complain(_asked: Mapping[str, Any]) -> dict[str, object]:
    raise ConfigProblem("the file is no TOML", "nobody is a coordinator")


async def fail(_asked: Mapping[str, Any]) -> dict[str, object]:
    raise RuntimeError("CANARY")


WAYS = {"say": say_back, "complain": complain, "fail": fail}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One whose path is longer than that of a socket may be."""
    made = tmp_path / ("long" * 30)
    made.mkdir(mode=0o700)
    return made


async def test_a_running_bot_answers_and_nobody_else_can_ask(folder: Path) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        assert stat.S_IMODE((folder / control.SOCKET).stat().st_mode) == 0o600
        assert await control.ask(folder, {"do": "say", "word": "two\nlines"}) == {"said": "two\nlines"}
    assert not (folder / control.SOCKET).exists()
    assert await control.ask(folder, {"do": "say", "word": "w"}) is None


async def test_what_a_killed_bot_left_is_no_running_bot_and_the_next_one_takes_its_place(folder: Path) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        (folder / control.SOCKET).rename(folder / "left")
    (folder / "left").rename(folder / control.SOCKET)
    assert await control.ask(folder, {"do": "say", "word": "w"}) is None
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        assert await control.ask(folder, {"do": "say", "word": "w"}) == {"said": "w"}


@pytest.mark.parametrize(
    ("question", "problems"),
    [
        ({"do": "complain"}, ("the file is no TOML", "nobody is a coordinator")),
        ({"do": "unknown"}, ("the running bot does not know that: is it of another version?",)),
        ({}, ("the running bot does not know that: is it of another version?",)),
    ],
)
async def test_what_the_bot_complains_of_is_told(
    folder: Path, question: Mapping[str, object], problems: tuple[str, ...]
) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        with pytest.raises(ConfigProblem) as told:
            await control.ask(folder, question)
        assert told.value.problems == problems


async def test_a_fault_is_told_without_its_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        with pytest.raises(ConfigProblem, match="RuntimeError") as told:
            await control.ask(folder, {"do": "fail"})
    assert "CANARY" not in str(told.value.problems) + capsys.readouterr().out


async def test_a_bot_that_ends_meanwhile_keeps_nobody_waiting(folder: Path) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def wait(_asked: Mapping[str, Any]) -> dict[str, object]:
        begun.set()
        await never.wait()
        return {}

    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, {"wait": wait})
        asking = asyncio.create_task(control.ask(folder, {"do": "wait"}))
        await begun.wait()
    with pytest.raises(ConfigProblem, match="ended before it answered"):
        await asking
