"""What is kept in memory between two commands is what is on file, whatever was said, refused, or went wrong."""

import asyncio
import json
import tempfile
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.case import Case
from storage.mapping import RECORDS
from tests.room import Conference, conference

LINES = st.sampled_from(
    [
        "!concern he ran away kind: fact",
        "!concern seen: tomorrow",
        "!request health is he known to you? because: we plan a visit by: fri 12:00",
        "!request health is he known to you?",
        "!nothing R-1",
        "!refuse R-1 it stays with us ground: professional secrecy",
        "!action visit him for: social by: in 20 days with: school",
        "!accept A-1",
        "!move A-1 in 30 days because: he is away",
        "!done A-1 we talked",
        "!decide one calls, not five because: he hides review: in 2 weeks",
        "!dissent D-1 the school must reach his mother",
        "!roundtable tomorrow 10:00 about: the plan",
        "!agenda M-1 his own view",
        "!apologies M-1 on leave",
        "!correct C-1 he did not come home",
        "!undo",
        "!review in 3 weeks",
        "!nonsense",
        "!status",
    ]
)
TURNS = st.lists(st.tuples(st.sampled_from(["ada", "dirk", "finn", "hugo"]), LINES, st.booleans()), max_size=10)


@settings(max_examples=10)
@given(TURNS)
def test_a_kept_case_is_what_is_on_file(turns: list[tuple[str, str, bool]]) -> None:
    asyncio.run(play(turns))


async def play(turns: list[tuple[str, str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with conference(f"sqlite+aiosqlite:///{directory}/roundtable.db") as table:
            channel = await table.open_case()
            for who, line, well in turns:
                await (say if well else fail)(table, who, line, channel)
                table.later(minutes=1)
                kept = table.store._kept.take(channel.partition(":")[2])
                if kept is not None:
                    assert picture(kept) == picture(await table.case(channel))
                    table.store._kept.keep(kept)


async def say(table: Conference, who: str, line: str, channel: str) -> None:
    await table.say(who, line, room=channel)


async def fail(table: Conference, who: str, line: str, channel: str) -> None:
    """The same, but what was done cannot be told: the unit of work ends in a fault."""

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    tell, table.dispatcher._render = table.dispatcher._render, break_down  # type: ignore[method-assign,assignment]
    await table.say(who, line, room=channel)
    table.dispatcher._render = tell  # type: ignore[method-assign]


def picture(case: Case) -> dict[str, list[list[str]]]:
    """Everything in a case, with the zone of each moment."""
    lists = {name: [values(record) for record in getattr(case, name)] for name in RECORDS}
    return {"case": [values(case)], **lists}


def values(record: object) -> list[str]:
    columns: Any = sa.inspect(type(record)).column_attrs
    return [json.dumps(getattr(record, column.key), default=as_text) for column in columns]


def as_text(value: object) -> str:
    assert isinstance(value, datetime)
    return repr(value)
