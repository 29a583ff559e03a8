"""What the cases of a scheme come to over a period: counted case by case, and of no case anything is kept."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.calendar import Calendar
from cases.case import OPENED, REPEATED, Case
from cases.period import QUARTER, Period
from cases.record import ERASED
from commands.action.rules import FINISHED, Action
from commands.action.rules import State as Of
from commands.audit import rules as audit
from commands.audit.rules import Marks
from commands.case.rules import CLOSED
from commands.concern.rules import Concern
from commands.overview.evidence import evidence
from commands.referral.rules import Referral
from commands.request.rules import Answer, Request, State, answers_to
from commands.research.rules import Return
from commands.roundtable.rules import RoundTable

SETTLES = frozenset({State.ANSWERED, State.PARTLY, State.NOTHING, State.REFUSED})


@dataclass(frozen=True, repr=False)
class Took:
    """How long an agency took to answer a question."""

    agency: str
    hours: float
    working_days: int


@dataclass(repr=False)
class Counts:
    """What was counted; each list holds one entry for each case, concern, action, question, … that it is about."""

    opened: int = 0
    closed: int = 0
    repeats: int = 0
    referrals: int = 0
    worked_on: int = 0
    """In how many cases somebody did something."""
    domains: list[int] = field(default_factory=list[int])
    """Of how many domains something is known, in each case that was worked on."""
    marked: list[bool] = field(default_factory=list[bool])
    """Whether a concern says if it is fact or opinion."""
    on_time: list[bool] = field(default_factory=list[bool])
    silence: list[int] = field(default_factory=list[int])
    """The longest one of each case, in days."""
    first_action: list[int] = field(default_factory=list[int])
    """Days from the opening of a case."""
    reasoned: list[bool] = field(default_factory=list[bool])
    explained: list[bool] = field(default_factory=list[bool])
    """Whether a refusal says on which ground, and why."""
    answers: list[Took] = field(default_factory=list[Took])
    approved: list[int] = field(default_factory=list[int])
    """Working days from the end of a table to its approved minutes."""
    contact: list[int] = field(default_factory=list[int])
    """Days from a need to the first contact with a service."""
    marks: list[Marks] = field(default_factory=list[Marks])
    """Of round tables, in the last quarter that is over."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.worked_on or self.opened or self.closed or self.referrals or self.contact)

    def add(self, case: Case, period: Period, calendar: Calendar, now: datetime) -> None:
        """Count a case."""
        until = min(period.end, now)
        self.count_moves(case, period)
        self.contact += [
            (calendar.day(one.contact_at) - calendar.day(one.at)).days
            for one in case.all(Referral)
            if one.contact_at and one.contact_at in period and not one.withdrawn
        ]
        if not case.has_table:
            return
        if any(step.agency and step.at in period for step in case.steps):
            self.worked_on += 1
            self.domains.append(evidence(case, (), lambda _: 0).known)
        if (silent := longest_silence(case, period, until)) is not None:
            self.silence.append(silent.days)
        concerns = (one for one in case.all(Concern) if one.at in period and not one.withdrawn)
        self.marked += [one.kind is not None for one in concerns]
        self._count_actions(case, period, calendar, until)
        self._count_questions(case, period, calendar)
        self.approved += [
            calendar.between(calendar.day(table.ended_at), calendar.day(table.approved_at))
            for table in case.all(RoundTable)
            if table.ended_at and table.approved_at and table.approved_at in period
        ]
        self.marks += audit.marks_of(case, last_quarter(period))

    def count_moves(self, case: Case, period: Period) -> None:
        """Count how often it was opened, closed, came back, and was a reason to refer somebody."""
        self.referrals += sum(one.at in period for one in case.all(Referral) if not one.withdrawn)
        for step in case.steps if case.has_table else ():
            if step.at in period and not step.undone:
                self.opened += step.what is OPENED
                self.closed += step.what is CLOSED
                self.repeats += step.what is REPEATED

    def _count_actions(self, case: Case, period: Period, calendar: Calendar, until: datetime) -> None:
        actions = [one for one in case.all(Action) if not one.withdrawn]
        done = {step.subject: step.at for step in case.told(FINISHED) if not step.undone}
        # What nobody took on, or what circumstances made impossible, was neither on time nor late.
        self.on_time += [
            one.state is Of.DONE and done.get(one.id, one.due_at) <= one.due_at
            for one in actions
            if one.due_at in period and one.due_at <= until and one.state not in {Of.DECLINED, Of.NOT_POSSIBLE}
        ]
        if actions and case.opened_at in period:
            first = min(one.at for one in actions)
            self.first_action.append((calendar.day(first) - calendar.day(case.opened_at)).days)

    def _count_questions(self, case: Case, period: Period, calendar: Calendar) -> None:
        kept = (one for one in case.all(Return) if one.refused and not one.withdrawn)
        self.explained += [_is_explained(one) for one in kept if one.at in period]
        for asked in case.all(Request):
            if asked.withdrawn:
                continue
            if asked.at in period:
                self.reasoned.append(_says(asked.because))
            settled = [one for one in answers_to(case, asked) if one.result in SETTLES]
            self.explained += [_is_explained(one) for one in settled if _is_refusal(one) and one.at in period]
            if settled and settled[0].at in period:
                self.answers.append(_took(asked, settled[0], calendar))


def longest_silence(case: Case, period: Period, until: datetime) -> timedelta | None:
    """The longest time without a sign of life that reached into a period; None: the case was not open in it."""
    longest, since, is_open = None, case.opened_at, True
    for step in (*(step for step in case.steps if step.agency and step.at < until), None):
        moment = step.at if step else until
        if is_open and moment > period.start and since < until:
            longest = max(longest or timedelta(), moment - since)
        if step is not None:
            since, is_open = moment, step.what is not CLOSED or step.undone
    return longest


def last_quarter(period: Period) -> Period:
    """The last quarter that is over when a period ends: of a running one means would tell each mark that is added."""
    return Period.of(period.end, period.zone, QUARTER).before


def _took(asked: Request, answer: Answer, calendar: Calendar) -> Took:
    days = calendar.between(calendar.day(asked.at), calendar.day(answer.at))
    return Took(asked.to_agency, (answer.at - asked.at) / timedelta(hours=1), days)


def _is_refusal(answer: Answer) -> bool:
    return answer.result is State.REFUSED


def _is_explained(refusal: Answer | Return) -> bool:
    return bool(refusal.grounds) and _says(refusal.text)


def _says(words: str) -> bool:
    return bool(words.strip()) and words != ERASED
