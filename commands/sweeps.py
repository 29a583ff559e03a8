"""What falls due by itself: reminders, the weekly digest, and the radar; each said once, also after downtime."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog

from cases import erasure, radar
from cases.case import Case, Mode
from cases.radar import Finding
from cases.roles import Place
from commands import deletions, digests, minutes, upkeep
from commands.context import COORDINATION, House, Reply, case_channel
from commands.faults import place_of_fault
from commands.reminding import Reminding
from storage import causes
from storage.audit import Entry
from storage.crypto import HOUSE
from storage.database import StoreAwayError
from storage.find import Find, UnreadableCaseError
from storage.work import AlreadyHandledError, Store, Work

log = structlog.get_logger()
READ_AT_ONCE = 10
"""Cases; so many hold up the event loop for well under 250 ms, long ones too."""
MOST_STEPS = 10_000
"""As many steps of all cases together, about 50 MB, are held during a sweep; cases beyond that are read one by one."""
WEEKS_KEPT = 8
"""In which a finding of the radar was reported."""


@dataclass(frozen=True, repr=False)
class Seen:
    """What the radar found in one case."""

    ref: str
    findings: list[Finding]


class Sweeps:
    """Looks up what is due and puts it to the outbox; what it knows lasts no longer than a sweep."""

    def __init__(self, store: Store, house: House, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._clock = clock
        self._reminding = Reminding(store, house)
        self._swept: datetime | None = None
        self._cases: dict[str, Case] = {}
        """Open cases as they are when a sweep begins: read together, and let go at its end."""

    async def run(self) -> None:
        """Do all that is due now, in a thread of its own: what is said meanwhile is heard. Raises StoreAwayError."""
        await asyncio.to_thread(self.sweep)

    def sweep(self) -> None:
        """Do all that is due now; what goes wrong in one case does not stop the others.

        All but what is due in a meeting falls due on a quarter of an hour at the earliest, so that most ticks have
        little to look at. After a restart everything is looked at anew. Raises StoreAwayError; the next tick then
        takes up what is left.
        """
        now = self._clock()
        quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        if quarter == self._swept:
            with self._store.look() as find:
                refs = find.cases_in_meeting()
            self.round_tables(refs)
            return
        try:
            self._read_cases()
            self.remind()
            self.weekly_digest()
            self.morning_digest()
            self.radar()
            self.round_tables()
            self.wipe()
        finally:
            self._cases.clear()
        self._swept = quarter

    def _read_cases(self) -> None:
        with self._store.look() as find:
            refs = find.open_cases()
        steps = 0
        for start in range(0, len(refs), READ_AT_ONCE):
            with self._store.look() as find:
                cases = find.cases(refs[start : start + READ_AT_ONCE])
            steps += sum(len(case.steps) for case in cases)
            if steps > MOST_STEPS:
                return
            self._cases |= {case.ref: case for case in cases}

    def _case(self, ref: str) -> Case | None:
        if ref in self._cases:
            return self._cases[ref]
        with self._store.look() as find:
            return find.case(ref)

    def remind(self) -> None:
        """Remind the owners of what falls due, and those who answer for what is long late."""
        self._reminding.remind(self._clock(), self._case, self._each)

    def weekly_digest(self) -> None:
        """Post what is unresolved into each table's room, once a week from Monday at nine."""
        now = self._clock()

        def post(ref: str) -> None:
            case = self._case(ref)
            if case is None or case.mode is Mode.TEAM or self._house.calendar(case).rests(now):
                return
            calendar = self._house.calendar(case)
            begins = calendar.week(now)
            cause = causes.of_job("digest", ref, _week(calendar.day(begins)))
            if case.opened_at >= begins or self._is_done(cause):
                return
            with self._store.work(cause, now) as work:
                # Also when there is nothing to say: what comes up later in the week is for the next digest.
                work.record(self._entry("digest", ref, cause))
                case = work.find.case(ref)
                if case and not case.closed and (reply := digests.weekly(case, now)):
                    self._say(work, case_channel(ref), reply, case)

        self._each(post)

    def morning_digest(self) -> None:
        """Post what the day brings into each team's room, each working morning from nine on."""
        now = self._clock()

        def post(ref: str) -> None:
            case = self._case(ref)
            if case is None or case.mode is not Mode.TEAM or self._house.calendar(case).rests(now):
                return
            calendar = self._house.calendar(case)
            today = calendar.day(now)
            cause = causes.of_job("morning", ref, today)
            # On the day on which a case is opened everything in it is fresh in mind.
            if case.opened_at >= calendar.morning(today) or self._is_done(cause):
                return
            with self._store.work(cause, now) as work:
                work.record(self._entry("morning", ref, cause))
                case = work.find.case(ref)
                if case and not case.closed and (reply := digests.morning(case, now, calendar)):
                    self._say(work, case_channel(ref), reply, case)

        self._each(post)

    def round_tables(self, refs: list[str] | None = None) -> None:
        """Do what round tables need by themselves (commands/upkeep.py), in these cases or in each open one."""
        now = self._clock()

        def tend(ref: str) -> None:
            case = self._case(ref)
            if case is None or not any(True for _ in upkeep.due(case, self._house, now)):
                return
            with self._store.look() as find:
                # Somebody may have seen to it since the sweep began.
                case = find.case(ref)
                duties = list(upkeep.due(case, self._house, now)) if case else []
                duties = [duty for duty in duties if not find.is_handled(duty.cause(ref))]
            for duty in duties:
                cause = duty.cause(ref)
                with self._store.work(cause, now) as work:
                    work.record(self._entry(duty.kind, ref, cause))
                    case = work.find.case(ref)
                    directory = work.find.directory()
                    if case and (reply := upkeep.carry_out(duty, case, directory, self._house, now)):
                        self._say(work, case_channel(ref), reply, case)

        self._each(tend, refs)

    def radar(self) -> None:
        """Report to the coordination room, by reference only, what each open case lacks: once a week per finding."""
        now = self._clock()
        if self._house.calendar().rests(now):
            return
        week = _week(self._house.calendar().day(now))
        seen: list[Seen] = []

        def look(ref: str) -> None:
            case = self._case(ref)
            found = radar.sweep(case, now) if case else []
            with self._store.look() as find:
                new = [f for f in found if week not in self._reported(find, ref, f)]
            if new:
                seen.append(Seen(ref, new))

        self._each(look)
        if not seen:
            return
        # One message for everything, so that there is no one key for it: each finding keeps the weeks in which it was
        # reported, in the transaction that reports it.
        cause = causes.of_job("radar", self._house.bot_id, now.isoformat())
        with self._store.work(cause, now) as work:
            for one in seen:
                for finding in one.findings:
                    weeks = [*self._reported(work.find, one.ref, finding), week]
                    work.keep(_radar_key(one.ref, finding), " ".join(weeks[-WEEKS_KEPT:]))
                work.record(self._entry("radar", one.ref, cause))
            self._say(work, COORDINATION, Reply("sweep/radar", {"seen": seen}))

    def _is_done(self, cause: str) -> bool:
        with self._store.look() as find:
            return find.is_handled(cause)

    def _reported(self, find: Find, ref: str, finding: Finding) -> list[str]:
        """The last weeks in which a finding was reported: more than one, as the clock may be set back."""
        return (find.setting(_radar_key(ref, finding)) or "").split()

    def wipe(self) -> None:
        """Wipe for good what people deleted a week ago."""
        now = self._clock()
        with self._store.look() as find:
            refs = find.cases_to_wipe(now)

        def wipe(ref: str) -> None:
            cause = causes.of_job("wipe", ref, now.isoformat())
            with self._store.work(cause, now) as work:
                case = work.find.case(ref)
                if case is None:
                    return
                minutes.wipe(case, erasure.hidden(case, ripe_at=now))
                wiped = erasure.wipe(case, now)
                for step in wiped:
                    work.record(replace(self._entry("wipe", ref, cause), subject=step.subject))
                if wiped:
                    deletions.withhold(work, self._house, case, max(step.at for step in wiped))

        self._each(wipe, refs)

    def _each(self, act: Callable[[str], None], refs: list[str] | None = None) -> None:
        """Do something for each of these cases, or for each open one."""
        if refs is None:
            with self._store.look() as find:
                refs = find.open_cases()
        for ref in refs:
            try:
                act(ref)
            except (AlreadyHandledError, UnreadableCaseError):
                # What can't be read is told by its reference (commands/watch.py).
                continue
            except StoreAwayError:
                raise
            except Exception as fault:  # noqa: BLE001 one broken case must not silence the others
                # Without the traceback: its words might quote what somebody wrote.
                log.error("sweep failed", case=ref, **place_of_fault(fault))  # noqa: TRY400

    def _say(self, work: Work, channel: str, reply: Reply, case: Case | None = None) -> None:
        voice = self._house.voice(work.find.directory(), channel, case)
        for page in voice.message(reply.template, reply.facts, subject=reply.subject, wake=reply.wake):
            work.say(channel, page, scope=case.ref if case else HOUSE)
        for file in reply.files:
            work.attach(channel, file, scope=case.ref if case else HOUSE, subject=reply.subject)

    def _entry(self, command: str, ref: str, cause: str) -> Entry:
        return Entry(self._house.bot_id, Place.CASE, ref, command, None, "done", cause)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _radar_key(ref: str, finding: Finding) -> str:
    return f"radar:{ref}:{finding}"
