"""What provisioning is to do: the file of agencies, beside what is on file and beside the rooms as they are now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.agencies import House
from bot.matrix.crypto.errors import NotAllowed
from bot.matrix.crypto.events import StateChange
from bot.matrix.rooms import MakesRooms
from cases.people import Agency, Professional
from cases.roles import ABOVE, Place
from storage import directory
from storage.directory import Changes, Difference
from storage.find import SPACE, Find
from storage.rooms import lost
from storage.store import Store


class Rooms(MakesRooms, Protocol):
    """What provisioning needs of Matrix; the hardened client has it."""

    async def room_state(self, room_id: str) -> Sequence[StateChange]:
        """The room's state now."""

    async def rename(self, room_id: str, name: str) -> None:
        """Give a room another name."""

    async def has_account(self, user_id: str) -> bool:
        """Whether the homeserver knows a person's account."""

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite a person."""

    async def remove(self, room_id: str, user_id: str, reason_code: str) -> None:
        """Remove a person, or withdraw the invitation."""


@dataclass(frozen=True, repr=False)
class Plan:
    """What is to be done, in order."""

    changes: Changes
    make: tuple[str, ...] = ()
    """Channels whose room is to be made, or found again."""
    invite: tuple[tuple[str, str], ...] = ()
    """Channel and person."""
    remove: tuple[tuple[str, str], ...] = ()
    """Channel and person who is in a room that is not theirs."""
    strangers: tuple[tuple[str, str], ...] = ()
    """Channel and person who is in a room, and not in the file: removed only when pruning."""
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The rooms that exist, by channel."""
    unsafe: frozenset[str] = frozenset()
    """Channels whose room was taken from the bot or tampered with: another one is made in its place."""
    rename: tuple[tuple[str, str], ...] = ()
    """Channel and the name that its agency has by now."""
    missing: tuple[str, ...] = ()
    """Who has no account on the homeserver: nobody is invited under an id that anyone could still take."""

    def anything(self, *, prune: bool) -> bool:
        """Whether there is anything to do."""
        leaving = prune and (self.changes.gone or self.strangers)
        return bool(self.changes.any or self.make or self.invite or self.remove or self.rename or leaving)


async def make_plan(store: Store, rooms: Rooms, house: House, bot_id: str) -> Plan:
    """Compare the file with the database and with the rooms as they are now; changes nothing."""
    on_file = await store.ask(lambda find: _look_up(find, house))
    people, changes, wanted, unsafe = house.people, on_file.changes, on_file.wanted, set(on_file.unsafe)
    looked, known, left, chats = on_file.looked, dict(on_file.known), on_file.left, on_file.chats
    in_file = {person.user_id for person in people}
    names = names_of(house)
    invite, remove, strangers, rename = [], [], [], []
    for channel, room_id in tuple(known.items()):
        found = await _look(rooms, room_id)
        if found is None:
            unsafe.add(channel)
            del known[channel]
            continue
        present = found.people - {bot_id}
        invite += [(channel, user) for user in looked[channel] - present]
        remove += [(channel, user) for user in (present - looked[channel]) & in_file]
        strangers += [(channel, user) for user in present - looked[channel] - in_file]
        if found.name is not None and found.name != names.get(channel, found.name):
            rename.append((channel, names[channel]))
    for channel, room_id in chats.items():
        strangers += [(channel, user) for user in await who_is_in(rooms, room_id) & left]
    make = tuple(channel for channel in wanted if channel not in known)
    invite += [(channel, user) for channel in make for user in wanted[channel]]
    missing = [user for user in sorted({user for _, user in invite}) if not await rooms.has_account(user)]
    order = list(wanted)
    return Plan(
        changes,
        make,
        tuple(
            sorted(((c, user) for c, user in invite if user not in missing), key=lambda p: (order.index(p[0]), p[1]))
        ),
        tuple(sorted(remove)),
        tuple(sorted(strangers)),
        {**chats, **known},
        frozenset(unsafe & wanted.keys()),
        tuple(rename),
        tuple(missing),
    )


@dataclass(frozen=True, repr=False)
class _OnFile:
    """What the database says for a plan."""

    changes: Changes
    wanted: Mapping[str, set[str]]
    """Who belongs into each room that there is to be, by channel."""
    unsafe: frozenset[str]
    looked: Mapping[str, set[str]]
    """The same, with the rooms in which nobody belongs any more."""
    known: Mapping[str, str]
    """The rooms, by channel."""
    left: frozenset[str]
    chats: Mapping[str, str]
    """The direct chats with those who have left."""


def _look_up(find: Find, house: House) -> _OnFile:
    people = house.people
    wanted = {channel: set(_members(channel, people)) for channel in channels_of(house)}
    unsafe = frozenset(lost(find))
    # Whoever is in the room of an agency that the file no longer has, or of nobody now, does not belong there.
    agencies = find.directory().agencies
    emptied = [*(f"{Place.AGENCY}:{short}" for short in agencies), *(place.value for place in ABOVE)]
    looked = wanted | {channel: set[str]() for channel in emptied if channel not in wanted}
    known = {c: room for c in looked if c not in unsafe and (room := find.room(c)) is not None}
    left = frozenset({person.user_id for person in find.everybody()} - {person.user_id for person in people})
    chats = {c: room for user in left if (room := find.room(c := f"{Place.DIRECT}:{user}")) is not None}
    return _OnFile(directory.compare(find, house.agencies, people), wanted, unsafe, looked, known, left, chats)


def describe(plan: Plan, *, prune: bool) -> Iterator[str]:
    """The plan, a line for each step."""
    for difference in (*plan.changes.agencies, *plan.changes.people):
        yield _describe_difference(difference)
    for channel in plan.make:
        yield f"+ room {channel}" + (", in place of one that is not safe any more" if channel in plan.unsafe else "")
    for channel, name in plan.rename:
        yield f"~ room {channel}: new name {name}"
    for channel, user in plan.invite:
        yield f"+ invite {user} to {channel}"
    for user in plan.missing:
        yield f"! {user} has no account on the homeserver: not invited. Make the account, or mend the id"
    for channel, user in plan.remove:
        yield f"- remove {user} from {channel}: the file gives another role or agency"
    for ref, user in plan.changes.releases:
        yield f"- release {user} from case {ref}: the file gives another role or agency"
    yield from _describe_leaving(plan, prune=prune)


def _describe_leaving(plan: Plan, *, prune: bool) -> Iterator[str]:
    mark, end = ("-", "") if prune else ("?", " (only with --prune)")
    for agency, with_people in plan.changes.retired:
        retired = f"agency {agency.short} is not in the file: it keeps its past, and gets nothing new"
        yield f"{mark} {retired}{end}" if with_people else f"- {retired}"
    for person in plan.changes.gone:
        yield f"{mark} {person.user_id}, {person.agency}, is not in the file: leaves the house{end}"
    for ref, user in plan.changes.releases_of_gone:
        yield f"{mark} release {user} from case {ref}{end}"
    for channel, user in plan.strangers:
        yield f"{mark} remove {user} from {channel}{end}"


def channels_of(house: House) -> list[str]:
    """The rooms that there are to be, the space first."""
    return [
        SPACE,
        Place.COORDINATION.value,
        Place.ADMIN.value,
        *(f"{Place.AGENCY}:{agency.short}" for agency in house.agency),
        *(place.value for place in ABOVE if any(place in person.sits for person in house.people)),
    ]


def names_of(house: House) -> dict[str, str]:
    """What the room of each agency is called, by channel."""
    return {f"{Place.AGENCY}:{agency.short}": agency.name for agency in house.agency}


def _members(channel: str, people: Iterable[Professional]) -> Iterator[str]:
    place, _, short = channel.partition(":")
    for person in people:
        if channel == SPACE or person.is_for(Place(place), short):
            yield person.user_id


@dataclass(frozen=True, repr=False)
class _Found:
    """A room as it is now: who is in it or invited, and what it is called."""

    people: frozenset[str]
    name: str | None


async def _look(rooms: Rooms, room_id: str) -> _Found | None:
    """None: the bot itself is not there any more."""
    try:
        state = await rooms.room_state(room_id)
    except NotAllowed as problem:
        if problem.code != "M_FORBIDDEN":
            raise
        return None
    members = [change for change in state if change.type == "m.room.member"]
    names = [change.content.get("name") for change in state if change.type == "m.room.name" and not change.state_key]
    return _Found(
        frozenset(change.state_key for change in members if change.content.get("membership") in {"join", "invite"}),
        next((name for name in names if isinstance(name, str)), None),
    )


async def who_is_in(rooms: Rooms, room_id: str) -> frozenset[str]:
    """Who is in a room, or invited; nobody, if the bot itself is not there any more."""
    found = await _look(rooms, room_id)
    return frozenset() if found is None else found.people


def _describe_difference(difference: Difference) -> str:
    subject = difference.subject
    if isinstance(subject, Agency):
        what = f"agency {subject.short}"
    else:
        what = f"{subject.role} {subject.user_id}, {subject.agency}"
    if not difference.changed:
        return f"+ {what}"
    return f"~ {what}: new {', '.join(difference.changed)}"
