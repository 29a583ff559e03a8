"""The speaker with a homeserver that limits invitations: one person's limit holds up nobody else, and nothing said."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import cast

import pytest
import sqlalchemy as sa

from bot.health import Health
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import NotAllowed, Unavailable
from bot.matrix.crypto.events import StateChange
from bot.matrix.inviting import Inviter
from bot.matrix.sender import Speaker
from commands.trust.watch import Watch
from storage import tables
from storage.find import SPACE
from storage.messages import Message
from storage.progress import Progress
from tests.room import BOT, MONDAY, Conference, user
from tests.waiting import until

ROOM = "agency:health"


class Wire:
    """A homeserver that takes everything, but limits or refuses some people's invitations."""

    user_id = BOT

    def __init__(self) -> None:
        self.order: list[str] = []
        self.limited: dict[str, float] = {}
        self.tried: dict[str, int] = defaultdict(int)
        self.strangers: set[str] = set()
        self.refused: set[str] = set()
        self.people: dict[str, set[str]] = defaultdict(set)
        self.holding: asyncio.Event | None = None

    async def post(self, _room_id: str, content: dict[str, object], **_how: object) -> str:
        self.order.append(str(content["body"]).partition("\n")[0])
        return f"$sent{len(self.order)}"

    def is_expected(self, room_id: str, user_id: str) -> bool:
        return user_id in self.people[room_id]

    async def has_account(self, user_id: str) -> bool:
        return user_id not in self.strangers

    async def invite(self, room_id: str, user_id: str, reason: str | None = None) -> None:  # noqa: ARG002 as the client has it
        self.tried[user_id] += 1
        if self.holding:
            await self.holding.wait()
        if user_id in self.limited:
            raise Unavailable("it limits our rate", retry_after=self.limited[user_id], limited=True)
        if user_id in self.refused:
            raise NotAllowed(403, "M_FORBIDDEN")
        self.people[room_id].add(user_id)
        self.order.append(f"+{user_id}")

    async def remove(self, room_id: str, user_id: str, _reason: str) -> None:
        self.people[room_id].discard(user_id)
        self.order.append(f"-{user_id}")

    async def room_state(self, room_id: str) -> Sequence[StateChange]:
        return [StateChange("$m", "m.room.member", p, BOT, {"membership": "invite"}) for p in self.people[room_id]]

    def unreachable(self, _room_id: str) -> dict[str, str]:
        return {}

    def unsigned(self, _room_id: str) -> dict[str, str]:
        return {}


async def speak(table: Conference, wire: Wire, health: Health, until_: Callable[[], object]) -> None:
    client = cast("HardenedClient", wire)
    speaker = Speaker(client, table.store, Watch(table.store, table.house, lambda: MONDAY), lambda: MONDAY, health)
    stop = asyncio.Event()
    running = asyncio.create_task(speaker.run(stop))
    await until(lambda: until_() or running.done(), "what was to be said")
    stop.set()
    await running


async def still_to_invite(table: Conference) -> list[str | None]:
    o = tables.outbox.c
    with table.store.look() as find:
        return find.all(sa.select(o.person).where(o.sent_at.is_(None), o.kind == "invite").order_by(o.id))


async def test_the_limit_of_one_person_holds_up_nobody_and_nothing_else(table: Conference) -> None:
    wire, health = Wire(), Health(lambda: MONDAY)
    health.synced()
    wire.limited = {user("finn"): 300.0}
    with table.store.work("$1", MONDAY) as work:
        work.say(ROOM, Message("before", ""))
        for who in ("finn", "gina"):
            work.invite(ROOM, user(who))
        work.say(ROOM, Message("after", ""))

    await speak(table, wire, health, lambda: {"after", f"+{user('gina')}"} <= set(wire.order))

    assert wire.order[0] == "before"
    assert wire.tried == {user("finn"): 1, user("gina"): 1}
    assert await still_to_invite(table) == [user("finn")]
    _, figures = await health.report(table.store)
    assert (figures["status"], figures["reason"]) == ("degraded", "homeserver_limits_us")
    assert (figures["invitations_waiting"], figures["outbox_waiting"]) == (1, 0)


async def test_everybody_is_asked_into_the_space_and_a_fault_in_one_invitation_holds_up_no_other(
    table: Conference,
) -> None:
    """The space is a room like others, of no place where somebody could speak."""
    wire, health = Wire(), Health(lambda: MONDAY)
    await Progress(table.store).save_room(SPACE, "!space:example.org")
    with table.store.work("$1", MONDAY) as work:
        for channel in ("of no kind", SPACE, ROOM):
            work.invite(channel, user("finn"))
        for channel in ("of no kind", SPACE):
            work.invite(channel, user("gina"))

    await speak(table, wire, health, lambda: len(wire.order) == 3)

    assert wire.people["!space:example.org"] == {user("finn"), user("gina")}
    assert await still_to_invite(table) == [user("finn"), user("gina")]


async def test_who_comes_back_before_they_were_removed_stays(table: Conference) -> None:
    wire = Wire()
    wire.people["!agency:health:example.org"] = {user("finn"), user("ada")}
    with table.store.work("$1", MONDAY) as work:
        # Finn belongs there; Ada does not.
        for who in ("finn", "ada"):
            work.remove(ROOM, user(who))

    await speak(table, wire, Health(lambda: MONDAY), lambda: wire.order)

    assert wire.order == [f"-{user('ada')}"]


@pytest.mark.parametrize("code", ["no_account", "declined", "waiting", "refused"])
async def test_who_does_not_come_into_the_space_is_told_to_the_admins(table: Conference, code: str) -> None:
    watch = Watch(table.store, table.house, lambda: MONDAY)
    await watch.not_coming(SPACE, user("finn"), code, "job:1")
    (said,) = await table.deliver()
    assert said.channel == "admin"
    assert "Finn de Boer" in said.text


async def test_a_limit_of_all_is_waited_for_as_told(table: Conference) -> None:
    wire, now = Wire(), [1000.0]
    wire.limited = {user(who): 3.0 for who in ("finn", "gina")}
    with table.store.work("$1", MONDAY) as work:
        for who in ("finn", "gina"):
            work.invite(ROOM, user(who))
    client = cast("HardenedClient", wire)
    watch = Watch(table.store, table.house, lambda: MONDAY)

    async def room(_channel: str) -> str:
        return "!room"

    inviter = Inviter(client, table.store, watch, lambda: MONDAY, Health(), room, lambda: now[0])
    assert await inviter._go_round(asyncio.Event()) == 3.0
    wire.limited.clear()
    now[0] += 1
    assert await inviter._go_round(asyncio.Event()) == 2.0
    now[0] += 2
    assert await inviter._go_round(asyncio.Event()) is None
    assert wire.order == [f"+{user('finn')}", f"+{user('gina')}"]
    assert wire.tried == {user("finn"): 2, user("gina"): 1}


async def test_who_was_released_meanwhile_is_not_invited_any_more(table: Conference) -> None:
    wire = Wire()
    wire.limited = {user("hugo"): 300.0}
    case = await table.open_case(agencies="police, school")
    with table.store.work("$1", MONDAY) as work:
        found = work.find.case(case.partition(":")[2])
        assert found
        work.invite(case, user("hugo"))
        directory = work.find.directory()
        found.release(user("hugo"), by=directory.people[user("cleo")], at=MONDAY)
        work.remove(case, user("hugo"))
        work.say(case, Message("released", ""), scope=found.ref)

    await speak(table, wire, Health(), lambda: "released" in wire.order)
    await speak(table, wire, Health(), lambda: True)

    assert user("hugo") not in wire.tried
    assert await still_to_invite(table) == []


@pytest.mark.parametrize("again", [False, True])
async def test_a_removal_never_overtakes_the_invitation_before_it(table: Conference, again: bool) -> None:
    wire, room = Wire(), await table.open_case()
    wire.holding = asyncio.Event()
    with table.store.work("$1", MONDAY) as work:
        work.invite(room, user("finn"))

    async def remove() -> None:
        await until(lambda: wire.tried, "an invitation under way")
        with table.store.work("$2", MONDAY) as work:
            work.remove(room, user("finn"))
            if again:
                work.invite(room, user("finn"))
        assert wire.holding
        wire.holding.set()

    removing = asyncio.create_task(remove())
    expected = [f"+{user('finn')}", f"-{user('finn')}", *([f"+{user('finn')}"] if again else [])]
    await speak(table, wire, Health(), lambda: len(wire.order) == len(expected))
    await removing
    assert wire.order == expected


@pytest.mark.parametrize(
    ("kind", "words"),
    [("strangers", "has no account on the homeserver."), ("refused", "could not be invited: the homeserver refused.")],
)
async def test_who_cannot_be_invited_is_told_to_the_coordinators_and_not_tried_again(
    table: Conference, kind: str, words: str
) -> None:
    wire = Wire()
    getattr(wire, kind).add(user("hugo"))
    case = await table.open_case(agencies="police, school")
    with table.store.work("$1", MONDAY) as work:
        work.invite(case, user("hugo"))
        work.invite(case, user("ada"))

    await speak(table, wire, Health(), lambda: f"+{user('ada')}" in wire.order)

    assert await still_to_invite(table) == []
    ref = case.partition(":")[2]
    told = [said.text for said in await table.deliver() if said.channel == "coordination"]
    heard = told or [line for line in wire.order if line.startswith(ref)]
    assert len(heard) == 1
    assert heard[0].startswith(f"{ref}: Hugo Peters (School)")
    assert not told or words in told[0]
