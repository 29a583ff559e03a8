import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.config import ConfigProblem, Server
from bot.exposition import render
from bot.health import Health
from bot.metrics import count_command, count_line
from storage.account import Account
from storage.messages import Message
from storage.progress import Progress
from storage.store import Store
from tests.storage.examples import MASTER, a_case, sqlite_url

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Elapsed:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store.open(sqlite_url(tmp_path), MASTER)
    yield opened
    opened.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_a_bot_that_listens_is_well(store: Store) -> None:
    elapsed = Elapsed()
    health = Health(lambda: NOW, elapsed)
    health.synced()
    elapsed.seconds += 15
    health.sent()
    elapsed.seconds += 5
    assert await health.report(store) == (
        True,
        {
            "status": "ok",
            "last_sync_seconds": 20,
            "last_sent_seconds": 5,
            "last_tick_seconds": None,
            "rooms_failing": 0,
            "outbox_waiting": 0,
            "outbox_oldest_seconds": None,
            "invitations_waiting": 0,
            "invitations_oldest_seconds": None,
            "undecryptable_waiting": 0,
            "cases_unreadable": 0,
        },
    )


async def test_what_waits_is_counted_but_not_told(store: Store) -> None:
    with store.work("$one", NOW - timedelta(minutes=2)) as work:
        work.say("coordination", Message("canary", "canary"))
        work.say("agency:police", Message("canary", "canary"))
    await Progress(store).wait_for_key("$two", "!room", {"canary": 1}, NOW)
    health = Health(lambda: NOW)
    health.synced()

    well, figures = await health.report(store)

    assert well
    assert (figures["outbox_waiting"], figures["outbox_oldest_seconds"]) == (2, 120)
    assert figures["undecryptable_waiting"] == 1
    assert "canary" not in json.dumps(figures)


async def test_before_the_first_sync_and_long_after_the_last_it_is_not_well(store: Store) -> None:
    elapsed = Elapsed()
    health = Health(lambda: NOW, elapsed)
    well, figures = await health.report(store)
    assert (well, figures["reason"]) == (False, "not_listening_yet")

    health.synced()
    elapsed.seconds += 4 * 60
    well, figures = await health.report(store)
    assert (well, figures["reason"]) == (False, "homeserver_silent")


async def test_a_clock_that_is_set_hides_no_silence_and_makes_none(store: Store) -> None:
    now, elapsed = NOW, Elapsed()
    health = Health(lambda: now, elapsed)
    with store.work("$one", NOW) as work:
        work.say("coordination", Message("canary", "canary"))
    health.synced()
    now = NOW + timedelta(days=400)
    assert (await health.report(store))[1]["status"] == "ok"
    now = NOW - timedelta(days=400)
    elapsed.seconds += 4 * 60
    well, figures = await health.report(store)
    assert (well, figures["reason"], figures["outbox_oldest_seconds"]) == (False, "homeserver_silent", 0)


async def test_a_store_that_cannot_be_read_is_told_by_a_code(tmp_path: Path, store: Store) -> None:
    health = Health(lambda: NOW)
    health.synced()
    with store.update() as session:
        session.exec_driver_sql("DROP TABLE waiting")
    well, figures = await health.report(store)
    assert (well, figures["reason"]) == (False, "store_unreadable")


async def test_the_answer_has_a_status_for_machines(store: Store) -> None:
    server = Server(health_port=free_port())
    health = Health(lambda: NOW)
    url = f"http://127.0.0.1:{server.health_port}/healthz"
    async with AsyncExitStack() as opened, aiohttp.ClientSession() as session:
        await health.serve(opened, store, server)
        async with session.get(url) as answer:
            assert answer.status == 503
            assert (await answer.json())["reason"] == "not_listening_yet"
        health.synced()
        async with session.get(url) as answer:
            assert answer.status == 200
            assert (await answer.json())["status"] == "ok"


async def test_a_store_that_cannot_be_used_is_told_until_the_next_sync_is_saved(store: Store) -> None:
    health = Health(lambda: NOW)
    health.synced()
    health.store_away()
    well, figures = await health.report(store)
    assert (well, figures["reason"]) == (False, "store_unusable")
    health.synced()
    assert (await health.report(store))[1]["status"] == "ok"


async def test_a_room_that_fails_is_told_while_the_others_are_served(store: Store) -> None:
    health = Health(lambda: NOW)
    health.synced()
    health.room_failing("case:K7QF", failing=True)
    well, figures = await health.report(store)
    assert (well, figures["status"], figures["reason"], figures["rooms_failing"]) == (
        True,
        "degraded",
        "rooms_failing",
        1,
    )
    assert "K7QF" not in json.dumps(figures)
    health.room_failing("case:K7QF", failing=False)
    assert (await health.report(store))[1]["status"] == "ok"


async def test_ticks_that_stop_are_told(store: Store) -> None:
    elapsed = Elapsed()
    health = Health(lambda: NOW, elapsed)
    health.ticked()
    elapsed.seconds += 16 * 60
    health.synced()
    well, figures = await health.report(store)
    assert (well, figures["reason"], figures["last_tick_seconds"]) == (False, "nothing_falls_due", 960)


async def test_metrics_are_figures_and_codes(store: Store) -> None:
    with store.work("$one", NOW - timedelta(minutes=2)) as work:
        work.say("case:K7QF", Message("canary", "canary"))
    server = Server(health_port=free_port())
    elapsed = Elapsed()
    health = Health(lambda: NOW, elapsed)
    health.synced()
    elapsed.seconds += 7
    health.room_failing("case:K7QF", failing=True)
    count_command("case/closed")
    count_line(None, "warning", {"level": "warning", "event": "not sent yet", "row": 5, "reason": "canary"})
    async with AsyncExitStack() as opened, aiohttp.ClientSession() as session:
        await health.serve(opened, store, server)
        async with session.get(f"http://127.0.0.1:{server.health_port}/metrics") as answer:
            told = await answer.text()
    found = {
        family.name: {frozenset(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(told)
    }
    alone = frozenset[str]()
    assert found["roundtable_last_sync_seconds"] == {alone: 7}
    assert found["roundtable_outbox_waiting"] == {alone: 1}
    assert found["roundtable_outbox_oldest_seconds"] == {alone: 120}
    assert found["roundtable_rooms_failing"] == {alone: 1}
    assert found["roundtable_well"] == found["roundtable_running"] == {alone: 1}
    assert found["roundtable_commands"][frozenset({"case/closed"})] >= 1
    assert found["roundtable_log_lines"][frozenset({"warning", "not sent yet"})] >= 1
    assert "canary" not in told
    assert "K7QF" not in told


async def test_a_port_that_is_taken_is_told_by_name(store: Store) -> None:
    server = Server(health_port=free_port())
    async with AsyncExitStack() as opened:
        await Health().serve(opened, store, server)
        with pytest.raises(ConfigProblem, match=r"^server\.health_port \d+ on 127\.0\.0\.1 can't be used"):
            await Health().serve(opened, store, server)


async def test_no_port_no_answer(store: Store) -> None:
    async with AsyncExitStack() as opened:
        await Health().serve(opened, store, Server(health_port=0))
        assert not opened._exit_callbacks  # type: ignore[attr-defined]  # nothing was opened


async def test_who_stands_by_is_well_and_says_so() -> None:
    assert await Health().report(None) == (True, {"status": "standby"})


async def test_a_scheme_that_no_bot_runs_is_named(store: Store, tmp_path: Path) -> None:
    with store.work("$open", NOW) as work:
        work.open_case(a_case())
    named = Store.open(sqlite_url(tmp_path), MASTER, Account("@bot:example.org", ("youth crime",)))
    _, figures = await Health(lambda: NOW).report(named)
    named.close()
    assert figures["schemes_without_bot"] == ("safety table",)


async def test_limits_of_the_homeserver_that_keep_people_waiting_are_told(store: Store) -> None:
    elapsed = Elapsed()
    health = Health(lambda: NOW + timedelta(seconds=elapsed.seconds), elapsed)
    health.synced()
    with store.work("$case", NOW) as work:
        work.invite("case:K7QF", "@ada:example.org")
    health.asked_to_wait(300, "invite somebody")
    well, figures = await health.report(store)
    assert (well, figures["status"], figures["reason"]) == (True, "degraded", "homeserver_limits_us")
    assert (figures["asked_to_wait_seconds"], figures["invitations_waiting"], figures["outbox_waiting"]) == (300, 1, 0)

    # Short waits one after the other are told once they add up.
    elapsed.seconds += 301
    health.synced()
    assert (await health.report(store))[1]["status"] == "ok"
    health.asked_to_wait(3, "invite somebody")
    assert (await health.report(store))[1]["reason"] == "homeserver_limits_us"
    assert b"roundtable_asked_to_wait_seconds 3.0" in render((await health.report(store))[1], well=True)


async def test_a_wait_that_the_homeserver_asks_for_is_told_and_is_no_silence(store: Store) -> None:
    elapsed = Elapsed()
    health = Health(lambda: NOW, elapsed)
    health.synced()
    health.asked_to_wait(300)
    elapsed.seconds += 4 * 60
    well, figures = await health.report(store)
    assert (well, figures["reason"], figures["asked_to_wait_seconds"]) == (True, "homeserver_limits_us", 60)

    # However often it asks: who hears nothing for long is not well.
    health.asked_to_wait(300)
    elapsed.seconds += 4 * 60 + 59
    well, figures = await health.report(store)
    assert (well, figures["reason"]) == (False, "homeserver_silent")
