"""The store or a single row fails under the running bot: it waits, says so in its log, and goes on by itself."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from storage import database
from tests.chaos import answers, ask, open_case, say_surely
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.waiting import until

pytestmark = pytest.mark.e2e


@pytest.fixture
async def deployment(
    homeserver: Homeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Deployment]:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.2)
    made = await Deployment.make(tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"))
    try:
        await made.start_bot()
        yield made
    finally:
        await made.close()


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
        other.execute("ROLLBACK")
        answer = await cleo.hears(answers(deployment.bot_id, asked), room)
    assert str(answer.content["body"]).startswith("C-1")
    await ask(deployment, "dirk", room, "!concern afterwards kind: fact", heard_by="cleo")


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
    with store_of(deployment) as other:
        waiting = other.execute("SELECT txn_id FROM outbox WHERE sent_at IS NULL AND txn_id = 'broken'").fetchall()
    assert waiting == [("broken",)]
