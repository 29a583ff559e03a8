"""One event: from what was decrypted to what its sender said, and what it does."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

import structlog

from bot.matrix.alone import alone
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.events import Event
from bot.matrix.crypto.trust import Verdict
from bot.matrix.verifying import Verifier
from chat.dispatch import Dispatcher
from chat.incoming import Incoming
from commands.erasure.deleting import Deleting
from commands.erasure.deletions import Doubt
from commands.trust.watch import Watch
from storage import causes, pins
from storage.progress import Progress
from storage.store import Store

log = structlog.get_logger(__name__)
TELL_UNREADABLE_AFTER = timedelta(minutes=1)
GIVE_UP_UNREADABLE_AFTER = timedelta(days=14)
VOTES = frozenset({"org.matrix.msc3381.poll.response", "m.poll.response"})
_FILES = frozenset({"m.image", "m.file", "m.video", "m.audio"})
LONGEST_VOTE = 100
"""Characters: of what a poll of ours offers nothing is longer."""
OF_A_DEVICE = frozenset({Verdict.UNSIGNED_DEVICE, Verdict.BAD_DEVICE})
"""What speaks against one of an account's devices, and not against its identity."""
_PILL = re.compile(
    r"<a\s(?:[^<>]{0,200}\s)?href=[\"'](?:https://matrix\.to/#/(?:@|%40)|matrix:u/)([^\"'<>?/]{1,255})"
    r"[^\"'<>]{0,255}[\"'][^<>]{0,200}>([^<]{1,255})</a>",
    re.IGNORECASE,
)


def _has_caption(content: Mapping[str, object]) -> bool:
    """Whether it is a picture or file with words of a person's own: where a file name stands beside them (MSC2530)."""
    name = content.get("filename")
    kind = content.get("msgtype")
    return isinstance(kind, str) and kind in _FILES and isinstance(name, str) and name != content.get("body")


def _pills(formatted: object) -> tuple[tuple[str, str], ...]:
    """What a client shows for each person who is mentioned in a formatted text, and their user ids."""
    if not isinstance(formatted, str):
        return ()
    found = _PILL.findall(formatted)
    return tuple(
        (" ".join(html.unescape(name).split()), f"@{unquote(user_id).removeprefix('@')}") for user_id, name in found
    )


class Hearing:
    """Hands every message to the dispatcher; what can't be read yet waits for its key."""

    def __init__(  # noqa: PLR0917 what a message may need
        self,
        client: HardenedClient,
        store: Store,
        dispatcher: Dispatcher,
        deleting: Deleting,
        verifier: Verifier,
        watch: Watch,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._store = store
        self._progress = Progress(store)
        self._dispatcher = dispatcher
        self._deleting = deleting
        self._verifier = verifier
        self._watch = watch
        self._clock = clock
        self._believed: set[tuple[str, str]] = set()
        """Rooms and people of whom it was looked up, since they were last turned away, what they are to be told."""

    async def hear(self, event: Event) -> None:
        """Handle one event. Raises StoreAwayError, Unavailable or Rejected: then it is to be handled again."""
        if await self._verifier.verification.hear(event) or event.sender == self._client.user_id:
            return
        if event.redacts is not None:
            await self._forget(event, event.redacts)
            return
        if event.verdict is Verdict.UNDECRYPTABLE:
            source = event.source
            if source is None or not await self._progress.wait_for_key(
                event.event_id, event.room_id, source, self._clock()
            ):
                # Its sender must know it now: there is no place for it to wait in.
                await self._turn_away(event)
            return
        if event.verdict is Verdict.REPLAYED:
            # Its content was not looked at again, so whether it was a command is not asked either.
            await self._turn_away(event)
            return
        if event.type in VOTES:
            await self._take_vote(event)
            return
        body = event.content.get("body")
        is_caption = _has_caption(event.content)
        is_text = event.content.get("msgtype") == "m.text" or is_caption
        if event.type != "m.room.message" or not is_text or not isinstance(body, str):
            return
        edited = event.content.get("m.new_content")
        formatted = event.content.get("formatted_body")
        is_edit = isinstance(edited, dict) and isinstance(edited.get("body"), str)
        if isinstance(edited, dict) and is_edit:
            body, formatted = edited["body"], edited.get("formatted_body")
        message = Incoming(
            event.event_id,
            event.room_id,
            event.sender,
            body,
            tuple(sorted(event.mentions)),
            event.replies_to,
            event.replaces,
            # Who is not trusted is not read.
            _pills(formatted) if event.trusted else (),
            ciphertext=event.ciphertext,
            seems_to_answer=event.outside.replies_to,
            edits_unknown=is_edit and event.replaces is None,
            is_caption=is_caption,
        )
        await self._hand_over(event, message)

    async def _take_vote(self, event: Event) -> None:
        """A tap says what would be typed in reply to the poll; which poll, only what was encrypted says."""
        vote = event.content.get(event.type)
        answers = vote.get("answers") if isinstance(vote, dict) else event.content.get("m.selections")
        if not isinstance(answers, list) or len(answers) != 1 or not isinstance(answers[0], str):
            return
        body = answers[0][:LONGEST_VOTE]
        message = Incoming(
            event.event_id,
            event.room_id,
            event.sender,
            body,
            replies_to=event.refers_to,
            ciphertext=event.ciphertext,
            seems_to_answer=event.outside.refers_to,
            is_vote=True,
        )
        await self._hand_over(event, message)

    async def _hand_over(self, event: Event, message: Incoming) -> None:
        if event.trusted:
            await self._tell_believed(event)
            await self._dispatcher.handle(message)
        elif await self._dispatcher.is_meant(message):
            await self._dispatcher.put_aside(message)
            await self._turn_away(event)

    async def _tell_believed(self, event: Event) -> None:
        """Whoever was turned away in this room, and is trusted now, is told to type again what was not answered."""
        who = (event.room_id, event.sender)
        if who not in self._believed:
            self._believed.add(who)
            await self._dispatcher.believed(*who, causes.of_job("believed", event.room_id, event.event_id))

    async def _turn_away(self, event: Event) -> None:
        self._believed.discard((event.room_id, event.sender))
        log.warning("turned away", event_id=event.event_id, verdict=event.verdict.value)
        # Said once a day for each device: a person who goes on typing there is not told each time.
        of_whom = (event.sender, event.device or "unknown")
        once = causes.of_job("turned away", event.room_id, *of_whom, event.verdict.value, self._clock().date())
        await self._dispatcher.turned_away(event.room_id, event.sender, event.verdict.value, once)

    async def _forget(self, event: Event, deleted: str) -> None:
        """Somebody deleted a message: it is not waited for any more, and what it said is taken off the file."""
        waiting = await self._progress.waits(deleted)
        if waiting is not None and waiting.source.get("sender") == event.sender:
            await self._progress.no_longer_waiting(deleted)
        verdict = await self._client.explain_doubt(event.sender)
        doubt = None if verdict is None else Doubt.DEVICE if verdict in OF_A_DEVICE else Doubt.IDENTITY
        cause = causes.of_event(event.event_id)
        await self._deleting.deleted(event.room_id, event.sender, deleted, cause, doubt)

    async def read_waiting(self) -> None:
        """Keys have come: read what waited for them, in the order it was said."""
        for event_id in await self._progress.waiting():
            waiting = await self._progress.waits(event_id)
            event = await self._client.retry(waiting.source) if waiting else None
            if event is not None:
                await alone(self.hear(event), event_id=event.event_id)
                await self._progress.no_longer_waiting(event_id)

    async def tell_unreadable(self) -> None:
        """Tell senders, after a minute, that a message could not be read; give up on it after two weeks."""
        now = self._clock()
        for event_id in await self._progress.untold(now - TELL_UNREADABLE_AFTER):
            waiting = await self._progress.waits(event_id)
            sender = waiting.source.get("sender") if waiting else None
            if waiting and isinstance(sender, str):
                code, cause = Verdict.UNDECRYPTABLE.value, causes.of_job("unreadable", waiting.room_id, event_id)
                await self._dispatcher.turned_away(waiting.room_id, sender, code, cause)
            await self._progress.told(event_id, now)
        await self._progress.give_up(now - GIVE_UP_UNREADABLE_AFTER)

    async def look_at_identities(self) -> None:
        """Ask the admins about identities that changed; believe those that they approved."""
        held = self._client.devices.list_held()
        if not held:
            return
        offers = await self._store.ask(pins.offers)
        for user_id in sorted(held):
            offer = offers.get(user_id)
            if offer is None:
                self._client.devices.mark_outdated({user_id})
            elif offer.now is not None:
                await self._watch.identity_changed(user_id, offer.now)
