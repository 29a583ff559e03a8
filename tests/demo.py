# lines: one story, from the first concern to approved minutes
"""A whole case on real parts, as its members see it: every line printed is what another member's client decrypted."""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel

from bot import logs
from bot.matrix.content import POLL, TEXT
from bot.matrix.crypto.events import Event
from tests.backup import Backup
from tests.deployment import EVERYBODY, Deployment
from tests.homeserver import Homeserver
from tests.professional import Professional, answered

BOT_NAME = "Roundtable"
LASTS = timedelta(days=8)
"""The play, by the bot's clock."""
KEPT_AGAIN_AFTER_SECONDS = 5.0
BOARD_PORT = 8766
VOTE = "org.matrix.msc3381.poll.response"
SHOWN = frozenset({"m.room.message", POLL})
TOPICS = {"coordination": "coordination room", "agency:health": "health's own room"}


class MovableClock:
    """The bot's clock: begins on a Monday at ten in Amsterdam, goes on by itself, and can be moved.

    That is so long ago that the play has ended by now: then it can be set right.
    """

    def __init__(self) -> None:
        ended = datetime.now(UTC) - LASTS
        monday = ended - timedelta(days=ended.weekday())
        self._monday = monday.replace(hour=9, minute=0, second=0, microsecond=0)
        self._moved = timedelta(seconds=-time.monotonic())

    def __call__(self) -> datetime:
        return self._monday + self._moved + timedelta(seconds=time.monotonic())

    def set_right(self) -> None:
        """Show what time it is."""
        self._moved += datetime.now(UTC) - self()

    def move_on(self, minutes: int) -> None:
        """Let so many minutes pass."""
        self._moved += timedelta(minutes=minutes)

    def move_to(self, days: int, hour: int) -> None:
        """Move to this hour (UTC), so many days after the Monday of the beginning."""
        self._moved += self._monday.replace(hour=hour) + timedelta(days=days) - self()


class Play:
    """The professionals in their rooms, and the transcript of what they see."""

    def __init__(self, console: Console, people: dict[str, Professional], names: dict[str, str]) -> None:
        self._console = console
        self._people = people
        self._names = names
        self._rooms: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._shown: set[str] = set()
        self._said = ""
        self.marked: set[str] = set()
        """The messages that the bot has marked as done."""
        self.lines = 0

    async def enter(self, key: str, room_id: str, *members: str) -> None:
        """A room of the play, once these members are in it; the first two are the witnesses of what is said there."""
        for who in members:
            await self._people[who].is_in(room_id)
        self._rooms[key] = (room_id, members)

    async def say(self, who: str, key: str, text: str, *, to: Event | None = None) -> None:
        """Somebody types something; it is shown once another member's client has decrypted it."""
        room_id, _ = self._rooms[key]
        me = self._people[who]
        sent = await (me.reply(room_id, to.event_id, text) if to else me.say(room_id, text))
        witness = self._witness(key, me.user_id)
        seen = await witness.hears(lambda event: event.event_id == sent, room_id)
        self._said = sent
        self._show_all(key)
        if sent not in self._shown:
            # One's own client need not have heard it yet.
            self._shown.add(sent)
            self._show(key, seen)

    async def done(self, key: str) -> None:
        """Wait until the bot has marked what was said last as done, or answered it; show that."""
        room_id, members = self._rooms[key]
        event = await self._people[members[0]].hears(lambda event: answered(event) == self._said, room_id)
        if event.type == "m.reaction":
            self.marked.add(self._said)
            self._console.print(Padding(f"✅ [green]{BOT_NAME}[/]", (0, 0, 1, 3)))
        self._show_all(key)

    async def tap(self, who: str, key: str, answer: str) -> None:
        """Somebody taps an answer of a poll, by what it says; shown once another member's client has decrypted it."""
        room_id, _ = self._rooms[key]
        me = self._people[who]
        poll = await me.hears(lambda event: answer in dict(answers_of(event)), room_id)
        self._show_all(key)
        relation = {"rel_type": "m.reference", "event_id": poll.event_id}
        content = {VOTE: {"answers": [answer]}, "m.relates_to": relation}
        sent = await me.client.post(room_id, content, txn_id=uuid.uuid4().hex, type=VOTE)
        seen = await self._witness(key, me.user_id).hears(lambda event: event.event_id == sent, room_id)
        self._print(key, seen, f"taps: {dict(answers_of(poll))[answer]}")

    async def bot(self, key: str, *parts: str) -> Event:
        """Wait until the bot has said something with these parts, that was not shown yet; show it."""
        room_id, members = self._rooms[key]

        def said(event: Event) -> bool:
            body = str(event.content.get("body", ""))
            by_bot = event.sender not in self._names and not event.replaces
            return by_bot and event.event_id not in self._shown and all(part in body for part in parts)

        event = await self._people[members[0]].hears(said, room_id)
        self._show_all(key)
        return event

    def heading(self, text: str) -> None:
        """What happens next, for whoever watches."""
        self._console.print()
        self._console.rule(f"[bold]{escape(text)}", align="left", style="dim")

    def _witness(self, key: str, sender: str) -> Professional:
        """A member other than the sender."""
        _, members = self._rooms[key]
        return next(self._people[m] for m in members if self._people[m].user_id != sender)

    def _show_all(self, key: str) -> None:
        room_id, members = self._rooms[key]
        first, *others = (self._people[m] for m in members)
        for event in first.heard:
            if event.room_id != room_id or event.event_id in self._shown or event.redacts or event.type == "m.reaction":
                continue
            seen = event
            if event.sender == first.user_id:
                # One's own message proves nothing: show what somebody else's client decrypted.
                found = [e for other in others for e in other.heard if e.event_id == event.event_id]
                if not found:
                    return
                seen = found[0]
            if seen.type not in SHOWN or seen.replaces:
                continue
            self._shown.add(event.event_id)
            self._show(key, seen)

    def _show(self, key: str, event: Event) -> None:
        if event.type == POLL:
            question = str(event.content[POLL]["question"]["body"])
            self._print(key, event, "\n".join([question, *(f"○ {label}" for _, label in answers_of(event))]))
        else:
            self._print(key, event, str(event.content.get("body", "")))

    def _print(self, key: str, event: Event, text: str) -> None:
        who = self._names.get(event.sender, BOT_NAME)
        colour = "cyan" if event.sender in self._names else "green"
        place = TOPICS.get(key, key)
        lock = "🔒" if event.encrypted and event.trusted else "[red]NOT ENCRYPTED[/red]"
        self._console.print(f"{lock} [bold {colour}]{escape(who)}[/] [dim]in {escape(place)}[/]")
        self._console.print(Padding(escape(text), (0, 0, 1, 3)), soft_wrap=False)
        self.lines += 1
        if not (event.encrypted and event.trusted):
            raise AssertionError(f"{event.event_id} was not encrypted by a trusted device")


def answers_of(event: Event) -> list[tuple[str, str]]:
    """Of a poll: what each tap says, and how it is shown."""
    poll = event.content.get(POLL, {})
    return [(answer["id"], answer[TEXT]) for answer in poll.get("answers", ())]


async def play(scene: Play, deployment: Deployment, clock: MovableClock) -> str:
    """One case, from the first concern to approved minutes; gives its reference."""
    ref = await open_the_case(scene, deployment)
    await ask_and_answer(scene)
    await act_and_decide(scene)
    await meet(scene, clock)
    await carry_on(scene, clock)
    return ref


async def open_the_case(scene: Play, deployment: Deployment) -> str:
    """The coordinator opens the case; those who are invited join."""
    scene.heading("A case is opened in the coordination room")
    await scene.enter("coordination", await deployment.room("coordination"), "cleo", "bram")
    await scene.say(
        "cleo",
        "coordination",
        "!case open why: Sem, 15, has not been at school for three weeks and is seen at night with older men "
        "goal: Sem is safe, and back at school in a way that works for him "
        "agencies: police, social, health, school, youth",
    )
    opened = await scene.bot("coordination", "invited")
    ref = str(opened.content["body"]).split()[0]
    scene.heading("Those invited join; everybody who joins reads why")
    case_room = await deployment.room(f"case:{ref}")
    await scene.enter("case", case_room, "cleo", "dirk", "ada", "finn", "gina", "hugo", "iris", "jack")
    await scene.enter("agency:health", await deployment.room("agency:health"), "finn", "gina")
    await scene.bot("case", "Welcome", "Goal")
    return ref


async def ask_and_answer(scene: Play) -> None:
    """A concern, a question with its reason, a refusal with its reason, a narrower question, a part of the answer."""
    scene.heading("A concern")
    await scene.say(
        "hugo",
        "case",
        "!concern Sem was last at school on 12 October; his mother does not answer the phone kind: fact domain: school",
    )
    await scene.bot("case", "C-1")
    scene.heading("A question without its reason is not sent")
    await scene.say("dirk", "case", "!request health is Sem treated by you, and for what?")
    await scene.bot("case", "Almost: a reason is missing.")
    await scene.say(
        "dirk",
        "case",
        "!request health is Sem treated by you, and for what? "
        "because: the home visit has to fit the help he already gets by: thu 12:00",
    )
    await scene.bot("case", "R-1", "Because:")
    card = await scene.bot("agency:health", "R-1", "Because:")
    scene.heading("Health can't share that, says why, and says what could help")
    await scene.say(
        "finn",
        "agency:health",
        "refuse what he is treated for stays between him and us ground: professional secrecy "
        "instead: ask whether we see him at all, and when next",
        to=card,
    )
    await scene.bot("agency:health", "R-1")
    await scene.bot("case", "professional secrecy")
    scene.heading("A narrower question, and a part of the answer from health's own room")
    await scene.say("dirk", "case", "!narrow R-1 do you see him, and when next?")
    await scene.bot("case", "when next?")
    card = await scene.bot("agency:health", "when next?")
    await scene.say(
        "gina",
        "agency:health",
        "partly yes, he comes to us; the next appointment is on Thursday withheld: medical details",
        to=card,
    )
    await scene.bot("agency:health", "R-1")
    await scene.bot("case", "on Thursday")


async def act_and_decide(scene: Play) -> None:
    """Two actions, one done and one handed over; a decision with a dissent."""
    scene.heading("Two actions: one accepted and done, one handed over")
    await scene.say("ada", "case", "!action visit Sem and his mother at home for: social by: wed 16:00")
    card = await scene.bot("case", "A-1", "visit Sem")
    await scene.say("dirk", "case", "accept", to=card)
    await scene.bot("case", "A-1")
    await scene.say("cleo", "case", "!action agree on a part-time timetable with Sem for: school by: fri 12:00")
    await scene.bot("case", "A-2", "timetable")
    await scene.say("hugo", "case", "!hand A-2 youth because: he talks to Iris, and not to us")
    card = await scene.bot("case", "A-2", "talks to Iris")
    await scene.say("iris", "case", "accept", to=card)
    await scene.bot("case", "A-2")
    await scene.say("dirk", "case", "!done A-1 we were let in; his mother asked for help herself")
    await scene.bot("case", "A-1", "let in")
    scene.heading("A decision, and a dissent in the dissenter's own words")
    await scene.say(
        "ada",
        "case",
        "!decide Iris is the one who calls Sem, for all of us because: five people calling made him hide "
        "review: in 2 weeks",
    )
    card = await scene.bot("case", "D-1")
    await scene.tap("finn", "case", "agree D-1")
    await scene.bot("case", "D-1")
    await scene.say("hugo", "case", "dissent the school has to be able to reach his mother directly", to=card)
    await scene.bot("case", "D-1", "directly")


async def meet(scene: Play, clock: MovableClock) -> None:
    """A round table, chaired by youth work, with its minutes."""
    scene.heading("A round table is scheduled; youth work chairs")
    await scene.say(
        "cleo",
        "case",
        "!roundtable thu 10:00 about: back to school for: 45m where: town hall, room 2 chair: Iris Kok",
    )
    await scene.bot("case", "M-1")
    for who, text in (
        ("finn", "!attend M-1"),
        ("jack", "!apologies M-1 on leave that day"),
        ("hugo", "!agenda M-1 the part-time timetable"),
    ):
        await scene.say(who, "case", text)
        await scene.bot("case", "M-1")
    scene.heading("The clock is moved to Wednesday: a reminder, and the pack for the table")
    clock.move_to(days=2, hour=9)
    await scene.bot("case", "A-2", "due")
    await scene.bot("case", "pack for")
    await scene.bot("case", "the quorum is not sure")
    scene.heading("Thursday at ten: the round table")
    clock.move_to(days=3, hour=9)
    await scene.say("iris", "case", "!roundtable start M-1")
    opening = await scene.bot("case", "confirm")
    for who in ("ada", "dirk", "finn", "hugo", "cleo"):
        await scene.say(who, "case", "confirm", to=opening)
        await scene.done("case")
    for line in (
        "note: Sem came along to the gym on Tuesday and talked for an hour",
        "view: Sem wants to come back, but to another class; nobody had asked him before",
        "worried: he is out at night, three times a week",
        "working: the gym, and that Iris is there",
        "needed: a timetable that he can keep",
        "credit: youth they found out about the gym, which changed the plan",
    ):
        await scene.say("iris", "case", line)
        await scene.done("case")
    await scene.say("iris", "case", "action: ask his mother about Friday mornings for: social by: mon 12:00")
    await scene.bot("case", "A-3")
    clock.move_on(minutes=40)
    await scene.say("iris", "case", "!roundtable end")
    await scene.bot("case", "version 1", "Unresolved: A-2")
    await scene.bot("case", "M-1-minutes-v1.md")
    await scene.bot("case", "A-3")
    scene.heading("The minutes are corrected, disputed, settled, and approved by the chair")
    await scene.say("hugo", "case", "!minutes M-1")
    draft = await scene.bot("case", "checksum")
    await scene.bot("case", "M-1-minutes-v1.md")
    note = _paragraph(draft, "the gym on Tuesday")
    await scene.say(
        "hugo", "case", f"!minutes correct M-1 {note} he came to the gym on Tuesday and talked about school"
    )
    await scene.bot("case", "version 2", "talked about school")
    await scene.bot("case", "M-1-minutes-v2.md")
    worry = _paragraph(draft, "three times a week")
    await scene.say("ada", "case", f"!minutes dispute M-1 {worry} we saw him out once since September")
    await scene.bot("case", "version 3", "saw him out")
    await scene.bot("case", "M-1-minutes-v3.md")
    await scene.say("iris", "case", "!minutes approve M-1")
    await scene.bot("case", "disputed")
    await scene.say("iris", "case", f"!minutes settle M-1 {worry} both")
    await scene.bot("case", "version 4", "Another view")
    await scene.bot("case", "M-1-minutes-v4.md")
    await scene.say("iris", "case", "!minutes approve M-1")
    await scene.bot("case", "approved")
    await scene.bot("case", "M-1-minutes-v4-approved.pdf")
    await scene.bot("case", "M-1-minutes-v4.md")


def _paragraph(draft: Event, words: str) -> str:
    """The number of the paragraph of a draft that has these words: ``§7``."""
    lines = str(draft.content["body"]).splitlines()
    return next(line.split()[0] for line in lines if words in line)


async def carry_on(scene: Play, clock: MovableClock) -> None:
    """What comes by itself, and where the case stands."""
    scene.heading("Monday morning: what is unresolved is posted by itself")
    clock.move_to(days=7, hour=9)
    await scene.bot("case", "A-2", "A-3")
    scene.heading("Where does the case stand?")
    await scene.say("cleo", "case", "!next")
    await scene.bot("case", "A-2")


def main() -> int:
    """Run the demo; with --stay everything keeps running, for a person with Element."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="keep everything running and print how to sign in")
    stay = parser.parse_args().stay
    return asyncio.run(_run(Console(highlight=False), stay=stay))


async def _run(console: Console, *, stay: bool) -> int:
    began = time.monotonic()
    clock = MovableClock()
    console.print("Starting a real homeserver …")
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="roundtable-demo-"))
        homeserver = opened.enter_context(Homeserver())
        console.print(f"A real Synapse runs at [bold]{homeserver.url}[/], on this machine only.")
        console.print("Five agencies with eleven fictional professionals sign in, each on a device of their own …")
        log = opened.enter_context((Path(folder) / "bot.log").open("w"))
        logs.configure("info", "json", log)
        deployment = await Deployment.make(Path(folder), homeserver, clock, recoverable=stay, tag="")
        try:
            console.print("Provisioned: a space, the coordination and admin rooms, an encrypted room for each agency.")
            if stay:
                deployment.configure(address=f"http://127.0.0.1:{BOARD_PORT}", port=BOARD_PORT)
            await deployment.start_bot()
            console.print(f"[bold]{BOT_NAME}[/] runs. Every line below is what another member's client decrypted.")
            names = {deployment.user_id(who): name for who, name in deployment.names.items()}
            scene = Play(console, deployment.people, names)
            ref = await play(scene, deployment, clock)
            _summarise(console, ref, scene.lines, time.monotonic() - began)
            if stay:
                clock.set_right()
                await _stay(console, deployment)
        finally:
            await deployment.close()
    return 0


def _summarise(console: Console, ref: str, lines: int, seconds: float) -> None:
    text = (
        f"Case {ref}: a concern, a question refused and then answered in part, three actions, a decision with a "
        f"dissent, a round table with approved minutes. {lines} messages, every one encrypted from end to end and "
        f"decrypted by another member's client, in {seconds:.0f} seconds."
    )
    console.print(Panel(text, title="Done", border_style="green"))


async def _stay(console: Console, deployment: Deployment) -> None:
    console.print(f"\nEverything keeps running. Sign in with Element at [bold]{deployment.homeserver.url}[/]:")
    console.print(f"Everybody's password is [bold]{deployment.password}[/].")
    for who, (name, agency, role) in EVERYBODY.items():
        console.print(f"[bold]{name}[/] ({role}, {agency})  {deployment.user_id(who)}", soft_wrap=True)
        console.print(f"   recovery key: {deployment.recovery_keys[who]}", soft_wrap=True)
    console.print(
        "When Element asks to verify the device, choose the recovery key: the bot trusts verified devices only."
    )
    console.print("Whoever signs in so reads the case from when they joined, by the key backup.")
    console.print(f"To verify {BOT_NAME} by emoji, open its profile as one of them, and the admin room as Kees Admin.")
    console.print("Element on the web and on the desktop shows the case as a board above its room: allow it once.")
    console.print("The bot's clock was set right. Ctrl+C ends it; nothing is kept.")
    backups = await back_up(deployment)
    while True:
        await asyncio.gather(*(backup.keep() for backup in backups))
        await asyncio.sleep(KEPT_AGAIN_AFTER_SECONDS)


async def back_up(deployment: Deployment) -> list[Backup]:
    """A key backup for everybody, so that a second device reads what the first one did."""
    keys, people = deployment.recovery_keys, deployment.people
    return [await Backup.make(person, keys[who], people.values()) for who, person in people.items()]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
