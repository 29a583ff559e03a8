"""What falls due by itself: each concept has its jobs, and one loop runs them; each thing is said once."""

import asyncio
import threading
from bisect import insort
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from cases.case import Case
from cases.roles import Place
from chat.context import House, Reply
from chat.faults import place_of_fault
from storage.audit import Entry
from storage.database import StoreAwayError
from storage.journal import UnreadableCaseError
from storage.store import Store
from storage.work import AlreadyHandledError, Work

log = structlog.get_logger()
READ_AT_ONCE = 10
"""Cases; so many hold up the event loop for well under 250 ms, long ones too."""
MOST_STEPS = 10_000
"""As many steps of all cases together, about 50 MB, are held during a sweep; cases beyond that are read one by one."""


@dataclass(repr=False)
class Sweep:
    """One look at everything that may be due; what a job works with."""

    store: Store
    house: House
    now: datetime
    refs: Collection[str] | None = None
    """The cases that are looked at; None: every open one."""
    cases: dict[str, Case] = field(default_factory=dict[str, Case])
    """Cases as they were when it began, or when they were first looked at."""
    held: int = 0
    """Steps of these cases."""

    def read_cases(self) -> set[str]:
        """Read the open cases, as many as may be held; gives the references of all."""
        with self.store.look() as find:
            refs = find.open_cases()
        self.read([ref for ref in refs if ref not in self.cases])
        return set(refs)

    def read(self, refs: Sequence[str]) -> None:
        """Read these cases, as many as may be held."""
        for some in _a_few(refs):
            with self.store.look() as find:
                cases = find.cases(some)
            if not all(map(self._hold, cases)):
                break

    def case(self, ref: str) -> Case | None:
        """A case as it was when this began, or a little later."""
        if ref in self.cases:
            return self.cases[ref]
        with self.store.look() as find:
            case = find.case(ref)
        if case is not None:
            self._hold(case)
        return case

    def _hold(self, case: Case) -> bool:
        """Keep a case for the jobs to come, if there is room for it."""
        if self.held + len(case.steps) > MOST_STEPS:
            return False
        self.held += len(case.steps)
        self.cases[case.ref] = case
        return True

    def each(self, act: Callable[[str], None], refs: Collection[str] | None = None) -> None:
        """Do something for each of these cases, or for each that is looked at; one that fails stops no other."""
        refs = self.refs if refs is None else refs
        if refs is None:
            with self.store.look() as find:
                refs = find.open_cases()
        for ref in refs:
            try:
                act(ref)
            except (AlreadyHandledError, UnreadableCaseError):
                # What can't be read is told by its reference (commands/trust/watch.py).
                continue
            except StoreAwayError:
                raise
            except Exception as fault:  # noqa: BLE001 one broken case must not silence the others
                # Without the traceback: its words might quote what somebody wrote.
                log.error("sweep failed", case=ref, **place_of_fault(fault))  # noqa: TRY400

    def is_done(self, cause: str) -> bool:
        """Whether this has had its effect."""
        with self.store.look() as find:
            return find.is_handled(cause)

    def say(self, work: Work, channel: str, reply: Reply, case: Case | None = None) -> None:
        """Say something in a room; what of a case it holds is sealed with its key."""
        self.house.say(work, channel, reply, case)

    def entry(self, command: str, ref: str, cause: str) -> Entry:
        """What the audit log holds of it."""
        return Entry(self.house.bot_id, Place.CASE, ref, command, None, "done", cause)


def _a_few(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as are read at once."""
    return (refs[start : start + READ_AT_ONCE] for start in range(0, len(refs), READ_AT_ONCE))


Job = Callable[[Sweep], None]
_awaited: list[Job] = []
_jobs: list[Job] = []
_hurried: dict[Job, str] = {}
_on_change: list[Job] = []


def _register(run: Job, among: list[Job]) -> Job:
    """In the order of their modules' names: in whichever order these are loaded, things are said in the same one."""
    insort(among, run, key=lambda each: (each.__module__, each.__qualname__))
    return run


def job(run: Job) -> Job:
    """Run this with each sweep. A job keeps nothing: what was said is on file."""
    return _register(run, _jobs)


def awaited(run: Job) -> Job:
    """Run this with each sweep before all else: at nine people wait for it. It looks only where something is open."""
    return _register(run, _awaited)


def hurried(kind: str) -> Callable[[Job], Job]:
    """Run this with each tick, too, for the cases that have an open item of this kind."""

    def register(run: Job) -> Job:
        _hurried[run] = kind
        return job(run)

    return register


def on_change(run: Job) -> Job:
    """Run this, too, soon after cases were changed, for those, closed ones as well."""
    _register(run, _on_change)
    return job(run)


class Sweeps:
    """Looks up what is due and puts it to the outbox; what it knows lasts no longer than a sweep."""

    def __init__(self, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._clock = clock
        self._swept: datetime | None = None
        self._at_work = threading.Lock()

    async def follow(self) -> None:
        """Do what follows from what was just changed, in a thread of its own. Raises StoreAwayError."""
        if self._store.has_changed:
            await asyncio.to_thread(self._follow)

    async def run(self) -> None:
        """Do all that is due now, in a thread of its own: what is said meanwhile is heard. Raises StoreAwayError."""
        await asyncio.to_thread(self.sweep)

    def _follow(self) -> None:
        with self._at_work:
            self._look_at(self._store.take_changed())

    def _look_at(self, changed: set[str]) -> None:
        """Do what follows in these cases, of which only a few are held at a time."""
        for some in _a_few(sorted(changed)):
            sweep = self.begin()
            sweep.refs = some
            sweep.read(some)
            for run in _on_change:
                run(sweep)

    def sweep(self) -> None:
        """Do all that is due now; what goes wrong in one case does not stop the others.

        All but what is hurried falls due on a quarter of an hour at the earliest, so that most ticks have little to
        look at. After a restart everything is looked at anew. Raises StoreAwayError; the next tick then takes up what
        is left.
        """
        with self._at_work:
            sweep = self.begin()
            quarter = sweep.now.replace(minute=sweep.now.minute // 15 * 15, second=0, microsecond=0)
            # What changes from now on is followed up later.
            changed = self._store.take_changed()
            if quarter == self._swept:
                for run in filter(_hurried.get, _jobs):
                    with self._store.look() as find:
                        sweep.refs = find.cases_with(_hurried[run])
                    run(sweep)
            else:
                for run in _awaited:
                    run(sweep)
                changed -= sweep.read_cases()
                for run in _jobs:
                    run(sweep)
                self._swept = quarter
            self._look_at(changed)

    def begin(self) -> Sweep:
        """A sweep of this moment, with nothing read yet."""
        return Sweep(self._store, self._house, self._clock())


def week_of(day: date) -> str:
    """The name of a week: ``2026-W48``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
