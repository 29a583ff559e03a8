# lines: one campaign: what is done and what is then looked for share what each person said
"""A seeded campaign: long random histories of a case, and after each step another process reads what is on file.

    python -m tests.histories --seed 7 --turns 5000
    python -m tests.histories --seed 7 --game 3        # one game again, with all that was done in it
    python -m tests.histories --seed 7 --store postgresql

Two processes work on the same database, one after the other. Each text that is typed holds a word of its own, or one
that others type as well. Found is: a case that one process has otherwise than it is on file; a table beside the journal
that does not follow from it; a deleted word that a week later still stands somewhere; a word that nobody deleted and
that is gone; an exception.
"""

import argparse
import asyncio
import logging
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import Random

import sqlalchemy as sa
import structlog

from cases.case import Case
from cases.record import Record
from commands.action.rules import Action
from commands.concern.rules import Concern
from commands.decision.rules import Decision
from commands.erasure.rules import WIPE_AFTER
from commands.request.rules import Answer, Request
from commands.roundtable.rules import RoundTable, State
from storage import tables
from storage.check import check
from storage.codec import encode
from storage.crypto import WrongKeyError
from storage.database import url_of
from storage.journal import open_step
from storage.messages import open_body
from storage.store import Store
from tests.fuzz import IN_MEMORY
from tests.postgres import Postgres
from tests.room import AGENCIES, PEOPLE, Conference, conference, user
from tests.storage.examples import MASTER, picture

TURNS, IN_A_GAME = 3_000, 250
CANARY = re.compile(r"zq[0-9]+zq")
SHARED = ("he ran away again", "[…]", "police", "his aunt saw him at the lake", "because")
"""What several people type: a word is known by who said it, and not by its text."""
AT_THE_TABLE = ("ada", "cleo", "dirk", "finn", "gina", "hugo", "iris", "jack")
LINES = """\
!concern ran away {w} kind: fact domain: school
!concern seen {w} from: his aunt {w}
!concern {s}
!request {agency} known {w}? because: we plan {w} by: fri 12:00
!request {agency} {s}? because: {s} see: {agency}
!narrow {R} since May {w}?
!drop {R} because: {w}
!answer {R} yes {w}
!answer {R} {s}
!partly {R} some {w} withheld: {w}
!nothing {R}
!refuse {R} {w} ground: professional secrecy instead: {w}
!moretime {R} in 20 days because: {w}
!correct {R} corrected {w}
!action visit {w} for: {agency} by: fri 15:00 with: {agency} worse: call {w}
!action call {s} for: {agency} by: fri 15:00
!accept {A}
!accept {A}
!decline {A} no {w}
!done {A} went {w}
!notpossible {A} moved {w}
!move {A} mon 15:00 because: {w}
!hand {A} {agency} because: {w}
!snooze {A} 2 days
!resume {A}
!correct {A} visit {w}
!decide one calls {w} because: {w} review: in 4 weeks
!decide {s} because: {s}
!agree {D}
!dissent {D} must {w}
!correct {D} decided {w}
!correct {C} worded {w}
!correct {C} {s}
!correct {C} {s}
!review in 3 weeks
!roundtable schedule thu 10:00 about: {w} where: {w} every: 2 weeks
!roundtable schedule thu 10:00 about: {s}
!agenda {M} point {w}
!attend {M}
!apologies {M} ill {w} deputy: Cleo Bakker
!roundtable move {M} fri 10:00 because: {w}
!roundtable plan tue 10:00 | wed 14:00 about: {w}
!available {M} 1 yes 2 no
!roundtable fix {M} 1
!roundtable cancel {M} because: {w}
!roundtable skip {M} because: {w}
!roundtable stop {M} because: {w}
!roundtable chair {M} Hugo Peters
!roundtable start {M}
!roundtable start {M}
!confirm
note: he came {w}
note: {s}
view: he wants {w}
worried: he is {w}
credit: youth {w}
decision: part-time {w} because: {w}
action: visit {w} for: school by: fri 15:00
apologies: Jack Post, {w}
!conflict his brother {w}
!roundtable next
!roundtable end
!roundtable end
!minutes correct {M} §{n} it was {w}
!minutes correct {M} {s}
!minutes dispute {M} §{n} I did not {w}
!minutes settle {M} §{n} both
!minutes settle {M} §{n} rather {w}
!minutes view {M} he likes {w}
!minutes credit {M} youth {w}
!minutes agree {M}
!minutes approve {M}
!minutes addendum {M} changed {w}
!case release {ref} Jack Post because: {w}
!case invite {ref} Jack Post because: back {w}
!brief Jack Post
!close because: {w} owner: social
!reopen because: missing {w}
!pause {A} because: {w}
!status
!minutes {M}
""".splitlines()
BEGIN = [line for line in LINES if line.startswith(("!concern", "!request", "!action", "!decide", "!roundtable s"))]


@dataclass
class Message:
    """Something that was typed."""

    event_id: str
    who: str
    room: str
    text: str
    done: bool = False
    deleted: bool = False


@dataclass
class Found:
    """What was done, and what is wrong."""

    done: int = 0
    refused: int = 0
    wiped: int = 0
    problems: list[str] = field(default_factory=list)


class Game:
    """One case, and two processes that work on it."""

    def __init__(self, random: Random, table: Conference, *, loud: bool = False) -> None:
        self.random = random
        self.processes = [table]
        self.table = table
        self.loud = loud
        self.found = Found()
        self.said: list[Message] = []
        self.numbers = 0
        self.channel = ""
        self.words: list[set[str]] = []
        """The words of its own that each step put on file."""

    async def play(self, turns: int) -> Found:
        """Play so many turns, and what follows from them."""
        self.channel = await self.table.open_case()
        # They are opened now, so that they have the key of the case.
        self.reader = opened(url_of(self.table.store.engine))
        self.processes.append(await self.again(self.table, at_the_same_time=True))
        for number in range(turns):
            turn = self.random.choices(*zip(*self.turns().items(), strict=True))[0]
            self.table = self.random.choice(self.processes)
            await turn()
            await self.settle()
            if number % 25 == 0:
                self.check_tables()
            if self.found.problems:
                self.found.problems.insert(0, f"turn {number}")
                return self.found
        self.later(days=WIPE_AFTER.days + 1)
        await self.settle()
        self.check_tables()
        self.check_words()
        return self.found

    def turns(self) -> dict[object, float]:
        """What may be done next, and how often."""
        return {
            self.say: 25,
            self.say_something_sensible: 60,
            self.hold_a_meeting: 1.5,
            self.undo: 7,
            self.delete: 9,
            self.restore: 6,
            self.confirm_deletion: 2,
            self.break_off: 4,
            self.restart: 2,
            self.wait: 7,
            self.wait_for_wiping: 1.5,
            self.leave_and_come_back: 1,
        }

    @property
    def ref(self) -> str:
        """The case's reference."""
        return self.channel.partition(":")[2]

    async def say(self) -> None:
        """Type a line, or two."""
        lines = [self.line(self.random.choice(LINES)) for _ in range(self.random.choice((1, 1, 1, 2)))]
        await self.type(self.random.choice(AT_THE_TABLE), "\n".join(lines))

    async def say_something_sensible(self) -> None:
        """Type what this person can do now."""
        who, line = self.sensible(self.case_on_file())
        answers = line.startswith("!answer")
        await self.type(who, line, f"agency:{PEOPLE[who][1]}" if answers else None)

    async def hold_a_meeting(self) -> None:
        """A whole one, from its beginning to its minutes."""
        tables_ = self.case_on_file().all(RoundTable)
        table = next((t for t in tables_ if t.state is State.SCHEDULED and not t.withdrawn), None)
        if table is None:
            await self.type("ada", "!roundtable schedule thu 10:00 about: {w} where: {w} every: 2 weeks")
            return
        chair = table.chair.partition(":")[0][1:]
        lines = [(chair, f"!roundtable start {table.id}"), *((who, "!confirm") for who in AT_THE_TABLE)]
        noted = [line for line in LINES if not line.startswith("!")]
        lines += [(chair, self.random.choice(noted)) for _ in range(6)]
        lines += [(chair, "view: he wants {w}"), (chair, "!roundtable end")]
        told = [line.replace("{M}", table.id) for line in LINES if line.startswith("!minutes")]
        lines += [(self.random.choice((chair, "ada", "finn")), self.random.choice(told)) for _ in range(8)]
        for who, line in lines:
            await self.type(who, line)
            if self.random.random() < 0.2:
                await self.delete()
            await self.settle()

    def sensible(self, case: Case) -> tuple[str, str]:
        """Somebody, and what they can do."""
        moves: list[tuple[str, str]] = [(self.random.choice(AT_THE_TABLE), line) for line in BEGIN]
        for asked in case.all(Request)[-4:]:
            theirs = [who for who in AT_THE_TABLE if self.speaks(who, asked.to_agency)]
            moves += [(who, f"!answer {asked.id} yes {w}") for who in theirs for w in ("{w}", "{s}")]
        for action in case.all(Action)[-4:]:
            theirs = [who for who in AT_THE_TABLE if self.speaks(who, action.owner)]
            verbs = ("!accept", "!done", "!hand", "!decline", "!notpossible", "!move")
            lines = [line.replace("{A}", action.id) for line in LINES if line.startswith(verbs)]
            moves += [(who, line) for who in theirs for line in lines]
        for record in (
            *case.all(Concern)[-2:],
            *case.all(Decision)[-2:],
            *case.all(Answer)[-2:],
            *case.all(Request)[-2:],
        ):
            about = getattr(record, "request", record.id)
            moves += [(record.by.partition(":")[0][1:], f"!correct {about} {w}") for w in ("{w}", "{s}", "{s}")]
        for table in case.all(RoundTable)[-3:]:
            chair = table.chair.partition(":")[0][1:]
            lines = [line.replace("{M}", table.id) for line in LINES if "{M}" in line and "{n}" not in line]
            moves += [(chair, line) for line in lines]
        if case.closed:
            moves = [("cleo", "!reopen because: {w}")]
        return self.random.choice(moves)

    async def undo(self) -> None:
        """Take back the last thing."""
        who = self.said[-1].who if self.said and self.random.random() < 0.7 else self.random.choice(AT_THE_TABLE)
        await self.type(who, "!undo")

    async def delete(self) -> None:
        """Delete a message, of late more often than of long ago."""
        open_ = [m for m in self.said if m.done and not m.deleted]
        if not open_:
            return
        message = self.random.choice(open_[-self.random.choice((3, 10, 1000)) :])
        by = message.who if self.random.random() < 0.85 else self.random.choice(AT_THE_TABLE)
        self.tell(f"{by} deletes {message.who}: {message.text}")
        room = f"!{message.room}:example.org"
        await self.table.deleting.deleted(room, user(by), message.event_id, f"$deleted{self.next()}")
        message.deleted = by == message.who
        await self.table.deliver()

    async def restore(self) -> None:
        """Have back what was deleted."""
        case = await self.table.case(self.channel)
        erased = [s for s in case.steps if s.verb == "erase" and not s.undone] or case.steps
        step = self.random.choice(erased)
        await self.type(step.by.partition(":")[0][1:], f"!restore {step.subject.partition('/')[0]}")

    async def confirm_deletion(self) -> None:
        """Say that one deleted what is doubted."""
        who = self.random.choice(AT_THE_TABLE)
        case = await self.table.case(self.channel)
        subject = self.random.choice([s.subject.partition("/")[0] for s in case.steps])
        await self.type(who, f"!erase {subject}")

    async def break_off(self) -> None:
        """A unit of work ends in a fault, before or after it was written."""
        dispatcher = self.table.dispatcher

        def break_down(*given: object) -> None:
            ctx = given[1]
            if self.random.random() < 0.5:
                ctx.work.save()  # type: ignore[attr-defined]
            raise ZeroDivisionError

        tell, dispatcher._render = dispatcher._render, break_down  # type: ignore[method-assign,assignment]
        await self.say_something_sensible()
        dispatcher._render = tell  # type: ignore[method-assign]

    async def restart(self) -> None:
        """A process ends and begins again."""
        number = self.random.randrange(len(self.processes))
        self.tell(f"process {number} begins again")
        self.table = self.processes[number] = await self.again(self.processes[number])

    async def again(self, table: Conference, *, at_the_same_time: bool = False) -> Conference:
        """The same process, begun again."""
        if not at_the_same_time:
            table.store.close()
        begun = Conference(opened(url_of(table.store.engine)), table.house, table.now, _ids=table._ids)
        begun.invited = table.invited
        return begun

    async def wait(self) -> None:
        """Time passes."""
        self.later(**self.random.choice(({"minutes": 11}, {"hours": 5}, {"days": 1}, {"days": 1}, {"days": 4})))

    async def wait_for_wiping(self) -> None:
        """So much of it that words are wiped."""
        self.later(days=WIPE_AFTER.days + 1)
        await self.settle()
        self.check_words()

    async def leave_and_come_back(self) -> None:
        """Somebody leaves the room, and is asked in again."""
        who = self.random.choice(AT_THE_TABLE[2:])
        self.tell(f"{who} leaves and comes back")
        room = f"!{self.channel}:example.org"
        await self.table.comings.left(room, user(who), f"left{self.next()}")
        await self.table.deliver()
        await self.type("cleo", f"!case invite {self.ref} {PEOPLE[who][0]} because: {{w}}", "coordination")
        await self.table.comings.joined(room, (user(who),), f"join{self.next()}")
        await self.table.deliver()
        if self.random.random() < 0.7:
            await self.type("ada", f"!brief {PEOPLE[who][0]}")

    async def type(self, who: str, text: str, room: str | None = None) -> None:
        """Type something, and let time pass."""
        text, room = self.line(text), room or self.channel
        self.tell(f"{who}: {text}")
        message = Message(f"$typed{self.next()}", who, room, text)
        self.said.append(message)
        before = len(await self.table.outcomes())
        await self.table.say(who, text, room=room, event_id=message.event_id)
        outcomes = [outcome for _, outcome in (await self.table.outcomes())[before:]]
        message.done = "done" in outcomes
        self.tell(f"    {outcomes}")
        self.found.done += outcomes.count("done")
        self.found.refused += len(outcomes) - outcomes.count("done")

    async def settle(self) -> None:
        """What is due is done, and all is read by somebody else."""
        self.later(minutes=1)
        await self.table.sweeps.run()
        await self.table.deliver()
        for other in self.processes:
            await self.compare(other)

    async def compare(self, table: Conference) -> None:
        """What a process gets in a unit of work is what another reads, which has nothing in memory."""
        on_file = self.case_on_file()
        with table.store.work(f"$compared{self.next()}", table.now) as work:
            kept = work.find.case(self.ref)
            assert kept
            mine, theirs = picture(kept), picture(on_file)
        different = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
        for key in different:
            self.tell(f"    kept:    {key} {mine.get(key)}\n    on file: {key} {theirs.get(key)}")
        if different:
            self.found.problems.append(f"kept otherwise than on file: {different}")
        for step in on_file.steps[len(self.words) :]:
            own = [entry.fields for entry in step.entries if entry.said is None]
            said = str([*own, *(change.new for change in step.changes)]) if not step.what.sets_nothing else ""
            self.words.append(set(CANARY.findall(said)))

    def check_tables(self) -> None:
        """All tables beside the journal follow from it."""
        self.found.problems += check(self.table.store.engine, MASTER).problems

    def check_words(self) -> None:
        """Of what was deleted more than a week ago nothing is left, and all else is."""
        standing: dict[str, list[str]] = {}
        for where, text in self.sealed():
            for word in CANARY.findall(text):
                standing.setdefault(word, []).append(where)
        wiped = {s.erases for s in self.case_on_file().steps if s.verb == "wipe"}
        for number, words in enumerate(self.words, 1):
            if number in wiped and (left := {word: standing[word] for word in words & standing.keys()}):
                self.found.problems.append(f"step {number} was wiped, and still there is {left}")
            if number not in wiped and (lost := words - standing.keys()):
                self.found.problems.append(f"step {number} was not deleted, and gone is {sorted(lost)}")
        self.found.wiped = len(wiped)

    def case_on_file(self) -> Case:
        """The case as it is on file."""
        with self.reader.look() as find:
            case = find.case(self.ref)
        assert case
        return case

    def sealed(self) -> Iterator[tuple[str, str]]:
        """All that stands in the database, in clear, and where it stands."""
        ring = self.table.store.ring
        with self.table.store.look() as find:
            for row in find.rows(sa.select(tables.steps)):
                step = open_step(ring, row.case_ref, row.number, row.body)
                yield f"step {step.number} {step.verb}", encode(step).decode()
            for row in find.rows(sa.select(tables.outbox)):
                with suppress(WrongKeyError):
                    yield row.txn_id, open_body(ring, row)
            for table in (tables.audit, tables.settings, tables.items, tables.members, tables.outbox):
                yield table.name, str(find.rows(sa.select(table)))

    def line(self, text: str) -> str:
        """A line with what it leaves open."""
        ids = {letter: self.some_id(letter) for letter in "CRADM"}
        fill = {**ids, "ref": self.ref, "n": str(self.random.randrange(1, 14))}
        text = re.sub(r"\{w\}", lambda _: self.word(), text)
        text = re.sub(r"\{s\}", lambda _: self.random.choice(SHARED), text)
        text = re.sub(r"\{agency\}", lambda _: self.random.choice(list(AGENCIES)), text)
        return re.sub(r"\{(\w+)\}", lambda m: fill.get(m[1], m[0]), text)

    def word(self) -> str:
        """A word that nobody else types."""
        return f"zq{self.next()}zq"

    def some_id(self, letter: str) -> str:
        """A record that is there, of late more often than of long ago."""
        kinds: dict[str, type[Record]] = {"C": Concern, "R": Request, "A": Action, "D": Decision, "M": RoundTable}
        known: list[str] = [record.id for record in self.case_on_file().all(kinds[letter])][-4:]
        return self.random.choice(known or [f"{letter}-1"])

    def speaks(self, who: str, agency: str) -> bool:
        """Whether this is somebody of that agency."""
        return PEOPLE[who][1] == agency

    def later(self, **much: float) -> None:
        """Let time pass, for everybody."""
        self.table.later(**much)
        for other in self.processes:
            other.now = self.table.now

    def next(self) -> int:
        """A number that was not given yet."""
        self.numbers += 1
        return self.numbers

    def tell(self, what: str) -> None:
        """Show what is done."""
        if self.loud:
            sys.stdout.write(f"{what}\n")


def opened(url: str) -> Store:
    """A process on this database; what it keeps of people and rooms is looked up anew, as it is not alone there."""
    store = Store.open(url, MASTER)
    store._known._exclusive = False
    return store


async def play(seed: str, url: str, turns: int, *, loud: bool = False) -> Found:
    """Play one game on a fresh database."""
    async with conference(url) as table:
        table.store._known._exclusive = False
        game = Game(Random(seed), table, loud=loud)  # noqa: S311 it is to be repeated
        try:
            return await game.play(turns)
        finally:
            game.reader.close()
            for other in game.processes:
                other.store.close()


def main() -> int:
    """Play all games, or one again; the exit status says whether nothing was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--in-a-game", type=int, default=IN_A_GAME)
    parser.add_argument("--game", type=int)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    numbers = [given.game] if given.game is not None else range(max(1, given.turns // given.in_a_game))
    failed = 0
    with ExitStack() as held:
        server = held.enter_context(Postgres()) if given.store == "postgresql" else None
        for number in numbers:
            directory = held.enter_context(tempfile.TemporaryDirectory(dir=IN_MEMORY))
            url = server.url(server.make_database()) if server else f"sqlite:///{directory}/roundtable.db"
            try:
                found = asyncio.run(play(f"{given.seed} {number}", url, given.in_a_game, loud=given.game is not None))
            except Exception:  # noqa: BLE001 whatever it is, it was found
                found = Found(problems=[traceback.format_exc()])
            failed += bool(found.problems)
            sys.stdout.write(f"game {number}: {found.done} done, {found.refused} refused, {found.wiped} wiped\n")
            sys.stdout.write("".join(f"    {problem}\n" for problem in found.problems))
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
