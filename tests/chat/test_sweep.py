"""One look at all that may be due: what is read for it, and in which order the jobs run."""

import pytest
import sqlalchemy as sa

from chat import jobs as sweeps
from commands.reminder.jobs import remind
from tests.chat.test_jobs import at, november
from tests.room import Conference


async def test_a_sweep_reads_each_open_case_once(table: Conference) -> None:
    for _ in range(3):
        await table.open_case()
    # Whoever writes reads the case alone: nothing is due on this day.
    reads: list[str] = []
    # What reaches SQLite itself, whoever executes it.
    sa.event.listen(table.store.engine, "checkout", lambda driver, *_: driver.set_trace_callback(reads.append))
    assert await at(table, november(3, hour=12)) == []
    assert len([statement for statement in reads if "LEFT OUTER JOIN steps" in statement]) == 3


async def test_reminders_come_first_and_open_no_case_in_which_nothing_waits(table: Conference) -> None:
    asked, acts, idle, settled = [await table.open_case() for _ in range(4)]
    for room in (asked, settled):
        await table.say("ada", "!request health was Sem seen? because: the plan by: thu 12:00", room=room)
    await table.say("finn", "!answer R-1 no", room=settled)
    await table.say("ada", "!action visit him for: police by: thu 12:00", room=acts)
    table.now = november(5)
    sweep = table.sweeps.begin()
    remind(sweep)
    assert {f"case:{ref}" for ref in sweep.cases} == {asked, acts}
    assert idle not in {said.channel for said in await table.deliver()}
    sweep.read_cases()
    assert {f"case:{ref}" for ref in sweep.cases} == {asked, acts, idle, settled}


def test_jobs_run_in_one_order_whichever_is_loaded_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(name: str) -> sweeps.Job:
        def run(_sweep: sweeps.Sweep) -> None:
            """Nothing."""

        run.__module__ = name
        return run

    for names in (("a", "b", "c"), ("c", "a", "b")):
        monkeypatch.setattr(sweeps, "_jobs", [])
        for name in names:
            sweeps.job(made(name))
        assert [job.__module__ for job in sweeps._jobs] == ["a", "b", "c"]


async def test_cases_for_which_there_is_no_place_are_read_one_by_one(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [await table.open_case() for _ in range(2)]
    for room, agency in zip(rooms, ("health", "school"), strict=True):
        await table.say("ada", f"!request {agency} was Sem seen? because: w by: thu 12:00", room=room)
    monkeypatch.setattr(sweeps, "READ_AT_ONCE", 1)
    monkeypatch.setattr(sweeps, "MOST_STEPS", len((await table.case(rooms[0])).steps))
    sweep = table.sweeps.begin()
    sweep.read_cases()
    assert [f"case:{ref}" for ref in sweep.cases] == rooms[:1]
    assert {said.channel for said in await at(table, november(5))} == {*rooms}
