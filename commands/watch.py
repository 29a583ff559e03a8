"""What the bot notices by itself and must tell, once each: who is not who they were, and rooms that are not safe.

Nothing of it is content: references, people, and what to do.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

import structlog

from cases.people import Professional
from cases.roles import Place, Role
from commands.context import COORDINATION, House, Reply, case_channel
from commands.dispatch import DONE
from storage import answers, causes, outbox, pins, restoring, rooms
from storage.audit import Entry
from storage.find import Directory, place_of
from storage.outbox import Row
from storage.work import AlreadyHandledError, Message, Store, Work

log = structlog.get_logger()
ADMIN = Place.ADMIN.value
UNREACHABLE_CODES = frozenset({"no_identity", "identity_changed", "unsigned_device", "no_session"})
"""Why somebody cannot read, as far as there is a word of its own for what they can do about it."""
POSTED_FROM_HOUR = 9
MOST_DEVICES_TOLD = 100
"""So many devices of one person are told of: a homeserver may invent them without end."""
Told = list[tuple[str, Reply]]
"""What is said, and in which channels."""


class Watch:
    """Writes down what was noticed, and says it to those who must act."""

    def __init__(self, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._clock = clock

    async def identity_changed(self, user_id: str, master_key: str) -> None:
        """Ask the admins about somebody who shows another identity than the one we know.

        Once for each identity, and once a day at most for each person: a homeserver may alternate them without end.
        """
        key = pins.TOLD + user_id
        async with self._store.look() as find:
            told: list[str] = json.loads(await find.setting(key) or "[]")
        if master_key in told:
            return

        async def note(work: Work, directory: Directory) -> Told:
            await work.keep(key, json.dumps([*told, master_key][-pins.MOST_SEEN :]))
            await work.record(_entry(user_id, ADMIN, "identity", user_id, "trust/identity_changed", work))
            facts: dict[str, object] = {"person": user_id, "identity": master_key}
            if user_id == self._house.bot_id:
                return [(ADMIN, Reply("identity/ours", facts, wake=_admins(directory)))]
            if user_id not in directory.people:
                return []
            return [(ADMIN, Reply("identity/changed", facts, wake=_admins(directory)))]

        await self._once(causes.of_job("identity", user_id, self._clock().date()), note)

    async def admin_came(self, user_ids: Iterable[str]) -> None:
        """Show the admins who are in their room our identity, for them to compare; once to each."""
        for user_id in user_ids:

            async def note(work: Work, directory: Directory, admin: str = user_id) -> Told:
                if admin not in _admins(directory):
                    return []
                await work.record(_entry(self._house.bot_id, ADMIN, "introduce", admin, DONE, work))
                return [(ADMIN, Reply("identity/introduced", {"house": self._house}))]

            await self._once(causes.of_job("introduced", user_id, self._house.bot_identity), note)

    async def identity_proven(self, user_id: str, master_key: str) -> None:
        """Approve the identity of somebody who was held: an admin compared emoji with whoever has its keys."""

        async def note(work: Work, _: Directory) -> Told:
            await pins.approve(work, user_id, master_key)
            await work.record(_entry(user_id, ADMIN, "identity approve", user_id, DONE, work))
            return [(ADMIN, Reply("identity/approved", {"person": user_id, "identity": master_key}))]

        await self._once(causes.of_job("identity proven", user_id, master_key, self._clock().isoformat()), note)

    async def comparing(self, user_id: str, compared: str, identity: str | None = None) -> None:
        """Ask the admins to compare emoji with a person who verifies the bot.

        ``identity``: the one that the person is held for, and that is approved if it is the same.
        """

        async def note(work: Work, directory: Directory) -> Told:
            await answers.show(work, user_id, compared)
            await work.record(_entry(user_id, ADMIN, "verification", user_id, "comparing", work))
            facts: dict[str, object] = {"person": user_id, "compared": compared, "identity": identity}
            return [(ADMIN, Reply("verification/comparing", facts, wake=_admins(directory)))]

        await self._once(causes.of_job("comparing", user_id, self._clock().isoformat()), note)

    async def verified(self, user_id: str, *, signed: bool) -> None:
        """Tell the admins that a person has verified the bot, and whether the bot vouches for them."""
        await self._end(user_id, "done", {"signed": signed})

    async def verification_ended(self, user_id: str) -> None:
        """Tell the admins, if they were asked to compare, that there is nothing to compare any more."""
        async with self._store.look() as find:
            asked = await answers.shown(find, user_id)
        if asked is not None:
            await self._end(user_id, "ended", {})

    async def verification_gone(self, user_id: str, cause: str) -> None:
        """Tell the admins that their answer came too late for what they compared."""

        async def note(work: Work, _: Directory) -> Told:
            await work.record(_entry(user_id, ADMIN, "verification", user_id, "gone", work))
            return [(ADMIN, Reply("verification/gone", {"person": user_id}))]

        await self._once(causes.of_job("verification gone", cause), note)

    async def _end(self, user_id: str, how: str, facts: dict[str, object]) -> None:
        async def note(work: Work, _: Directory) -> Told:
            await answers.hide(work, user_id)
            await work.record(_entry(user_id, ADMIN, "verification", user_id, how, work))
            return [(ADMIN, Reply(f"verification/{how}", {"person": user_id, **facts}))]

        await self._once(causes.of_job("verification ended", how, user_id, self._clock().isoformat()), note)

    async def stranger_came(self, channel: str, user_id: str, cause: str) -> None:
        """Remove somebody from a room that is not for them, and report it.

        One of our own people was let in before the file gave them another place, which is nothing to look into.
        """

        async def note(work: Work, directory: Directory) -> Told:
            await work.remove(channel, user_id)
            await work.record(_entry(user_id, channel, "join", user_id, "dispatch/not_a_member", work))
            if user_id in directory.people:
                return []
            where, told = _those_who_act(channel, directory)
            place, key = place_of(channel).value, channel.partition(":")[2]
            return [(where, Reply("room/stranger", {"place": place, "key": key, "person": user_id}, wake=told))]

        await self._once(cause, note)

    async def not_coming(self, channel: str, user_id: str, code: str, cause: str) -> None:
        """Tell those who act that somebody does not come into a room, and why (``declined``, ``no_account``, …)."""

        async def note(work: Work, directory: Directory) -> Told:
            await work.record(_entry(user_id, channel, "invitation", user_id, code, work))
            if user_id not in directory.people:
                return []
            place, key = place_of(channel), channel.partition(":")[2]
            where, told = _those_who_act(channel, directory)
            if place is Place.DIRECT:
                where, told = COORDINATION, _ids(directory.with_role(Role.COORDINATOR))
            facts: dict[str, object] = {"place": place.value, "key": key, "person": user_id, "code": code}
            return [(where, Reply("room/not_coming", facts, wake=told))]

        await self._once(cause, note)

    async def unreachable(self, channel: str, reasons: dict[str, str]) -> None:
        """Say whose device could not be given the key of what was just said, and why; once a day each."""
        for user_id, code in reasons.items():

            async def note(work: Work, _: Directory, person: str = user_id, code: str = code) -> Told:
                await work.record(_entry(person, channel, "unreachable", person, f"trust/{code}", work))
                known = code if code in UNREACHABLE_CODES else "other"
                return [(channel, Reply("trust/unreachable", {"person": person, "code": known}, wake=(person,)))]

            await self._once(
                causes.of_job("unreachable", self._house.bot_id, channel, user_id, self._clock().date()), note
            )

    async def unsigned(self, channel: str, devices: Mapping[str, frozenset[str]]) -> None:
        """Say who has another device that they have not verified, once for it; to each person at most once a day.

        Their ids are the homeserver's words, and are not shown.
        """
        for user_id, device_ids in devices.items():
            key = f"unsigned {user_id}"
            async with self._store.look() as find:
                told = frozenset(json.loads(await find.setting(key) or "[]"))
            if device_ids <= told or len(told) >= MOST_DEVICES_TOLD:
                continue

            known = told | device_ids

            async def note(
                work: Work, directory: Directory, person: str = user_id, known: frozenset[str] = known
            ) -> Told:
                await work.keep(f"unsigned {person}", json.dumps(sorted(known)))
                await work.record(_entry(person, channel, "unsigned", person, "trust/unsigned_device", work))
                if person == self._house.bot_id:
                    return [(channel, Reply("trust/unsigned_ours", {}, wake=_admins(directory)))]
                return [(channel, Reply("trust/unsigned", {"person": person}, wake=(person,)))]

            await self._once(causes.of_job("unsigned", self._house.bot_id, user_id, self._clock().date()), note)

    async def unreadable_cases(self) -> None:
        """Tell the coordinators and the operator which cases can't be read, by reference; once a day each."""
        for ref, kind in list(self._store.unreadable.items()):

            async def note(work: Work, directory: Directory, ref: str = ref, kind: str = kind) -> Told:
                log.error("case unreadable", case=ref, kind=kind)
                channel = case_channel(ref)
                await work.record(_entry(self._house.bot_id, channel, "read", None, "case/unreadable", work))
                wake = _ids(directory.with_role(Role.COORDINATOR))
                return [(COORDINATION, Reply("case/unreadable", {"ref": ref}, wake=wake))]

            await self._once(causes.of_job("case unreadable", ref, self._clock().date()), note)

    async def word_in_place_of(self, row: Row) -> Message:
        """What is said where something can't be said, so that nobody waits for it."""
        async with self._store.look() as find:
            voice = self._house.voice(await find.directory(), row.channel)
        if row.file is not None:
            return voice.message("room/file_refused", {"name": row.file.name})[0]
        facts = {"reference": row.reference, "deleting": row.kind == "retract"}
        return voice.message("room/unsaid", facts, subject=row.subject)[0]

    async def given_up(self, row: Row, event_id: str | None) -> None:
        """Let what can't be sent for good give way, and tell those who can find out why; once a day of each room.

        ``event_id``: the word that was said in its place.
        """
        today = self._clock().date().isoformat()

        async def note(work: Work, directory: Directory) -> Told:
            await outbox.give_up(work, row, event_id)
            await work.record(_entry(self._house.bot_id, row.channel, row.kind, row.subject, "room/given_up", work))
            # Otherwise a room that takes no report would be reported without end.
            if await work.find.setting(told := f"given up {row.channel}") == today:
                return []
            await work.keep(told, today)
            where, wake = _those_who_act(row.channel, directory)
            place, key = place_of(row.channel).value, row.channel.partition(":")[2]
            facts: dict[str, object] = {"place": place, "key": key, "kind": row.kind, "reference": row.reference}
            return [(where, Reply("room/given_up", facts, wake=wake))]

        await self._once(causes.of_job("given up", row.txn_id), note)

    async def messages_missed(self, room_id: str, cause: str) -> None:
        """Say in a room that what was said there may not have been heard, so that nobody waits for an answer."""
        channel = await self._channel(room_id)
        if channel is None:
            return

        async def note(work: Work, _: Directory) -> Told:
            await work.record(_entry(self._house.bot_id, channel, "missed", None, "room/missed", work))
            return [(channel, Reply("room/missed", {}))]

        await self._once(cause, note)

    async def room_lost(self, room_id: str, code: str, cause: str) -> None:
        """Say nothing more in a room that was taken from us or tampered with, and report it.

        What is to be said in it waits. ``code``: what was changed, or ``removed``.
        """
        channel = await self._channel(room_id)
        if channel is None:
            return

        async def note(work: Work, directory: Directory) -> Told:
            await rooms.lose(work, channel)
            await work.record(_entry(self._house.bot_id, channel, "room", None, f"room/{code}", work))
            where, told = _those_who_act(channel, directory)
            place, key = place_of(channel).value, channel.partition(":")[2]
            return [(where, Reply("room/lost", {"place": place, "key": key, "code": code}, wake=told))]

        await self._once(cause, note)

    async def room_moved(self, room_id: str, to_room_id: str, cause: str) -> None:
        """Go on in the room that replaces this one, with everything of the case, and ask everybody in."""
        channel = await self._channel(room_id)
        if channel is None:
            return

        async def note(work: Work, _: Directory) -> Told:
            await rooms.move(work, channel, to_room_id)
            await work.record(_entry(self._house.bot_id, channel, "room", None, "room/moved", work))
            place, key = place_of(channel), channel.partition(":")[2]
            case = await work.find.case_or_none(key) if place == Place.CASE else None
            if case is not None:
                case.expect_everybody()
            people = sorted(await work.find.audience(channel))
            await self._say(work, channel, Reply("room/moved", {"people": people}))
            for user_id in people:
                await work.invite(channel, user_id)
            return [(COORDINATION, Reply("room/moved_by_reference", {"ref": case.ref}))] if case is not None else []

        await self._once(cause, note)

    async def take_over(self) -> None:
        """Go on with the cases that another bot ran before: each gets a room of ours, and everybody is asked in."""
        async with self._store.look() as find:
            refs = await rooms.held_by_others(find)
        for ref in refs:

            async def note(work: Work, _: Directory, ref: str = ref) -> Told:
                channel = case_channel(ref)
                await rooms.take_over(work, channel)
                await work.record(_entry(self._house.bot_id, channel, "room", None, "room/taken_over", work))
                case = await work.find.case_or_none(ref)
                if case is not None:
                    case.expect_everybody()
                people = sorted(await work.find.audience(channel))
                await self._say(work, channel, Reply("room/moved", {"people": people}))
                for user_id in people:
                    await work.invite(channel, user_id)
                return [(COORDINATION, Reply("room/taken_over_by_reference", {"ref": ref}))]

            await self._once(causes.of_job("take over", ref, self._clock().isoformat()), note)

    async def restored(self) -> None:
        """Say in each room of what time nothing is on file, when the database was found to be an older one."""
        async with self._store.look() as find:
            unknown = await restoring.noted(find)
            channels = await restoring.channels(find) if unknown else []
        if unknown is None:
            return
        us = Professional(self._house.bot_id, self._house.bot_name, "")
        for channel in channels:

            async def note(work: Work, _: Directory, channel: str = channel) -> Told:
                place, key = place_of(channel), channel.partition(":")[2]
                case = await work.find.case(key) if place is Place.CASE else None
                last = case.leave_a_gap(by=us, at=work.now) if case else None
                await work.record(_entry(self._house.bot_id, channel, "restored", None, "room/restored", work))
                facts: dict[str, object] = {"since": unknown.since, "until": unknown.until, "last": last}
                return [(channel, Reply("room/restored", facts))]

            await self._once(causes.of_job("restored", self._house.bot_id, unknown.until.isoformat(), channel), note)

        async def forget(work: Work, _: Directory) -> Told:
            await restoring.told(work)
            return []

        await self._once(causes.of_job("restored", self._house.bot_id, unknown.until.isoformat()), forget)

    async def post_head(self) -> None:
        """Show the admins each day how far the audit log has come, where nobody can take it back."""
        today = self._clock().astimezone(self._house.zone)
        async with self._store.look() as find:
            if today.hour < POSTED_FROM_HOUR or await find.room(ADMIN) is None:
                return

        async def note(work: Work, _: Directory) -> Told:
            line = await work.newest_line()
            if line is None:
                return []
            head, signature = line
            await work.record(_entry(self._house.bot_id, ADMIN, "audit head", None, DONE, work))
            facts = {"lines": head.lines, "digest": head.digest.hex(), "signature": signature.hex()}
            return [(ADMIN, Reply("audit/head", facts))]

        await self._once(causes.of_job("audit head", self._house.bot_id, f"{today:%Y-%m-%d}"), note)

    async def _channel(self, room_id: str) -> str | None:
        async with self._store.look() as find:
            return await find.channel(room_id)

    async def _once(self, cause: str, note: Callable[[Work, Directory], Awaitable[Told]]) -> None:
        """Carry out what was noticed, at most once for its cause."""
        async with self._store.look() as find:
            # Asked at every turn: looked up first, so that nothing is written where nothing is new.
            if await find.is_handled(cause):
                return
        try:
            async with self._store.work(cause, self._clock()) as work:
                for channel, reply in await note(work, await work.find.directory()):
                    await self._say(work, channel, reply)
        except AlreadyHandledError:
            return

    async def _say(self, work: Work, channel: str, reply: Reply) -> None:
        voice = self._house.voice(await work.find.directory(), channel)
        for page in voice.message(reply.template, reply.facts, subject=reply.subject, wake=reply.wake):
            await work.say(channel, page)


def _admins(directory: Directory) -> tuple[str, ...]:
    return _ids(directory.with_role(Role.ADMIN))


def _those_who_act(channel: str, directory: Directory) -> tuple[str, tuple[str, ...]]:
    """Where the loss of a room is told, and who must act: a room cannot tell of its own loss."""
    if place_of(channel) is Place.CASE:
        return COORDINATION, _ids(directory.with_role(Role.COORDINATOR))
    return (COORDINATION if channel == ADMIN else ADMIN), _admins(directory)


def _ids(people: Iterable[Professional]) -> tuple[str, ...]:
    return tuple(person.user_id for person in people)


def _entry(actor: str, channel: str, command: str, subject: str | None, outcome: str, work: Work) -> Entry:  # noqa: PLR0917 a line of the log, in its order
    place, _, key = channel.partition(":")
    return Entry(actor, place, key if place == Place.CASE else None, command, subject, outcome, work.cause)
