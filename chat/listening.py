"""Whether a message is meant for the bot, and what it says: as a command, to a card, to a question, or by its words."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from cases.errors import Refusal
from cases.roles import Place
from chat import lines
from chat.context import House
from chat.incoming import DONE, Heard, Incoming
from chat.reading import addressed, beginning, is_prefixed, normalise, prefixed, unquoted
from chat.registry import Registry
from chat.replies import Meant, judge, lines_for, meant_without_card
from chat.said import is_courtesy, is_yes
from storage import audit, causes, questions
from storage.find import Card, Find, place_of
from storage.identifiers import is_user_id
from storage.questions import Question
from storage.store import Store

_WITH_RECORDS = frozenset({Place.CASE, Place.AGENCY, Place.STEERING, Place.COMMITTEE})
"""Rooms where what names a record may be meant as a command, though nothing stands before it."""


class Listener:
    """Tells what is meant from talk, which is neither answered nor stored."""

    def __init__(self, registry: Registry, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._store = store
        self._house = house
        self._clock = clock

    def hear(self, message: Incoming) -> Heard | None:
        """What a message says to the bot; None: it is talk."""
        return self._hear_chosen(message) or self._hear_late(message) or self._hear_plain(message)

    def is_meant(self, message: Incoming) -> bool:
        """Whether a message is meant for the bot, and not ordinary talk; only its beginning is looked at."""
        heard = self._hear_plain(replace(message, body=beginning(message.body)).unlinked())
        return heard is not None and not heard.meant

    def own_line(self, line: str) -> str | None:
        """What a later line of a message says behind a prefix, or behind ``@`` and the bot's name."""
        if not line.lstrip().startswith("@"):
            return prefixed(line)
        house = self._house
        return addressed(
            line,
            bot_id=house.bot_id,
            bot_name=house.bot_name,
            is_direct=False,
            is_reply_to_card=False,
            is_mentioned=False,
        )

    def _hear_plain(self, message: Incoming) -> Heard | None:
        if message.replies_to or message.seems_to_answer:
            # Perhaps to what was said a moment ago.
            self._store.settle()
        with self._store.look() as find:
            channel = find.channel(message.room_id)
            if channel is None or not is_user_id(message.sender):
                return None
            card = self._card(find, message.replies_to, channel)
            guess = self._card(find, message.seems_to_answer, channel)
            text = self._addressed(message, direct=place_of(channel) is Place.DIRECT)
            if text is not None and card is None and is_courtesy(text) and not is_prefixed(message.body):
                return None
            if card is not None and (said := self._said_to(find, message, card)):
                text = said
            elif agreed := self._agreed(find, message, channel, card, text):
                return Heard(agreed.line, channel, agreed.card, agreed=agreed)
            if text is None and (heard := self._replied(find, message, channel, card)):
                return heard
            noted = text is None and lines.note_line(normalise(beginning(message.body)).strip()) is not None
            notes = (noted or "\n" in (text or "")) and place_of(channel) is Place.CASE
            notes = notes and self._registry.hears_lines(find, channel.partition(":")[2])
            bare = text is None and not (noted and notes)
            if bare and guess is not None and guess.subject is not None:
                text = self._said_to(find, message, guess) or self._bare_command(message, guess.subject)
            if bare and text is None:
                return None
            text = normalise(message.body).strip() if text is None else text
            return Heard(text, channel, card, guess, bare, notes=notes, prefixed=is_prefixed(message.body))

    def _hear_chosen(self, message: Incoming) -> Heard | None:
        """What answers a question in the direct chat, which counts where it came up: by a tap, or in words."""
        if message.replies_to is None:
            return None
        with self._store.look() as find:
            channel = find.channel(message.room_id)
        if channel is None or place_of(channel) is not Place.DIRECT:
            return None
        self._store.settle()
        with self._store.look() as find:
            card = self._card(find, message.replies_to, channel)
            asked = questions.about(find, message.sender, card.cause, self._clock()) if card else None
        if asked is None:
            return None
        text = prefixed(message.body) or normalise(unquoted(message.body)).strip()
        heard = Heard(asked.line, asked.channel, asked.card, agreed=asked, alone=True)
        if asked.lacks_words and not message.is_vote:
            typed, known = self._registry.match(text), self._registry.match(asked.line)
            whole = typed is not None and known is not None and typed[0] is known[0]
            return replace(heard, text=text if whole else f"{asked.line} {text}")
        if is_yes(text):
            return heard
        return replace(heard, refusal=Refusal("reading/left")) if message.is_vote else None

    def _hear_late(self, message: Incoming) -> Heard | None:
        """A tap in a poll whose question is settled: it is told so, whatever it says."""
        if not message.is_vote or message.replies_to is None:
            return None
        self._store.settle()
        with self._store.look() as find:
            channel = find.channel(message.room_id)
            card = self._card(find, message.replies_to, channel) if channel else None
            if channel is None or card is None or any(asks(find, card) for asks in self._registry.polls):
                return None
        return Heard("", channel, card, refusal=Refusal("poll/over", id=card.subject, card=card.subject))

    def _said_to(self, find: Find, message: Incoming, card: Card) -> str | None:
        """The command that a concept makes of a reply to a card, such as ``yes`` to its question."""
        said = unquoted(message.body)
        return next(filter(None, (read(find, message.sender, said, card) for read in self._registry.replies)), None)

    def _agreed(
        self, find: Find, message: Incoming, channel: str, card: Card | None, text: str | None
    ) -> Question | None:
        """The question that somebody says yes to: in reply to it, or as a command."""
        if not is_yes(text if text is not None else unquoted(message.body)):
            return None
        if card is None and text is None:
            return None
        if card is None:
            return questions.open_to(find, message.sender, channel, self._clock())
        asked = questions.about(find, message.sender, card.cause, self._clock())
        return asked if asked and asked.channel == channel and not asked.lacks_words else None

    def _replied(self, find: Find, message: Incoming, channel: str, card: Card | None) -> Heard | None:
        """What a message without a prefix means: as a reply to a card, to a hint, or because it names a record."""
        about = card.subject if card else None
        text, others = unquoted(message.body), list[str]()
        with suppress(Refusal):
            text, *others = lines.split(text, self.own_line, self._registry.begins, notes=False)
        behind = "".join(f"\n!{line}" for line in others)
        meant: list[Meant] = []
        if about is not None or self._is_hint(find, message, card):
            meant = judge(text, about, self._registry)
        elif card is None and message.replies_to is None and place_of(channel) in _WITH_RECORDS:
            ref = channel.partition(":")[2]
            if place_of(channel) is Place.CASE and (path := self._registry.said_alone(text, find, ref)):
                return Heard(path + behind, channel, None)

            def takes_lines() -> bool:
                return lines.note_line(text) is None and self._registry.hears_lines(find, ref)

            talk = meant_without_card(text, self._registry, takes_lines)
            meant = [talk] if talk else []
        if not meant:
            return None
        first = meant[0]
        if first.misfit:
            refusal = Refusal("dispatch/other_card", id=about, lines=lines_for(str(about), self._registry), card=about)
            return Heard(first.line, channel, card, refusal=refusal)
        if first.sure:
            return Heard(first.line + behind, channel, card)
        return Heard(behind, channel, card, meant=tuple(meant))

    def _is_hint(self, find: Find, message: Incoming, card: Card | None) -> bool:
        """Whether a message replies to what the bot refused, or to the bot's word about it."""
        if message.replies_to is None:
            return False
        if card is not None:
            return find.outcome(card.cause) not in {None, DONE}
        asked = audit.author_of(find.connection, message.replies_to) == message.sender
        return asked and find.outcome(causes.of_event(message.replies_to)) not in {None, DONE}

    def _card(self, find: Find, event_id: str | None, channel: str) -> Card | None:
        """A message of ours in this room; one of another room says nothing about what is meant here."""
        card = find.card(event_id) if event_id else None
        return card if card and card.channel == channel else None

    def _addressed(self, message: Incoming, *, direct: bool = False, reply: bool = False) -> str | None:
        return addressed(
            message.body,
            bot_id=self._house.bot_id,
            bot_name=self._house.bot_name,
            is_direct=direct,
            is_reply_to_card=reply,
            is_mentioned=self._house.bot_id in message.mentions,
            also_called=[name for name, user_id in message.pills if user_id == self._house.bot_id],
            is_command=self._registry.begins,
        )

    def _bare_command(self, message: Incoming, subject: str) -> str | None:
        """What would be a command, or nearly one, in reply to a card of which only the homeserver speaks."""
        text = unquoted(message.body)
        first = next(iter(judge(text, subject, self._registry)), None)
        if first is None or not (first.sure or first.mistyped):
            return None
        return text if first.mistyped or first.misfit else first.line
