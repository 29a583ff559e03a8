# lines: one campaign: who talks, who kills and who counts share one ledger
"""The crash campaign: members talk all the time, bot and homeserver are killed, the line is bad; then it is counted.

``python -m tests.chaos --commands 1000 --kills 50 --seed 7`` is ``make chaos``; ``--absence`` plays a long absence,
``--store postgresql`` either of them on PostgreSQL. The last line is JSON. The exit status is 0 when nothing was lost
and nothing said twice. The seed repeats what is decided, not the moment at which the machine comes to it.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog

from bot.matrix.crypto.errors import Unavailable
from bot.matrix.crypto.events import Event
from cases.case import Case
from commands.action.rules import Action
from commands.concern.rules import Concern
from storage import audit, causes, tables
from storage.account import Account
from storage.progress import Progress
from storage.store import Store
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.killed import MOMENTS
from tests.postgres import Postgres
from tests.professional import Professional, answered
from tests.saboteur import Saboteur
from tests.waiting import PATIENCE_SECONDS

PEOPLE = ("cleo", "dirk", "ada", "finn")
AGENCIES = "police, social, health"
MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
# Two working days before Friday, on Friday, and on the Monday after: each asks for one reminder.
JUMPS = (timedelta(), timedelta(days=2), timedelta(days=4), timedelta(days=7))
TO_BE_REMINDED = 3
COMMANDS_IN_A_CASE = 100
SHARE_SPOILED = 0.15
SHARE_NAMED = 0.6
HOMESERVER_DIES_EVERY = 8
MOMENT_COMES_WITHIN = 12.0
LONGEST_LIFE = 4.0
TRY_AGAIN_AFTER = 0.1
LOOK_SECONDS = 1.0
SECONDS_A_COMMAND = 0.5
"""As long as a busy machine may take for one of many."""


@dataclass(frozen=True)
class Command:
    """Something a member typed; its mark stands in the record that it makes."""

    event_id: str
    mark: str
    kind: str
    who: str
    room_id: str


@dataclass
class Report:
    """What was counted."""

    commands: int = 0
    kills: int = 0
    homeserver_kills: int = 0
    reminders: int = 0
    line: Counter[str] = field(default_factory=Counter)
    """What the line did, and how often."""
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What else must not be: a bot that ended by itself, a broken audit log, an error in the bot's log."""

    @property
    def well(self) -> bool:
        """Whether all is as it must be."""
        return not (self.lost or self.twice or self.faults)

    def count(self, what: str, found: int, wanted: int = 1) -> None:
        """Note what is missing, or too many."""
        if found < wanted:
            self.lost.append(f"{what}: {found} of {wanted}")
        elif found > wanted:
            self.twice.append(f"{what}: {found} instead of {wanted}")

    async def hears(self, person: Professional, bot_id: str, event_id: str, room_id: str, within: float) -> None:
        """Wait for the bot's answer to a message; one that does not come is lost, and the counting goes on."""
        try:
            await person.hears(answers(bot_id, event_id), room_id, within=within)
        except AssertionError:
            self.lost.append(f"answer to {event_id} for {person.user_id}, waited for at the end")


class BotProcess:
    """The bot as a process of its own, killed and started again."""

    def __init__(self, config: Path, log: Path, **environment: str) -> None:
        self._config = config
        self._log = log
        self._environment = {**os.environ, **environment}
        self._log_began = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, shift: timedelta, moment: str = "", times: int = 1) -> None:
        """Start it, to be killed when it comes to this moment so many times."""
        named = [moment, str(times)] if moment else []
        with self._log.open("ab") as log:
            self._log_began = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.killed", str(self._config), str(shift.total_seconds()), *named),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment,
            )

    async def started(self) -> None:
        """Wait until it opened its stores, or died of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b'"started"' not in self._log.read_bytes()[self._log_began :] and time.monotonic() < deadline:
            if await self.dies_within(TRY_AGAIN_AFTER):
                return

    async def dies_within(self, seconds: float) -> bool:
        """Wait for it to end by itself."""
        assert self._process is not None
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def end(self, how: signal.Signals) -> int:
        """End it; gives its exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        if how is not signal.SIGKILL and not await self.dies_within(PATIENCE_SECONDS):
            self._process.kill()
        return await self._process.wait()

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(which)

    async def gone(self) -> None:
        """Leave no process behind."""
        if self._process is not None and self._process.returncode is None:
            await self.end(signal.SIGKILL)


class Campaign:
    """One campaign on a deployment whose bot talks to the homeserver through a saboteur."""

    def __init__(self, deployment: Deployment, saboteur: Saboteur, chance: random.Random) -> None:
        self._deployment = deployment
        self._homeserver = deployment.homeserver
        self._saboteur = saboteur
        self._chance = chance
        self._shift = MONDAY - datetime.now(UTC)
        self._rooms: list[str] = []
        self._commands: list[Command] = []
        self._report = Report()
        config = deployment.directory / "bot" / "config.toml"
        config.write_text(config.read_text().replace(deployment.homeserver.url, saboteur.url))
        self._log = deployment.directory / "bot.log"
        self._bot = BotProcess(config, self._log)

    async def run(self, commands: int, kills: int) -> Report:
        """Open cases, let everything go wrong, and count."""
        try:
            await self._bot.start(self._shift)
            await self._listens()
            await self._open_cases(max(2, commands // COMMANDS_IN_A_CASE))
            await self._owe()
            await self._bot.end(signal.SIGTERM)
            for life in range(kills):
                jump = JUMPS[min(life * len(JUMPS) // max(kills, 1), len(JUMPS) - 1)]
                share = commands * (life + 1) // kills - commands * life // kills
                await self._live(life, share, self._shift + jump)
            await self._settle()
            status = await self._bot.end(signal.SIGTERM)
            if status != 0:
                self._report.faults.append(f"the bot ended with {status} at SIGTERM")
        finally:
            await self._bot.gone()
        await self._count()
        return self._report

    async def _listens(self) -> None:
        """Wait for the first sync of the bot: what was said before is history to it."""
        settings = self._deployment._config()
        account = Account(settings.matrix.user_id)
        store = Store.open(settings.store.url, settings.store.master_key(), account)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await Progress(store).token() is None:  # noqa: ASYNC110
                    # Another process writes it: looked at again shortly.
                    await asyncio.sleep(TRY_AGAIN_AFTER)
        finally:
            store.close()

    async def _open_cases(self, number: int) -> None:
        for _ in range(number):
            self._rooms.append(await open_case(self._deployment, AGENCIES))
        _say(f"{number} cases are open")

    async def _owe(self) -> None:
        """Something to be reminded of, in the first case."""
        for number in range(TO_BE_REMINDED):
            text = f"!action reminder {number} for: social by: fri 12:00"
            await ask(self._deployment, "dirk", self._rooms[0], text, heard_by="ada")

    async def _live(self, life: int, share: int, shift: timedelta) -> None:
        """One life of the bot, with its share of the commands."""
        self._saboteur.share = SHARE_SPOILED
        moment = self._chance.choice(list(MOMENTS)) if self._chance.random() < SHARE_NAMED else ""
        await self._bot.start(shift, moment, self._chance.randint(1, 5))
        talking = asyncio.create_task(self._talk(share))
        try:
            if (life + 1) % HOMESERVER_DIES_EVERY == 0:
                await self._kill_homeserver()
            await self._bot.started()
            if await self._bot.dies_within(MOMENT_COMES_WITHIN if moment else self._chance.uniform(0, LONGEST_LIFE)):
                status = await self._bot.end(signal.SIGKILL)
                if status != -signal.SIGKILL:
                    self._report.faults.append(f"the bot ended by itself with {status}")
            else:
                await self._bot.end(signal.SIGKILL)
            self._report.kills += 1
            await talking
        finally:
            talking.cancel()
        _say(f"killed {self._report.kills} times, last {moment or 'at any moment'}; said {len(self._commands)}")

    async def _kill_homeserver(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 2))
        await asyncio.to_thread(self._homeserver.stop, kill=True)
        await asyncio.to_thread(self._homeserver.start)
        self._report.homeserver_kills += 1

    async def _talk(self, share: int) -> None:
        lines: dict[str, list[str]] = defaultdict(list)
        for _ in range(share):
            lines[self._chance.choice(PEOPLE)].append(self._chance.choice(self._rooms))
        await asyncio.gather(*(self._type(who, rooms) for who, rooms in lines.items()))

    async def _type(self, who: str, rooms: Sequence[str]) -> None:
        for room_id in rooms:
            mark = f"mark{secrets.token_hex(5)}"
            kind = self._chance.choices(("concern", "action", "nonsense"), (70, 15, 15))[0]
            text = {
                "concern": f"!concern {mark} kind: fact",
                "action": f"!action {mark} for: social by: in 20 days",
                "nonsense": f"!{mark}",
            }[kind]
            event_id = await say_surely(self._deployment.people[who], room_id, text)
            self._commands.append(Command(event_id, mark, kind, who, room_id))

    async def _settle(self) -> None:
        """On a good line again, until everybody heard everything, or for a while."""
        self._saboteur.share = 0.0
        await self._bot.start(self._shift + JUMPS[-1])
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (missing := self._missing()) and time.monotonic() < deadline:  # noqa: ASYNC110
            # Many clients change: looked at again shortly.
            await asyncio.sleep(LOOK_SECONDS)
        _say(f"settled; {len(missing)} answers missing")
        # Whatever would be said twice is said before the answer to this: a room is spoken to in order.
        asked = [await say_surely(self._deployment.people["cleo"], room, "!who") for room in self._rooms]
        bot, people = self._deployment.bot_id, [self._deployment.people[who] for who in PEOPLE[1:]]
        await asyncio.gather(
            *(
                self._report.hears(person, bot, event_id, room, PATIENCE_SECONDS)
                for room, event_id in zip(self._rooms, asked, strict=True)
                for person in people
            )
        )

    def _heard(self) -> dict[str, Counter[str]]:
        """How many answers to each command each person decrypted."""
        bot = self._deployment.bot_id
        return {
            who: Counter(said for e in person.heard if e.sender == bot and _counts(e) and (said := answered(e)))
            for who, person in self._deployment.people.items()
        }

    def _missing(self) -> list[tuple[str, str]]:
        heard = self._heard()
        return [(c.mark, who) for c in self._commands for who in PEOPLE if who != c.who and not heard[who][c.event_id]]

    def _reminders(self, who: str) -> dict[str, int]:
        """How often this person heard each reminder."""
        said = [
            str(event.content.get("body"))
            for event in self._deployment.people[who].heard
            if event.sender == self._deployment.bot_id and event.room_id == self._rooms[0]
        ]
        reminders = [body for body in said if re.search(r"needs? you in", body)]
        ids = [f"A-{number}" for number in range(1, TO_BE_REMINDED + 1)]
        return {each: sum(1 for body in reminders if re.search(rf"\b{each}\b", body)) for each in ids}

    async def _count(self) -> None:
        report = self._report
        report.commands = len(self._commands)
        report.line = self._saboteur.done
        heard = self._heard()
        settings = self._deployment._config()
        account = Account(settings.matrix.user_id)
        store = Store.open(settings.store.url, settings.store.master_key(), account)
        try:
            a = tables.audit.c
            with store.look() as find:
                cases = find.cases(find.open_cases())
                audited = Counter(find.all(sa.select(tables.audit.c.cause)))
                case_room = find.channel(self._rooms[0]) or ""
                reminded = (a.command == "reminder", a.case_ref == case_room.partition(":")[2])
                due = len(find.all(sa.select(a.id).where(*reminded)))
                waiting = find.all(sa.select(tables.outbox.c.id).where(tables.outbox.c.sent_at.is_(None)))
            with store.update() as session:
                fault = audit.first_fault(session, store.ring)
        finally:
            store.close()
        effects = Counter(_marks(cases))
        for command in self._commands:
            report.count(f"effect of {command.mark}", effects[command.mark], 0 if command.kind == "nonsense" else 1)
            report.count(f"audit entry of {command.mark}", audited[causes.of_event(command.event_id)])
            for who in PEOPLE:
                if who != command.who:
                    report.count(f"answer to {command.mark} for {who}", heard[who][command.event_id])
        for who in PEOPLE:
            for action, times in self._reminders(who).items():
                # A step that was slept through is not said any more; the last one always is.
                report.count(f"reminder of {action} for {who}", times, max(due, 1))
                report.reminders += times if who == "dirk" else 0
        if waiting:
            report.faults.append(f"{len(waiting)} rows still wait in the outbox")
        if fault is not None:
            report.faults.append(f"the audit log is broken at line {fault}")
        report.faults += _errors(self._log)


def _counts(event: Event) -> bool:
    """Whether it is as the bot says things: encrypted, or a mark that says nothing."""
    return event.trusted or event.type == "m.reaction"


def answers(bot_id: str, event_id: str) -> Callable[[Event], bool]:
    """Whether a message is the bot's answer to this one."""
    return lambda event: event.sender == bot_id and answered(event) == event_id


async def say_surely(person: Professional, room_id: str, text: str) -> str:
    """Say something once, as a client does that tries again under the same transaction id."""
    content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
    txn_id = uuid.uuid4().hex
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await person.client.post(room_id, content, txn_id=txn_id)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(TRY_AGAIN_AFTER)


async def ask(deployment: Deployment, who: str, room_id: str, text: str, *, heard_by: str) -> str:
    """Say something, and wait until somebody else decrypted the answer; gives the event id of what was said."""
    event_id = await say_surely(deployment.people[who], room_id, text)
    listener = deployment.people[heard_by]
    await listener.hears(answers(deployment.bot_id, event_id), room_id)
    return event_id


async def open_case(deployment: Deployment, agencies: str) -> str:
    """A case with everybody who is signed in at its table; its room."""
    cleo = deployment.people["cleo"]
    coordination = await deployment.room("coordination")
    await cleo.is_in(coordination)
    text = f"!case open why: a missing girl goal: found agencies: {agencies}"
    asked = await say_surely(cleo, coordination, text)
    opened = await cleo.hears(answers(deployment.bot_id, asked), coordination)
    room = await deployment.room(f"case:{str(opened.content['body']).split()[0]}")
    for person in deployment.people.values():
        await person.is_in(room)
        await person.hears(lambda event: "Goal" in str(event.content.get("body")), room)
    return room


async def play_absence(
    directory: Path, homeserver: Homeserver, *, busy: int, others: int, each: int, store_url: str | None = None
) -> Report:
    """The bot is away while much is said in one room and some in others: each is handled once, in order."""
    report = Report()
    deployment = await Deployment.make(
        directory, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"), store_url=store_url
    )
    try:
        await deployment.start_bot()
        rooms = {await open_case(deployment, "social"): each if number else busy for number in range(others + 1)}
        await deployment.stop_bot()
        dirk = deployment.people["dirk"]

        async def talk(room: str, number: int) -> list[str]:
            return [await say_surely(dirk, room, f"!concern number {n} kind: fact") for n in range(1, number + 1)]

        typed = await asyncio.gather(*(talk(room, number) for room, number in rooms.items()))
        # The answer to this is the last: whatever is said twice is said before it.
        last = [await say_surely(dirk, room, "!who") for room in rooms]
        await deployment.start_bot()
        cleo, within = deployment.people["cleo"], PATIENCE_SECONDS + SECONDS_A_COMMAND * sum(rooms.values())
        ends = zip(rooms, last, strict=True)
        await asyncio.gather(*(report.hears(cleo, deployment.bot_id, end, room, within) for room, end in ends))
        for room, event_ids in zip(rooms, typed, strict=True):
            told = [
                event
                for event in cleo.heard
                if event.room_id == room and answered(event) in event_ids and event.sender == deployment.bot_id
            ]
            times = Counter(map(answered, told))
            for event_id in event_ids:
                report.count(f"answer to {event_id}", times[event_id])
            ids = [str(event.content.get("body")).split()[0] for event in told]
            if ids != [f"C-{n}" for n in range(1, len(event_ids) + 1)]:
                report.faults.append(f"out of order in {room}")
            report.commands += len(event_ids)
    finally:
        await deployment.close()
    return report


async def play(
    directory: Path, homeserver: Homeserver, commands: int, kills: int, seed: int, *, store_url: str | None = None
) -> Report:
    """One campaign on a running homeserver; it is killed, and runs again afterwards."""
    chance = random.Random(seed)  # noqa: S311 no secret
    shift = MONDAY - datetime.now(UTC)
    async with Saboteur(homeserver.url, chance) as saboteur:
        deployment = await Deployment.make(
            directory, homeserver, lambda: datetime.now(UTC) + shift, people=PEOPLE, store_url=store_url
        )
        try:
            return await Campaign(deployment, saboteur, chance).run(commands, kills)
        finally:
            await deployment.close()


def _marks(cases: Sequence[Case]) -> list[str]:
    return [record.about for case in cases for record in case.all(Concern)] + [
        record.outcome for case in cases for record in case.all(Action)
    ]


def _errors(log: Path) -> list[str]:
    """What the bot's log calls an error, and each trace: of no fault that we make is there a reason for one."""
    lines = log.read_text(errors="replace").splitlines()
    found = [line for line in lines if re.search(r'"level": ?"error"|\berror\b.*(failed|not handled)|^Traceback', line)]
    return [f"in the bot's log: {line[:200]}" for line in sorted(set(found))[:20]]


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _database(store: str) -> Iterator[str | None]:
    """The address of the bot's store; None: SQLite in its own folder."""
    if store == "sqlite":
        yield None
        return
    with Postgres() as server:
        yield server.url(server.make_database())


def conclude(report: Report, store: str, seed: int, seconds: float) -> int:
    """Print what was counted; gives the exit status."""
    for what in (*report.lost, *report.twice, *report.faults):
        _say(what)
    _say(f"{report.commands} commands in {seconds:.0f} s")
    if report.kills:
        _say(f"{report.kills} kills of the bot, {report.homeserver_kills} of the homeserver")
        _say(f"{report.reminders} reminders; each answer heard by {len(PEOPLE) - 1} others")
        _say("the line: " + ", ".join(f"{what} {times}" for what, times in sorted(report.line.items())))
    figures = {
        "commands": report.commands,
        "kills": report.kills,
        "lost": len(report.lost),
        "twice": len(report.twice),
        "seed": seed,
        "store": store,
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if report.well else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the shell."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite", help="the database of the bot")
    parser.add_argument("--keep", action="store_true", help="keep the folder, with the bot's log")
    parser.add_argument("--absence", action="store_true", help="500 messages in one room and 50 in each of 20 others")
    given = parser.parse_args(arguments)
    # The client's own warnings of a bad line are what is asked for here.
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    directory = Path(tempfile.mkdtemp(prefix="roundtable-chaos-"))
    _say(f"seed {given.seed}, in {directory}")
    began = time.monotonic()
    with Homeserver(directory / "homeserver") as homeserver, _database(given.store) as store_url:
        if given.absence:
            playing = play_absence(directory, homeserver, busy=500, others=20, each=50, store_url=store_url)
        else:
            playing = play(directory, homeserver, given.commands, given.kills, given.seed, store_url=store_url)
        report = asyncio.run(playing)
    status = conclude(report, given.store, given.seed, time.monotonic() - began)
    if report.well and not given.keep:
        shutil.rmtree(directory, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
