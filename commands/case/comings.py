"""Who comes into a case room and who goes: welcomed, told to the others, and reported if they are strangers."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.record import ERASED
from cases.roles import Place
from chat.context import COORDINATION, House, Reply, case_channel, person_of
from chat.incoming import DONE
from chat.languages import language
from chat.layout import plain
from chat.render import Voice
from commands.brief.rules import brief_of, is_of_one
from commands.practice.rules import PRACTISED, is_practice
from commands.roundtable import bonds
from commands.stay.rules import current
from storage import causes
from storage.audit import Entry
from storage.find import SPACE, Directory, Find, place_of
from storage.store import Store
from storage.thread import in_store_thread
from storage.work import AlreadyHandledError, Work

Note = Callable[[Work, Case, Directory], list[tuple[str, Reply]]]
"""What a coming or going means for a case: gives what is said, and in which channels."""


TOPICS = {
    Place.CASE.value: "topic/case",
    Place.AGENCY.value: "topic/agency",
    Place.COORDINATION.value: "topic/coordination",
    Place.STEERING.value: "topic/steering",
    Place.LEADERS.value: "topic/leaders",
    Place.COMMITTEE.value: "topic/committee",
    Place.ADMIN.value: "topic/admin",
    Place.DIRECT.value: "topic/direct",
    SPACE: "topic/space",
}
"""What a room is for, as every homeserver reads it: nothing of a case."""
WELCOMES = {
    Place.AGENCY: "welcome/agency",
    Place.COORDINATION: "welcome/coordination",
    Place.STEERING: "welcome/steering",
    Place.LEADERS: "welcome/leaders",
    Place.COMMITTEE: "welcome/committee",
    Place.DIRECT: "welcome/direct",
}
"""What is said first in a room. To admins the bot introduces itself (commands/trust/watch.py)."""

WELCOMED_TOGETHER = timedelta(minutes=10)


def topic_of(channel: str, code: str) -> str:
    """What a channel's room is for, in a language."""
    voice = Voice(Directory({}, {}, {}), ZoneInfo("UTC"), language(code))
    return plain(voice.text(TOPICS[channel.partition(":")[0]], {}))


def name_of(find: Find, channel: str, code: str) -> str:
    """What the room of a case is called, as every homeserver reads it; in a language."""
    ref = channel.partition(":")[2]
    if ref not in find.cases_with(PRACTISED):
        return ref
    return plain(Voice(Directory({}, {}, {}), ZoneInfo("UTC"), language(code)).text("practice/room", {"ref": ref}))


def welcomed(find: Find, channel: str) -> frozenset[str]:
    """Who was told what a room is for."""
    return frozenset(json.loads(find.setting(f"welcomed {channel}") or "{}").get("people", ()))


class Comings:
    """Notes comings and goings, each once."""

    def __init__(self, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._clock = clock

    @in_store_thread
    def joined(self, room_id: str, user_ids: tuple[str, ...], cause: str) -> None:
        """Note who came into a case room and welcome them together; a stranger is removed and reported."""

        def note(work: Work, case: Case, directory: Directory) -> list[tuple[str, Reply]]:
            channel = case_channel(case.ref)
            came = [person_of(user_id, case, directory) for user_id in dict.fromkeys(user_ids)]
            welcome = [person.user_id for person in came if case.join(person, work.now)]
            strangers = [person.user_id for person in came if not case.is_member(person.user_id)]
            for stranger in strangers:
                work.remove(channel, stranger)
                work.record(_entry(stranger, case, "join", "case/not_a_member", cause))
            for member in welcome:
                work.record(_entry(member, case, "join", DONE, cause))
            told = [(channel, Reply("case/welcome", {"case": case, "people": welcome}))] if welcome else []
            told += [(channel, reply) for reply in _briefs(case, welcome)]
            if welcome and (late := bonds.tell_late(case, self._house, work)):
                told.append((channel, late))
            if strangers:
                told.append((COORDINATION, Reply("case/stranger", {"ref": case.ref, "people": strangers})))
            return told

        self._note(room_id, cause, note)

    @in_store_thread
    def came(self, room_id: str, user_ids: Collection[str]) -> None:
        """Say what a room is for that is no case's, once somebody has come for the first time."""
        now = self._clock()
        with self._store.look() as find:
            channel = find.channel(room_id)
            template = WELCOMES.get(place_of(channel)) if channel else None
            kept = json.loads(find.setting(f"welcomed {channel}") or "{}")
            known = welcomed(find, str(channel))
        new = [user_id for user_id in user_ids if user_id not in known]
        if channel is None or template is None or not new:
            return
        # Those who come together need one welcome.
        again = not kept or now - datetime.fromisoformat(kept["at"]) >= WELCOMED_TOGETHER
        at = now.isoformat() if again else kept["at"]
        with (
            suppress(AlreadyHandledError),
            self._store.work(causes.of_job("welcome", channel, now.isoformat(), *new), now) as work,
        ):
            work.keep(f"welcomed {channel}", json.dumps({"people": sorted(known.union(new)), "at": at}))
            work.outcome = DONE
            voice = self._house.voice(work.find.directory(), channel)
            for page in voice.message(template, {"agency": channel.partition(":")[2]}) if again else ():
                work.say(channel, page)

    @in_store_thread
    def left(self, room_id: str, user_id: str, cause: str) -> None:
        """Note that a member left a case room, and tell the others."""

        def note(work: Work, case: Case, directory: Directory) -> list[tuple[str, Reply]]:
            if case.leave(person_of(user_id, case, directory), work.now) is None:
                return []
            work.record(_entry(user_id, case, "leave", DONE, cause))
            return [(case_channel(case.ref), Reply("case/gone", {"person": user_id}))]

        self._note(room_id, cause, note)

    def _note(self, room_id: str, cause: str, note: Note) -> None:
        """Carry out what a coming or going in a case room means, at most once."""
        with self._store.look() as find:
            channel = find.channel(room_id)
        if channel is None or place_of(channel) is not Place.CASE:
            return
        try:
            with self._store.work(cause, self._clock()) as work:
                case = work.find.case(channel.partition(":")[2])
                if case is None:
                    return
                directory = work.find.directory()
                for where, reply in note(work, case, directory):
                    self._house.say(work, where, reply, case)
        except AlreadyHandledError:
            return


def _briefs(case: Case, came: list[str]) -> Iterator[Reply]:
    """What was written for those who come late, or for one of them."""
    own = {stay.person: stay for stay in current(case) if stay.brief not in {None, ERASED} and is_of_one(case, stay)}
    for person in came:
        if person in own:
            yield Reply("stay/read", {"stay": own[person]}, own[person].id, (person,))
    others = tuple(person for person in came if person not in own)
    if others and is_practice(case):
        yield Reply("practice/hint")
    elif others and (brief := brief_of(case)):
        yield Reply("brief/read", {"brief": brief}, brief.id, others)


def _entry(actor: str, case: Case, command: str, outcome: str, cause: str) -> Entry:
    return Entry(actor, Place.CASE, case.ref, command, None, outcome, cause)
