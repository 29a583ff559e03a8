# lines: the cases share one house, its rooms and its expectations

import io
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from rich.console import Console

from bot.agencies import House, read_house
from bot.config import ConfigProblem
from bot.matrix.crypto.errors import NotAllowed, Rejected, Unavailable
from bot.matrix.crypto.events import StateChange
from bot.matrix.limits import Progress
from bot.matrix.rooms import MARKER, MOST_INVITED_AT_ONCE
from bot.planning import Plan, describe, make_plan
from bot.provisioning import carry_out, hand_over
from cases.roles import Role
from chat.context import House as KnownHouse
from storage import rooms as room_states
from storage import tables
from storage.messages import Message
from storage.outbox import Outbox
from storage.progress import Progress as StoredProgress
from storage.store import Store
from tests.room import AGENCIES, PEOPLE, user
from tests.storage.examples import CLEO, MASTER, a_case, sqlite_url

BOT = "@roundtable:example.org"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KNOWN_AS = KnownHouse("safety table", ZoneInfo("Europe/Amsterdam"), BOT, "Round table")
EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "agencies.example.toml"
PLACES = ["space", "coordination", "admin", *(f"agency:{short}" for short in AGENCIES)]


class RecordedRooms:
    """Matrix without a wire: rooms and who is in them."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, object]] = {}
        self.people: dict[str, set[str]] = {}
        self.in_space: list[tuple[str, str]] = []
        self.unknown_accounts: set[str] = set()
        self.missing_accounts: set[str] = set()
        self.crash_after_making: str | None = None
        self._ids = itertools.count(1)

    async def create_room(
        self,
        *,
        name: str,
        topic: str,
        creation_content: Mapping[str, object],
        invite: Iterable[str] = (),
        space: bool,
        parent: str | None,
        picture: str | None = None,
    ) -> str:
        people = set(invite)
        if len(people) > MOST_INVITED_AT_ONCE:
            raise Rejected(400, "M_UNKNOWN")
        if people & self.unknown_accounts:
            raise NotAllowed(403, "M_FORBIDDEN")
        room_id = f"!room{next(self._ids)}"
        shown = {"name": name, "topic": topic, "picture": picture}
        self.made[room_id] = {**shown, "space": space, "parent": parent, **creation_content}
        self.people[room_id] = {BOT} | people
        if self.crash_after_making == creation_content[MARKER]:
            self.crash_after_making = None
            raise Unavailable("crash")
        return room_id

    async def add_to_space(self, space_id: str, room_id: str) -> None:
        self.in_space.append((space_id, room_id))

    async def find_room(self, marker: tuple[str, str]) -> str | None:
        return next((room for room, made in self.made.items() if made.get(marker[0]) == marker[1]), None)

    async def room_state(self, room_id: str) -> Sequence[StateChange]:
        if room_id not in self.people:
            raise NotAllowed(403, "M_FORBIDDEN")
        members = [
            StateChange("$event", "m.room.member", person, BOT, {"membership": "invite"})
            for person in self.people[room_id]
        ]
        return [StateChange("$name", "m.room.name", "", BOT, {"name": self.made[room_id]["name"]}), *members]

    async def rename(self, room_id: str, name: str) -> None:
        self.made[room_id]["name"] = name

    async def has_account(self, user_id: str) -> bool:
        return user_id not in self.missing_accounts

    async def invite(self, room_id: str, user_id: str, reason: str | None = None) -> None:  # noqa: ARG002 as the client has it
        if user_id in self.unknown_accounts:
            raise NotAllowed(404, "M_NOT_FOUND")
        self.people[room_id].add(user_id)

    async def remove(self, room_id: str, user_id: str, reason_code: str) -> None:
        assert reason_code == "provisioning"
        self.people[room_id].remove(user_id)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store.open(sqlite_url(tmp_path), MASTER)
    yield opened
    opened.close()


@pytest.fixture
def rooms() -> RecordedRooms:
    return RecordedRooms()


def the_house(change: Mapping[str, Mapping[str, object] | None] | None = None) -> House:
    """The fictional house; ``change`` gives people other values, or (None) leaves them out."""
    people: dict[str, dict[str, object]] = {
        who: {"user": user(who), "name": name, "role": role, "agency": agency}
        for who, (name, agency, role) in PEOPLE.items()
    }
    for who, values in (change or {}).items():
        if values is None:
            del people[who]
        else:
            people[who] |= values
    return House.model_validate(
        {
            "agency": [
                {
                    "short": short,
                    "name": name,
                    "person": [
                        {key: value for key, value in p.items() if key != "agency"}
                        for p in people.values()
                        if p["agency"] == short
                    ],
                }
                for short, name in AGENCIES.items()
            ]
        }
    )


async def apply(store: Store, rooms: RecordedRooms, house: House, *, prune: bool = False) -> tuple[Plan, list[str]]:
    plan = await make_plan(store, rooms, house, BOT)
    refused = await carry_out(plan, store, rooms, house, known_as=KNOWN_AS, prune=prune, clock=lambda: NOW)
    return plan, refused


async def who_is_in(store: Store, rooms: RecordedRooms, channel: str) -> set[str]:
    with store.look() as find:
        room_id = find.room(channel)
    assert room_id
    return {person.split(":")[0].removeprefix("@") for person in rooms.people[room_id]} - {"roundtable"}


async def put_case_with_ada(store: Store, rooms: RecordedRooms) -> None:
    """A case at whose table Ada sits, with its room and a direct chat."""
    with store.work("$opened", NOW) as work:
        case = a_case()
        work.open_case(case)
        directory = work.find.directory()
        case.invite(directory.people[user("ada")], because="knows the family", by=CLEO, at=NOW)
    for channel in ("case:K7QF", f"direct:{user('ada')}"):
        room_id = await rooms.create_room(
            name="", topic="", creation_content={MARKER: channel}, space=False, parent=None
        )
        rooms.people[room_id].add(user("ada"))
        await StoredProgress(store).save_room(channel, room_id)


def test_the_example_holds_the_fictional_house() -> None:
    house = read_house(EXAMPLE, BOT)
    assert {agency.short: agency.name for agency in house.agencies} == AGENCIES
    assert {p.user_id: (p.name, p.agency, p.role) for p in house.people} == {
        user(who): values for who, values in PEOPLE.items()
    }


async def test_people_are_invited_with_their_room_where_that_is_possible(store: Store, rooms: RecordedRooms) -> None:
    async def fail(_room_id: str, user_id: str) -> None:
        asked.append(user_id)

    asked: list[str] = []
    rooms.invite = fail  # type: ignore[method-assign,assignment]
    await apply(store, rooms, the_house())
    # The space has one more than can be asked at once.
    assert len(asked) == 1


async def test_a_new_house_gets_agencies_people_rooms_and_invitations(store: Store, rooms: RecordedRooms) -> None:
    plan, refused = await apply(store, rooms, the_house())

    assert refused == []
    assert plan.make == tuple(PLACES)
    with store.look() as find:
        directory = find.directory()
    assert {a.short: a.name for a in directory.agencies.values()} == AGENCIES
    assert directory.people[user("cleo")].role is Role.COORDINATOR
    assert await who_is_in(store, rooms, "space") == set(PEOPLE)
    assert await who_is_in(store, rooms, "coordination") == {"cleo"}
    assert await who_is_in(store, rooms, "admin") == {"kees"}
    assert await who_is_in(store, rooms, "agency:social") == {"cleo", "dirk"}
    assert await who_is_in(store, rooms, "agency:police") == {"ada"}
    space, *others = rooms.made
    topic = "The rooms of those who work together."
    shown = {"name": "Round table", "topic": topic, "picture": None}
    assert rooms.made[space] == {**shown, "space": True, "parent": None, MARKER: "space"}
    assert all(made["topic"] not in {"", made["name"]} for made in rooms.made.values())
    assert [rooms.made[room]["parent"] for room in others] == [space] * 7
    assert [rooms.made[room]["name"] for room in others] == ["Coordination", "Admin", *AGENCIES.values()]


async def test_a_second_run_finds_nothing_to_do(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    plan = await make_plan(store, rooms, the_house(), BOT)
    assert not plan.anything(prune=True)
    assert list(describe(plan, prune=True)) == []


async def test_a_plan_that_is_another_one_by_now_changes_nothing(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    moved = the_house({"ada": {"agency": "health"}})
    plan = await make_plan(store, rooms, moved, BOT)
    # While the homeserver was asked she took a seat for her old agency.
    await put_case_with_ada(store, rooms)
    assert not await hand_over(plan, store, moved, KNOWN_AS, prune=False, clock=lambda: NOW)
    with store.look() as find:
        assert find.directory().people[user("ada")].agency == "police"
    plan = await make_plan(store, rooms, moved, BOT)
    done = [await hand_over(plan, store, moved, KNOWN_AS, prune=False, clock=lambda: NOW) for _ in range(2)]
    assert done == [True, False]
    with store.look() as find:
        assert find.directory().people[user("ada")].agency == "health"
        case = find.case("K7QF")
        assert case
        assert not [m for m in case.present if m.user_id == user("ada")]


async def test_a_plan_alone_changes_nothing(store: Store, rooms: RecordedRooms) -> None:
    plan = await make_plan(store, rooms, the_house(), BOT)
    lines = list(describe(plan, prune=False))
    assert lines[0] == "+ agency police"
    assert "+ coordinator @cleo:example.org, social" in lines
    assert "+ room agency:health" in lines
    assert "+ invite @cleo:example.org to coordination" in lines
    assert rooms.made == {}
    with store.look() as find:
        assert find.everybody() == []


async def test_a_crash_after_making_a_room_makes_no_second_one(store: Store, rooms: RecordedRooms) -> None:
    rooms.crash_after_making = "agency:police"
    with pytest.raises(Unavailable):
        await apply(store, rooms, the_house())

    await apply(store, rooms, the_house())

    assert sorted(str(made[MARKER]) for made in rooms.made.values()) == sorted(PLACES)
    police = next(room for room, made in rooms.made.items() if made[MARKER] == "agency:police")
    assert [room for _, room in rooms.in_space] == [police]
    assert not (await make_plan(store, rooms, the_house(), BOT)).anything(prune=True)


async def test_every_change_stands_in_the_audit_log(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await apply(store, rooms, the_house({"ada": {"name": "Ada de Wit"}}))
    a = tables.audit.c
    with store.look() as find:
        rows = find.rows(sa.select(a.command, a.subject, a.outcome).order_by(a.id))
    assert len(rows) == len(AGENCIES) + len(PEOPLE) + 1
    assert tuple(rows[-1]) == ("provision person", user("ada"), "changed")


async def test_who_changes_agency_changes_rooms_and_leaves_the_tables(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await put_case_with_ada(store, rooms)

    plan, _ = await apply(store, rooms, the_house({"ada": {"agency": "health"}}))

    assert list(describe(plan, prune=False)) == [
        "~ practitioner @ada:example.org, health: new agency",
        "+ invite @ada:example.org to agency:health",
        "- remove @ada:example.org from agency:police: the file gives another role or agency",
        "- release @ada:example.org from case K7QF: the file gives another role or agency",
    ]
    assert "ada" in await who_is_in(store, rooms, "agency:health")
    assert await who_is_in(store, rooms, "agency:police") == set()
    assert await who_is_in(store, rooms, "case:K7QF") == set()
    assert await who_is_in(store, rooms, f"direct:{user('ada')}") == {"ada"}


async def test_a_manager_sits_at_no_table(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await put_case_with_ada(store, rooms)
    await apply(store, rooms, the_house({"ada": {"role": "manager"}}))
    assert await who_is_in(store, rooms, "case:K7QF") == set()
    assert "ada" in await who_is_in(store, rooms, "space")


async def test_a_room_above_the_tables_is_made_once_somebody_sits_in_it(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    assert not {"steering", "leaders", "committee"} & {made[MARKER] for made in rooms.made.values()}

    seats = {"bram": {"sits": ["steering"]}, "ella": {"sits": ["leaders", "steering"]}}
    plan, _ = await apply(store, rooms, the_house(seats))
    assert list(describe(plan, prune=False)) == [
        "~ manager @bram:example.org, police: new sits",
        "~ manager @ella:example.org, social: new sits",
        "+ room steering",
        "+ room leaders",
        "+ invite @bram:example.org to steering",
        "+ invite @ella:example.org to steering",
        "+ invite @ella:example.org to leaders",
    ]
    assert await who_is_in(store, rooms, "steering") == {"bram", "ella"}
    assert {made["name"] for made in rooms.made.values()} >= {"Steering group", "Leaders"}
    assert not (await make_plan(store, rooms, the_house(seats), BOT)).anything(prune=False)

    await apply(store, rooms, the_house({"bram": {"sits": ["steering"]}}))
    assert await who_is_in(store, rooms, "steering") == {"bram"}
    assert await who_is_in(store, rooms, "leaders") == set()


async def test_whoever_leaves_the_house_leaves_the_rooms_above_the_tables(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house({"bram": {"sits": ["steering", "committee"]}}))
    await apply(store, rooms, the_house({"bram": None}), prune=True)
    assert await who_is_in(store, rooms, "steering") == await who_is_in(store, rooms, "committee") == set()


@pytest.mark.parametrize(
    ("sits", "problem"),
    [
        ('["steering", "board"]', "agency 1, person 1, sits 2: it must be steering, leaders or committee"),
        ('"steering"', "agency 1, person 1: sits is not right: input should be a valid list"),
        ('["admin"]', "agency 1, person 1, sits 1: it must be steering, leaders or committee"),
    ],
)
def test_where_nobody_can_sit_is_told(tmp_path: Path, sits: str, problem: str) -> None:
    path = tmp_path / "agencies.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace('name = "Ada Jansen"', f'name = "Ada Jansen"\n  sits = {sits}'))
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert told.value.problems == (problem,)


async def test_who_is_not_in_the_file_is_listed_and_stays(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await put_case_with_ada(store, rooms)

    plan, _ = await apply(store, rooms, the_house({"ada": None}))

    assert not plan.anything(prune=False)
    assert list(describe(plan, prune=False)) == [
        "? @ada:example.org, police, is not in the file: leaves the house (only with --prune)",
        "? release @ada:example.org from case K7QF (only with --prune)",
        "? remove @ada:example.org from agency:police (only with --prune)",
        "? remove @ada:example.org from direct:@ada:example.org (only with --prune)",
        "? remove @ada:example.org from space (only with --prune)",
    ]
    assert await who_is_in(store, rooms, "case:K7QF") == {"ada"}
    assert await who_is_in(store, rooms, "agency:police") == {"ada"}


async def test_pruning_cuts_a_leaver_off_from_everything(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await put_case_with_ada(store, rooms)
    with store.work("$waiting", NOW) as work:
        work.say(f"direct:{user('ada')}", Message("one item", "one item"))
        work.invite("case:K7QF", user("ada"))

    await apply(store, rooms, the_house({"ada": None}), prune=True)

    assert [room for room, people in rooms.people.items() if user("ada") in people] == []
    with store.look() as find:
        assert user("ada") not in (find.directory()).people
        case = find.case("K7QF")
        assert case
        assert [(m.user_id, m.left_at) for m in case.members if m.user_id == user("ada")] == [(user("ada"), NOW)]
        (left,) = [person for person in find.everybody() if person.user_id == user("ada")]
        assert left.left_at == NOW
    # The bot removes her again when it runs, should the homeserver not have heard it.
    outbox = Outbox(store)
    places = [PLACES[0], PLACES[1], PLACES[2], "agency:police", "case:K7QF", f"direct:{user('ada')}"]
    assert set(await outbox.channels()) == set(places)
    for channel in places:
        row = await outbox.next(channel)
        assert row
        assert (row.kind, row.person) == ("remove", user("ada"))
    assert not (await make_plan(store, rooms, the_house({"ada": None}), BOT)).anything(prune=True)


async def test_who_comes_back_is_invited_again(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await apply(store, rooms, the_house({"ada": None}), prune=True)
    await apply(store, rooms, the_house())
    with store.look() as find:
        assert (find.directory()).people[user("ada")].active
    assert await who_is_in(store, rooms, "agency:police") == {"ada"}


async def test_an_account_that_does_not_exist_is_told_and_stops_nobody(store: Store, rooms: RecordedRooms) -> None:
    rooms.unknown_accounts.add(user("ada"))
    _, refused = await apply(store, rooms, the_house())
    assert refused == [
        f"{user('ada')} could not be invited to {channel} (M_NOT_FOUND): does the account exist?"
        for channel in ("space", "agency:police")
    ]
    assert await who_is_in(store, rooms, "agency:youth") == {"iris", "jack"}


async def test_an_account_that_is_missing_is_told_in_the_plan_and_nobody_is_invited_under_its_id(
    store: Store, rooms: RecordedRooms
) -> None:
    rooms.missing_accounts.add(user("ada"))
    plan, refused = await apply(store, rooms, the_house())

    told = f"! {user('ada')} has no account on the homeserver: not invited. Make the account, or mend the id"
    assert told in list(describe(plan, prune=False))
    assert refused == [f"{user('ada')} was not invited: the homeserver knows no such account"]
    assert [room for room, people in rooms.people.items() if user("ada") in people] == []
    # The others have what is theirs, and she gets it once she is there.
    assert await who_is_in(store, rooms, "agency:youth") == {"iris", "jack"}
    again = await make_plan(store, rooms, the_house(), BOT)
    assert (again.anything(prune=True), list(describe(again, prune=True))) == (False, [told])
    rooms.missing_accounts.clear()
    await apply(store, rooms, the_house())
    assert await who_is_in(store, rooms, "agency:police") == {"ada"}


def renamed(house: House, which: str, **values: str) -> House:
    """The same house with other values for one agency."""
    agencies = [a.model_copy(update=values) if a.short == which else a for a in house.agency]
    return house.model_copy(update={"agency": agencies})


async def test_an_agency_that_is_renamed_gives_its_room_the_name(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())

    plan, _ = await apply(store, rooms, renamed(the_house(), "police", name="Regional police"))

    assert list(describe(plan, prune=False)) == [
        "~ agency police: new name",
        "~ room agency:police: new name Regional police",
    ]
    with store.look() as find:
        room = find.room("agency:police")
        assert (find.directory()).agency_name("police") == "Regional police"
    assert rooms.made[str(room)]["name"] == "Regional police"
    assert not (await make_plan(store, rooms, renamed(the_house(), "police", name="Regional police"), BOT)).anything(
        prune=True
    )


async def test_an_agency_under_another_short_name_is_another_and_its_room_is_left(
    store: Store, rooms: RecordedRooms
) -> None:
    await apply(store, rooms, the_house())
    house = renamed(the_house(), "youth", short="young")

    plan, _ = await apply(store, rooms, house)

    lines = list(describe(plan, prune=False))
    assert lines[0] == "+ agency young"
    assert "+ room agency:young" in lines
    assert f"- remove {user('iris')} from agency:youth: the file gives another role or agency" in lines
    assert lines[-1] == "- agency youth is not in the file: it keeps its past, and gets nothing new"
    assert await who_is_in(store, rooms, "agency:young") == {"iris", "jack"}
    assert await who_is_in(store, rooms, "agency:youth") == set()
    with store.look() as find:
        assert (find.directory()).agency_name("youth") == "Youth work"
    assert list(describe(await make_plan(store, rooms, house, BOT), prune=True)) == []


async def test_an_agency_whose_people_are_gone_is_told_until_they_are_pruned(
    store: Store, rooms: RecordedRooms
) -> None:
    await apply(store, rooms, the_house())
    house = the_house({"iris": None, "jack": None})
    house = house.model_copy(update={"agency": [a for a in house.agency if a.short != "youth"]})
    told = "agency youth is not in the file: it keeps its past, and gets nothing new"

    plan, _ = await apply(store, rooms, house)
    assert f"? {told} (only with --prune)" in list(describe(plan, prune=False))
    assert await who_is_in(store, rooms, "agency:youth") == {"iris", "jack"}

    plan, _ = await apply(store, rooms, house, prune=True)
    assert f"- {told}" in list(describe(plan, prune=True))
    assert await who_is_in(store, rooms, "agency:youth") == set()
    assert list(describe(await make_plan(store, rooms, house, BOT), prune=True)) == []


class SlowRooms(RecordedRooms):
    """A homeserver with limits: so many rooms, and invitations of one person, then one after a while, by itself."""

    def __init__(self, rooms: int, invitations: int) -> None:
        super().__init__()
        self.now = 0.0
        self.order: list[str] = []
        self._rooms = _Bucket(rooms, 60.0)
        self._people: dict[str, _Bucket] = defaultdict(lambda: _Bucket(invitations, 300.0))

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def create_room(self, **how: Any) -> str:  # noqa: ANN401 as it is given
        if how["invite"]:
            raise Rejected(400, "M_UNKNOWN")
        self._rooms.take(self.now)
        self.order.append(f"room {how['creation_content'][MARKER]}")
        return await super().create_room(**how)

    async def invite(self, room_id: str, user_id: str, reason: str | None = None) -> None:  # noqa: ARG002 as the client has it
        self._people[user_id].take(self.now)
        self.order.append(f"{user_id} to {self.made[room_id][MARKER]}")
        await super().invite(room_id, user_id)


class _Bucket:
    def __init__(self, burst: int, every: float) -> None:
        self._burst, self._every, self._free_at = burst, every, 0.0

    def take(self, now: float) -> None:
        if self._burst:
            self._burst -= 1
            self._free_at = now + self._every
        elif now < self._free_at:
            raise Unavailable("it limits our rate", retry_after=self._free_at - now, limited=True)
        else:
            self._free_at = now + self._every


async def test_what_the_homeserver_limits_waits_and_the_rest_goes_on(store: Store) -> None:
    rooms, out = SlowRooms(rooms=6, invitations=1), io.StringIO()
    plan = await make_plan(store, rooms, the_house(), BOT)
    progress = Progress(Console(file=out, width=200), elapsed=lambda: rooms.now, sleep=rooms.sleep)

    refused = await carry_out(
        plan, store, rooms, the_house(), known_as=KNOWN_AS, prune=False, clock=lambda: NOW, progress=progress
    )

    assert refused == []
    assert not (await make_plan(store, rooms, the_house(), BOT)).anything(prune=True)
    # Everybody was in the space before the seventh room could be made, and that before a second invitation of anyone.
    assert rooms.order.index(f"{user('kees')} to space") < rooms.order.index("room agency:school")
    assert rooms.order.index("room agency:youth") < rooms.order.index(f"{user('ada')} to agency:police")
    # Two rooms a minute apart; everybody's second invitation after five minutes, and Cleo's third after ten.
    assert rooms.now == 600
    first, *_, last = out.getvalue().splitlines()
    assert first == "The homeserver asks to wait 60 s; about 5 min left (17 of 29 done)"
    assert last == "The homeserver asks to wait 300 s; about 5 min left (28 of 29 done)"


async def test_a_homeserver_that_asks_for_a_day_is_not_waited_for_and_nothing_done_is_lost(store: Store) -> None:
    rooms = SlowRooms(rooms=3, invitations=9)
    rooms._rooms._every = 86_400.0
    plan = await make_plan(store, rooms, the_house(), BOT)
    progress = Progress(Console(quiet=True), elapsed=lambda: rooms.now, sleep=rooms.sleep)
    with pytest.raises(Unavailable):
        await carry_out(
            plan, store, rooms, the_house(), known_as=KNOWN_AS, prune=False, clock=lambda: NOW, progress=progress
        )
    assert rooms.now == 0
    assert (await make_plan(store, rooms, the_house(), BOT)).make == tuple(PLACES[3:])


async def lose(store: Store, channel: str) -> None:
    with store.work(f"lost {channel}", NOW) as work:
        room_states.lose(work, channel)


@pytest.mark.parametrize("how", ["tampered with", "taken from the bot", "not noticed yet"])
async def test_a_room_that_is_not_safe_any_more_is_made_anew(store: Store, rooms: RecordedRooms, how: str) -> None:
    await apply(store, rooms, the_house())
    with store.look() as find:
        before = find.room("agency:police")
    assert before
    if how != "not noticed yet":
        await lose(store, "agency:police")
    if how != "tampered with":
        del rooms.people[before]

    told = list(describe(await make_plan(store, rooms, the_house(), BOT), prune=False))
    assert told[0] == "+ room agency:police, in place of one that is not safe any more"
    rooms.crash_after_making = "agency:police 1"
    with pytest.raises(Unavailable):
        await apply(store, rooms, the_house())
    plan, _ = await apply(store, rooms, the_house())

    assert list(describe(plan, prune=False)) == [
        "+ room agency:police",
        f"+ invite {user('ada')} to agency:police",
    ]
    assert await who_is_in(store, rooms, "agency:police") == {"ada"}
    made = {room for room, made in rooms.made.items() if str(made[MARKER]).startswith("agency:police")}
    assert len(made - {before}) == 1
    with store.look() as find:
        assert find.room("agency:police") in made - {before}
        assert room_states.lost(find) == []
    assert not (await make_plan(store, rooms, the_house(), BOT)).anything(prune=True)


async def test_a_space_that_is_made_anew_holds_the_rooms(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    del rooms.people["!room1"]

    await apply(store, rooms, the_house())

    assert await who_is_in(store, rooms, "space") == set(PEOPLE)
    with store.look() as find:
        space = find.room("space")
    assert [place for place, _ in rooms.in_space] == [space] * 7


async def test_the_room_of_a_lost_case_holds_up_nobody_who_leaves(store: Store, rooms: RecordedRooms) -> None:
    await apply(store, rooms, the_house())
    await put_case_with_ada(store, rooms)
    await lose(store, "case:K7QF")
    with store.look() as find:
        del rooms.people[str(find.room("case:K7QF"))]

    await apply(store, rooms, the_house({"ada": None}), prune=True)

    assert await who_is_in(store, rooms, "agency:police") == set()


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    path.write_text(
        """
        [[agency]]
        short = "Police!"
        colour = "blue"
        [[agency.person]]
        user = "ada"
        name = "Ada"
        role = "boss"
        [[agency.person]]
        user = "@roundtable:example.org"
        name = ""
        zone = "Europe/Utrecht"
        [[agency]]
        short = "health"
        name = "Health"
        [[agency.person]]
        user = "@finn:example.org"
        name = "Finn"
        [[agency]]
        short = "health"
        name = "Health again"
        [[agency.person]]
        user = "@finn:example.org"
        name = "Finn"
        """
    )
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert sorted(told.value.problems) == [
        "agency 1, person 1: role must be practitioner, manager, coordinator or admin",
        "agency 1, person 1: user is no full Matrix id, such as @roundtable:example.org",
        "agency 1, person 2: name must be one line of text",
        "agency 1, person 2: zone is no time zone that I know; use a name such as Europe/Amsterdam",
        "agency 1: @roundtable:example.org is the bot itself",
        "agency 1: colour is no key that I know",
        "agency 1: name is missing",
        "agency 1: short must be two to 21 small letters, digits or hyphens, beginning with a letter",
        "agency 3: @finn:example.org is already in agency health; a person speaks for one agency",
        "agency 3: short health is already taken by agency 2",
        "nobody is a coordinator: without one no case can be opened",
    ]


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (("police", "Police"), ("politie", "Police"), "agency 2: name Police is what agency 1 is called already"),
        (("police", "Police"), ("politie", " POLICE "), "agency 2: name  POLICE  is what agency 1 is called already"),
        (("police", "Force"), ("pol", "Police"), "agency 2: name Police is what agency 1 is called already"),
        (("pol", "Police"), ("police", "Force"), "agency 2: short police is what agency 1 is called already"),
        (("cafe", "Café"), ("cafes", "Cafe\u0301"), "agency 2: name Cafe\u0301 is what agency 1 is called already"),
    ],
)
def test_two_agencies_of_one_name_are_refused(
    tmp_path: Path, first: tuple[str, str], second: tuple[str, str], problem: str
) -> None:
    path = tmp_path / "agencies.toml"
    agencies = "".join(f'[[agency]]\nshort = "{short}"\nname = "{name}"\n' for short, name in (first, second))
    path.write_text(agencies + '[[agency.person]]\nuser = "@cleo:example.org"\nname = "Cleo"\nrole = "coordinator"\n')
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert told.value.problems == (problem,)


def test_a_file_that_an_editor_marked_is_read(tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert len(read_house(path, BOT).people) == len(PEOPLE)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[[agency", "is no TOML"),
        (b"\xff", "is not UTF-8 text"),
        (b"agency = 3", "agency is not right: input should be a valid list"),
        (b"", "agency is missing"),
    ],
)
def test_a_file_that_is_no_house_is_told(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "agencies.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert problem in told.value.problems[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"can't be read: No such file"):
        read_house(tmp_path / "agencies.toml", BOT)


def test_a_manager_must_be_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text)
    assert {p.name: p.manager for p in read_house(path, BOT).people if p.manager} == {
        "Hugo Peters": "@ella:example.org"
    }
    path.write_text(text.replace('manager = "@ella:example.org"', 'manager = "@nobody:example.org"'))
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert told.value.problems == ("@hugo:example.org has @nobody:example.org as manager, who is not in this file",)


def test_who_should_answer_for_an_agency_is_among_its_people(tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace('# answers = ["clinician"]', 'answers = ["clinician"]'))
    house = read_house(path, BOT)
    assert {a.short: a.answers for a in house.agencies if a.answers} == {"health": ("clinician",)}
    assert {p.name: p.function for p in house.people if p.function} == {"Finn de Boer": "clinician"}
    path.write_text(text.replace('# answers = ["clinician"]', 'answers = ["clinician", "nurse"]'))
    with pytest.raises(ConfigProblem) as told:
        read_house(path, BOT)
    assert told.value.problems == ("agency 3: nobody who reads questions has the function nurse, which answers says",)
