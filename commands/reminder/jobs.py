"""Reminding: the owners at the table, their managers without content, steering by a count; each step said once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from cases.calendar import Calendar
from cases.case import Case
from cases.roles import Place, Role
from chat.context import COORDINATION, House, Reply, agency_channel, case_channel, direct_channel
from chat.jobs import Sweep, awaited
from commands.practice.rules import PRACTISED, is_practice
from commands.reminder import rules as reminders
from commands.reminder.rules import Reminder, Stage
from commands.request import audience
from commands.separation import links
from commands.upward import counting
from storage import causes, reminded
from storage.audit import Entry
from storage.find import Directory
from storage.reminded import STEERING, Reminded
from storage.store import Store
from storage.work import Work

CaseOf = Callable[[str], Case | None]
Each = Callable[[Callable[[str], None], Collection[str]], None]
"""Does something for each of these cases; what goes wrong in one does not stop the others."""


@dataclass(frozen=True, repr=False)
class Due:
    """One line of a reminder: an id and a date, no content."""

    id: str
    days: int
    """Calendar days from today in the zone of those who read it: -1 is yesterday."""
    due_at: datetime
    late: bool
    """Whether its time is over, as for what fell due today while the bot was down."""
    first_due_at: datetime | None = None
    """The date first agreed, if it was moved."""


@dataclass(frozen=True, repr=False)
class Call:
    """One step that one person, or ``steering``, is to be told about one thing."""

    case: Case
    calendar: Calendar
    reminder: Reminder
    whom: str
    stage: Stage
    planned: datetime
    """When it was to be said: earlier than today, if something held it up."""

    @property
    def ref(self) -> str:
        """The case's reference."""
        return self.case.ref


@awaited
def remind(sweep: Sweep) -> None:
    """Remind the owners of what falls due, and those who answer for what is long late."""
    Reminding(sweep.store, sweep.house).remind(sweep.now, sweep.case, sweep.each)


class Reminding:
    """Looks up who is to be reminded, and says it once; holds no data of its own."""

    def __init__(self, store: Store, house: House) -> None:
        self._store = store
        self._house = house

    def remind(self, now: datetime, case_of: CaseOf, each: Each) -> None:
        """Say what is due: one message a person and day, not in their quiet hours, the highest step only."""
        with self._store.look() as find:
            directory, said = find.directory(), reminded.read(find)
            practised = find.cases_with(PRACTISED)
            owing = find.cases_with(reminders.OWED)
        calls: list[Call] = []

        def gather(ref: str) -> None:
            case = case_of(ref)
            if case is not None:
                calls.extend(_calls(case, self._house.calendar(case), directory, said, now))

        each(gather, owing)
        # What is practised comes after all else, and holds none of it up.
        before = said.without(practised)
        calls = [c for c in calls if self._may_hear(c, directory, said if c.ref in practised else before, now)]
        owners = [call for call in calls if call.stage <= Stage.LATE]
        told = {call.whom for call in owners}
        # Whoever owes something in several cases gets one message for all of them, and so does who is awake when the
        # table is not.
        # What is practised is spoken of at its table alone.
        live = [call for call in owners if call.ref not in practised]
        alone = {whom for whom, theirs in _by_person(live) if len({c.ref for c in theirs}) > 1}
        alone |= {call.whom for call in live if call.calendar.rests(now)}
        for whom, theirs in _by_person(live):
            if whom in alone:
                self._tell_alone(whom, theirs, now)

        def tell_table(ref: str) -> None:
            theirs = [call for call in owners if call.ref == ref and not call.calendar.rests(now)]
            if theirs:
                self._tell_table(ref, theirs, alone, now)

        each(tell_table, dict.fromkeys(call.ref for call in owners))
        for whom, theirs in self._by_person_apart([call for call in calls if call.stage is Stage.MANAGER]):
            if whom not in told:
                self._tell_manager(whom, theirs, now)
        if long_late := [call for call in calls if call.stage is Stage.STEERING]:
            self._tell_steering(long_late, now)

    def _by_person_apart(self, calls: list[Call]) -> list[tuple[str, list[Call]]]:
        """What each person is told together: of a case nothing beside one that it was separated from.

        But to whoever sits at both tables, and knows of both.
        """
        found = _by_person(calls)
        if all(len({call.ref for call in theirs}) == 1 for _, theirs in found):
            return found
        with self._store.look() as find:
            families = links.families(find)
        return [(whom, part) for whom, theirs in found for part in _apart(whom, theirs, families)]

    def _may_hear(self, call: Call, directory: Directory, said: Reminded, now: datetime) -> bool:
        """Whether this person may be spoken to now: not in their quiet hours, and not twice a day."""
        if call.whom not in directory.people:
            return not self._house.calendar().rests(now)
        prefers = directory.prefers(call.whom)
        zone = directory.zone(call.whom, call.calendar.zone)
        if call.calendar.is_quiet(now, prefers.hours, zone):
            return False
        last = said.last(call.whom)
        if last is not None and last.astimezone(zone).date() == now.astimezone(zone).date():
            return False
        # Who sleeps through all of the table's day is told in the first of their own hours.
        apart = not call.calendar.meets(now, prefers.hours, zone)
        return prefers.quiet is not None or apart or not call.calendar.rests(now)

    def _tell_table(self, ref: str, calls: list[Call], alone: set[str], now: datetime) -> None:
        """One message for each agency: at the table, or with them when nobody of theirs sits there."""
        with self._store.work(causes.of_job("remind", ref, now.isoformat()), now) as work:
            case = work.find.case(ref)
            # What was settled a moment ago needs nobody any more.
            still = {r.record.id for r in reminders.due(case, now, calls[0].calendar)} if case else set[str]()
            calls = [call for call in calls if call.reminder.record.id in still]
            self._record(work, ref)
            directory = work.find.directory()
            told = {(call.reminder.agency, _channel(call, directory)): None for call in calls}
            for agency, channel in told:
                theirs = [c for c in calls if (c.reminder.agency, _channel(c, directory)) == (agency, channel)]
                case = theirs[0].case
                wake = tuple(dict.fromkeys(call.whom for call in theirs if call.whom not in alone))
                items = _items(theirs, now, case.zone_info)
                facts: dict[str, object] = {"ref": ref, "items": items, "behind": _behind(theirs, now)}
                subject = items[0].id if len(items) == 1 else None
                self._house.say(work, channel, Reply("reminder/reminder", facts, subject, wake), case)
                for call in theirs:
                    if call.whom in wake:
                        _note(work, call)

    def _tell_alone(self, whom: str, calls: list[Call], now: datetime) -> None:
        """One message in the direct chat, about all cases."""
        with self._store.work(self._cause("remind", whom, calls, now), now) as work:
            directory = work.find.directory()
            zone = self._house.voice(directory, direct_channel(whom)).zone
            cases = [(ref, _items(theirs, now, zone)) for ref, theirs in _by_case(calls)]
            facts: dict[str, object] = {
                "cases": cases,
                "count": sum(len(items) for _, items in cases),
                "behind": _behind(calls, now),
            }
            told = Reply("reminder/reminder_everywhere", facts, wake=(whom,))
            self._house.say(work, direct_channel(whom), told)
            self._note_all(work, calls)

    def _tell_manager(self, whom: str, calls: list[Call], now: datetime) -> None:
        """A manager, who sits at no table; the coordinators when there is none."""
        with self._store.work(self._cause("remind manager", whom, calls, now), now) as work:
            directory = work.find.directory()
            counted = [(ref, *_how_late(theirs, now), _people(theirs)) for ref, theirs in _by_case(calls)]
            if whom in directory.people:
                told = Reply("reminder/manager", {"cases": counted}, wake=(whom,))
                self._house.say(work, direct_channel(whom), told)
                for _, theirs in _by_case(calls):
                    self._tell_of_manager(work, whom, theirs, directory)
            else:
                agency = whom.partition(":")[2]
                told = Reply("reminder/no_manager", {"agency": agency, "cases": counted})
                self._house.say(work, COORDINATION, told)
            self._note_all(work, calls)

    def _tell_of_manager(self, work: Work, manager: str, calls: list[Call], directory: Directory) -> None:
        """Those who owe it see that their manager heard of it."""
        for channel in dict.fromkeys(_channel(call, directory) for call in calls):
            theirs = [call for call in calls if _channel(call, directory) == channel]
            ids = sorted({call.reminder.record.id for call in theirs})
            told = Reply("reminder/manager_told", {"ids": ids, "manager": manager}, ids[0] if len(ids) == 1 else None)
            self._house.say(work, channel, told, theirs[0].case)

    def _tell_steering(self, calls: list[Call], now: datetime) -> None:
        """A count, and no reference."""
        with self._store.work(causes.of_job("remind", self._house.bot_id, STEERING, now.isoformat()), now) as work:
            facts: dict[str, object] = {"count": len(calls), "cases": len({call.ref for call in calls})}
            facts["days"] = reminders.STEERING_WORKING_DAYS
            self._house.say(work, COORDINATION, Reply("reminder/steering", facts))
            counting.count(work, counting.What.LATE, {call.ref for call in calls}, len(calls))
            self._note_all(work, calls)

    def _cause(self, kind: str, whom: str, calls: list[Call], now: datetime) -> str:
        """One message for a person, or one for each part of what they are told."""
        return causes.of_job(kind, self._house.bot_id, whom, now.isoformat(), calls[0].ref)

    def _note_all(self, work: Work, calls: list[Call]) -> None:
        for ref in dict.fromkeys(call.ref for call in calls):
            self._record(work, ref)
        for call in calls:
            _note(work, call)

    def _record(self, work: Work, ref: str) -> None:
        work.record(Entry(self._house.bot_id, Place.CASE, ref, "reminder", None, "done", work.cause))


def _calls(case: Case, calendar: Calendar, directory: Directory, said: Reminded, now: datetime) -> Iterator[Call]:
    """Whom what in this case is to be told, and was not told yet."""
    for reminder in reminders.due(case, now, calendar):
        calls = list(_owners(case, calendar, reminder, directory, said, now))
        steps = [(Stage.MANAGER, whom) for whom in _managers(reminder, directory)] + [(Stage.STEERING, STEERING)]
        for stage, whom in steps if not is_practice(case) else ():
            if stage in reminder.reached:
                calls.append(Call(case, calendar, reminder, whom, stage, reminder.reached[stage]))
        for call in calls:
            told = said.told(case.ref, reminder.record.id, call.whom, reminder.since)
            if told is None or told.stage < call.stage or _snoozed_since(call, told.at, now):
                yield call


def _owners(  # noqa: PLR0917 everything that says who is to be told
    case: Case, calendar: Calendar, reminder: Reminder, directory: Directory, said: Reminded, now: datetime
) -> Iterator[Call]:
    """Those who owe it, but who asked to be left in peace about it."""
    stage = reminder.for_owner
    if stage is Stage.NONE:
        return
    seated = [m.user_id for m in case.present if m.agency == reminder.agency]
    if not seated and case.stays_inside(reminder.record.id):
        return
    agency = audience.of_agency(case, directory, reminder.agency)
    # Where nobody is left the room is told all the same: who is new there reads it, and who has left gets no key.
    people = seated or sorted(agency or audience.in_its_room(directory, reminder.agency))
    for person in [reminder.person] if reminder.person in people else people:
        standing = reminders.pause_of(case, reminder.record.id, person)
        if standing is None or not reminders.rests(standing, now):
            planned = reminder.reached[stage]
            if standing and standing.until:
                planned = max(planned, standing.until)
            yield Call(case, calendar, reminder, person, stage, planned)


def _channel(call: Call, directory: Directory) -> str:
    """Where an owner is told: at the table, in the agency's own room, or alone when not all there may read it."""
    case, agency = call.case, call.reminder.agency
    if any(member.agency == agency for member in case.present):
        return case_channel(case.ref)
    people = audience.of_agency(case, directory, agency)
    meant = people & {call.reminder.person} or people
    in_room = not people or meant == audience.in_its_room(directory, agency)
    return agency_channel(agency) if in_room else direct_channel(call.whom)


def _snoozed_since(call: Call, told_at: datetime, now: datetime) -> bool:
    """Whether this person asked to be told again, and the time for it has come."""
    standing = reminders.pause_of(call.case, call.reminder.record.id, call.whom)
    return standing is not None and standing.until is not None and told_at < standing.until <= now


def _managers(reminder: Reminder, directory: Directory) -> list[str]:
    """Who hears, without content, that it is late: the person's own manager, else the agency's."""
    person = directory.people.get(reminder.person or "")
    if person and person.manager in directory.people:
        return [person.manager]
    managers = [p.user_id for p in directory.of_agency(reminder.agency, Role.MANAGER)]
    named = {p.manager for p in directory.people.values() if p.agency == reminder.agency and p.manager}
    return managers or sorted(named & directory.people.keys()) or [agency_channel(reminder.agency)]


def _by_person(calls: Iterable[Call]) -> list[tuple[str, list[Call]]]:
    return [(whom, list(theirs)) for whom, theirs in groupby(sorted(calls, key=_whom), key=_whom)]


def _by_case(calls: list[Call]) -> list[tuple[str, list[Call]]]:
    return [(ref, list(theirs)) for ref, theirs in groupby(sorted(calls, key=_ref), key=_ref)]


def _apart(whom: str, calls: list[Call], families: Mapping[str, str]) -> list[list[Call]]:
    """The calls of one person in as few parts as keep cases of one family apart, if they don't sit at all of them."""
    parts: list[list[Call]] = []
    for ref, theirs in _by_case(calls):

        def fits(part: list[Call], ref: str = ref, own: Case = theirs[0].case) -> bool:
            kin = [call.case for call in part if families.get(call.ref, call.ref) == families.get(ref)]
            return not kin or all(case.is_member(whom) for case in (own, *kin))

        part = next(filter(fits, parts), None)
        if part is None:
            parts.append(part := [])
        part += theirs
    return parts


def _whom(call: Call) -> str:
    return call.whom


def _ref(call: Call) -> str:
    return call.ref


def _items(calls: list[Call], now: datetime, zone: ZoneInfo) -> list[Due]:
    """One line for each thing, however many people owe it."""
    things = {call.reminder.record.id: call for call in calls}
    return [_due(call.reminder, now, zone) for call in things.values()]


def _due(reminder: Reminder, now: datetime, zone: ZoneInfo) -> Due:
    due_at = reminder.record.due_at
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return Due(reminder.record.id, days, due_at, late=due_at < now, first_due_at=reminder.record.first_due_at)


def _behind(calls: list[Call], now: datetime) -> bool:
    """Whether this comes a day or more after it was to be said."""
    return any(call.calendar.day(call.planned) < call.calendar.day(now) for call in calls)


def _how_late(calls: list[Call], now: datetime) -> tuple[int, int]:
    """How many things, and how many working days the least late of them is."""
    late = [c.calendar.between(c.calendar.day(c.reminder.record.due_at), c.calendar.day(now)) for c in calls]
    return len({call.reminder.record.id for call in calls}), min(late)


def _people(calls: list[Call]) -> list[str]:
    """Those at the table who owe it."""
    owed = {(call.reminder.agency, call.reminder.person) for call in calls}
    there = [m for m in calls[0].case.present if (m.agency, None) in owed or (m.agency, m.user_id) in owed]
    return [member.user_id for member in there]


def _note(work: Work, call: Call) -> None:
    reminded.note(work, call.ref, call.reminder.record.id, call.whom, call.stage)
