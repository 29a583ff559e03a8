"""The socket over which the shell asks: for the bot's own user, in its own folder, and gone with the bot."""

import asyncio
import stat
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from bot import control
from bot.config import ConfigProblem
from storage.database import StoreAwayError


async def say_back(asked: Mapping[str, Any]) -> dict[str, object]:
    return {"said": asked["word"]}


async def complain(_asked: Mapping[str, Any]) -> dict[str, object]:
    raise ConfigProblem("the file is no TOML", "nobody is a coordinator")


async def fail(_asked: Mapping[str, Any]) -> dict[str, object]:
    raise RuntimeError("CANARY")


async def lose_the_store(_asked: Mapping[str, Any]) -> dict[str, object]:
    raise StoreAwayError("CANARY")


WAYS = {"say": say_back, "complain": complain, "fail": fail, "lose": lose_the_store}


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


async def test_a_store_that_went_away_is_not_said_to_hold_nothing_of_it(folder: Path) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        with pytest.raises(ConfigProblem, match="look whether it was done") as told:
            await control.ask(folder, {"do": "lose"})
    assert "CANARY" not in str(told.value.problems)


@pytest.mark.parametrize(
    "asked",
    [b"[" * 100_000, b"[]", b'"say"', b"7", b'{"do": []}', b"\xff\xfe", b'{"do": "say"', b"", b"x" * 5_000_000],
    ids=["deep", "list", "word", "number", "unhashable", "no text", "half", "nothing", "huge"],
)
async def test_what_is_no_question_is_answered_and_the_next_one_is_too(folder: Path, asked: bytes) -> None:
    async with AsyncExitStack() as opened:
        await control.serve(opened, folder, WAYS)
        with control._address(folder) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        writer.write(asked + b"\n")
        with suppress(ConnectionError):
            assert b"does not know that" in await reader.readline()
        writer.close()
        assert await control.ask(folder, {"do": "say", "word": "w"}) == {"said": "w"}


async def test_half_an_answer_is_none(folder: Path) -> None:
    async def end_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"said": "w')
        writer.close()

    with control._address(folder) as address:
        server = await asyncio.start_unix_server(end_in_the_middle, address)
    async with server:
        with pytest.raises(ConfigProblem, match="ended before it answered"):
            await control.ask(folder, {"do": "say"})


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
