"""The bot was away: everything is handled afterwards, in order, and what fell due is said once."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.matrix.crypto.sync import TIMELINE_LIMIT
from storage import tables
from tests.chaos import answers, ask, open_case, play_absence
from tests.deployment import Deployment
from tests.homeserver import Homeserver

pytestmark = pytest.mark.e2e

MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
THREE_DAYS = timedelta(days=3)


def said(deployment: Deployment, who: str, room: str, part: str) -> list[str]:
    """What this person's client decrypted of the bot's messages with this part."""
    bodies = [
        str(event.content.get("body"))
        for event in deployment.people[who].heard
        if event.sender == deployment.bot_id and event.room_id == room
    ]
    return [body for body in bodies if part in body]


@pytest.mark.slow
async def test_more_messages_than_a_sync_holds_are_handled_in_order(homeserver: Homeserver, tmp_path: Path) -> None:
    # Nobody spoke in these rooms before, so that nothing says how far back to look but the last sync.
    busy = TIMELINE_LIMIT + 5
    report = await play_absence(tmp_path, homeserver, busy=busy, others=2, each=3)
    assert (report.commands, report.lost, report.twice, report.faults) == (busy + 6, [], [], [])


async def test_what_fell_due_in_three_days_away_is_said_once_and_called_late(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    moved = timedelta()
    deployment = await Deployment.make(tmp_path, homeserver, lambda: MONDAY + moved, people=("cleo", "dirk"))
    try:
        await deployment.start_bot()
        room = await open_case(deployment, "social")
        for due in ("tue 12:00", "thu 9:15", "thu 15:00"):
            await ask(deployment, "dirk", room, f"!action look around for: social by: {due}", heard_by="cleo")
        await deployment.stop_bot()
        moved = THREE_DAYS
        for _ in range(2):
            await deployment.start_bot()
            await deployment.bot_ticks()
            # What was to be said in this room is said before the answer.
            await ask(deployment, "dirk", room, "!concern I am back kind: fact", heard_by="cleo")
            await deployment.stop_bot()
        reminders = said(deployment, "cleo", room, "need you in")
        assert [text.partition("\n")[2] for text in reminders] == [
            (
                "A-1 was due Tue 3 Nov 2026 · A-2 was due Thu 5 Nov 2026 · A-3 due today 15:00"
                "\n(This comes later than planned.)"
            )
        ]
    finally:
        await deployment.close()


async def test_what_may_have_gone_out_a_day_ago_is_looked_for_before_it_is_said_again(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    moved = timedelta()
    deployment = await Deployment.make(tmp_path, homeserver, lambda: MONDAY + moved, people=("cleo", "dirk"))
    try:
        await deployment.start_bot()
        room = await open_case(deployment, "social")
        event_id = await ask(deployment, "dirk", room, "!concern only once kind: fact", heard_by="cleo")
        await deployment.stop_bot()
        answer = await deployment.people["cleo"].hears(answers(deployment.bot_id, event_id), room)
        forget_that_it_was_sent(deployment, answer.event_id)
        forget_transactions(homeserver)
        moved = timedelta(hours=21)
        await deployment.start_bot()
        await ask(deployment, "dirk", room, "!concern the next kind: fact", heard_by="cleo")
        assert len(said(deployment, "cleo", room, "only once")) == 1
        await deployment.stop_bot()
        assert waiting_rows(deployment) == 0
    finally:
        await deployment.close()


def forget_that_it_was_sent(deployment: Deployment, event_id: str) -> None:
    """As after a crash between sending and marking."""
    o = tables.outbox
    with deployment.store() as store:
        forgotten = store.execute(sa.update(o).where(o.c.event_id == event_id).values(sent_at=None, event_id=None))
        assert forgotten.rowcount == 1


def forget_transactions(homeserver: Homeserver) -> None:
    """As the homeserver does after a day."""
    homeserver.stop()
    with contextlib.closing(sqlite3.connect(homeserver.database_path)) as database, database:
        assert database.execute("DELETE FROM event_txn_id_device_id").rowcount > 0
    homeserver.start()


def waiting_rows(deployment: Deployment) -> int:
    """How many rows of the outbox were not sent."""
    with deployment.store() as store:
        query = sa.select(sa.func.count()).select_from(tables.outbox).where(tables.outbox.c.sent_at.is_(None))
        return store.scalar(query) or 0
