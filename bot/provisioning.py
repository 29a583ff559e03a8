"""Provisioning: the plan (bot/planning.py) is shown, agreed to, and carried out, which can be repeated."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from bot import control
from bot.agencies import House, parse_house, read_file
from bot.config import Config, ConfigProblem
from bot.database import open_store
from bot.house import make_house
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import Rejected
from bot.matrix.faces import upload_faces
from bot.matrix.limits import SHORT_SECONDS, Progress, Step, work_off
from bot.matrix.rooms import NAMES, make_room
from bot.planning import Plan, Rooms, channels_of, describe, make_plan, names_of, who_is_in
from bot.schemes import list_strangers
from cases.roles import Place
from chat.context import House as KnownHouse
from commands.case.comings import topic_of
from commands.people import changing
from storage import causes, directory, lease
from storage.account import Account
from storage.audit import Entry
from storage.database import StoreInUseError
from storage.find import SPACE
from storage.pins import StoredPins
from storage.progress import Progress as StoredProgress
from storage.rooms import marker, renew
from storage.store import Store
from storage.work import Work

REMOVAL = "provisioning"


async def carry_out(
    plan: Plan,
    store: Store,
    rooms: Rooms,
    house: House,
    *,
    known_as: KnownHouse,
    prune: bool,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    language: str = "en",
    faces: Mapping[str, str] | None = None,
) -> list[str]:
    """Do what the plan says; gives what the homeserver refused, as sentences. Safe to repeat after a crash.

    What the homeserver limits waits as it asks, shown by ``progress``; the rest goes on.
    """
    if plan.changes.any or (prune and plan.changes.gone):
        with store.work(causes.of_job("provision", uuid.uuid4().hex), clock()) as work:
            changing.carry_out(work, plan.changes, known_as, prune=prune)
    known = dict(plan.rooms)
    refused: list[str] = []
    # First who must not hear more; inviting is the last step.
    releases = (*plan.changes.releases, *(plan.changes.releases_of_gone if prune else ()))
    released = [(f"{Place.CASE}:{ref}", user) for ref, user in releases]
    with store.look() as find:
        for channel, _ in released:
            if channel not in plan.unsafe and (room_id := find.room(channel)) is not None:
                known.setdefault(channel, room_id)
    for channel, user in dict.fromkeys((*plan.remove, *(plan.strangers if prune else ()), *released)):
        if channel in known and user in await who_is_in(rooms, known[channel]):
            try:
                await rooms.remove(known[channel], user, REMOVAL)
            except Rejected as problem:
                refused.append(f"{user} could not be removed from {channel} ({problem.code})")
    making = _Making(plan, store, rooms, house, known_as.bot_name, clock, known, refused, language, faces or {})
    await work_off(making.steps(), progress or Progress(Console(quiet=True)))
    return refused + [f"{user} was not invited: the homeserver knows no such account" for user in plan.missing]


async def hand_over(
    plan: Plan, store: Store, house: House, known_as: KnownHouse, *, prune: bool, clock: Callable[[], datetime]
) -> bool:
    """Put on file what the plan says, in one unit of work; the running bot makes the rooms, invites and removes.

    Gives whether it did: not when others have changed meanwhile what it was made of.
    """
    gone = {person.user_id for person in plan.changes.gone} if prune else set[str]()

    def change() -> bool:
        with store.work(causes.of_job("provision", uuid.uuid4().hex), clock()) as work:
            # Whoever took a seat while the homeserver was asked would keep it.
            now = replace(plan, changes=directory.compare(work.find, house.agencies, house.people))
            if list(describe(now, prune=prune)) != list(describe(plan, prune=prune)):
                return False
            changing.carry_out(work, now.changes, known_as, prune=prune)
            for channel in plan.unsafe:
                _renew(work, channel)
            # First who must not hear more; whoever has left the house was taken out of everything just now.
            for channel, user in (*plan.remove, *(plan.strangers if prune else ())):
                if user not in gone:
                    work.remove(channel, user)
            for channel in dict.fromkeys((*plan.make, *(channel for channel, _ in plan.rename))):
                work.name(channel)
            for channel, user in plan.invite:
                work.invite(channel, user)
        return True

    return await store.do(change)


def _renew(work: Work, channel: str) -> None:
    renew(work, channel)
    work.record(Entry("operator", "shell", None, "provision room", channel, "renewed", work.cause))


async def provision(
    config: Config,
    path: Path,
    *,
    clock: Callable[[], datetime],
    console: Console,
    dry_run: bool = False,
    prune: bool = False,
    agreed: Callable[[], bool] = lambda: True,
) -> int:
    """Read, plan, print, ask, carry out; gives the exit status. A running bot does it itself, and goes on meanwhile.

    Raises ConfigProblem, StoreProblemError, WrongKeyError, or what the client raises.
    """
    text = read_file(path)
    house = _check(config, text, str(path))
    question: dict[str, object] = {"do": "provision", "file": text, "prune": prune}
    answer = await control.ask(config.matrix.store_dir, question)
    if answer is None:
        return await _provision_alone(
            config, house, clock=clock, console=console, dry_run=dry_run, prune=prune, agreed=agreed
        )
    if not _is_wanted(answer["plan"], console, anything=answer["anything"], dry_run=dry_run, agreed=agreed):
        return _status(anything=answer["anything"], dry_run=dry_run, missing=answer["missing"])
    done = await control.ask(config.matrix.store_dir, question | {"agreed": answer["plan"]})
    if done is None or not done["done"]:
        console.print("Nothing was changed: the plan is another one by now. Run it again.", style="red")
        return 1
    console.print(
        "It is on file. The running bot makes the rooms, invites and removes, as fast as the homeserver lets it."
    )
    return 1 if answer["missing"] else 0


async def provision_running(
    config: Config,
    store: Store,
    client: HardenedClient,
    known_as: KnownHouse,
    *,
    text: str,
    clock: Callable[[], datetime],
    prune: bool,
    agreed: list[str] | None,
) -> dict[str, object]:
    """Plan beside the running bot; carry it out when it is still the plan that was agreed to. Raises ConfigProblem."""
    house = _check(config, text, "agencies")
    plan = await make_plan(store, client, house, config.matrix.user_id)
    lines = list(describe(plan, prune=prune))
    done = agreed == lines and await hand_over(plan, store, house, known_as, prune=prune, clock=clock)
    return {"plan": lines, "anything": plan.anything(prune=prune), "missing": list(plan.missing), "done": done}


def _check(config: Config, text: str, name: str) -> House:
    house = parse_house(text, config.matrix.user_id, name)
    if problems := list(list_strangers(config.scheme, house.shorts, house.roles)):
        raise ConfigProblem(*problems)
    return house


def _is_wanted(
    lines: Iterable[str], console: Console, *, anything: bool, dry_run: bool, agreed: Callable[[], bool]
) -> bool:
    """Show a plan, and ask whether it is to be carried out."""
    for line in lines:
        style = {"+": "green", "-": "red", "?": "yellow", "!": "yellow"}.get(line[0], "cyan")
        console.print(line, style=style, markup=False)
    if not anything:
        console.print("Nothing to do.")
        return False
    if dry_run:
        console.print("Nothing was changed: this was a dry run.")
        return False
    if not agreed():
        console.print("Nothing was changed.")
        return False
    return True


def _status(*, anything: bool, dry_run: bool, missing: Collection[str]) -> int:
    """How it ends when nothing is carried out: well, if there was nothing to do, or nothing was to be done."""
    if dry_run and anything:
        return 0
    return 1 if anything or missing else 0


async def _provision_alone(
    config: Config,
    house: House,
    *,
    clock: Callable[[], datetime],
    console: Console,
    dry_run: bool,
    prune: bool,
    agreed: Callable[[], bool],
) -> int:
    """The same while no bot runs: the store and the device belong to one process."""
    async with AsyncExitStack() as opened:
        store, client = await open_house(config, opened, clock)
        progress = Progress(console)
        client.wire.patience = progress.patience(SHORT_SECONDS)
        plan = await make_plan(store, client, house, config.matrix.user_id)
        anything = plan.anything(prune=prune)
        if not _is_wanted(describe(plan, prune=prune), console, anything=anything, dry_run=dry_run, agreed=agreed):
            return _status(anything=anything, dry_run=dry_run, missing=plan.missing)
        faces = await upload_faces(client, store, clock())
        language = (config.scheme.get(config.house.scheme) or config.house).language or config.house.language
        refused = await carry_out(
            plan,
            store,
            client,
            house,
            known_as=make_house(config, store),
            language=language,
            faces=faces,
            prune=prune,
            clock=clock,
            progress=progress,
        )
        for problem in refused:
            console.print(problem, style="red", markup=False)
        console.print("Done, but for what was refused: run it again later." if refused else "Done.")
        return 1 if refused else 0


async def open_house(
    config: Config, opened: AsyncExitStack, clock: Callable[[], datetime]
) -> tuple[Store, HardenedClient]:
    """Open store and client for this process alone; raises ConfigProblem when a bot is running."""
    try:
        # The directory is every account's: no bot may run that still knows the people as they were.
        opened.enter_context(lease.hold(config.store.url))
    except StoreInUseError:
        raise ConfigProblem(
            "the bot is running on this store, and can't be asked from here: "
            "run this where it runs, or stop the bot first"
        ) from None
    store = open_store(config, Account(config.matrix.user_id))
    opened.callback(store.close)
    matrix = config.matrix
    client = await HardenedClient.open_client(
        matrix.homeserver,
        matrix.user_id,
        matrix.device_id,
        matrix.token(),
        matrix.store_dir,
        matrix.store_key(),
        StoredPins(store, clock),
    )
    opened.push_async_callback(client.close)
    return store, client


@dataclass(repr=False)
class _Making:
    """Making and naming rooms, and inviting, as steps of which any may have to wait for the homeserver."""

    plan: Plan
    store: Store
    rooms: Rooms
    house: House
    house_name: str
    clock: Callable[[], datetime]
    known: dict[str, str]
    """The rooms that there are, by channel."""
    refused: list[str]
    language: str
    faces: Mapping[str, str]
    """The address of the picture of each kind of room."""
    _renewed: set[str] = field(default_factory=set[str])
    _invited: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Channel and person, with the making of the room."""

    def steps(self) -> list[Step]:
        """The space first, then what is in it; each person once the room is there."""
        making: dict[str, Step] = {}
        for channel in self.plan.make:
            making[channel] = Step(partial(self._make, channel), making.get(SPACE))
        there = [channel for channel in channels_of(self.house) if channel not in making] if SPACE in making else []
        return [
            *making.values(),
            *(Step(partial(self._show, channel), making[SPACE]) for channel in there),
            *(Step(partial(self.rooms.rename, self.known[channel], name)) for channel, name in self.plan.rename),
            *(Step(partial(self._invite, channel, user), making.get(channel)) for channel, user in self.plan.invite),
        ]

    async def _make(self, channel: str) -> None:
        name = names_of(self.house).get(channel) or NAMES.get(channel, self.house_name)
        if channel in self.plan.unsafe and channel not in self._renewed:
            with self.store.work(causes.of_job("provision", uuid.uuid4().hex), self.clock()) as work:
                _renew(work, channel)
            # Once, however often the room itself is tried.
            self._renewed.add(channel)
        with self.store.look() as find:
            mark = marker(find, channel)
        people = [user for where, user in self.plan.invite if where == channel]
        room_id, invited = await make_room(
            self.rooms,
            mark,
            name=name,
            topic=topic_of(channel, self.language),
            invite=people,
            space=channel == SPACE,
            parent=self.known.get(SPACE),
            picture=self.faces.get(channel.partition(":")[0]),
        )
        self._invited.update((channel, user) for user in invited)
        self.known[channel] = room_id
        await StoredProgress(self.store).save_room(channel, room_id)

    async def _show(self, channel: str) -> None:
        await self.rooms.add_to_space(self.known[SPACE], self.known[channel])

    async def _invite(self, channel: str, user: str) -> None:
        if (channel, user) in self._invited:
            return
        try:
            await self.rooms.invite(self.known[channel], user)
        except Rejected as problem:
            self.refused.append(f"{user} could not be invited to {channel} ({problem.code}): does the account exist?")
