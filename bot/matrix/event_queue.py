"""What came and is to be handled: each room has its turn, and a sync is done when nothing is left of it.

Where somebody writes without end, only that room waits for itself.
"""

import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from bot.matrix.alone import alone
from bot.matrix.crypto.events import Event
from storage.progress import Progress

MOST_QUEUED = 20_000
"""Events; the homeserver keeps what comes while so many wait."""
TURN = 10
"""Events of one room that are handled before the other rooms have their turn, and before the next sync."""
SAVE_AFTER_SECONDS = 1


@dataclass(repr=False)
class _Taken:
    """A sync whose events are handled by and by; its token is saved when nothing is left of it and of those before."""

    token: str
    left: int
    last: dict[str, str] = field(default_factory=dict[str, str])
    """The last event of each room."""


class EventQueue:
    """The events that wait, by room, and how far everything was handled."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._taken: deque[_Taken] = deque()
        self._saved_at = -math.inf
        self._queues: dict[str, deque[tuple[Event, _Taken]]] = {}

    @property
    def full(self) -> bool:
        """Whether so many wait that no more are asked for."""
        return sum(map(len, self._queues.values())) >= MOST_QUEUED

    @property
    def empty(self) -> bool:
        """Whether none waits."""
        return not self._queues

    @property
    def saved(self) -> bool:
        """Whether it is on file how far everything was handled."""
        return not self._taken

    def clear(self) -> None:
        """Let everything go: it comes again."""
        self._taken.clear()
        self._queues.clear()

    def put(self, token: str, events: Iterable[Event]) -> None:
        """The events of one sync, and where the next one begins."""
        events = tuple(events)
        taken = _Taken(token, len(events))
        self._taken.append(taken)
        for event in events:
            self._queues.setdefault(event.room_id, deque()).append((event, taken))

    async def take_turns(self, handle: Callable[[Event], Awaitable[None]]) -> list[Event]:
        """Handle the next events of each room, in the order they were said in; gives them."""
        handled: list[Event] = []
        for room_id, queue in list(self._queues.items()):
            for _ in range(min(TURN, len(queue))):
                event, taken = queue[0]
                await alone(handle(event), event_id=event.event_id)
                queue.popleft()
                taken.left -= 1
                taken.last[room_id] = event.event_id
                handled.append(event)
            if not queue:
                del self._queues[room_id]
        return handled

    async def save(self, *, at_once: bool = False) -> bool:
        """Save how far everything was handled: after a crash the homeserver is asked for what came since.

        It is then handled a second time without any effect, so that this need not be done after each message. Gives
        whether something was saved.
        """
        done = 0
        last: dict[str, str] = {}
        for taken in self._taken:
            if taken.left:
                break
            done += 1
            last |= taken.last
        if not done or not (at_once or time.monotonic() - self._saved_at >= SAVE_AFTER_SECONDS):
            return False
        await self._progress.save(self._taken[done - 1].token, last)
        self._saved_at = time.monotonic()
        for _ in range(done):
            self._taken.popleft()
        return True
