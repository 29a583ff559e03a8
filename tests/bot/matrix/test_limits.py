"""A homeserver as it is installed, with its limits: one run of each command, and a case that everybody comes into."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import config
from bot.app import App
from bot.matrix.crypto.wire import Wire
from tests.homeserver import Homeserver
from tests.professional import Professional
from tests.room import PEOPLE
from tests.waiting import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "agencies.example.toml"
PASSWORD = "correct horse"

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def limiting() -> Iterator[Homeserver]:
    with Homeserver(limited=True) as server:
        yield server


def run(*arguments: str | Path) -> str:
    """What a command says that is run once, as it is shipped."""
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (made.returncode, made.stderr) == (0, "")
    return made.stdout


async def test_the_example_is_set_up_and_a_case_opened_in_one_run(limiting: Homeserver, tmp_path: Path) -> None:
    for who in (*PEOPLE, "roundtable"):
        limiting.register(who, PASSWORD)
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    agencies = tmp_path / "agencies.toml"
    agencies.write_text(EXAMPLE.read_text().replace("example.org", "localhost"))
    folder = tmp_path / "bot"
    settings = ("--config", folder / "config.toml")
    account = ("--homeserver", limiting.url, "--user", "@roundtable:localhost", "--password-file", password)

    run("init", *account, "--data-dir", folder)
    assert run("provision", agencies, "--yes", *settings).endswith("Done.\n")
    assert run("provision", agencies, "--yes", *settings) == "Nothing to do.\n"

    settings_of_bot = config.load(folder / "config.toml")
    app, stop = App(settings_of_bot.model_copy(update={"server": config.Server(health_port=0)})), asyncio.Event()
    running = asyncio.create_task(app.run(stop))
    try:
        async with await Professional.sign_in(limiting.url, "@cleo:localhost", PASSWORD, tmp_path / "cleo") as cleo:
            coordination = await until(lambda: find_room(folder, "coordination"), "the coordination room")
            await cleo.is_in(coordination)
            await asyncio.wait_for(app.health.listening.wait(), PATIENCE_SECONDS)
            await cleo.say(coordination, "!case open why: w goal: g agencies: police, social, health, school, youth")
            opened = await cleo.hears(lambda event: "being invited" in str(event.content.get("body")), coordination)
            ref = str(opened.content["body"]).split()[0]
            assert str(opened.content["body"]).startswith(f"{ref} is open. 8 people are being invited.")
            room = await until(lambda: find_room(folder, f"case:{ref}"), "the room of the case")
            await cleo.hears(lambda event: "Welcome" in str(event.content.get("body")), room)
        async with Wire(limiting.url, settings_of_bot.matrix.token()) as wire:
            state = await wire.ask_list(f"v3/rooms/{room}/state")
        members = {raw["state_key"] for raw in state if raw["type"] == "m.room.member"}
        assert members == {
            "@roundtable:localhost",
            *(f"@{who}:localhost" for who in PEOPLE if who not in {"bram", "ella", "kees"}),
        }
    finally:
        stop.set()
        await running


def find_room(folder: Path, channel: str) -> str | None:
    """The room of a channel, once there is one."""
    with contextlib.closing(sqlite3.connect(folder / "roundtable.db")) as store:
        found = store.execute("SELECT room_id FROM rooms WHERE channel = ?", (channel,)).fetchone()
    return found[0] if found else None
