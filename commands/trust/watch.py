# lines: a flat list of what is told once, each a few lines
"""What the bot notices by itself and must tell, once each: who is not who they were, and rooms that are not safe.

Nothing of it is content: references, people, and what to do.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import structlog

from cases.people import Professional
from cases.roles import Place, Role
from chat.context import COORDINATION, House, Reply, case_channel, direct_channel
from chat.incoming import DONE
from chat.layout import plain
from storage import answers, causes, outbox, pins, restoring, rooms
from storage.audit import Entry
from storage.find import Directory, Find, place_of
from storage.messages import Message
from storage.outbox import Row
from storage.store import Store
from storage.thread import in_store_thread
from storage.work import AlreadyHandledError, Work

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

    @property
    def language(self) -> str:
        """The code of the house's own language."""
        return self._house.of(self._house.scheme).language

    @property
    def house_name(self) -> str:
        """What the house is called, which everybody may read."""
        return self._house.bot_name

    def invitation(self, find: Find, channel: str, person: str) -> str | None:
        """What somebody reads with an invitation to a case: who asks them, and that a case needs them."""
        if place_of(channel) is not Place.CASE:
            return None
        case = find.case_or_none(channel.partition(":")[2])
        if case is None:
            return None
        asked = next((step.by for step in reversed(case.steps) if step.subject == person), case.opened_by)
        voice = self._house.voice(find.directory(), channel, case)
        return voice.marked(plain(voice.text("case/invitation", {"by": asked})))

    @in_store_thread
    def identity_changed(self, user_id: str, master_key: str) -> None:
        """Ask the admins about somebody who shows another identity than the one we know.

        Once for each identity, and once a day at most for each person: a homeserver may alternate them without end.
        """
        key = pins.TOLD + user_id
        with self._store.look() as find:
            told: list[str] = json.loads(find.setting(key) or "[]")
        if master_key in told:
            return

        def note(work: Work, directory: Directory) -> Told:
            work.keep(key, json.dumps([*told, master_key][-pins.MOST_SEEN :]))
            work.record(_entry(user_id, ADMIN, "identity", user_id, "trust/identity_changed", work))
            facts: dict[str, object] = {"person": user_id, "identity": master_key}
            if user_id == self._house.bot_id:
                return [(ADMIN, Reply("identity/ours", facts, wake=_admins(directory)))]
            if user_id not in directory.people:
                return []
            return [(ADMIN, Reply("identity/changed", facts, wake=_admins(directory)))]

        self._once(causes.of_job("identity", user_id, self._clock().date()), note)

    @in_store_thread
    def admin_came(self, user_ids: Iterable[str]) -> None:
        """Show the admins who are in their room our identity, for them to compare; once to each."""
        for user_id in user_ids:

            def note(work: Work, directory: Directory, admin: str = user_id) -> Told:
                if admin not in _admins(directory):
                    return []
                work.record(_entry(self._house.bot_id, ADMIN, "introduce", admin, DONE, work))
                return [(ADMIN, Reply("identity/introduced", {"house": self._house}))]

            self._once(causes.of_job("introduced", user_id, self._house.bot_identity), note)

    @in_store_thread
    def identity_proven(self, user_id: str, master_key: str) -> None:
        """Approve the identity of somebody who was held: an admin compared emoji with whoever has its keys."""

        def note(work: Work, _: Directory) -> Told:
            pins.approve(work, user_id, master_key)
            work.record(_entry(user_id, ADMIN, "identity approve", user_id, DONE, work))
            return [(ADMIN, Reply("identity/approved", {"person": user_id, "identity": master_key}))]

        self._once(causes.of_job("identity proven", user_id, master_key, self._clock().isoformat()), note)

    @in_store_thread
    def comparing(self, user_id: str, compared: str, identity: str | None = None) -> None:
        """Ask the admins to compare emoji with a person who verifies the bot.

        ``identity``: the one that the person is held for, and that is approved if it is the same.
        """

        def note(work: Work, directory: Directory) -> Told:
            answers.show(work, user_id, compared)
            work.record(_entry(user_id, ADMIN, "verification", user_id, "comparing", work))
            facts: dict[str, object] = {"person": user_id, "compared": compared, "identity": identity}
            told = [(ADMIN, Reply("verification/comparing", facts, wake=_admins(directory)))]
            if work.find.room(direct_channel(user_id)):
                told.append((direct_channel(user_id), Reply("verification/called", wake=(user_id,))))
            return told

        self._once(causes.of_job("comparing", user_id, self._clock().isoformat()), note)

    @in_store_thread
    def verified(self, user_id: str, *, signed: bool) -> None:
        """Tell the admins that a person has verified the bot, and whether the bot vouches for them."""
        self._end(user_id, "done", {"signed": signed})

    @in_store_thread
    def verification_ended(self, user_id: str) -> None:
        """Tell the admins, if they were asked to compare, that there is nothing to compare any more."""
        with self._store.look() as find:
            asked = answers.shown(find, user_id)
        if asked is not None:
            self._end(user_id, "ended", {})

    @in_store_thread
    def verification_gone(self, user_id: str, cause: str) -> None:
        """Tell the admins that their answer came too late for what they compared."""

        def note(work: Work, _: Directory) -> Told:
            work.record(_entry(user_id, ADMIN, "verification", user_id, "gone", work))
            return [(ADMIN, Reply("verification/gone", {"person": user_id}))]

        self._once(causes.of_job("verification gone", cause), note)

    def _end(self, user_id: str, how: str, facts: dict[str, object]) -> None:
        def note(work: Work, _: Directory) -> Told:
            answers.hide(work, user_id)
            work.record(_entry(user_id, ADMIN, "verification", user_id, how, work))
            return [(ADMIN, Reply(f"verification/{how}", {"person": user_id, **facts}))]

        self._once(causes.of_job("verification ended", how, user_id, self._clock().isoformat()), note)

    @in_store_thread
    def stranger_came(self, channel: str, user_id: str, cause: str) -> None:
        """Remove somebody from a room that is not for them, and report it.

        One of our own people was let in before the file gave them another place, which is nothing to look into.
        """

        def note(work: Work, directory: Directory) -> Told:
            work.remove(channel, user_id)
            work.record(_entry(user_id, channel, "join", user_id, "dispatch/not_a_member", work))
            if user_id in directory.people:
                return []
            where, told = _those_who_act(channel, directory)
            place, key = place_of(channel).value, channel.partition(":")[2]
            return [(where, Reply("room/stranger", {"place": place, "key": key, "person": user_id}, wake=told))]

        self._once(cause, note)

    @in_store_thread
    def not_coming(self, channel: str, user_id: str, code: str, cause: str) -> None:
        """Tell those who act that somebody does not come into a room, and why (``declined``, ``no_account``, …)."""

        def note(work: Work, directory: Directory) -> Told:
            work.record(_entry(user_id, channel, "invitation", user_id, code, work))
            if user_id not in directory.people:
                return []
            place, key = place_of(channel), channel.partition(":")[2]
            where, told = _those_who_act(channel, directory)
            if place is Place.DIRECT:
                where, told = COORDINATION, _ids(directory.with_role(Role.COORDINATOR))
            facts: dict[str, object] = {"place": place.value, "key": key, "person": user_id, "code": code}
            return [(where, Reply("room/not_coming", facts, wake=told))]

        self._once(cause, note)

    @in_store_thread
    def unreachable(self, channel: str, reasons: dict[str, str]) -> None:
        """Say whose device could not be given the key of what was just said, and why; once a day each."""
        for user_id, code in reasons.items():

            def note(work: Work, _: Directory, person: str = user_id, code: str = code) -> Told:
                work.record(_entry(person, channel, "unreachable", person, f"trust/{code}", work))
                known = code if code in UNREACHABLE_CODES else "other"
                return [(channel, Reply("trust/unreachable", {"person": person, "code": known}, wake=(person,)))]

            self._once(causes.of_job("unreachable", self._house.bot_id, channel, user_id, self._clock().date()), note)

    @in_store_thread
    def unsigned(self, channel: str, devices: Mapping[str, frozenset[str]]) -> None:
        """Say who has another device that they have not verified, once for it; to each person at most once a day.

        Their ids are the homeserver's words, and are not shown.
        """
        for user_id, device_ids in devices.items():
            key = f"unsigned {user_id}"
            with self._store.look() as find:
                told = frozenset(json.loads(find.setting(key) or "[]"))
            if device_ids <= told or len(told) >= MOST_DEVICES_TOLD:
                continue

            known = told | device_ids

            def note(work: Work, directory: Directory, person: str = user_id, known: frozenset[str] = known) -> Told:
                work.keep(f"unsigned {person}", json.dumps(sorted(known)))
                work.record(_entry(person, channel, "unsigned", person, "trust/unsigned_device", work))
                if person == self._house.bot_id:
                    return [(channel, Reply("trust/unsigned_ours", {}, wake=_admins(directory)))]
                return [(channel, Reply("trust/unsigned", {"person": person}, wake=(person,)))]

            self._once(causes.of_job("unsigned", self._house.bot_id, user_id, self._clock().date()), note)

    @in_store_thread
    def unreadable_cases(self) -> None:
        """Tell the coordinators and the operator which cases can't be read, by reference; once a day each."""
        for ref, kind in list(self._store.unreadable.items()):

            def note(work: Work, directory: Directory, ref: str = ref, kind: str = kind) -> Told:
                log.error("case unreadable", case=ref, kind=kind)
                channel = case_channel(ref)
                work.record(_entry(self._house.bot_id, channel, "read", None, "case/unreadable", work))
                wake = _ids(directory.with_role(Role.COORDINATOR))
                return [(COORDINATION, Reply("case/unreadable", {"ref": ref}, wake=wake))]

            self._once(causes.of_job("case unreadable", ref, self._clock().date()), note)

    @in_store_thread
    def word_in_place_of(self, row: Row) -> Message:
        """What is said where something can't be said, so that nobody waits for it."""
        with self._store.look() as find:
            voice = self._house.voice(find.directory(), row.channel)
        if row.file is not None:
            return voice.message("room/file_refused", {"name": row.file.name})[0]
        facts = {"reference": row.reference, "deleting": row.kind == "retract"}
        return voice.message("room/unsaid", facts, subject=row.subject)[0]

    @in_store_thread
    def given_up(self, row: Row, event_id: str | None) -> None:
        """Let what can't be sent for good give way, and tell those who can find out why; once a day of each room.

        ``event_id``: the word that was said in its place.
        """
        today = self._clock().date().isoformat()

        def note(work: Work, directory: Directory) -> Told:
            outbox.give_up(work, row, event_id)
            work.record(_entry(self._house.bot_id, row.channel, row.kind, row.subject, "room/given_up", work))
            # Otherwise a room that takes no report would be reported without end.
            if work.find.setting(told := f"given up {row.channel}") == today:
                return []
            work.keep(told, today)
            where, wake = _those_who_act(row.channel, directory)
            place, key = place_of(row.channel).value, row.channel.partition(":")[2]
            facts: dict[str, object] = {"place": place, "key": key, "kind": row.kind, "reference": row.reference}
            return [(where, Reply("room/given_up", facts, wake=wake))]

        self._once(causes.of_job("given up", row.txn_id), note)

    @in_store_thread
    def messages_missed(self, room_id: str, cause: str) -> None:
        """Say in a room that what was said there may not have been heard, so that nobody waits for an answer."""
        channel = self._channel(room_id)
        if channel is None:
            return

        def note(work: Work, _: Directory) -> Told:
            work.record(_entry(self._house.bot_id, channel, "missed", None, "room/missed", work))
            return [(channel, Reply("room/missed", {}))]

        self._once(cause, note)

    @in_store_thread
    def room_lost(self, room_id: str, code: str, cause: str) -> None:
        """Say nothing more in a room that was taken from us or tampered with, and report it.

        What is to be said in it waits. ``code``: what was changed, or ``removed``.
        """
        channel = self._channel(room_id)
        if channel is None:
            return

        def note(work: Work, directory: Directory) -> Told:
            rooms.lose(work, channel)
            work.record(_entry(self._house.bot_id, channel, "room", None, f"room/{code}", work))
            where, told = _those_who_act(channel, directory)
            place, key = place_of(channel).value, channel.partition(":")[2]
            return [(where, Reply("room/lost", {"place": place, "key": key, "code": code}, wake=told))]

        self._once(cause, note)

    @in_store_thread
    def room_moved(self, room_id: str, to_room_id: str, cause: str) -> None:
        """Go on in the room that replaces this one, with everything of the case, and ask everybody in."""
        channel = self._channel(room_id)
        if channel is None:
            return

        def note(work: Work, _: Directory) -> Told:
            rooms.move(work, channel, to_room_id)
            work.record(_entry(self._house.bot_id, channel, "room", None, "room/moved", work))
            place, key = place_of(channel), channel.partition(":")[2]
            case = work.find.case_or_none(key) if place == Place.CASE else None
            if case is not None:
                case.expect_everybody(by=self._house.bot, at=work.now)
            people = sorted(work.find.audience(channel))
            self._house.say(work, channel, Reply("room/moved", {"people": people}))
            for user_id in people:
                work.invite(channel, user_id)
            return [(COORDINATION, Reply("room/moved_by_reference", {"ref": case.ref}))] if case is not None else []

        self._once(cause, note)

    @in_store_thread
    def take_over(self) -> None:
        """Go on with the cases that another bot ran before: each gets a room of ours, and everybody is asked in."""
        with self._store.look() as find:
            refs = rooms.held_by_others(find)
        for ref in refs:

            def note(work: Work, _: Directory, ref: str = ref) -> Told:
                channel = case_channel(ref)
                rooms.take_over(work, channel)
                work.record(_entry(self._house.bot_id, channel, "room", None, "room/taken_over", work))
                case = work.find.case_or_none(ref)
                if case is not None:
                    case.expect_everybody(by=self._house.bot, at=work.now)
                people = sorted(work.find.audience(channel))
                self._house.say(work, channel, Reply("room/moved", {"people": people}))
                for user_id in people:
                    work.invite(channel, user_id)
                return [(COORDINATION, Reply("room/taken_over_by_reference", {"ref": ref}))]

            self._once(causes.of_job("take over", ref, self._clock().isoformat()), note)

    @in_store_thread
    def restored(self) -> None:
        """Say in each room of what time nothing is on file, when the database was found to be an older one."""
        with self._store.look() as find:
            unknown = restoring.noted(find)
            channels = restoring.channels(find) if unknown else []
        if unknown is None:
            return
        for channel in channels:

            def note(work: Work, _: Directory, channel: str = channel) -> Told:
                place, key = place_of(channel), channel.partition(":")[2]
                case = work.find.case(key) if place is Place.CASE else None
                last = case.leave_a_gap(by=self._house.bot, at=work.now) if case else None
                work.record(_entry(self._house.bot_id, channel, "restored", None, "room/restored", work))
                facts: dict[str, object] = {"since": unknown.since, "until": unknown.until, "last": last}
                return [(channel, Reply("room/restored", facts))]

            self._once(causes.of_job("restored", self._house.bot_id, unknown.until.isoformat(), channel), note)

        def forget(work: Work, _: Directory) -> Told:
            restoring.told(work)
            return []

        self._once(causes.of_job("restored", self._house.bot_id, unknown.until.isoformat()), forget)

    @in_store_thread
    def unfiled(self, refs: Collection[str]) -> None:
        """Tell the coordinators of the cases (references) whose rooms are there, and of which nothing is on file."""

        def note(work: Work, directory: Directory) -> Told:
            unfiled = restoring.set_aside(work, refs)
            for ref in unfiled:
                work.record(_entry(self._house.bot_id, case_channel(ref), "restored", None, "case/unfiled", work))
            wake = _ids(directory.with_role(Role.COORDINATOR))
            return [(COORDINATION, Reply("case/unfiled", {"refs": unfiled}, wake=wake))] if unfiled else []

        self._once(causes.of_job("unfiled", self._house.bot_id, self._clock().isoformat()), note)

    @in_store_thread
    def post_head(self) -> None:
        """Show the admins each day how far the audit log has come, where nobody can take it back."""
        today = self._clock().astimezone(self._house.zone)
        with self._store.look() as find:
            if today.hour < POSTED_FROM_HOUR or find.room(ADMIN) is None:
                return

        def note(work: Work, _: Directory) -> Told:
            line = work.newest_line()
            if line is None:
                return []
            head, signature = line
            work.record(_entry(self._house.bot_id, ADMIN, "audit head", None, DONE, work))
            facts = {"lines": head.lines, "digest": head.digest.hex(), "signature": signature.hex()}
            return [(ADMIN, Reply("audit/head", facts))]

        self._once(causes.of_job("audit head", self._house.bot_id, f"{today:%Y-%m-%d}"), note)

    def _channel(self, room_id: str) -> str | None:
        with self._store.look() as find:
            return find.channel(room_id)

    def _once(self, cause: str, note: Callable[[Work, Directory], Told]) -> None:
        """Carry out what was noticed, at most once for its cause."""
        with self._store.look() as find:
            # Asked at every turn: looked up first, so that nothing is written where nothing is new.
            if find.is_handled(cause):
                return
        try:
            with self._store.work(cause, self._clock()) as work:
                for channel, reply in note(work, work.find.directory()):
                    self._house.say(work, channel, reply)
        except AlreadyHandledError:
            return


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
