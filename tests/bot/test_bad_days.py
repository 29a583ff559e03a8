"""The store or a single row fails under the running bot: it waits, says so in its log, and goes on by itself."""

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from storage import database
from tests.chaos import answers, ask, open_case, say_surely
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.waiting import LOOK_SECONDS, PATIENCE_SECONDS, until

pytestmark = pytest.mark.e2e
UNUSABLE = (503, "store_unusable")
WELL = (200, None)


@pytest.fixture
async def deployment(
    homeserver: Homeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Deployment]:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.2)
    made = await Deployment.make(tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"))
    config = made.directory / "bot" / "config.toml"
    config.write_text(config.read_text().replace("health_port = 0", f"health_port = {free_port()}"))
    try:
        await made.start_bot()
        yield made
    finally:
        await made.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def every_transaction_begins_with(pragma: str) -> Iterator[None]:
    """As if the disk were like this for a while."""

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {pragma}")

    sa.event.listen(sa.Engine, "begin", begin)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "begin", begin)


async def health(deployment: Deployment) -> tuple[int, object]:
    """What machines are told."""
    port = deployment._config().server.health_port
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
        return answer.status, (await answer.json()).get("reason")


async def becomes(deployment: Deployment, wanted: tuple[int, object]) -> None:
    """Wait until machines are told this."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await health(deployment) != wanted:  # noqa: ASYNC110 machines ask again, too
            await asyncio.sleep(LOOK_SECONDS)


def store_of(deployment: Deployment) -> "contextlib.closing[sqlite3.Connection]":
    path = deployment.directory / "bot" / "roundtable.db"
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


async def test_a_store_that_is_locked_for_a_while_is_waited_for(deployment: Deployment) -> None:
    room = await open_case(deployment, "social")
    cleo = deployment.people["cleo"]
    with store_of(deployment) as other, capture_logs() as logs:
        other.execute("BEGIN IMMEDIATE")
        asked = await say_surely(deployment.people["dirk"], room, "!concern while it is locked kind: fact")
        await until(
            lambda: [line for line in logs if "SQLITE_BUSY" in str(line.get("reason"))], "the bot meets the lock"
        )
        assert await health(deployment) == UNUSABLE
        other.execute("ROLLBACK")
        answer = await cleo.hears(answers(deployment.bot_id, asked), room)
    assert str(answer.content["body"]).startswith("C-1")
    await ask(deployment, "dirk", room, "!concern afterwards kind: fact", heard_by="cleo")


@pytest.mark.parametrize(
    ("spoiled", "mended", "code"),
    [
        ("query_only = 1", "query_only = 0", "SQLITE_READONLY"),
        # Less than it holds: it may not grow by a page.
        ("max_page_count = 1", "max_page_count = 4294967294", "SQLITE_FULL"),
    ],
    ids=["read-only", "full"],
)
async def test_a_store_that_takes_nothing_for_a_while_is_told_and_waited_for(
    deployment: Deployment, spoiled: str, mended: str, code: str
) -> None:
    room = await open_case(deployment, "social")
    await becomes(deployment, WELL)
    with every_transaction_begins_with(spoiled), capture_logs() as logs:
        # Long enough that a full disk has no place for it.
        asked = [
            await say_surely(deployment.people["dirk"], room, f"!concern number {n} {'x' * 7000} kind: fact")
            for n in range(1, 5)
        ]
        await until(lambda: [line for line in logs if code in str(line.get("reason"))], "the bot meets it")
        assert await health(deployment) == UNUSABLE
    with every_transaction_begins_with(mended):
        for number, event_id in enumerate(asked, 1):
            answer = await deployment.people["cleo"].hears(answers(deployment.bot_id, event_id), room)
            assert str(answer.content["body"]).startswith(f"C-{number}")
        await becomes(deployment, WELL)
    assert {"store unavailable"} == {line["event"] for line in logs if line["log_level"] == "error"}


async def test_a_row_that_cannot_be_sent_holds_up_no_other_room(deployment: Deployment) -> None:
    room = await open_case(deployment, "social")
    with store_of(deployment) as other:
        other.execute(
            "INSERT INTO outbox (account, txn_id, channel, kind, scope, body, created_at, tries) "
            "VALUES (?, 'broken', 'agency:social', 'message', 'house', x'00', '2026-11-02 09:00:00', 0)",
            (deployment.bot_id,),
        )
    await ask(deployment, "dirk", room, "!concern meanwhile kind: fact", heard_by="cleo")
    await ask(deployment, "dirk", room, "!concern and again kind: fact", heard_by="cleo")
    await becomes(deployment, (200, "rooms_failing"))
    with store_of(deployment) as other:
        waiting = other.execute("SELECT txn_id FROM outbox WHERE sent_at IS NULL AND txn_id = 'broken'").fetchall()
    assert waiting == [("broken",)]
