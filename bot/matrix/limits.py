"""A homeserver that limits our rate, and a command at the shell: it waits as told, goes on meanwhile, and shows it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from bot.matrix.crypto.errors import Unavailable
from bot.matrix.crypto.wire import Patience

LONGEST_SECONDS = 15 * 60.0
"""Without anything done. Then it ends: what is done stays, and the command can be run again."""
SHORT_SECONDS = 10.0
"""So much is waited for in place, for it holds for all that we ask. What takes longer is one person's limit, or that of
new rooms: the rest goes on."""
USUAL_SECONDS = 5.0
"""When the homeserver does not say how long."""


@dataclass(eq=False, repr=False)
class Step:
    """One thing to do, which can be done again from its beginning."""

    carry_out: Callable[[], Awaitable[None]]
    after: "Step | None" = None
    """What must be done before it."""


class Progress:
    """How far a command has come, and how long the homeserver keeps it: a bar at a terminal, else a line a wait."""

    def __init__(
        self,
        console: Console,
        *,
        elapsed: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.elapsed = elapsed
        self._console = console
        self._sleep = sleep
        self._began = elapsed()
        self._done = self._of = 0
        # What a server or a file says is no markup.
        text = TextColumn("{task.description}", markup=False)
        self._bar = Bar(text, BarColumn(), MofNCompleteColumn(), console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=None, visible=False)

    @contextmanager
    def steps(self, number: int) -> Iterator[None]:
        """So many steps are to be done."""
        self._began, self._done, self._of = self.elapsed(), 0, number
        self._bar.update(self._task, total=number, completed=0, visible=True)
        with self._bar:
            yield
        self._of = 0

    def step(self) -> None:
        """One of them is done."""
        self._done += 1
        self._bar.update(self._task, completed=self._done, description="")

    async def wait(self, seconds: float, *, at_least: float = 0) -> None:
        """Wait as the homeserver asks; ``at_least``: so many seconds it will take in all, as far as it has said."""
        left = max(at_least, seconds)
        if self._done:
            left = max(left, (self.elapsed() - self._began) / self._done * (self._of - self._done))
        told = f"The homeserver asks to wait {seconds:.0f} s"
        if self._of:
            told += f"; about {_describe(left)} left"
        self._bar.update(self._task, description=told, visible=True)
        if self._bar.disable and seconds > SHORT_SECONDS:
            done = f" ({self._done} of {self._of} done)" if self._of else ""
            self._console.print(told + done, markup=False)
        with nullcontext() if self._of else self._bar:
            await self._sleep(seconds)

    def patience(self, longest: float) -> Patience:
        """For a wire: waits, unless the homeserver asks for longer; False: it is not waited for."""

        async def wait(seconds: float | None) -> bool:
            seconds = max(1.0, USUAL_SECONDS if seconds is None else seconds)
            if seconds > longest:
                return False
            await self.wait(seconds)
            return True

        return wait


async def work_off(steps: Iterable[Step], progress: Progress) -> None:
    """Carry out all steps, in order as far as the homeserver lets us: what it limits waits, the others go on.

    Raises what a step raises, and Unavailable when the homeserver is away or asks for more than LONGEST_SECONDS with
    nothing done.
    """
    due = dict.fromkeys(steps, 0.0)
    with progress.steps(len(due)):
        done_at = progress.elapsed()
        while due:
            step = min((step for step in due if step.after not in due), key=due.__getitem__)
            if (seconds := due[step] - progress.elapsed()) > 0:
                await progress.wait(seconds, at_least=max(due.values()) - progress.elapsed())
            try:
                await step.carry_out()
            except Unavailable as limit:
                seconds = max(1.0, USUAL_SECONDS if limit.retry_after is None else limit.retry_after)
                if not limit.limited or progress.elapsed() + seconds > done_at + LONGEST_SECONDS:
                    raise
                due[step] = progress.elapsed() + seconds
            else:
                done_at = progress.elapsed()
                del due[step]
                progress.step()


def _describe(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 as people say it
