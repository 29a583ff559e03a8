# lines: one message from being read to being committed, in the order that the guarantees need
"""From a message to its committed effects: read, permit, run, record, answer; each message once."""

import re
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from cases.case import Case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Place
from chat import lines
from chat.arguments import ReadingContext, begins_with_id, id_at_beginning
from chat.context import Context, House, Reply, direct_channel
from chat.faults import place_of_fault
from chat.incoming import DONE, Heard, Incoming
from chat.languages import language
from chat.listening import Listener
from chat.lookup import Lookup
from chat.nameless import refuse_another_case, refuse_case
from chat.permits import has_left, is_allowed, permit
from chat.reading import (
    SURELY_MEANT,
    normalise,
    prefixed,
    read,
)
from chat.registry import Command, Registry, takes
from chat.replies import Meant, suggest_command, suggest_second
from storage import audit, causes, questions
from storage.audit import Entry
from storage.crypto import HOUSE
from storage.database import StoreAwayError
from storage.find import place_of
from storage.messages import Attachment, Message, Paper, Poll
from storage.questions import Question
from storage.store import Store
from storage.thread import in_store_thread
from storage.work import AlreadyHandledError, Work

log = structlog.get_logger()
LONGEST_MESSAGE = 100_000
"""Characters; an event of a homeserver that keeps to the rules holds fewer."""
TYPED_AGAIN_WITHIN = timedelta(hours=1)
"""After a refusal: so long a command that is carried out may be what was meant."""
PUT_ASIDE = "put aside"
OF_THE_WHOLE = frozenset(
    {"dispatch/edited", "dispatch/edits_unknown", "dispatch/seems_to_answer", "dispatch/not_a_member", PUT_ASIDE}
)
"""How the first command of a message ends when none of the others is looked at."""
SHELL = "shell"
"""Where a line of the shell was said, in the audit log."""
ASKS = {
    "reading/shall_i": "choice/shall_i",
    "dispatch/unknown": "choice/unknown",
}
"""How a message ends of which it is asked whether something is meant by it; and that as a poll."""
TAKEN_FOR_ANOTHER = frozenset({"when/unreadable", "reading/unknown_key", "reading/too_much"})
"""How a line is refused by the shorter of two commands, though the longer one, which takes nothing, was meant."""
TRUST_CODES = frozenset(
    {"plaintext", "no_identity", "identity_changed", "unsigned_device", "undecryptable", "replayed"}
)
"""Why a message was not acted on, as far as there is a word of its own for what its sender can do about it."""
TURNED_AWAY = frozenset(
    f"trust/{code}" for code in ("unsigned_device", "bad_device", "no_identity", "identity_changed")
)
"""How a message ended whose sender can do something about it, and is then believed."""
TURNED_AWAY_WITHIN = timedelta(days=14)
_AN_ID = re.compile(r"\b[A-Z]-1(?:234)?\b")


class _TalkError(Exception):
    """It was none of the bot's business after all: nothing is done, said or kept."""


class Dispatcher:
    """Takes messages through to their effects."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        house: House,
        clock: Callable[[], datetime],
        count: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        """``count`` is told the outcome of each message, once it is committed: ``done``, or the code of a refusal."""
        self._count = count
        self._registry = registry
        self._vocabulary = registry.keys()
        self._store = store
        self._house = house
        self._clock = clock
        self._listener = Listener(registry, store, house, clock)
        self._not_refused: dict[tuple[str, str], set[str | None]] = {}
        """By person and kind of room, the cases in which the last of what they typed was done: nothing is mended."""

    @in_store_thread
    def handle(self, message: Incoming) -> None:
        """Carry one message out, at most once; ordinary talk is neither answered nor stored.

        Several commands in one message are a unit of work each: one that is refused holds up no other.
        Raises StoreAwayError, with nothing done: the same message can then be handled again.
        """
        message = message.unlinked()
        heard = self._listener.hear(message)
        if heard is None or (message.is_caption and heard.meant):
            return
        now = self._clock()
        try:
            first, *others = self._commands_in(message, heard)
        except Refusal as refusal:
            heard, first, others = replace(heard, refusal=refusal), "", []
        ticks = bool(others) and any(map(self._is_line, (first, *others)))
        heard = replace(heard, text=first, of=1 + len(others), ticks=ticks)
        outcome = self._carry_out(message, heard, now)
        self._tell(outcome)
        if others and outcome is None:
            outcome = self._outcome(message)
        if outcome in OF_THE_WHOLE:
            return
        for number, line in enumerate(others, start=2):
            self._tell(self._carry_out(message, replace(heard, text=line, line=number, meant=(), agreed=None), now))

    @in_store_thread
    def from_shell(self, line: str, person: str, cause: str) -> tuple[bool, list[str]]:
        """Carry out what an admin types in the shell as in the admin room, which then shows what was done, and by whom.

        Gives whether it was done, and what is said to it. Raises StoreAwayError.
        """
        message = Incoming("", "", person, normalise(line).strip())
        heard = Heard(prefixed(message.body) or message.body, Place.ADMIN.value, None, from_shell=True)
        with self._store.work(cause, self._clock()) as work:
            entry, pages, files, _ = self._answer(work, message, heard)
            self._record(work, entry)
            if entry.outcome == DONE:
                voice = self._context(work, message, heard).voice()
                for page in (*voice.message("shell", {"person": person, "line": message.body}), *pages):
                    work.say(heard.channel, page)
                for file in files:
                    work.attach(heard.channel, file, subject=entry.subject)
        self._tell(entry.outcome)
        return entry.outcome == DONE, [page.plain for page in pages]

    def _is_line(self, text: str) -> bool:
        """Whether this is a line of a chair."""
        found = self._registry.match(text)
        return found is not None and found[0].path.endswith(":")

    def _outcome(self, message: Incoming) -> str | None:
        """How the first line of a message ended that was handled before."""
        with self._store.look() as find:
            ended = [find.outcome(name) for name in (message.cause(), *message.also())]
        return next(filter(None, ended), None)

    def _commands_in(self, message: Incoming, heard: Heard) -> list[str]:
        """The commands of a message, the first without its prefix; raises Refusal for too many, and under a picture."""
        if message.is_caption:
            raise Refusal("dispatch/caption", card=heard.card.subject if heard.card else None)
        if len(message.body) > LONGEST_MESSAGE:
            raise Refusal("dispatch/too_long", length=len(message.body), most=LONGEST_MESSAGE)
        return lines.split(heard.text, self._listener.own_line, self._registry.begins, notes=heard.notes)

    def _tell(self, outcome: str | None) -> None:
        """Count an outcome that is committed; what was handled before was counted then."""
        if outcome is not None:
            self._count(outcome)

    def _carry_out(self, message: Incoming, heard: Heard, now: datetime) -> str | None:
        """Carry one line of a message out; gives the outcome, None if it was handled before."""
        try:
            with self._work(message, heard, now) as work:
                entry, pages, files, scope = self._answer(work, message, heard)
                if entry.outcome == DONE and not heard.agreed:
                    for cause in self._mended(work, message, entry):
                        work.retract(cause, once_said=True)
                self._record(work, entry)
                alone = (message.is_vote or heard.alone) and entry.outcome != DONE
                channel = direct_channel(message.sender) if alone else heard.channel
                for page in pages if not alone or work.find.audience(channel) else ():
                    work.say(channel, page, scope=scope)
                for file in files:
                    work.attach(channel, file, scope=scope, subject=entry.subject)
                if heard.ticks or heard.alone or not pages:
                    self._tick(work, message, heard, entry.outcome)
                return entry.outcome
        except (AlreadyHandledError, _TalkError):
            return None
        except StoreAwayError:
            raise
        except Exception as fault:  # noqa: BLE001 whatever went wrong, the person is told and the next message is heard
            self._own_up(message, heard, fault)
            return "failed"

    def _tick(self, work: Work, message: Incoming, heard: Heard, outcome: str) -> None:
        """Mark a message of which nothing more is to be said; in words, if some of its lines were refused."""
        if message.is_vote or heard.line < heard.of:
            return
        ended = [work.find.outcome(message.cause(line)) for line in range(1, heard.of)] + [outcome]
        channel = work.find.channel(message.room_id)
        if channel is None:
            return
        done = ended.count(DONE)
        if done == heard.of:
            work.tick(channel, message.message_id)
        elif done:
            voice = self._context(work, message, heard).voice()
            for page in voice.message("lines", {"done": done, "all": heard.of}, answers_to=message.message_id):
                work.say(channel, page)

    def _mended(self, work: Work, message: Incoming, entry: Entry) -> set[str]:
        """The causes of what was refused and is now said as it should be: by an edit, a reply, or typed again."""
        not_refused = self._not_refused.setdefault((entry.actor, entry.place), set())
        if entry.case_ref in not_refused:
            return set()
        events = set(filter(None, (message.replaces, message.replies_to)))
        card = work.find.card(message.replies_to) if message.replies_to else None
        named = {causes.of_event(event_id) for event_id in events} | ({card.cause} if card else set[str]())
        before = work.now - TYPED_AGAIN_WITHIN
        lines_ = audit.latest_of(work.session, entry.actor, entry.place, entry.case_ref, before)
        if all(line.done for line in lines_):
            not_refused.add(entry.case_ref)
        own, _ = causes.of_lines(message.event_id)
        return {
            line.cause
            for newest, line in enumerate(lines_)
            if (newest == 0 or line.cause in named) and not line.done and not line.cause.startswith(own)
            if line.command in {entry.command, "unknown"} and line.command != audit.ERASE
        }

    def _record(self, work: Work, entry: Entry) -> None:
        """Write the audit entry; what was refused may be mended by what is typed next."""
        work.record(entry)
        if entry.outcome != DONE:
            self._not_refused.pop((entry.actor, entry.place), None)

    def _work(self, message: Incoming, heard: Heard, now: datetime) -> AbstractContextManager[Work]:
        return self._store.work(message.cause(heard.line), now, also=message.also(heard.line))

    @in_store_thread
    def put_aside(self, message: Incoming) -> None:
        """Never act on a message, also when it comes again once its device is trusted: its sender was told so."""
        if message.ciphertext is None:
            # What was not encrypted is trusted from nobody, now and later.
            return
        try:
            with self._store.work(message.cause(), self._clock(), also=message.also()) as work:
                work.outcome = PUT_ASIDE
        except AlreadyHandledError:
            return

    @in_store_thread
    def turned_away(self, room_id: str, sender: str, code: str, cause: str) -> None:
        """Tell somebody, once for this cause, why a message was not acted on and what to do; nothing is echoed."""
        with self._store.look() as find:
            channel = find.channel(room_id)
        if channel is None:
            return
        template = f"refused/trust/{code if code in TRUST_CODES else 'other'}"
        place, _, key = channel.partition(":")
        try:
            with self._store.work(cause, self._clock()) as work:
                voice = self._house.voice(work.find.directory(), channel)
                ref = key if place == Place.CASE else None
                self._record(work, Entry(sender, place, ref, "unknown", None, f"trust/{code}", cause))
                for page in voice.message(template, {}, wake=(sender,)):
                    work.say(channel, page)
        except AlreadyHandledError:
            return

    @in_store_thread
    def believed(self, room_id: str, sender: str, cause: str) -> None:
        """Tell somebody who was turned away, and is trusted now, that what was not acted on is to be typed again."""
        now = self._clock()
        with self._store.look() as find:
            channel = find.channel(room_id)
            if channel is None:
                return
            place, _, key = channel.partition(":")
            ref = key if place == Place.CASE else None
            ended = audit.newest_outcome(find.connection, sender, place, ref, now - TURNED_AWAY_WITHIN)
        if ended not in TURNED_AWAY:
            return
        with suppress(AlreadyHandledError), self._store.work(cause, now) as work:
            voice = self._house.voice(work.find.directory(), channel)
            work.record(Entry(sender, place, ref, "believed", None, "believed", cause))
            for page in voice.message("believed", {}, wake=(sender,)):
                work.say(channel, page)

    @in_store_thread
    def is_meant(self, message: Incoming) -> bool:
        """Whether a message is meant for the bot, and not ordinary talk; only its beginning is looked at."""
        return self._listener.is_meant(message)

    def _answer(
        self, work: Work, message: Incoming, heard: Heard
    ) -> tuple[Entry, list[Message], tuple[Attachment | Paper, ...], str]:
        """Run the command inside a savepoint; a refusal undoes it and keeps the audit entry and the answer."""
        meant = self._find_meant(work, message, heard) if heard.meant else None
        if meant and meant.lacks_words:
            heard, meant = replace(heard, text=meant.line), None
        ctx = self._context(work, message, heard)
        name, was_away, asks_why = "unknown", has_left(ctx), False
        on_yes, taps = None, ""
        files: tuple[Attachment | Paper, ...] = ()
        try:
            with work.or_nothing():
                try:
                    self._refuse_at_once(message, heard, ctx)
                    if heard.line == 1:
                        self._refuse_edited(message, heard, ctx)
                    if meant:
                        name = meant.path
                        self._ask(meant, heard)
                    command, rest = self._find_command(heard, ctx)
                    name = command.path
                    self._permit(command, heard, ctx)
                    reply = command.run(self._read(command, rest, message, ctx), ctx)
                    subject, outcome, files = reply.subject, DONE, reply.files
                    on_yes, taps = reply.asks or None, reply.taps
                    pages = self._render(reply, ctx, message)
                except Refusal as refusal:
                    # Rendered before the savepoint is rolled back: the facts may be records of the case.
                    asks_why = message.is_vote and _lacks_text(refusal)
                    facts = {"command": name, "card": None, "takes_more": self._takes_more(name), **refusal.facts}
                    facts |= {"by_reply": True} if asks_why else {}
                    # A preview: what is carried out by a yes.
                    on_yes = str(refusal.facts["on_yes"]) if refusal.facts.get("on_yes") else None
                    # Whoever replies to it goes on with what it is about.
                    card = str(facts["card"]) if facts["card"] else ctx.card
                    pages = self._render(Reply(f"refused/{refusal.code}", facts, card), ctx, message)
                    subject, outcome = None, refusal.code
                    raise
        except Refusal:
            pass
        line = meant.line if meant and outcome in ASKS else heard.text if asks_why else None
        # In the shell nobody can be asked.
        line = None if heard.from_shell else on_yes or line
        if line is not None:
            about = (work.cause, message.sender, heard.channel, message.message_id)
            questions.ask(work, Question(*about, line, heard.card, work.now, asks_why))
        if heard.agreed:
            questions.settle(work, heard.agreed.cause, once_said=True)
        ref = ctx.open_case.ref if ctx.open_case and outcome == DONE else heard.channel.partition(":")[2]
        entry = Entry(
            actor=message.sender,
            place=SHELL if heard.from_shell else ctx.place,
            case_ref=ref if ctx.place is Place.CASE or (ctx.open_case and outcome == DONE) else None,
            command=name,
            subject=subject,
            outcome=outcome,
            # What was said yes to is taken off the file with the message that said it first, too.
            cause=causes.in_edit(work.cause, heard.agreed.event_id) if heard.agreed else message.logged(work.cause),
        )
        # Who has left the table is still answered about their own words, of which nothing is repeated.
        # After a refusal the case is not looked at again: what was found of it is not current any more.
        left = outcome == DONE and ctx.place is not Place.CASE and has_left(ctx)
        of_card = heard.card.case_ref if heard.card and outcome != DONE and not was_away else None
        scope = HOUSE if left else entry.case_ref or of_card or HOUSE
        taps = ASKS.get(outcome, taps)
        if line is not None and not asks_why and taps:
            self._offer_taps(work, ctx, taps, line, scope)
        return entry, pages, files, scope

    def _offer_taps(self, work: Work, ctx: Context, template: str, line: str, scope: str) -> None:
        """Let a question to one person be answered by a tap, too: with them alone."""
        channel = direct_channel(ctx.actor.user_id)
        scheme = ctx.open_case.scheme if ctx.open_case else self._house.scheme
        if self._house.of(scheme).polls and work.find.room(channel) and work.find.audience(channel, scope):
            asked, answers = ctx.voice(channel).poll(template, {"line": _in_short(line), "case": ctx.open_case})
            work.ask(channel, Poll(asked, answers, (ctx.actor.user_id,), ctx.card), scope=scope)

    def _takes_more(self, path: str) -> bool:
        """Whether a command takes more than what it is about."""
        command = self._registry.commands.get(path)
        return command is not None and len(command.arguments.model_fields) > 1

    def _find_meant(self, work: Work, message: Incoming, heard: Heard) -> Meant:
        """What this person would be let do of what they may have meant; raises _TalkError when that is nothing."""
        for meant in heard.meant:
            line = f"{meant.line} …" if meant.lacks_words else meant.line
            if self._would_work(work, message, replace(heard, text=line, meant=())):
                return meant
        raise _TalkError

    def _ask(self, meant: Meant, heard: Heard) -> NoReturn:
        """Ask whether a reply is meant so."""
        record = heard.card.subject if heard.card else None
        if meant.mistyped:
            raise Refusal("dispatch/unknown", nearest=f"{meant.path} {record}", agrees=True, card=record)
        raise Refusal("reading/shall_i", line=_in_short(meant.line), card=record)

    def _would_work(self, work: Work, message: Incoming, heard: Heard) -> bool:
        """Whether a line would be carried out: it is, and undone."""
        works = False
        with suppress(_TalkError, Refusal), work.or_nothing():
            ctx = self._context(work, message, heard)
            command, rest = self._find_command(heard, ctx)
            permit(command, ctx)
            command.run(self._read(command, rest, message, ctx), ctx)
            works = True
            raise _TalkError
        return works

    def _refuse_at_once(self, message: Incoming, heard: Heard, ctx: Context) -> None:
        """Refuse what could not be told apart, and what names a case where none is named."""
        if heard.refusal:
            raise heard.refusal
        refuse_case(message.body, ctx)

    def _refuse_edited(self, message: Incoming, heard: Heard, ctx: Context) -> None:
        """Refuse the edit of what this person had carried out, and offer to put the change on file."""
        if message.edits_unknown:
            raise Refusal("dispatch/edits_unknown")
        if message.replaces is None:
            return
        own, _ = causes.of_lines(message.replaces)
        done = [line for line in audit.lines_of(ctx.work.session, message.replaces, message.sender) if line.done]
        for line in done[:1]:
            command = self._registry.commands.get(line.command)
            worded = command is not None and command.worded
            alone = heard.of == len([one for one in done if one.cause.startswith(own)]) == 1
            asks = self._applied(line, message, heard, ctx) if alone else None
            raise Refusal("dispatch/edited", card=line.subject, id=line.subject, worded=worded, on_yes=asks)

    def _applied(self, line: audit.Line, message: Incoming, heard: Heard, ctx: Context) -> str | None:
        """The line that does what an edit asks for, where one does."""
        typed, apply = (
            self._registry.match_about(normalise(heard.text), ctx.card),
            self._registry.edits.get(line.command),
        )
        if apply is None or typed is None or typed[0].path != line.command or line.subject is None:
            return None
        try:
            asks = apply(self._read(*typed, message, ctx), ctx, line.subject)
        except Refusal:
            return None
        agrees = replace(message, replaces=None)
        return asks if asks and self._would_work(ctx.work, agrees, replace(heard, text=asks)) else None

    def _permit(self, command: Command, heard: Heard, ctx: Context) -> None:
        """Refuse what is not permitted; ask, if it is about a record that only the homeserver may have put there."""
        self._require_permit(command, ctx)
        subject = heard.guess.subject if heard.guess else None
        if subject is None or not (heard.bare or takes(command, subject)):
            return
        typed = self._registry.match_about(normalise(heard.text), None)
        if heard.bare or typed is None or not begins_with_id(typed[1]):
            raise Refusal("dispatch/seems_to_answer", id=subject, path=command.path, place=ctx.place.value)

    def _context(self, work: Work, message: Incoming, heard: Heard) -> Context:
        directory = work.find.directory()
        actor = directory.people.get(message.sender) or Professional(message.sender, message.sender, "")
        place = place_of(heard.channel)
        case: Case | None = None
        if place is Place.CASE:
            case = work.find.case(heard.channel.partition(":")[2])
        elif place in {Place.AGENCY, Place.DIRECT} and heard.card:
            case = work.find.case(heard.card.case_ref)
        zone = directory.zone(actor.user_id, case.zone_info if case else self._house.zone)
        return Context(
            house=self._house,
            actor=actor,
            place=place,
            channel=heard.channel,
            directory=directory,
            now=work.now,
            zone=zone,
            work=work,
            open_case=case,
            card=heard.card.subject if heard.card else None,
        )

    def _find_command(self, heard: Heard, ctx: Context) -> tuple[Command, str]:
        text = normalise(heard.text)
        guessed = heard.guess.subject if heard.guess else None
        if found := self._registry.match_about(text, ctx.card or guessed):
            return found
        if guessed and heard.bare:
            raise Refusal("dispatch/seems_to_answer", id=guessed, path=None, place=ctx.place.value)
        word = text.split(maxsplit=1)[0] if text.strip() else ""
        group = self._registry.under(word)
        allowed = [c for c in self._registry.commands.values() if is_allowed(c, ctx)]
        nearest = suggest_command(text, allowed, self._registry, ctx.card)
        if group and nearest in {None, word.lower()}:
            if second := suggest_second(text, group, self._registry):
                raise Refusal("dispatch/unknown", nearest=second, agrees=False)
            raise Refusal("dispatch/which", word=word.lower(), commands=group)
        asks = text.rstrip().endswith("?")
        if (nearest is None or asks) and ctx.place is Place.DIRECT and not heard.prefixed and text != word:
            raise Refusal("dispatch/no_command")
        raise Refusal("dispatch/unknown", nearest=nearest, agrees=False)

    def _require_permit(self, command: Command, ctx: Context) -> None:
        """Refuse by default; with what the command's word means here, above the tables ``advise`` for ``answer``."""
        try:
            permit(command, ctx)
        except Refusal as refusal:
            if refusal.code != "dispatch/wrong_room":
                raise
            here = (
                c for c in self._registry.commands.values() if c.path in self._registry.sayings and is_allowed(c, ctx)
            )
            # Of two words each may be another one's.
            spoken = "" if " " in command.path else command.path
            instead = next(
                (c.example_in(ctx.place) for c in here if spoken in self._registry.sayings[c.path].instead), None
            )
            raise Refusal(refusal.code, **{**refusal.facts, "instead": instead}) from None

    def _read(self, command: Command, rest: str, message: Incoming, ctx: Context) -> object:
        context = ReadingContext(
            now=ctx.now,
            zone=ctx.zone,
            lookup=Lookup(ctx.directory, ctx.open_case, dict(message.pills), ctx.actor),
            mentions=message.mentions,
            card=ctx.card,
            agency=ctx.actor.agency,
            example=_example(command, rest, ctx),
            holidays=ctx.calendar.holidays,
            vocabulary=self._vocabulary,
            languages=(ctx.voice().language, language(ctx.directory.prefers(ctx.actor.user_id).language)),
        )
        try:
            arguments = read(command.arguments, rest, context)
            refuse_another_case(arguments, ctx)
        except Refusal as refusal:
            # In "!roundtable cancle M-1 because: …" the second word was meant as a command's, and not as a date.
            longer = [c for c in self._registry.under(command.path) if is_allowed(c, ctx)]
            if nearest := suggest_second(f"{command.path} {rest}", longer, self._registry, closeness=SURELY_MEANT):
                raise Refusal("dispatch/unknown", nearest=nearest, agrees=False) from None
            # "!sitting cancel because: …" is one that takes nothing, with something behind it.
            second = rest.split(maxsplit=1)[0].lower() if rest.strip() else ""
            alone = next((c for c in longer if c.path == f"{command.path} {second}"), None)
            if alone and not alone.arguments.model_fields and refusal.code in TAKEN_FOR_ANOTHER:
                raise Refusal("reading/too_much", keys=[], example=alone.example_in(ctx.place)) from None
            raise
        return arguments

    def _render(self, reply: Reply, ctx: Context, message: Incoming) -> list[Message]:
        # A tap is no message that could be shown beside its answer.
        if reply.tick:
            return []
        # A tap is no message that could be shown beside its answer; a card about a record repeats what was typed.
        beside = not message.is_vote and (reply.subject is None or reply.template.startswith("refused/"))
        called = set(ctx.called)
        if reply.wake and reply.subject:
            called.update(person for calls in self._registry.calls for person in calls(ctx, reply.subject or ""))
        return ctx.voice().message(
            reply.template,
            reply.facts,
            subject=reply.subject,
            wake=tuple(person for person in reply.wake if person not in called),
            answers_to=message.message_id or None,
            beside=beside,
        )

    def _own_up(self, message: Incoming, heard: Heard, fault: Exception) -> None:
        """Tell the person that it failed, with a reference that stands in the log; nothing of the fault itself."""
        reference = secrets.token_hex(3)
        # The kind of fault and where it happened: its words might quote what somebody wrote.
        log.error("command failed", reference=reference, event_id=message.event_id, **place_of_fault(fault))
        try:
            with self._work(message, heard, self._clock()) as work:
                voice = self._house.voice(work.find.directory(), heard.channel)
                where, cause = place_of(heard.channel), message.logged(work.cause)
                work.record(Entry(message.sender, where, None, "unknown", None, "failed", cause))
                for page in voice.message("failed", {"reference": reference}, answers_to=message.event_id):
                    work.say(heard.channel, page)
        except AlreadyHandledError:
            return


def _example(command: Command, rest: str, ctx: Context) -> str:
    """How a command is typed, about the record that is meant here."""
    record = id_at_beginning(rest) or (ctx.card if ctx.card and takes(command, ctx.card) else None)
    example = command.example_in(ctx.place)
    return _AN_ID.sub(record, example, count=1) if record and takes(command, record) else example


def _in_short(line: str) -> str:
    """A command line without the words that somebody may not want to see again."""
    command, _, rest = line.partition(" ")
    record, _, words = rest.partition(" ")
    return f"{command} {record} …" if words and not words.startswith(("fact", "opinion")) else line


def _lacks_text(refusal: Refusal) -> bool:
    """Whether nothing but the words is missing that a command takes."""
    missing = refusal.facts.get("missing")
    return refusal.code == "reading/missing" and isinstance(missing, list) and len(missing) == 1
