"""Ticks, nothing more: APScheduler keeps no data, what falls due stands in the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.job import Job
    from apscheduler.schedulers.asyncio import AsyncIOScheduler


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

    scheduler: AsyncIOScheduler | None = None

    async def keep_up() -> None:
        """The scheduler waits for an hour by the clock: after one that was set back it would wait as long as that."""
        nonlocal scheduler
        # Nothing is due before: it is loaded when the bot listens already.
        await asyncio.sleep(seconds)
        scheduler, job = _schedule(tick_once, seconds)
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
        if scheduler is not None:
            scheduler.pause()
        async with at_work:
            if scheduler is not None:
                scheduler.shutdown(wait=False)


def _schedule(tick: Callable[[], Awaitable[None]], seconds: float) -> tuple["AsyncIOScheduler", "Job"]:
    """Call it now, and every so many seconds."""
    from apscheduler.executors.asyncio import AsyncIOExecutor  # noqa: PLC0415
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415
    from apscheduler.triggers.interval import IntervalTrigger  # noqa: PLC0415

    scheduler = AsyncIOScheduler(executors={"default": AsyncIOExecutor()}, timezone="UTC")
    job = scheduler.add_job(
        tick,
        IntervalTrigger(seconds=seconds),
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    return scheduler, job
