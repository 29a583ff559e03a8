"""Ticks, nothing more: APScheduler keeps no data, what falls due stands in the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger


@asynccontextmanager
async def ticking(tick: Callable[[], Awaitable[None]], seconds: float) -> AsyncIterator[None]:
    """Call ``tick`` every so many seconds, never twice at once; one that is under way at the end is finished."""
    # A tick that is left out because the last one still runs is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    at_work = asyncio.Lock()
    ended = False

    async def tick_once() -> None:
        async with at_work:
            if not ended:
                await tick()

    scheduler = AsyncIOScheduler(executors={"default": AsyncIOExecutor()}, timezone="UTC")
    job = scheduler.add_job(
        tick_once, IntervalTrigger(seconds=seconds), coalesce=True, misfire_grace_time=None, max_instances=1
    )
    scheduler.start()

    async def keep_up() -> None:
        """The scheduler waits for an hour by the clock: after one that was set back it would wait as long as that."""
        while True:
            await asyncio.sleep(seconds)
            if job.next_run_time - datetime.now(UTC) > timedelta(seconds=seconds):
                job.modify(next_run_time=datetime.now(UTC))

    keeping_up = asyncio.create_task(keep_up())
    try:
        yield
    finally:
        keeping_up.cancel()
        ended = True
        scheduler.pause()
        async with at_work:
            scheduler.shutdown(wait=False)
