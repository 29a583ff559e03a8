"""Ticks come whatever the clock does."""

from datetime import datetime, timedelta, tzinfo
from typing import Self

import pytest

from bot.scheduler import ticking
from tests.waiting import until


class Clock(datetime):
    """The machine's clock, which somebody sets."""

    ahead = timedelta(hours=1)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + cls.ahead


async def test_ticks_go_on_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Clock)
    monkeypatch.setattr("bot.scheduler.datetime", Clock)
    ticks: list[datetime] = []

    async def tick() -> None:
        ticks.append(Clock.now())

    async with ticking(tick, 0.02):
        await until(lambda: ticks, "the first tick")
        monkeypatch.setattr(Clock, "ahead", timedelta())
        so_far = len(ticks)
        await until(lambda: len(ticks) > so_far + 3, "ticks after the clock was set back")
