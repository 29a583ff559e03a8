"""The listener with everything real but the homeserver: in which order it handles what came."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest
import sqlalchemy as sa

from bot.health import Health
from bot.matrix import membership as membership_module
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import NotAllowed
from bot.matrix.crypto.events import Batch, Ciphertext, Event, RoomBatch, StateChange, read_event
from bot.matrix.crypto.trust import Verdict
from bot.matrix.event_queue import TURN
from bot.matrix.hearing import Hearing
from bot.matrix.membership import Membership
from bot.matrix.sync_loop import SyncLoop
from bot.matrix.verifying import Verifier
from commands.concern.rules import Concern
from commands.trust.watch import Watch
from storage import progress as progress_module
from storage import tables
from storage.progress import Progress
from tests.room import BOT, MONDAY, Conference, user


class Wire:
    """What the homeserver answers, sync by sync; then the bot is told to stop."""

    user_id = BOT
    device_id = "BOT"

    def __init__(self, batches: list[Batch], progress: Progress, health: Health, stop: asyncio.Event) -> None:
        self.devices = self
        self.asked: list[str | None] = []
        self.saved: list[str | None] = []
        """Which token was on file at each sync."""
        self.heard: list[bool] = []
        """Whether the health check knew at each sync that something had been handled."""
        self._health = health
        self._batches = batches
        self._progress = progress
        self._stop = stop

    async def sync_once(self, since: str | None, **_how: object) -> Batch:
        self.asked.append(since)
        self.saved.append(await self._progress.token())
        self.heard.append(self._health._synced_at is not None)
        if self._batches:
            return self._batches.pop(0)
        self._stop.set()
        return Batch(since or "")

    async def history(self, _room_id: str, **_how: object) -> list[Event]:
        raise NotAllowed(403, "M_FORBIDDEN")

    async def room_state(self, _room_id: str) -> tuple[StateChange, ...]:
        join = {"membership": "join"}
        return tuple(StateChange(f"${who}", "m.room.member", who, who, join) for who in (BOT, user("dirk")))

    def list_held(self) -> set[str]:
        return set()


def said(room: str, who: str, number: int) -> Event:
    return Event(
        f"${room}-{number}",
        f"!{room}:example.org",
        user(who),
        MONDAY,
        "m.room.message",
        {"msgtype": "m.text", "body": f"!concern number {number} kind: fact"},
        encrypted=True,
        verdict=Verdict.TRUSTED,
    )


def encrypted(room: str, who: str, content: dict[str, object], outside: object = None, event_id: str = "$1") -> Event:
    """An event of a trusted device, with this content inside the encryption and this relation outside."""
    around = {} if outside is None else {"m.relates_to": outside}
    raw = {"type": "m.room.encrypted", "event_id": event_id, "sender": user(who), "content": around}
    inside = ("m.room.message", {"msgtype": "m.text", **content})
    place = Ciphertext(f"phone of {who}", "session", len(str(content)))
    return read_event(raw, f"!{room}:example.org", Verdict.TRUSTED, decrypted=inside, ciphertext=place)


def sync(token: str, *events: Event) -> Batch:
    return Batch(token, (RoomBatch(events[0].room_id, events),) if events else ())


async def speech_is_over(_within: float) -> None:
    """Nobody waits for what is to be said."""


async def listen(table: Conference, batches: list[Batch], *, made: str | None = None) -> Wire:
    """Listen to these syncs; ``made``: a room that has just been put on file."""
    stop = asyncio.Event()
    progress = Progress(table.store)
    await progress.save("s0", {})
    health = Health(lambda: MONDAY)
    wire = Wire(batches, progress, health, stop)
    client = cast("HardenedClient", wire)
    watch = Watch(table.store, table.house, lambda: MONDAY)
    verifier = Verifier(client, table.store, watch, lambda: MONDAY)
    clock = lambda: MONDAY  # noqa: E731
    membership = Membership(client, table.store, watch, table.comings)
    sync_loop = SyncLoop(
        client,
        table.store,
        watch,
        hearing=Hearing(client, table.store, table.dispatcher, table.deleting, verifier, watch, clock),
        membership=membership,
        verifier=verifier,
        health=health,
        spoken=speech_is_over,
    )
    if made:
        membership.meet_soon(made)
    await sync_loop.run(stop)
    return wire


async def rooms_in_order(table: Conference) -> list[str]:
    """The rooms whose concerns were put on file, in this order."""
    a = tables.audit.c
    with table.store.look() as find:
        refs = find.all(sa.select(a.case_ref).where(a.command == "concern").order_by(a.id))
    return [f"case:{ref}" for ref in refs]


async def test_who_writes_without_end_in_one_room_holds_up_no_other(table: Conference) -> None:
    flooded, other = await table.open_case(), await table.open_case()
    flood = [said(flooded, "ada", number) for number in range(5 * TURN)]

    later = [sync(f"s{number}") for number in range(3, 7)]

    await listen(table, [sync("s1", *flood), sync("s2", said(other, "dirk", 0)), *later])

    order = await rooms_in_order(table)
    assert order.index(other) == 2 * TURN
    assert order.count(flooded) == 5 * TURN
    assert [c.about for c in (await table.case(flooded)).all(Concern)] == [f"number {n}" for n in range(5 * TURN)]


async def test_a_token_is_saved_once_all_that_came_before_it_was_handled(table: Conference) -> None:
    flooded, other = await table.open_case(), await table.open_case()
    flood = [said(flooded, "ada", number) for number in range(3 * TURN)]

    wire = await listen(table, [sync("s1", *flood), sync("s2", said(other, "dirk", 0)), sync("s3"), sync("s4")])

    assert wire.asked == ["s0", "s1", "s2", "s3", "s4"]
    # The first takes three turns: after a crash in between, the homeserver is asked for it again.
    assert wire.saved == ["s0", "s0", "s0", "s3", "s3"]
    # What was handled within the same second is saved with what comes later, or at the end.
    assert await Progress(table.store).token() == "s4"
    # Nor is the bot called silent while it works that off.
    assert wire.heard == [False, True, True, True, True]


async def test_a_message_for_which_there_is_no_place_to_wait_is_told_at_once(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "MOST_WAITING_OF_A_SENDER", 1)
    room = await table.open_case()
    events = [
        replace(said(room, who, number), verdict=Verdict.UNDECRYPTABLE, source={"sender": user(who)})
        for number, who in enumerate(("ada", "dirk", "ada", "ada"))
    ]

    await listen(table, [sync("s1", *events)])

    assert await Progress(table.store).waiting() == [events[0].event_id, events[1].event_id]
    (told,) = await table.deliver()
    assert told.mentions == (user("ada"),)


async def test_a_room_whose_history_is_refused_is_told_once_to_type_it_again(table: Conference) -> None:
    room = await table.open_case()
    gap = RoomBatch(f"!{room}:example.org", (said(room, "dirk", 1),), limited=True, prev_batch="p1")

    # The same sync comes again after a crash.
    for _ in range(2):
        await listen(table, [Batch("s1", (gap,))])

    missed, answer = await table.deliver()
    assert missed.text == (
        "Some messages in this room may not have reached me while I was away.\nPlease type again what I did not answer."
    )
    assert answer.text.startswith("C-1")
    assert ("missed", "room/missed") in await table.outcomes()


async def concerns(table: Conference, room: str) -> list[str]:
    return [concern.about for concern in (await table.case(room)).all(Concern)]


async def test_an_old_command_is_not_carried_out_again_whatever_the_server_puts_around_it(table: Conference) -> None:
    room = await table.open_case()
    content: dict[str, object] = {"body": "!concern he was seen kind: fact"}
    edit, reply = {"rel_type": "m.replace", "event_id": "$any"}, {"m.in_reply_to": {"event_id": "$any"}}
    again = [
        encrypted(room, "ada", content, outside, event_id)
        for outside in (None, edit, {**edit, "event_id": "$other"}, reply)
        for event_id in ("$1", "$2", "$3")
    ]
    await listen(table, [sync("s1", encrypted(room, "ada", content)), sync("s2", *again)])
    assert await concerns(table, room) == ["he was seen"]
    # The same in a process that begins anew, whose crypto store was put back to what it was before.
    await listen(table, [sync("s3", *again)])
    assert await concerns(table, room) == ["he was seen"]
    assert len(await table.deliver()) == 1


async def test_an_edit_says_inside_the_encryption_of_which_message(table: Conference) -> None:
    room = await table.open_case()
    edit: dict[str, object] = {"body": "* x", "m.new_content": {"msgtype": "m.text", "body": "!concern he was seen"}}
    outside = {"rel_type": "m.replace", "event_id": "$first"}
    inside = encrypted(room, "ada", {**edit, "m.relates_to": outside}, outside, "$inside")
    await listen(table, [sync("s1", encrypted(room, "ada", edit, outside, "$outside"))])
    (told,) = await table.deliver()
    await listen(table, [sync("s2", inside)])
    (done,) = await table.deliver()
    assert "Please type the whole command again" in told
    assert done.subject == "C-1"
    assert await concerns(table, room) == ["he was seen"]


async def test_what_was_turned_away_does_not_act_once_its_device_is_trusted(table: Conference) -> None:
    room = await table.open_case()
    command = encrypted(room, "ada", {"body": "!concern he was seen"})
    untrusted = replace(command, verdict=Verdict.UNSIGNED_DEVICE)
    await listen(table, [sync("s1", untrusted), sync("s2", command, replace(command, event_id="$again"))])
    told, again = await table.deliver()
    assert "I don’t know this device of yours yet" in told
    assert "Please type again what I did not answer before." in again
    assert await concerns(table, room) == []


async def test_the_same_message_that_comes_twice_is_one_and_no_replay(table: Conference) -> None:
    room = await table.open_case()
    command = encrypted(room, "ada", {"body": "!concern he was seen"})
    await listen(table, [sync("s1", command), sync("s2", command)])
    (card,) = await table.deliver()
    assert card.subject == "C-1"


async def test_a_case_that_cannot_be_read_is_reported_as_soon_as_somebody_types_there(table: Conference) -> None:
    broken, whole = await table.open_case(), await table.open_case()
    await table.damage(broken.partition(":")[2])

    await listen(table, [sync("s1", said(broken, "ada", 1)), sync("s2", said(whole, "ada", 2))])

    told = {said.channel: said.text for said in await table.deliver()}
    assert told[broken].startswith("Something went wrong on my side")
    assert told[whole].startswith("C-1")
    assert told["coordination"].startswith(f"{broken.partition(':')[2]}: I can't read this case.")


async def test_who_comes_before_a_room_is_on_file_is_welcomed_once_it_is(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership_module, "WELCOME_AFTER_SECONDS", 0.0)
    opened = await table.say("cleo", "!case open why: w goal: g agencies: social", room="coordination")
    channel = f"case:{opened[0].text.split()[0]}"
    # The sync that brought the join was handled a moment ago, when nobody knew the room.
    await listen(table, [sync("s1")], made=f"!{channel}:example.org")
    (welcome,) = [said for said in await table.deliver() if said.channel == channel]
    assert welcome.text.startswith("Welcome Dirk Smit (Social services).")
