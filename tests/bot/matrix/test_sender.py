# lines: one speaker on a line that fails in every way, which each test chooses from
"""The speaker with everything real but the homeserver: all is said once, in order, and no room waits for another."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import pytest
import sqlalchemy as sa

from bot.health import Health
from bot.matrix import backoff
from bot.matrix import sender as speaking
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import NotAllowed, Rejected, Unavailable
from bot.matrix.crypto.events import StateChange
from bot.matrix.sender import MOST_AT_ONCE, Speaker
from commands.trust.watch import Watch
from storage import causes, tables
from storage.messages import OUTBOX_BODY, Message
from tests.room import BOT, MONDAY, Conference, user
from tests.waiting import PATIENCE_SECONDS, until

ANSWERS = 10_000
ROOMS = 3 * MOST_AT_ONCE


class Wire:
    """A homeserver that takes what it is given, but nothing in rooms that fail."""

    user_id = BOT

    def __init__(self) -> None:
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.tried: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.refused: dict[str, Exception] = {}
        self.ids: list[str] = []
        self.at_once = 0
        self.open = asyncio.Event()
        self.open.set()

    async def joined_members(self, _room_id: str) -> frozenset[str]:
        return frozenset({BOT})

    async def post(self, room_id: str, content: dict[str, object], *, txn_id: str, **_how: object) -> str:
        self.at_once += 1
        self.ids.append(txn_id)
        self.tried[room_id] += 1
        try:
            await self.open.wait()
            if room_id in self.failing:
                raise NotAllowed(403, "M_FORBIDDEN")
            if problem := self.refused.get(str(content["body"])):
                raise problem
            self.taken[room_id].append(str(content["body"]))
        finally:
            self.at_once -= 1
        return f"$sent {room_id} {content['body']}"

    async def react(self, room_id: str, event_id: str, key: str, *, txn_id: str) -> str:
        self.ids.append(txn_id)
        if problem := self.refused.get(event_id):
            raise problem
        self.taken[room_id].append(f"{key} {event_id}")
        return f"$mark {event_id}"

    def unreachable(self, _room_id: str) -> dict[str, str]:
        return {}

    def unsigned(self, _room_id: str) -> dict[str, str]:
        return {}


async def queue(table: Conference, channels: list[str], answers: int) -> None:
    """Let so many answers wait, in these channels by turns."""
    with table.store.update() as session:
        rows = [{"channel": channel, "room_id": f"!{channel}"} for channel in {*channels, "admin", "coordination"}]
        session.execute(sa.delete(tables.rooms))
        session.execute(sa.insert(tables.rooms), rows)
    with table.store.work("$all", MONDAY) as work:
        for number in range(answers):
            work.say(channels[number % len(channels)], Message(str(number), ""))


async def speak(
    table: Conference, wire: Wire, health: Health, until_: Callable[[], object], now: datetime = MONDAY
) -> None:
    client = cast("HardenedClient", wire)
    speaker = Speaker(client, table.store, Watch(table.store, table.house, lambda: now), lambda: now, health)
    stop = asyncio.Event()
    running = asyncio.create_task(speaker.run(stop))
    await until(lambda: until_() or running.done(), "what was to be said")
    stop.set()
    await running


async def still_waiting(table: Conference) -> int:
    o = tables.outbox.c
    with table.store.look() as find:
        return find.one(sa.select(sa.func.count()).where(o.sent_at.is_(None))) or 0


@pytest.mark.slow
async def test_ten_thousand_answers_are_each_said_once_and_in_order(table: Conference) -> None:
    wire = Wire()
    channels = [f"agency:{number}" for number in range(ROOMS)]
    await queue(table, channels, ANSWERS)

    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) >= ANSWERS)

    assert await still_waiting(table) == 0
    assert wire.taken == {
        f"!{channel}": [str(number) for number in range(first, ANSWERS, ROOMS)]
        for first, channel in enumerate(channels)
    }


async def test_only_so_many_rooms_are_spoken_to_at_the_same_time(table: Conference) -> None:
    wire = Wire()
    wire.open.clear()
    channels = [f"agency:{number}" for number in range(ROOMS)]
    await queue(table, channels, ROOMS)

    async def look_while_it_is_full() -> int:
        await until(lambda: wire.at_once >= MOST_AT_ONCE, "as many as may speak")
        for _ in range(ROOMS):
            # Whoever else might speak has the time to begin.
            await still_waiting(table)
        found = wire.at_once
        wire.open.set()
        return found

    looking = asyncio.create_task(look_while_it_is_full())
    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) >= ROOMS)
    assert await looking == MOST_AT_ONCE


async def test_rooms_that_always_fail_hold_up_no_other_and_go_on_when_they_heal(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.1)
    wire, health = Wire(), Health(lambda: MONDAY + timedelta(minutes=1))
    health.synced()
    bad = [f"agency:bad{number}" for number in range(2 * MOST_AT_ONCE)]
    await queue(table, [*bad, "agency:good"], 2 * len(bad) + 2)
    wire.failing = {f"!{channel}" for channel in bad}

    await speak(table, wire, health, lambda: len(wire.taken["!agency:good"]) == 2 and len(wire.tried) > len(bad))

    well, figures = await health.report(table.store)
    assert (well, figures["reason"], figures["rooms_failing"]) == (True, "rooms_failing", len(bad))
    wire.failing = set()
    await speak(table, wire, health, lambda: sum(map(len, wire.taken.values())) == 2 * len(bad) + 2)
    assert (await health.report(table.store))[1]["status"] == "ok"
    assert await still_waiting(table) == 0


async def test_what_is_committed_is_said_without_another_look(table: Conference) -> None:
    wire = Wire()
    await queue(table, ["agency:a"], 1)

    async def say_more() -> None:
        await until(lambda: wire.taken["!agency:a"] == ["0"], "the first")
        for number in range(1, 20):
            with table.store.work(f"${number}", MONDAY) as work:
                work.say("agency:a", Message(str(number), ""))

    saying = asyncio.create_task(say_more())
    await speak(table, wire, Health(), lambda: len(wire.taken["!agency:a"]) == 20)
    await saying
    assert wire.taken["!agency:a"] == [str(number) for number in range(20)]


async def test_who_waits_for_speech_to_be_over_does_not_wait_for_a_room_that_fails(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 3600.0)
    wire, stop = Wire(), asyncio.Event()
    wire.failing = {"!agency:bad"}
    await queue(table, ["agency:bad", "agency:good"], 2)
    watch = Watch(table.store, table.house, lambda: MONDAY)
    speaker = Speaker(cast("HardenedClient", wire), table.store, watch, lambda: MONDAY, Health())
    speaking = asyncio.create_task(speaker.run(stop))
    await until(lambda: wire.tried["!agency:bad"] == 1, "a room that fails")
    # The next try is half an hour away at least.
    async with asyncio.timeout(PATIENCE_SECONDS):
        await speaker.spoken(2 * PATIENCE_SECONDS)
    assert wire.taken["!agency:good"] == ["1"]
    stop.set()
    await speaking


WORD = "Something that I had to say here could not be sent."
FOR_GOOD = [Rejected(413, None), Rejected(413, "M_TOO_LARGE"), Rejected(400, "M_BAD_JSON"), Rejected(400, "M_UNKNOWN")]


def never_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, however often it failed."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.001)
    monkeypatch.setattr(speaking, "LONGEST_WAIT_SECONDS", 0.001)


async def reports(table: Conference) -> list[str]:
    """What was told of it elsewhere, once it went out."""
    with table.store.look() as find:
        return find.all(sa.select(tables.audit.c.subject).where(tables.audit.c.outcome == "room/given_up"))


@pytest.mark.parametrize("problem", FOR_GOOD, ids=str)
async def test_what_is_refused_for_good_gives_way_to_the_next(table: Conference, problem: Exception) -> None:
    wire, health = Wire(), Health(lambda: MONDAY)
    health.synced()
    wire.refused = {"1": problem}
    await queue(table, ["agency:police", "admin"], 6)
    with table.store.work("$more", MONDAY) as work:
        work.say("agency:police", Message("behind", "", subject="R-1"))

    await speak(table, wire, health, lambda: len(wire.taken["!agency:police"]) == 4 and len(wire.taken["!admin"]) == 3)

    assert wire.taken["!agency:police"] == ["0", "2", "4", "behind"]
    said = wire.taken["!admin"]
    assert said[0].startswith(WORD)
    assert said[1:] == ["3", "5"]


async def test_a_word_stands_where_something_could_not_be_said_and_it_is_told_and_counted(table: Conference) -> None:
    wire, health = Wire(), Health(lambda: MONDAY)
    health.synced()
    wire.refused = {"canary": Rejected(413, "M_TOO_LARGE")}
    await queue(table, ["agency:police", "admin"], 2)
    with table.store.work("$more", MONDAY) as work:
        work.say("agency:police", Message("canary", "canary", subject="R-1"))
        work.say("agency:police", Message("behind", ""))

    await speak(table, wire, health, lambda: (len(wire.taken["!admin"]), len(wire.taken["!agency:police"])) == (2, 3))

    zero, word, behind = wire.taken["!agency:police"]
    assert (zero, behind) == ("0", "behind")
    assert word.startswith(WORD)
    (report,) = [said for said in wire.taken["!admin"] if said != "1"]
    assert report.startswith("Police: something that I had to say there could not be sent.")
    reference = report.partition("Reference: ")[2][:6]
    assert f"Reference: {reference}" in word
    assert "canary" not in word + report
    well, figures = await health.report(table.store)
    assert (well, figures["status"], figures["reason"]) == (True, "degraded", "messages_given_up")
    assert (figures["outbox_given_up"], figures["outbox_waiting"]) == (1, 0)
    assert await reports(table) == ["R-1"]
    o = tables.outbox.c
    with table.store.look() as find:
        # A reply to the word is about what it stands for.
        assert find.one(sa.select(o.event_id).where(o.subject == "R-1")) == f"$sent !agency:police {word}"


@pytest.mark.parametrize("problem", [Unavailable("status 500"), NotAllowed(403, "M_FORBIDDEN"), OSError()], ids=repr)
async def test_one_thing_that_never_heals_gives_way_after_a_while(
    table: Conference, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    never_wait(monkeypatch)
    wire, health = Wire(), Health(lambda: MONDAY)
    health.synced()
    wire.refused = {"0": problem}
    await queue(table, ["agency:police"], 2)

    await speak(table, wire, health, lambda: len(wire.taken["!agency:police"]) == 2)

    word, behind = wire.taken["!agency:police"]
    assert word.startswith(WORD)
    assert behind == "1"
    assert wire.tried["!agency:police"] == speaking.MOST_TRIES + 2
    assert (await health.report(table.store))[1]["outbox_given_up"] == 1


async def test_a_limited_rate_is_waited_for_however_long(table: Conference, monkeypatch: pytest.MonkeyPatch) -> None:
    never_wait(monkeypatch)
    wire = Wire()
    wire.refused = {"0": Unavailable("it limits our rate", limited=True)}
    await queue(table, ["agency:police"], 2)

    await speak(table, wire, Health(), lambda: wire.tried["!agency:police"] > 2 * speaking.MOST_TRIES)

    assert wire.taken["!agency:police"] == []
    assert await still_waiting(table) == 2


async def test_where_not_even_the_word_can_be_said_nothing_is_lost(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that refuses everything, such as one that was set up wrongly, must not empty the outbox."""
    never_wait(monkeypatch)
    wire, health = Wire(), Health(lambda: MONDAY)
    health.synced()
    mended = False

    async def post(room_id: str, content: dict[str, object], **how: str) -> str:
        if mended:
            return await Wire.post(wire, room_id, content, **how)
        wire.tried[room_id] += 1
        raise Rejected(413, None)

    monkeypatch.setattr(wire, "post", post)
    await queue(table, ["agency:police"], 3)
    await speak(table, wire, health, lambda: wire.tried["!agency:police"] > 3 * speaking.MOST_TRIES)
    assert await still_waiting(table) == 3
    assert (await health.report(table.store))[1]["reason"] == "rooms_failing"

    mended = True
    await speak(table, wire, health, lambda: len(wire.taken["!agency:police"]) == 3)
    assert wire.taken["!agency:police"] == ["0", "1", "2"]


async def test_what_can_not_be_opened_any_more_gives_way_too(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_wait(monkeypatch)
    wire = Wire()
    await queue(table, ["agency:police"], 2)
    o = tables.outbox
    with table.store.update() as session:
        first = sa.select(sa.func.min(o.c.id)).scalar_subquery()
        session.execute(sa.update(o).where(o.c.id == first).values(body=b"spoiled"))

    await speak(table, wire, Health(), lambda: len(wire.taken["!agency:police"]) == 2)

    assert wire.taken["!agency:police"][1] == "1"


async def test_a_room_that_takes_no_report_is_reported_once_a_day(table: Conference) -> None:
    wire = Wire()
    await queue(table, ["agency:police", "admin", "coordination"], 30)
    wire.refused = {str(number): Rejected(413, None) for number in range(30)}

    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) >= 33)

    assert await still_waiting(table) == 0
    assert {room: len(said) for room, said in wire.taken.items()} == {
        "!agency:police": 10,
        "!admin": 10 + 2,
        "!coordination": 10 + 1,
    }
    assert len(await reports(table)) == 30


async def test_nothing_that_was_said_stays_in_the_outbox(table: Conference) -> None:
    wire = Wire()
    await queue(table, ["agency:police", "admin"], 4)
    wire.refused = {"3": Rejected(413, None)}

    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) == 5)

    o = tables.outbox.c
    with table.store.look() as find:
        rows = find.rows(sa.select(o.body, o.scope, o.txn_id))
    ring = table.store.ring
    assert len(rows) == 5
    assert {ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=row.txn_id) for row in rows} == {"{}"}


async def test_an_address_holds_nothing_of_what_it_answers(table: Conference) -> None:
    wire = Wire()
    await queue(table, ["agency:police"], 0)
    for cause in ("$" + "canary" * 3_000, "$canary/../%2e%2e?#", "\udcca canary"):
        with table.store.work(causes.of_event(cause), MONDAY) as work:
            work.say("agency:police", Message("said", ""))

    await speak(table, wire, Health(), lambda: len(wire.taken["!agency:police"]) == 3)

    assert len(set(wire.ids)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9.]{1,64}", txn_id) for txn_id in wire.ids)


async def test_somebody_who_does_not_come_into_the_chat_is_told_once_and_nothing_is_said_there(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.01)
    wire, chat = InvitedOnly(), f"direct:{user('finn')}"
    with table.store.work("$1", MONDAY) as work:
        work.say(chat, Message("a question for Finn alone", ""))
    tell_after = speaking.COMES_WITHIN
    for days in (timedelta(0), tell_after - timedelta(seconds=1), tell_after, 3 * tell_after):
        looks = wire.looks

        def looked(before: int = looks) -> bool:
            return wire.looks > before + 2

        await speak(table, wire, Health(), looked, MONDAY + days)
        told = [text for texts in wire.taken.values() for text in texts]
        assert len(told) == (days >= tell_after)
    assert set(wire.taken) == {"!coordination:example.org"}
    assert "has not opened the chat that I invited them to" in told[0]
    assert await still_waiting(table) == 1


class InvitedOnly(Wire):
    """Nobody has come into a direct chat."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    async def room_state(self, _room_id: str) -> list[StateChange]:
        self.looks += 1
        return [StateChange("$m", "m.room.member", user("finn"), BOT, {"membership": "invite"})]


async def test_a_mark_goes_out_once_in_its_turn_and_one_that_stands_there_is_done(table: Conference) -> None:
    wire = Wire()
    wire.refused["$second"] = Rejected(400, "M_DUPLICATE_ANNOTATION")
    await queue(table, ["agency:1"], 1)
    with table.store.work("$marks", MONDAY) as work:
        for event_id in ("$first", "$second", "$third"):
            work.tick("agency:1", event_id)
    await speak(table, wire, Health(), lambda: len(wire.ids) == 4)
    assert wire.taken["!agency:1"] == ["0", "✅ $first", "✅ $third"]
    assert (await still_waiting(table), len(set(wire.ids))) == (0, 4)


async def test_where_a_mark_is_refused_for_good_a_word_stands_in_its_place(table: Conference) -> None:
    wire = Wire()
    wire.refused["$first"] = Rejected(400, "M_UNKNOWN")
    await queue(table, ["agency:1"], 0)
    with table.store.work("$marks", MONDAY) as work:
        work.tick("agency:1", "$first")
    await speak(table, wire, Health(), lambda: wire.taken["!agency:1"])
    (said,) = wire.taken["!agency:1"]
    assert "could not" in said or "couldn" in said
