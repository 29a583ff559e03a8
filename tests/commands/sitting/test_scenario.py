"""A whole afternoon: fifteen cases, eight agencies, a hundred and fifty minutes, and a restart in the middle."""

from itertools import cycle

import pytest

from commands.roundtable.rules import Attendance, Presence
from storage.database import url_of
from storage.store import Store
from tests.commands.sitting.house import C, extend, refs_of, said_in
from tests.room import Conference, Said, user
from tests.storage.examples import MASTER

CORE = ("ada", "dirk")
GUESTS = {
    "health": "finn",
    "school": "hugo",
    "youth": "iris",
    "probation": "lena",
    "housing": "mo",
    "mental": "nina",
}
CASES, MINUTES, DESERTED = 15, 10, 5
"""Of the deserted case nobody who brought it has been at an earlier one."""


def restarted(table: Conference) -> Conference:
    """The same house after the process has ended: what it knew lies in the database."""
    table.store.close()
    store = Store.open(url_of(table.store.engine), MASTER)
    return Conference(store, table.house, table.now, table.heard, _ids=table._ids)


async def minute_by_minute(table: Conference, minutes: int) -> list[Said]:
    said: list[Said] = []
    for _ in range(minutes):
        table.later(minutes=1)
        await table.sweeps.run()
        said += await table.deliver()
    return said


async def open_all(table: Conference) -> tuple[list[str], list[str]]:
    """The rooms of the cases, and who brought each: a guest of the sitting."""
    extend(table)
    rooms, guests = list[str](), list[str]()
    for number, (agency, guest) in zip(range(CASES), cycle(GUESTS.items()), strict=False):
        line = f"!case open why: CANARY-{number}-why goal: g agencies: police, social, {agency} brought by: {agency}"
        rooms.append(next(s.channel for s in await table.say("cleo", line, room=C) if s.channel.startswith("case:")))
        guests.append(guest)
    return rooms, guests


@pytest.mark.scenario
async def test_a_sitting_covers_many_cases_and_nobody_hears_of_one_they_do_not_sit_in(table: Conference) -> None:
    rooms, guests = await open_all(table)
    refs = refs_of(rooms)
    await table.say("cleo", f"!sitting thu 14:00 cases: {', '.join(refs)} for: {MINUTES}m chair: Dirk Smit", room=C)
    for number, (room, guest) in enumerate(zip(rooms, guests, strict=True)):
        if number != DESERTED:
            await table.say(guest, "!attend M-1", room=room)
    table.now = table.now.replace(day=5, hour=13)

    said = await table.say("cleo", "!sitting start", room=C)
    confirmed: set[str] = set()
    for number, (room, guest) in enumerate(zip(rooms, guests, strict=True)):
        if number == DESERTED:
            continue
        assert f"{refs[number]} · is held now" in said_in(said, C)
        case = await table.case(room)
        there = {a.by for a in case.all(Attendance) if a.presence is Presence.CONFIRMED}
        assert there >= {user(k) for k in (*CORE, guest) if k in confirmed}
        for who in {*CORE, guest} - confirmed:
            await table.say(who, "!confirm", room=room)
            confirmed.add(who)
        assert "meeting/observer" not in [outcome for _, outcome in await table.outcomes()]
        await table.say("dirk", f"note: CANARY-{number}-note he came along", room=room)
        await table.say(guest, f"!concern CANARY-{number}-concern he is out at night", room=room)
        up = await minute_by_minute(table, MINUTES)
        assert [s.channel for s in up if "are up" in s] == [room, C]
        if number == CASES // 2 + 2:
            table = restarted(table)
        if number < CASES - 1:
            said = await table.say("cleo", "!sitting next", room=C)
    said = await table.say("cleo", "!sitting end", room=C)

    over = said_in(said, C).replace("\n  ", " ")
    assert over.count("held · M-1") == CASES - 1
    assert f"{refs[DESERTED]} · " in over
    assert "deferred: who brought it neither came nor briefed" in over.replace("\n", " ")
    for number, room in enumerate(rooms):
        papers = [
            s.file for s in table.heard if s.channel == room and s.file and s.file.name.endswith("-minutes-v1.md")
        ]
        assert [f"CANARY-{number}-note" in paper.data.decode() for paper in papers] == [True] * (number != DESERTED)
    for number, room in enumerate(rooms):
        await require_nothing_elsewhere(table, room, f"CANARY-{number}-")


async def require_nothing_elsewhere(table: Conference, room: str, canary: str) -> None:
    """What is said of a case stands in its room; its reference in the coordinators' and those of its agencies, too."""
    case = await table.case(room)
    known = {room, C, *(f"agency:{agency}" for agency in case.seats)}
    for one in table.heard:
        words = one.text + one.html + (one.file.data.decode(errors="ignore") if one.file else "")
        assert one.channel == room or canary not in words, one.channel
        assert one.channel in known or case.ref not in words, one.channel
