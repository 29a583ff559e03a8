# lines: one campaign: its lies, its judge and its report share what each person may know
"""A seeded campaign: random lines through every reader, and random messages, lies and deletions through a conference.

    python -m tests.fuzz --seed 7                     # 200,000 lines, 20,000 dispatches
    python -m tests.fuzz --seed 7 --game 12           # one game again, with all that was said in it

Words with which nobody ends up by chance (canaries) stand in what is typed. Found is: an exception; a refusal that
repeats one; one that reaches a room for which it is not, or whoever has left the table; one in clear in the database or
the log; an effect of who may do nothing there, or of what is not trusted; a reader that takes long.
"""

import argparse
import asyncio
import json
import logging
import re
import secrets
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, cast

import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import MatrixError, NotAllowed
from bot.matrix.crypto.events import Ciphertext, Event, is_event, is_state, read_change, read_event
from bot.matrix.crypto.trust import Verdict
from bot.matrix.hearing import Hearing
from bot.matrix.membership import Membership
from bot.matrix.verifying import Verifier
from cases.errors import Refusal
from cases.record import Record
from cases.roles import GRANTS, Place, Role
from chat.faults import place_of_fault
from commands.referral.rules import Referral
from commands.request.rules import Request
from commands.trust.watch import Watch
from storage import tables
from storage.find import place_of
from tests.chat.test_growth import READERS, REGISTRY, VOICE, reading
from tests.chat.test_reading import NOW
from tests.commands.test_on_file import WALK
from tests.hostile_texts import PIECES, SIZE, composed
from tests.room import BOT, PEOPLE, VERSIONS, Conference, Said, conference, user

LINES, DISPATCHES, IN_A_GAME = 200_000, 20_000, 250
SLOWEST_SECONDS = 1.0
"""Of CPU, for one line; on a busy machine."""
IN_MEMORY = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108 all is fictional
"""Where Linux keeps files in memory: thousands of commits wait for no disk."""
CANARY = re.compile(r"zq[0-9]{6}zq")
"""All of one length: with a digit lost to an accident it is none, and not that of another text."""
DATES = (
    *(
        "fri 15:00",
        "tomorrow 10:00",
        "20 nov",
        "2026-11-20 15:00",
        "in 3 days",
        "+5 working days",
        "04/05/26",
        "31 feb",
    ),
    *("next thu at 9", "2027-03-28 02:30", "fri 15:00-16:00", "today", "yesterday 14:00", "3 weeks ago", "12 november"),
    *("2026-11-20T15:00+01:00", "29 feb 2028", "noon", "monday 9am", "20.11.2026", "every 6 months", "first monday"),
    *("2 weeks", "1 yes 2 no 3 if need be", "1 and 2", "all", "none", "fri 15:00 | mon 9:00", "day 366", "0 days"),
)
PATHS = tuple(REGISTRY.commands)
WALKED = WALK
TEMPLATES = (
    *(line.partition(": ")[2] for line in WALKED),
    *(command.example for command in REGISTRY.commands.values()),
)
BARE = (
    *(
        "accept",
        "done we did",
        "decline no",
        "answer yes",
        "partly some withheld: medical details",
        "nothing",
        "refuse",
    ),
    *("agree", "dissent no", "correct it was Tuesday", "attend", "1 yes 2 no", "start", "confirm", "👍", "thanks"),
)
ELSEWHERE = (
    "coordination",
    "admin",
    *(f"agency:{short}" for short in ("police", "social", "health", "school", "youth")),
)
ACTORS = (*PEOPLE, "mallory")
JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "",
        "x",
        "$",
        "@",
        "!",
        "\ud800",
        "$\ud800",
        "\x00",
        "x" * 20_000,
        "$" + "x" * 20_000,
    ),
    *([], {}, [[]], {"event_id": 5}, {"": None}, ["\udfff"], "$a:b c", "@a:b\n", "\u202e$x", "NaN", [None] * 50),
)


@dataclass
class Tally:
    """What was tried, and what was found: with seed, and how to see it again."""

    lines: int = 0
    dispatches: int = 0
    lies: int = 0
    unpermitted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    slowest: float = 0.0
    found: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count what another part of the campaign tried and found."""
        self.lines += other.lines
        self.dispatches += other.dispatches
        self.lies += other.lies
        self.unpermitted += other.unpermitted
        self.outcomes += other.outcomes
        self.slowest = max(self.slowest, other.slowest)
        self.found += other.found


def mutate(random: Random, text: str) -> str:
    """The text with up to four accidents."""
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        begin = random.randint(0, len(text))
        end = min(len(text), begin + random.choice((0, 1, 3, 10)))
        put = random.choice(
            (random.choice(PIECES), random.choice(DATES), text[begin:end] * 2, chr(random.randrange(0x110000)))
        )
        text = random.choice(
            (text[:begin] + put + text[end:], text[:begin] + text[end:], text.swapcase(), text[begin:] + text[:begin])
        )
    return text


def with_canary(random: Random, text: str, canary: str) -> str:
    """The text with a canary where somebody may write freely: at its end, or before one of its keys."""
    places = [len(text), *(found.start() for found in re.finditer(r" [a-z]+: ", text))]
    at = random.choice(places)
    return f"{text[:at]} {canary}{text[at:]}"


def _line(random: Random, number: int) -> str:
    kind = random.random()
    if kind < 0.002:
        return composed(random)(SIZE)
    base = random.choice((*TEMPLATES, *DATES)) if kind < 0.9 else "".join(random.choices(PIECES, k=6))
    return mutate(random, with_canary(random, base, f"zq{number:06}zq") if random.random() < 0.5 else base)


def read_lines(seed: int, numbers: Sequence[int]) -> Tally:
    """Hand a line each to a reader; whether it is one or not, nobody minds."""
    readers: dict[str, Callable[[str], object]] = READERS | {path: reading(path) for path in PATHS}
    names = list(readers)
    tally = Tally(lines=len(numbers))
    for number in numbers:
        random = Random(f"{seed} line {number}")  # noqa: S311 the same line each time
        name, text = random.choice(names), _line(random, number)
        began = time.process_time()
        try:
            told = _complain_about(name, readers[name](text))
        except Refusal as refusal:
            told = _echo(refusal)
        except Exception as fault:  # noqa: BLE001 whatever it is, it is found
            told = _describe(fault)
        took = time.process_time() - began
        tally.slowest = max(tally.slowest, took)
        if took > SLOWEST_SECONDS:
            told = f"took {took:.1f} s"
        if told:
            tally.found.append(f"SEED={seed} line {number}, {name}: {told}: {text[:300]!r}")
    return tally


def _complain_about(name: str, read: object) -> str | None:
    if name in {"date", "past"}:
        assert isinstance(read, datetime)
        if read.tzinfo is not UTC or (read <= NOW) is (name == "date"):
            return f"read as {read.isoformat()}"
    return None


def _inside(value: object) -> object:
    """What a value holds: its repr would not tell."""
    fields = getattr(value, "__dict__", None)
    return {name: field for name, field in fields.items() if name[0] != "_"} if fields else str(value)


def _echo(refusal: Refusal) -> str | None:
    """What is wrong with a refusal: it can't be said, or repeats what was typed."""
    if not CANARY.search(json.dumps(refusal.facts, default=_inside, skipkeys=True)):
        return None
    facts = {"command": "x", "card": None, "place": "case", **refusal.facts}
    pages = VOICE.message(f"refused/{refusal.code}", facts)
    # What looks like a date is repeated, so that its author sees how it was read; a word beside it is not.
    echoed = re.compile(r"(?<!\S)" + CANARY.pattern) if refusal.code.startswith("when/") else CANARY
    return f"echo in {refusal.code}" if any(echoed.search(page.plain + page.html) for page in pages) else None


def _describe(fault: BaseException) -> str:
    where = place_of_fault(fault)
    return f"{where['kind']} at {where['at']}"


class Wire:
    """A homeserver that gives nothing out."""

    user_id = BOT
    device_id = "BOT"

    def __init__(self) -> None:
        self.devices = self

    def __getattr__(self, _name: str) -> object:
        async def refuse(*_: object, **__: object) -> object:
            raise NotAllowed(403, "M_FORBIDDEN")

        return refuse


@dataclass(frozen=True)
class Word:
    """A canary: where it was typed, of which case, and for which agencies only (None: all at the table)."""

    channel: str
    ref: str | None = None
    only: frozenset[str] | None = None
    for_everybody: bool = False
    """It was put into the glossary, which every agency reads."""


class Game:
    """One conference with two cases, and some hundred steps."""

    def __init__(self, seed: int, number: int, table: Conference) -> None:
        self.name = f"SEED={seed} game {number}"
        self.tally = Tally()
        self.history: list[str] = []
        self.cases: list[str] = []
        """Their channels."""
        self._random = Random(f"{seed} game {number}")  # noqa: S311 the same game each time
        self._table = table
        self._numbers = count()
        self._walked: Counter[str] = Counter()
        self._words: dict[str, Word] = {}
        self._ids: list[str] = ["$nothing"]
        self._trusted: list[tuple[str, str, tuple[str, dict[str, Any]], Ciphertext]] = []
        clock = lambda: table.now  # noqa: E731
        client, watch = cast("HardenedClient", Wire()), Watch(table.store, table.house, clock)
        verifier = Verifier(client, table.store, watch, clock)
        self._hearing = Hearing(client, table.store, table.dispatcher, table.deleting, verifier, watch, clock)
        self._membership = Membership(client, table.store, watch, table.comings)

    async def play(self, steps: int) -> None:
        """Open the cases and do so many steps; what is found ends the game."""
        with capture_logs() as logs:
            try:
                for agencies in ("police, social, health", "school, youth, police"):
                    self.cases.append(await self._table.open_case(agencies=agencies))
                for _ in range(steps):
                    await self._step()
                    self.tally.dispatches += 1
                    if lines := [line for line in logs if line["event"] in {"command failed", "sweep failed"}]:
                        self.find(f"{lines[0]}")
                    if self.tally.found:
                        break
            except Exception as fault:  # noqa: BLE001 whatever it is, it is found
                self.find(_describe(fault) + "".join(traceback.format_exception_only(fault))[:300])
        if CANARY.search(str(logs)):
            self.find("a canary in the log")

    def find(self, what: str) -> None:
        """Note what is wrong, with what was said last."""
        self.tally.found.append(
            f"{self.name}, step {self.tally.dispatches}: {what}\n    " + "\n    ".join(self.history[-4:])
        )

    async def _step(self) -> None:
        random = self._random
        kind = random.choices(("walk", "card", "anything", "lie", "time", "delete"), (45, 15, 15, 15, 5, 5))[0]
        if kind == "time":
            self._table.later(minutes=random.choice((1, 15, 60, 60 * 24, 60 * 24 * 4)))
            self.history.append(f"time passes: {self._table.now}")
            await self._table.sweeps.run()
            await self.look(await self._table.deliver())
        elif kind == "delete":
            await self._delete()
        elif kind == "lie":
            await self._lie()
        else:
            await self.say(*getattr(self, f"_{kind}")())
        self._table.later(seconds=random.choice((1, 20)))

    def _walk(self) -> tuple[str, str, str, Said | None]:
        room = self._random.choice(self.cases)
        line = WALKED[self._walked[room] % len(WALKED)]
        self._walked[room] += 1
        who, _, text = line.partition(": ")
        who, _, elsewhere = who.partition(" @")
        if self._random.random() < 0.15:
            who = self._random.choice(ACTORS)
        return who, elsewhere or room, self._filled(text, room), None

    def _card(self) -> tuple[str, str, str, Said | None]:
        cards = [said for said in self._table.heard[-60:] if said.subject]
        if not cards:
            return self._walk()
        card = self._random.choice(cards)
        text = self._random.choice((*BARE, *TEMPLATES))
        return self._random.choice(ACTORS), card.channel, self._filled(text, card.channel), card

    def _anything(self) -> tuple[str, str, str, Said | None]:
        who = self._random.choice(ACTORS)
        room = self._random.choice((*self.cases, *self.cases, *ELSEWHERE, f"direct:{user(who)}"))
        about = self._random.choice(self.cases)
        text = mutate(self._random, self._filled(self._random.choice(TEMPLATES), about))
        return who, room, text, None

    def _filled(self, text: str, room: str) -> str:
        text = text.replace("{ref}", room.partition(":")[2]).replace("K7QF", self.cases[0].partition(":")[2])
        return with_canary(self._random, text, f"zq{next(self._numbers):06}zq") if self._random.random() < 0.7 else text

    async def say(self, who: str, room: str, text: str, card: Said | None) -> None:
        """Let somebody type something, perhaps in reply to a card."""
        event_id = f"$step{self.tally.dispatches}"
        self._ids.append(event_id)
        self.history.append(f"{who} @{room}{f' (to {card.subject})' if card else ''}: {text[:300]!r}")
        reply = card.event_id if card and card.channel == room else None
        incoming = self._table.incoming(who, text, room, event_id)
        incoming = replace(incoming, replies_to=reply)
        await self._watched(who, room, text, lambda: self._table.dispatcher.handle(incoming), card)

    async def _watched(
        self, who: str, room: str, text: str, act: Callable[[], Any], card: Said | None = None, *, may: bool = True
    ) -> None:
        """Do something in a person's name: who may not has no effect, and what is refused is not repeated."""
        with self._table.store.look() as find:
            readers = find.audience(room, card.scope if card else "house") if room else frozenset[str]()
        may = may and user(who) in readers
        self.tally.unpermitted += not may
        before, since = await self._versions(), await self._last_line()
        with suppress(MatrixError):
            await act()
        said = await self._table.deliver()
        told = await self._lines(since, user(who))
        for canary in CANARY.findall(text):
            self._words.setdefault(canary, await self._word(room, told))
        lines = [(line.command, line.outcome) for line in told]
        self.tally.outcomes.update(outcome for _, outcome in lines)
        if not may and (before != await self._versions() or any(outcome == "done" for _, outcome in lines)):
            self.find(f"an effect of who may not: {lines}")
        for command, outcome in lines:
            if outcome == "done" and command in REGISTRY.commands and not self._granted(command, who, room):
                self.find(f"{command} was carried out")
        if not any(outcome == "done" for _, outcome in lines):
            for one in said:
                if set(CANARY.findall(text)) & set(CANARY.findall(one.text + one.html)):
                    self.find(f"what was refused or was talk is repeated: {one.text[:200]!r}")
        await self.look(said)

    async def _word(self, room: str, lines: Sequence[sa.Row[Any]]) -> Word:
        """What is typed elsewhere belongs to the case that it was carried out in; an answer has its audience."""
        line = next((line for line in lines if line.outcome == "done"), None)
        if line and line.command == "term":
            return Word(room, for_everybody=True)
        ref = room.partition(":")[2] if room.startswith("case:") else line.case_ref if line else None
        if line is None or ref is None or room.startswith("case:"):
            return Word(room, ref)
        asked = [r for r in (await self._table.case(f"case:{ref}")).all(Request) if r.id == line.subject]
        only = [frozenset({r.to_agency, r.agency, *r.see}) for r in asked if r.see]
        return Word(room, ref, only[0] if only else None)

    def _granted(self, command: str, who: str, room: str) -> bool:
        role = PEOPLE[who][2] if who in PEOPLE else None
        return role in GRANTS[place_of(room)].get(REGISTRY.commands[command].needs, frozenset[Role]())

    async def look(self, said: Sequence[Said]) -> None:
        """Whether each canary reaches only those for whom it is."""
        for one in said:
            readable = one.text + one.html
            if one.file and one.file.content_type.startswith("text/"):
                readable += one.file.data.decode()
            for canary in set(CANARY.findall(readable)):
                word = self._words.get(canary)
                if word is None or not await self._may_reach(word, one):
                    self.find(f"{canary} of {word} was said in {one.channel}: {one.text[:200]!r}")

    async def _may_reach(self, word: Word, said: Said) -> bool:
        place, _, key = said.channel.partition(":")
        if word.for_everybody:
            return True
        if word.ref is None:
            # Said in the room of nobody's case: nowhere, but what opens or steers a case goes to its table.
            return said.channel == word.channel or (word.channel == "coordination" and place == Place.CASE)
        case = await self._table.case(f"case:{word.ref}")
        if place == Place.CASE:
            return key == word.ref and word.only is None
        with self._table.store.look() as find:
            readers = find.audience(said.channel, said.scope)
        if place not in {Place.AGENCY, Place.DIRECT} or any(case.has_left(reader) for reader in readers):
            return False
        agency = key if place == Place.AGENCY else PEOPLE[key.removeprefix("@").partition(":")[0]][1]
        if word.only is not None:
            return agency in word.only
        # Who is asked without a seat sees the question put to them, and its answers: not the case.
        about = [r for r in case.all(Request) if r.id == said.subject or said.text.startswith(f"{r.id} ·")]
        asked: list[Record] = [r for r in about if agency in {r.to_agency, r.agency, *r.see}]
        # So does who is referred to, or was before it went on to another.
        needs = [x for x in case.all(Referral) if x.id == said.subject or said.text.startswith(f"{x.id} ·")]
        asked += [x for x in needs if agency in {x.to_agency, x.agency, *x.asked_before}]
        return bool(asked) or agency in {*case.seats, *(member.agency for member in case.members)}

    async def _delete(self) -> None:
        who, room = self._random.choice(ACTORS), self._random.choice((*self.cases, *ELSEWHERE))
        deleted = self._random.choice(self._ids)
        self.history.append(f"{who} @{room} deletes {deleted}")
        cause = f"$deleted{self.tally.dispatches}"
        await self._table.deleting.deleted(f"!{room}:example.org", user(who), deleted, cause)
        await self.look(await self._table.deliver())

    async def _lie(self) -> None:
        """An event of which the homeserver chose each field."""
        self.tally.lies += 1
        random, who = self._random, self._random.choice(ACTORS)
        room = random.choice((*self.cases, *ELSEWHERE, f"direct:{user(who)}", "nowhere"))
        room_id = f"!{room}:example.org"
        channel = room if room != "nowhere" else ""
        again = random.choice(self._trusted) if self._trusted and random.random() < 0.2 else None
        raw = self._raw(who)
        decrypted: tuple[str, dict[str, Any]] | None = None
        ciphertext = None
        verdict = Verdict.PLAINTEXT
        if again:
            who, channel, decrypted, ciphertext = again
            room_id = f"!{channel}:example.org"
            raw |= {"event_id": f"$again{self.tally.dispatches}", "sender": user(who), "type": "m.room.encrypted"}
            verdict = Verdict.TRUSTED
        elif raw.get("type") == "m.room.encrypted":
            verdict = random.choice(tuple(Verdict))
            if verdict is not Verdict.UNDECRYPTABLE:
                decrypted = (random.choice(("m.room.message", "m.room.message", "m.reaction", "x")), self._content())
                ciphertext = Ciphertext(f"key of {who}", "session", self.tally.dispatches)
        self.history.append(f"{verdict.value} in {room_id}: {raw!r:.500} {decrypted!r:.500}")
        if not is_event(raw):
            return
        if is_state(raw):
            await self._state(room_id, raw)
            return
        event = read_event(raw, room_id, verdict, decrypted=decrypted, ciphertext=ciphertext, session_id="session")
        text = json.dumps([raw, decrypted])
        if raw["type"] == "m.room.redaction":
            with suppress(MatrixError):
                await self._hear(event)
            await self.look(await self._table.deliver())
        else:
            sender = raw["sender"].removeprefix("@").partition(":")[0]
            may = verdict is Verdict.TRUSTED and again is None
            since = await self._last_line()
            await self._watched(sender, channel, text, lambda: self._hear(event), may=may)
            # What came under an id that was handled before did nothing yet: another id may bring it.
            if may and ciphertext and decrypted and await self._last_line() > since:
                self._trusted.append((who, channel, decrypted, ciphertext))

    async def _hear(self, event: Event) -> None:
        await self._hearing.hear(event)

    async def _state(self, room_id: str, raw: dict[str, Any]) -> None:
        change = read_change(raw)
        with self._table.store.look() as find:
            channel = find.channel(room_id) or ""
            seated = find.audience(channel) if channel.startswith("case:") else frozenset[str]()
        if change.content.get("membership") == "join" and change.state_key in seated:
            # Welcomed after a while, which nobody waits for here.
            return
        for look in (self._membership.guard, self._membership.meet, self._membership.meet_others):
            with suppress(MatrixError):
                await look(room_id, [change])
        await self.look(await self._table.deliver())

    def _raw(self, who: str) -> dict[str, Any]:
        random = self._random
        fresh = f"${secrets_of(random)}"
        raw: dict[str, Any] = {
            "event_id": random.choice((fresh, fresh, fresh, *self._ids[-3:], "$bot3", "digest:K7QF:2026-W45")),
            "sender": user(who),
            "type": random.choice(("m.room.encrypted",) * 4 + ("m.room.message", "m.room.redaction", "m.room.member")),
            "content": self._content(canary=False),
            "origin_server_ts": 0,
        }
        if random.random() < 0.3:
            raw["unsigned"] = random.choice(({"redacted_because": {}}, {"age": "x"}, *JUNK))
        if raw["type"] == "m.room.member" or random.random() < 0.05:
            raw["state_key"] = random.choice((user(who), user("mallory"), "", *JUNK))
            raw["content"] |= {"membership": random.choice(("join", "leave", "ban", "x"))}
        if raw["type"] == "m.room.redaction":
            raw["redacts"] = random.choice((*self._ids[-9:], *JUNK))
        for name in ("event_id", "sender", "type", "content", "origin_server_ts", "redacts"):
            if random.random() < 0.04:
                raw[name] = random.choice(JUNK)
        return raw

    def _content(self, *, canary: bool = True) -> dict[str, Any]:
        random = self._random
        bot_says = [said.event_id for said in self._table.heard[-9:]]
        target = random.choice((*bot_says, *self._ids[-3:], "$nothing", *JUNK))
        relation = random.choice(
            (
                None,
                {"m.in_reply_to": {"event_id": target}},
                {"rel_type": "m.replace", "event_id": target},
                {"rel_type": "m.thread", "event_id": target, "is_falling_back": random.choice((True, False, "x"))},
                {"rel_type": random.choice(JUNK), "m.in_reply_to": random.choice(JUNK), "event_id": target},
                random.choice(JUNK),
            )
        )
        body = random.choice((*TEMPLATES, *BARE))
        # What the homeserver itself wrote is no secret.
        body = self._filled(body, random.choice(self.cases)) if canary else body
        content: dict[str, Any] = {"msgtype": "m.text", "body": mutate(random, body) if random.random() < 0.2 else body}
        if relation is not None:
            content["m.relates_to"] = relation
        for name in ("m.mentions", "m.new_content", "formatted_body", "msgtype", "body", "redacts", "m.relates_to"):
            if random.random() < 0.06:
                content[name] = random.choice(
                    (*JUNK, {"user_ids": random.choice(JUNK)}, {"body": "!done A-1 x"}, "<a href")
                )
        return content

    async def _versions(self) -> dict[str, tuple[int, int]]:
        with self._table.store.look() as find:
            return {ref: (version, steps) for ref, version, steps in find.rows(VERSIONS)}

    async def _last_line(self) -> int:
        with self._table.store.look() as find:
            return find.one(sa.select(sa.func.max(tables.audit.c.id))) or 0

    async def _lines(self, since: int, actor: str) -> list[sa.Row[Any]]:
        with self._table.store.look() as find:
            return list(
                find.rows(sa.select(tables.audit).where(tables.audit.c.id > since, tables.audit.c.actor == actor))
            )


def secrets_of(random: Random) -> str:
    """An event id's letters, the same with each run."""
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20))


async def play(seed: int, number: int, steps: int) -> Game:
    """One game on a database of its own, which is then searched for canaries in clear."""
    with tempfile.TemporaryDirectory(prefix="roundtable-fuzz-", dir=IN_MEMORY) as directory:
        async with conference(f"sqlite:///{directory}/roundtable.db") as table:
            game = Game(seed, number, table)
            await game.play(steps)
        if clear := _in_clear(Path(directory)):
            game.find(f"in clear in the database: {clear[:5]}")
    return game


def _in_clear(directory: Path) -> list[str]:
    found = [re.findall(CANARY.pattern.encode(), path.read_bytes()) for path in directory.iterdir()]
    return sorted({canary.decode() for each in found for canary in each})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the shell."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--dispatches", type=int, default=DISPATCHES)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--game", type=int, help="play this one alone, and print what was said")
    given = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    say(f"seed {given.seed}")
    if given.game is not None:
        game = asyncio.run(play(given.seed, given.game, IN_A_GAME))
        say("\n".join(game.history))
        return conclude(game.tally)
    tally = Tally()
    for part in campaign(given.seed, given.lines, given.dispatches):
        tally.add(part)
        for found in part.found:
            say(f"FOUND {found}")
    return conclude(tally)


def campaign(seed: int, lines: int, dispatches: int) -> Iterator[Tally]:
    """All of it, part by part."""
    chunk = 10_000
    for start in range(0, lines, chunk):
        yield read_lines(seed, range(start, min(start + chunk, lines)))
    for number, start in enumerate(range(0, dispatches, IN_A_GAME)):
        yield asyncio.run(play(seed, number, min(IN_A_GAME, dispatches - start))).tally


def say(text: str) -> None:
    """Print."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def conclude(tally: Tally) -> int:
    """Print what was tried; gives the exit status."""
    figures = {
        "lines": tally.lines,
        "dispatches": tally.dispatches,
        "lies": tally.lies,
        "unpermitted": tally.unpermitted,
        "done": tally.outcomes["done"],
        "slowest_seconds": round(tally.slowest, 2),
        "found": len(tally.found),
    }
    say(json.dumps(figures))
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
