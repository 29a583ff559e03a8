"""A whole sitting on a real homeserver: eight agencies, fifteen cases, 150 minutes; nobody hears of another's case."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.matrix.crypto.attachments import download
from bot.matrix.crypto.events import Event
from bot.matrix.crypto.wire import Json
from cases.roles import Role
from tests.bot.test_end_to_end import by_bot
from tests.chaos import answers, say_surely
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.professional import Professional
from tests.room import AGENCIES, PEOPLE

pytestmark = pytest.mark.e2e

CASES = 15
MINUTES = timedelta(minutes=10)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 9, 8, 5, tzinfo=UTC)
"""Five working days before it, soon after nine in Amsterdam."""
BEGINS = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
WITHIN = 10
"""Seconds from the end of a case to its minutes."""
REFERRER = "probation"
"""Who brings the last two cases, and comes to none."""
OTHERS = ("police", "social", "health", "school", "youth", "housing", "addiction")


class Clock:
    """The bot's time, which only the test moves."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


class Town(Deployment):
    """A deployment with eight agencies, in each of them one professional."""

    agencies = AGENCIES | {"housing": "Housing", "addiction": "Addiction care", REFERRER: "Probation"}
    everybody = {who: PEOPLE[who] for who in ("cleo", "ada", "dirk", "finn", "hugo", "iris")} | {
        "lena": ("Lena Meijer", "housing", Role.PRACTITIONER),
        "otto": ("Otto Brink", "addiction", Role.PRACTITIONER),
        "noor": ("Noor Hendriks", REFERRER, Role.PRACTITIONER),
    }

    def of_agency(self, agency: str) -> Professional:
        """The client of an agency's professional, who is not the coordinator."""
        return next(self.people[who] for who, one in self.everybody.items() if one[1] == agency and who != "cleo")


@dataclass
class Heard:
    """One case of the sitting, with words that belong to it alone."""

    number: int
    agencies: tuple[str, ...]
    """The one that brings it first."""
    ref: str = ""
    room: str = ""

    @property
    def why(self) -> str:
        """What stands in why the table came together."""
        return f"w{self.number:02}why"

    @property
    def known(self) -> str:
        """What an agency returns."""
        return f"w{self.number:02}known"

    @property
    def noted(self) -> str:
        """What is taken down at its table."""
        return f"w{self.number:02}noted"

    @property
    def deferred(self) -> bool:
        """Whether who brought it neither comes nor returns anything."""
        return self.number == CASES

    @property
    def returns(self) -> str | None:
        """The agency that returns what it knows: the one that does not come, or the second."""
        if self.deferred:
            return None
        return REFERRER if REFERRER in self.agencies else self.agencies[1]


def draw_up() -> Iterator[Heard]:
    """Fifteen cases, each of three agencies or four."""
    for number in range(1, CASES - 1):
        yield Heard(number, tuple(OTHERS[(number + step) % len(OTHERS)] for step in (0, 1, 3)))
    for number in (CASES - 1, CASES):
        yield Heard(number, (REFERRER, "police", "health", "school"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def town(homeserver: Homeserver, tmp_path: Path, clock: Clock) -> AsyncIterator[Town]:
    """Provisioned, and the bot running on a clock that stands still until it is moved."""
    made = await Town.make(tmp_path, homeserver, clock, people=tuple(Town.everybody))
    try:
        await made.start_bot()
        yield made
    finally:
        await made.close()


async def test_fifteen_cases_of_eight_agencies_in_one_sitting(
    town: Town, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    cleo, coordination = town.people["cleo"], await town.room("coordination")
    await cleo.is_in(coordination)
    cases = list(draw_up())
    for case in cases:
        await open_case(town, case)
    asked = await say_surely(
        cleo, coordination, f"!sitting 16 nov 13:00 cases: {', '.join(case.ref for case in cases)} for: 10m"
    )
    await cleo.hears(answers(town.bot_id, asked), coordination)
    await asyncio.gather(*(town.of_agency(c.agencies[-1]).hears(by_bot(town, "M-1"), c.room) for c in cases))

    clock.now = BEFORE
    await asyncio.gather(*(return_known(town, case) for case in cases))

    clock.now = BEGINS
    await say_surely(cleo, coordination, "!sitting start")
    confirmed, took = set[str](), list[float]()
    held = [case for case in cases if not case.deferred]
    for case in held:
        await cleo.hears(by_bot(town, "it is your turn in the sitting"), case.room)
        came = {agency for agency in case.agencies if agency != REFERRER} - confirmed
        await asyncio.gather(*(do(town, town.of_agency(agency), case.room, "!confirm") for agency in sorted(came)))
        confirmed |= came
        await do(town, cleo, case.room, f"note: {case.noted} he was seen at the gym")
        clock.now += MINUTES
        if case is held[-1]:
            # It takes the time of the one that is not heard as well.
            await cleo.hears(by_bot(town, "M-1", "the 10 minutes of this case are up"), case.room)
            clock.now += MINUTES
        began = time.monotonic()
        await say_surely(cleo, coordination, "!sitting next")
        reader = town.of_agency(case.agencies[1])
        await reader.hears(by_bot(town, "M-1 · minutes · version 1"), case.room)
        minutes = await reader.hears(by_bot(town, f"{case.ref}-M-1-minutes-v1.md"), case.room)
        took.append(time.monotonic() - began)
        assert took[-1] <= WITHIN
        text = (await download(reader.client, cast("Json", minutes.content["file"]))).decode()
        assert case.noted in text
        assert case.known in text
        assert not [other for other in cases if other is not case and (other.noted in text or other.ref in text)]
    await cleo.hears(by_bot(town, "No case is left that can be heard", cases[-1].ref), coordination)
    await say_surely(cleo, coordination, "!sitting end")
    over = await cleo.hears(by_bot(town, "The sitting is over", *(case.ref for case in cases)), coordination)
    with capsys.disabled():
        print(f"\nfrom the end of a case to its minutes: at most {max(took):.1f} s")  # noqa: T201

    last = cases[-1]
    told = await cleo.hears(by_bot(town, "M-1 · deferred: this case is not heard at this sitting"), last.room)
    assert "Probation" in one_line(told)
    assert f"Not heard, and unresolved until they are on a sitting again: {last.ref}" in one_line(over)
    assert not [e for e in cleo.heard if e.room_id == last.room and "minutes-v1" in str(e.content.get("body"))]
    for person in town.people.values():
        assert_nobody_heard_of_another_case(town, person, cases)


async def open_case(town: Town, case: Heard) -> None:
    """Open it, with everybody of its agencies in its room."""
    cleo, coordination = town.people["cleo"], await town.room("coordination")
    typed = f"!case open why: {case.why} goal: a safe routine agencies: {', '.join(case.agencies)}"
    asked = await say_surely(cleo, coordination, f"{typed} brought by: {case.agencies[0]}")
    opened = await cleo.hears(answers(town.bot_id, asked), coordination)
    case.ref = str(opened.content["body"]).split()[0]
    case.room = await town.room(f"case:{case.ref}")
    people = [cleo, *(town.of_agency(agency) for agency in case.agencies)]
    await asyncio.gather(*(person.hears(by_bot(town, case.why), case.room) for person in people))


async def return_known(town: Town, case: Heard) -> None:
    """Each agency is asked in its own room; one returns what it knows there, and the table reads it."""
    own = {agency: await town.room(f"agency:{agency}") for agency in case.agencies}
    cards = {
        agency: await town.of_agency(agency).hears(by_bot(town, "Q-", case.ref, "check your own records"), own[agency])
        for agency in case.agencies
    }
    if case.returns:
        told = f"known {case.known} two call-outs suggest: a visit together"
        await town.of_agency(case.returns).reply(own[case.returns], cards[case.returns].event_id, told)
        await town.of_agency(case.agencies[2]).hears(by_bot(town, "Q-", case.known), case.room)


async def do(town: Town, person: Professional, room: str, typed: str) -> None:
    """Say something, and wait until it is done."""
    asked = await say_surely(person, room, typed)
    await person.hears(answers(town.bot_id, asked), room)


def assert_nobody_heard_of_another_case(town: Town, person: Professional, cases: list[Heard]) -> None:
    """What the bot said of a case stands in its room, and its reference in those of its agencies and coordinators."""
    who = next(who for who, one in town.people.items() if one is person)
    agency = town.everybody[who][1]
    said = [event for event in person.heard if event.sender == town.bot_id]
    assert all(event.trusted for event in said if event.encrypted)
    for case in cases:
        elsewhere = [str(event.content) for event in said if event.room_id != case.room]
        in_its_room = [event for event in said if event.room_id == case.room]
        assert not [text for text in elsewhere if any(word in text for word in (case.why, case.known, case.noted))]
        in_other_rooms = [event for event in said if event.room_id in {c.room for c in cases} - {case.room}]
        assert not [event for event in in_other_rooms if case.ref in str(event.content)]
        if who != "cleo" and agency not in case.agencies:
            assert not in_its_room
            assert not [text for text in elsewhere if case.ref in text]
        else:
            assert in_its_room


def one_line(event: Event) -> str:
    return " ".join(str(event.content["body"]).split())
