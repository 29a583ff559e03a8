# lines: one speaker: what is sent, tried again, redacted and given up shares the order of a room
"""Speaking: what stands in the outbox goes out, in order within a room, once; a room that fails holds up no other."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.health import Health
from bot.matrix.backoff import Backoff, unless
from bot.matrix.content import PNG, POLL, TICK, as_edit, content_of, measure, poll_of, read_file
from bot.matrix.crypto.attachments import upload
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import MatrixError, NotAllowed, Outcome, Rejected, TokenRevoked, Unavailable, judge
from bot.matrix.faces import face_of
from bot.matrix.inviting import Inviter
from bot.matrix.room_guard import REMOVED
from bot.matrix.rooms import IN_SPACE, NAMES, make_room
from cases.roles import Place
from chat.faults import place_of_fault
from commands.case.comings import name_of, topic_of
from commands.trust.watch import Watch
from storage import causes, rooms
from storage.crypto import HOUSE
from storage.database import StoreAwayError
from storage.find import SPACE, Find, place_of
from storage.fresh import Fresh
from storage.messages import Attachment, Paper
from storage.outbox import Outbox, Row
from storage.progress import Progress
from storage.store import Store

log = structlog.get_logger(__name__)
LONGEST_WAIT_SECONDS = 600.0
LONGEST_WAIT_FOR_STORE_SECONDS = 10.0
MOST_TRIES, TRIED_FOR_SECONDS = 20, 3600.0
"""So often, or so long, what may heal is tried before something else is said in its place: a homeserver that is
restarted or overloaded is back within minutes, and who waits for an answer asks again before an hour has passed."""
TOLD_AFTER_TRIES = 5
"""So often one thing may fail to go out before health tells that its room fails: some fail when all is well."""
SAID = frozenset({"message", "file", "retract", "tick"})
"""What people would miss in the room."""
MOST_AT_ONCE = 50
"""So many rooms are spoken to at the same time; the others wait for their turn."""
ASK_AGAIN_AFTER = timedelta(days=1)
COMES_WITHIN = timedelta(days=3)
"""Of an invitation to a chat with us in which something waits: no homeserver says that an account is used no longer."""
DECLINED = "declined"
SETTLE_AFTER_SECONDS = 1.0
"""What was said is marked so soon, if nothing else is written meanwhile that it is marked with."""
HOMESERVER_FORGETS_AFTER = timedelta(hours=20)
"""Synapse knows a transaction id for a day; what was tried before that could be taken a second time."""


class NotJoinedYetError(Exception):
    """The person whom a direct message is for has not come into the chat: it could not be read later."""


class UnreadableRowError(Exception):
    """What was to be said can't be read: it was changed, or its key is gone."""


@dataclass(repr=False)
class Tries:
    """How often the first row of a channel was tried, and since when."""

    row: int
    since: float
    count: int = 0


class Speaker:
    """Carries out the outbox."""

    def __init__(
        self, client: HardenedClient, store: Store, watch: Watch, clock: Callable[[], datetime], health: Health
    ) -> None:
        self._client = client
        self._store = store
        self._watch = watch
        self._outbox = Outbox(store)
        self._progress = Progress(store)
        self._clock = clock
        self._health = health
        self._nudged = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._more: set[str] = set()
        """The busy channels in which something came that their tasks may not have seen."""
        self._speaking: set[str] = set()
        """The busy channels but for those in which the next try is waited for."""
        self._tries: dict[str, Tries] = {}
        self._silent = asyncio.Event()
        self._silent.set()
        self._ended: Exception | None = None
        self._settling: asyncio.Task[None] | None = None
        # First come, first served, for each thing anew: a room with much to say, or one that fails, keeps no place.
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._inviter = Inviter(client, store, watch, clock, health, self._room)
        self._making = asyncio.Lock()
        self.on_room: Callable[[str], None] = lambda _room_id: None
        """Told the id of each room that was made, once it is on file: who was invited with it may have come before."""

    async def take_up(self) -> None:
        """Take over what the process before this one left; before anything is heard. Raises StoreAwayError."""
        await self._outbox.take_up()

    def nudge(self) -> None:
        """There may be something new to say, wherever it is."""
        self._nudged.set()
        self._inviter.nudge()

    async def spoken(self, within: float) -> None:
        """Wait until everything is said that can be said now, at most for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._silent.wait()

    async def run(self, stop: asyncio.Event) -> None:
        """Speak until told to stop; raises TokenRevoked."""

        def take(channels: Mapping[str, Fresh | None] | None) -> None:
            if channels is None:
                self._nudged.set()
                return
            for channel, fresh in () if stop.is_set() else channels.items():
                self._speak_in(channel, stop, fresh)

        loop = asyncio.get_running_loop()

        def tell(channels: Mapping[str, Fresh | None] | None) -> None:
            for fresh in filter(None, channels.values() if channels else ()):
                self._outbox.take(fresh)
            loop.call_soon_threadsafe(take, channels)

        self._store.on_news = tell
        inviting = asyncio.create_task(self._invite(stop))
        try:
            while not stop.is_set() and self._ended is None:
                self._nudged.clear()
                take(dict.fromkeys(await self._waiting_channels(stop)))
                await unless(stop, self._nudged.wait())
            if self._ended is not None:
                raise self._ended
            await asyncio.gather(inviting, *self._busy.values())
        finally:
            self._store.on_news = lambda _channels: None
            tasks = [inviting, *self._busy.values(), *filter(None, (self._settling,))]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(StoreAwayError):
                await self._outbox.settle()

    async def _invite(self, stop: asyncio.Event) -> None:
        try:
            await self._inviter.run(stop)
        except Exception as problem:  # noqa: BLE001 raised by run, which ends with it
            self._ended = problem
            self._nudged.set()

    def _speak_in(self, channel: str, stop: asyncio.Event, fresh: Fresh | None) -> None:
        if channel in self._busy:
            self._more.add(channel)
        else:
            self._note(channel, speaking=True)
            self._busy[channel] = asyncio.create_task(self._empty(channel, stop, fresh))

    def _note(self, channel: str, *, speaking: bool) -> None:
        if speaking:
            self._speaking.add(channel)
            self._silent.clear()
            return
        self._speaking.discard(channel)
        if not self._speaking:
            self._silent.set()

    async def _waiting_channels(self, stop: asyncio.Event) -> list[str]:
        backoff = Backoff(LONGEST_WAIT_FOR_STORE_SECONDS)
        while not stop.is_set():
            try:
                return await self._outbox.channels()
            except Exception as fault:  # noqa: BLE001 what waits to be said must not be forgotten
                await self._pause(stop, backoff, fault)
        return []

    async def _pause(self, stop: asyncio.Event, backoff: Backoff, problem: Exception, row: Row | None = None) -> None:
        """Tell what hinders, and wait before the next try."""
        delay = backoff.next(problem.retry_after if isinstance(problem, Unavailable) else None)
        if isinstance(problem, Unavailable) and problem.limited:
            # What the homeserver says is right: no reason to wait longer each time.
            delay = backoff.told(problem.retry_after)
            self._health.asked_to_wait(delay, row.channel if row else "")
        told: dict[str, object] = {"row": row.id if row else None, "retry_in_seconds": round(delay, 1)}
        if isinstance(problem, MatrixError | NotJoinedYetError):
            log.warning("not sent yet", reason=type(problem).__name__, **told)
        elif isinstance(problem, StoreAwayError):
            self._health.store_away()
            log.error("store unavailable", reason=str(problem), **told)
        else:
            log.error("sending failed", **told, **place_of_fault(problem))
        await unless(stop, asyncio.sleep(delay))

    async def _empty(self, channel: str, stop: asyncio.Event, fresh: Fresh | None) -> None:
        """Send what waits in one channel until nothing does, or something ends it for good."""
        try:
            await self._send_all(channel, stop, fresh)
        except Exception as problem:  # noqa: BLE001 raised by run, which ends with it
            self._ended = problem
            self._nudged.set()
        finally:
            # At once, so that nobody takes it for busy any more.
            del self._busy[channel]
            self._note(channel, speaking=False)
            if channel in self._outbox.inviting:
                # Whom to invite waited for what stood before.
                self._inviter.nudge()

    async def _send_all(self, channel: str, stop: asyncio.Event, fresh: Fresh | None) -> None:
        """Send in order, from what was just committed on; retry what can't be done now. Raises TokenRevoked."""
        backoff = Backoff(LONGEST_WAIT_SECONDS)
        store_backoff = Backoff(LONGEST_WAIT_FOR_STORE_SECONDS)
        ahead = self._outbox.open(fresh) if fresh else None
        while not stop.is_set():
            if ahead is not None and self._turns.locked():
                # It is looked up anew when it has its turn.
                self._store.under_way.pop(channel, None)
                ahead = None
            row, ahead = ahead, None
            try:
                async with self._turns:
                    row = row or await self._look_for_next(channel)
                    if row is not None:
                        ahead = await self._say(row)
            except TokenRevoked:
                raise
            except Exception as problem:  # noqa: BLE001 one room that fails holds up no other
                away = isinstance(problem, StoreAwayError)
                if not away:
                    self._health.room_failing(channel, failing=self._is_failing(channel, problem))
                self._note(channel, speaking=False)
                await self._pause(stop, store_backoff if away else backoff, problem, row)
                self._note(channel, speaking=True)
            else:
                backoff.reset()
                store_backoff.reset()
                self._health.room_failing(channel, failing=False)
                if ahead is None and channel not in self._more:
                    return

    async def _say(self, row: Row) -> Row | None:
        """Send it, once, and give what is behind it; what can't be sent for good gives way to that."""
        try:
            event_id = await self._carry_out(row)
        except (TokenRevoked, StoreAwayError, NotJoinedYetError):
            raise
        except Exception as problem:
            if not self._is_over(row, problem):
                raise
            await self._give_way(row, problem)
            ahead = await self._look_for_next(row.channel)
        else:
            ahead = await self._go_on(row, event_id)
            self._health.sent()
        self._tries.pop(row.channel, None)
        return ahead

    async def _look_for_next(self, channel: str) -> Row | None:
        self._more.discard(channel)
        return await self._outbox.next(channel, invitations=False)

    async def _go_on(self, row: Row, event_id: str | None) -> Row | None:
        """Mark what was said, and look for what is behind it; where nothing can be, with whatever is written next."""
        if not row.alone or row.channel in self._more:
            self._more.discard(row.channel)
            return await self._outbox.go_on(row, event_id, self._clock())
        self._outbox.note_sent(row, event_id, self._clock())
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle())
        return None

    async def _settle(self) -> None:
        """Mark what was said lately, if nobody else did."""
        backoff = Backoff(LONGEST_WAIT_FOR_STORE_SECONDS)
        await asyncio.sleep(SETTLE_AFTER_SECONDS)
        while True:
            # What is said from now on is marked by the next.
            self._settling = None
            try:
                await self._outbox.settle()
            except StoreAwayError as problem:
                self._settling = asyncio.current_task()
                self._health.store_away()
                log.error("store unavailable", reason=str(problem))  # noqa: TRY400
                await asyncio.sleep(backoff.next())
            else:
                return

    def _is_over(self, row: Row, problem: Exception) -> bool:
        """Whether trying the row again is no use."""
        now = time.monotonic()
        tries = self._tries.get(row.channel)
        if tries is None or tries.row != row.id:
            tries = self._tries[row.channel] = Tries(row.id, now)
        if isinstance(problem, Unavailable) and problem.limited:
            return False
        tries.count += 1
        over = tries.count >= MOST_TRIES or now - tries.since >= TRIED_FOR_SECONDS
        return over or judge(problem) is Outcome.NEVER

    def _is_failing(self, channel: str, problem: Exception) -> bool:
        """Whether health must tell of the room: at once, or when what may heal does not."""
        if isinstance(problem, Unavailable):
            tries = self._tries.get(channel)
            return tries is not None and tries.count >= TOLD_AFTER_TRIES
        return not isinstance(problem, NotJoinedYetError)

    async def _give_way(self, row: Row, problem: Exception) -> None:
        """Say a word in its place, and tell those who can find out why.

        The word goes first: where it can't be said either, it is not this row that is at fault, and nothing gives way.
        """
        event_id = await self._say_in_place_of(row) if row.kind in SAID else None
        code = problem.code if isinstance(problem, Rejected) else type(problem).__name__
        log.error("given up", row=row.id, kind=row.kind, reference=row.reference, code=code)
        await self._watch.given_up(row, event_id)
        self._health.gave_up(row.kind)

    async def _say_in_place_of(self, row: Row) -> str | None:
        room_id = await self._room(row.channel)
        audience = await self._store.ask(lambda find: find.audience(row.channel, row.scope))
        if not audience and row.scope != HOUSE:
            return None
        word = content_of(await self._watch.word_in_place_of(row))
        return await self._client.post(room_id, word, txn_id=row.transaction_in_its_place, only_for=audience)

    async def _carry_out(self, row: Row) -> str | None:
        if row.unreadable:
            raise UnreadableRowError
        # Where nothing else is waited for before it goes out, what was looked up with it still holds.
        if row.kind == "remove" and row.room_id:
            await self._remove(row, row.room_id)
            return None
        at_once = row.room_id is not None and not row.file and place_of(row.channel) is not Place.DIRECT
        at_once = at_once and not self._is_old(row)
        room_id = row.room_id if at_once and row.room_id else await self._room(row.channel)
        if row.kind in {"message", "file"}:
            return await self._post(row, room_id, at_once=at_once)
        if row.kind == "tick" and row.answers_to:
            return await self._tick(room_id, row, row.answers_to)
        if row.retracts:
            await self._retract(room_id, row, row.retracts)
            return None
        if row.kind == "name":
            await self._client.rename(room_id, await self._store.ask(lambda find: self._name(find, row.channel)))
            return None
        await self._remove(row, room_id)
        return None

    async def _remove(self, row: Row, room_id: str) -> None:
        if place_of(row.channel) is not Place.CASE:
            belongs = await self._store.ask(lambda find: row.person in find.audience(row.channel), to_speak=True)
            if belongs:
                # Somebody who left and has come back before it was done.
                return
        try:
            async with self._inviter.membership:
                await self._client.remove(room_id, row.person or "", "released")
        except Rejected as problem:
            # Already gone: asking again changes nothing.
            log.warning("membership unchanged", row=row.id, kind=row.kind, code=problem.code)

    async def _tell_who_cannot_read(self, room_id: str, channel: str, audience: Collection[str]) -> None:
        unreachable = self._client.unreachable(room_id)
        reasons = {person: reason.value for person, reason in unreachable.items() if person in audience}
        if reasons:
            await self._watch.unreachable(channel, reasons)
        unsigned = self._client.unsigned(room_id)
        us = self._client.user_id
        if us in unsigned:
            await self._watch.unsigned(Place.ADMIN, {us: unsigned[us]})
        devices = {person: unsigned[person] for person in unsigned.keys() & audience if person not in reasons}
        if devices:
            await self._watch.unsigned(channel, devices)

    async def _post(self, row: Row, room_id: str, *, at_once: bool) -> str | None:
        """Say it; ``at_once``: who may read it, as it was looked up with the row, still holds."""
        if (said := await self._said_before(room_id, row)) is not None:
            return said
        content = await self._content(row)
        audience = row.audience
        if not at_once:
            audience = await self._store.ask(lambda find: find.audience(row.channel, row.scope))
        if content is None or (not audience and row.scope != HOUSE):
            log.info("nobody may read it any more", row=row.id)
            return None
        try:
            kind = POLL if row.answers else "m.room.message"
            event_id = await self._client.post(room_id, content, txn_id=row.transaction, type=kind, only_for=audience)
        except NotAllowed:
            await self._ask_whether_lost(room_id, row)
            raise
        if row.pins:
            await self._pin(room_id, row, event_id)
        await self._tell_who_cannot_read(room_id, row.channel, audience)
        return event_id

    async def _content(self, row: Row) -> dict[str, object] | None:
        """What is said; None: it is an edit of what could not be said for good."""
        if row.file:
            return await self._upload(row.file)
        if row.answers:
            return poll_of(row)
        if row.edits is None:
            return content_of(row)
        original = await self._outbox.event_of(row.edits)
        return None if original is None else as_edit(content_of(row), original)

    async def _pin(self, room_id: str, row: Row, event_id: str) -> None:
        try:
            await self._client.pin(room_id, event_id)
        except Rejected as problem:
            # It stands there all the same.
            log.warning("message not pinned", row=row.id, code=problem.code)

    async def _tick(self, room_id: str, row: Row, event_id: str) -> str | None:
        try:
            return await self._client.react(room_id, event_id, TICK, txn_id=row.transaction)
        except Rejected as problem:
            # It stands there, from before the homeserver forgot the transaction.
            if problem.code != "M_DUPLICATE_ANNOTATION":
                raise
            return None

    async def _retract(self, room_id: str, row: Row, txn_id: str) -> None:
        """Delete a message of ours. It stands before this row in its channel, so that it is sent or never will be."""
        event_id = await self._outbox.event_of(txn_id)
        if event_id is None:
            return
        try:
            await self._client.redact(room_id, event_id, txn_id=row.transaction)
        except NotAllowed as problem:
            # It is gone, or so are we.
            log.warning("message not deleted", row=row.id, code=problem.code)

    async def _upload(self, file: Attachment | Paper) -> dict[str, object]:
        """The message that carries a file; raises Rejected when the homeserver takes no such file.

        After a crash the upload may be a second one: only the message, by its transaction id, is made once.
        """
        content_type, data = await read_file(file)
        try:
            encrypted = await upload(self._client, data)
        except NotAllowed as problem:
            # Not of the room's making: this homeserver, or our account there, has no place for files.
            raise Rejected(problem.status, problem.code) from None
        return {
            "msgtype": "m.image" if content_type == PNG else "m.file",
            "body": file.name,
            "filename": file.name,
            "info": {"mimetype": content_type, "size": len(data), **measure(content_type, data)},
            "file": encrypted,
            "m.mentions": {},
        }

    async def _ask_whether_lost(self, room_id: str, row: Row) -> None:
        """Look whether we were removed, though no sync told us, from a room that we may not write in."""
        if place_of(row.channel) is Place.DIRECT:
            return
        try:
            await self._client.joined_members(room_id)
        except NotAllowed as problem:
            # Anything else, such as an address that a proxy does not know, may heal.
            if problem.code == "M_FORBIDDEN":
                await self._watch.room_lost(room_id, REMOVED, causes.of_job("lost", room_id, row.txn_id))

    def _is_old(self, row: Row) -> bool:
        return self._clock() - row.created_at >= HOMESERVER_FORGETS_AFTER

    async def _said_before(self, room_id: str, row: Row) -> str | None:
        """The event of a row that may have gone out so long ago that its transaction id no longer makes it once.

        The age of the row counts: when it was first tried is not noted.
        """
        if not self._is_old(row):
            return None
        return await self._client.find_sent(room_id, row.transaction, since=row.created_at)

    async def _room(self, channel: str) -> str:
        """The room of a channel, made when the first thing is to be said in it."""
        room_id = await self._store.ask(lambda find: find.room(channel))
        room_id = room_id or await self._make(channel)
        if place_of(channel) is Place.DIRECT:
            await self._await_person(channel, room_id, channel.partition(":")[2])
        return room_id

    async def _make(self, channel: str) -> str:
        # Who is to be invited there may need the room at the same moment.
        async with self._making:
            room_id = await self._store.ask(lambda find: find.room(channel))
            return room_id or await self._make_alone(channel)

    async def _make_alone(self, channel: str) -> str:
        place = place_of(channel)
        people = [channel.partition(":")[2]] if place is Place.DIRECT else await self._outbox.invited(channel)
        marker = await self._store.ask(lambda find: rooms.marker(find, channel))
        audience = await self._store.ask(lambda find: find.audience(channel))
        parent = await self._store.ask(lambda find: find.room(SPACE)) if place in IN_SPACE else None
        room_id, invited = await make_room(
            self._client,
            marker,
            name=await self._store.ask(lambda find: self._name(find, channel)),
            topic=topic_of(channel, self._watch.language),
            invite=[person for person in people if person in audience],
            space=place is Place.SPACE,
            parent=parent,
            picture=await self._store.ask(lambda find: face_of(find, channel)),
        )
        await self._progress.save_room(channel, room_id)
        self.on_room(room_id)
        if place is Place.SPACE:
            for shown in await self._store.ask(rooms.in_space):
                await self._client.add_to_space(room_id, shown)
        if place is Place.DIRECT and invited:
            await self._note_asked(channel)
        return room_id

    def _name(self, find: Find, channel: str) -> str:
        """What a channel's room is called, for everybody to read."""
        match place_of(channel):
            case Place.CASE:
                return name_of(find, channel, self._watch.language)
            case Place.AGENCY:
                return find.directory().agency_name(channel.partition(":")[2])
            case Place.SPACE:
                return self._watch.house_name
            case _:
                return NAMES.get(channel, "Roundtable")

    async def _await_person(self, channel: str, room_id: str, person: str) -> None:
        """Whoever is not in the room yet could never read what is posted before.

        Somebody who declined is asked again only when there is something new, and not twice in a day.
        """
        state = await self._client.room_state(room_id)
        last = next((c for c in state if c.type == "m.room.member" and c.state_key == person), None)
        membership = last.content.get("membership") if last else None
        if membership == "join":
            return
        if membership == "invite":
            await self._tell_who_does_not_come(channel, person)
            raise NotJoinedYetError
        if last is not None and last.sender == person:
            await self._watch.not_coming(
                channel, person, DECLINED, causes.of_job("declined", room_id, person, last.event_id)
            )
            if not await self._may_ask_again(channel):
                raise NotJoinedYetError
        await self._note_asked(channel)
        try:
            await self._client.invite(room_id, person)
        except Rejected as problem:
            log.warning("invitation refused", channel_place=Place.DIRECT.value, code=problem.code)
            cause = causes.of_job("not coming", channel, person, "refused", f"{self._clock():%Y-%m-%d}")
            await self._watch.not_coming(channel, person, "refused", cause)
        raise NotJoinedYetError

    async def _tell_who_does_not_come(self, channel: str, person: str) -> None:
        """Tell, once for each time that somebody was asked, that what is for them alone still waits."""
        asked = await self._store.ask(lambda find: find.setting(f"asked {channel}"))
        if asked is None:
            await self._note_asked(channel)
        elif self._clock() - datetime.fromisoformat(asked) >= COMES_WITHIN:
            cause = causes.of_job("not coming", channel, person, "waiting", asked)
            await self._watch.not_coming(channel, person, "waiting", cause)

    async def _may_ask_again(self, channel: str) -> bool:
        asked = await self._store.ask(lambda find: find.setting(f"asked {channel}"))
        if asked is None:
            return True
        newest, before = await self._outbox.newest(channel), datetime.fromisoformat(asked)
        return newest is not None and newest > before and self._clock() - before >= ASK_AGAIN_AFTER

    async def _note_asked(self, channel: str) -> None:
        def note() -> None:
            now = self._clock()
            with self._store.work(causes.of_job("asked", channel, now.isoformat()), now) as work:
                work.keep(f"asked {channel}", now.isoformat())

        await self._store.do(note)
