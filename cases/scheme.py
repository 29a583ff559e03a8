"""What is particular to a scheme: whoever works in it agreed on that.

Every number here is a default that a scheme can change, never a law (practice, section 5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.case import Mode

if TYPE_CHECKING:
    from datetime import date

    from cases.calendar import Calendar

QUORUM_AGENCIES = 3
"""How many agencies make a quorum beside the chair, unless a scheme says otherwise (practice, section 3)."""


class Unit(StrEnum):
    """In what a clock counts."""

    MINUTES = "minutes"
    """By day and night, like hours."""
    HOURS = "hours"
    """By day and night, also on days off."""
    DAYS = "days"
    WORKING_DAYS = "working days"
    """To the end of the last of them."""

    @property
    def counted(self) -> tuple[str, str]:
        """One of them, and many, with the place ``{count}``."""
        return f"{{count}} {self.removesuffix('s')}", f"{{count}} {self}"


@dataclass(frozen=True, repr=False)
class Clock:
    """How long something may take."""

    number: int
    unit: Unit = Unit.WORKING_DAYS

    def ends(self, start: datetime, calendar: Calendar) -> datetime:
        """When it has run out, in UTC."""
        if self.unit is Unit.WORKING_DAYS:
            return calendar.end_of(calendar.add(calendar.day(start), self.number))
        return start.astimezone(UTC) + timedelta(**{self.unit.value: self.number})

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


class Runs(StrEnum):
    """What a clock can run for."""

    ANSWER = "answer"
    """From a question to its answer."""
    ACCEPT = "accept"
    """From a proposed action to its acceptance; then it goes to the chair."""
    CONTACT = "contact"
    """From a need to the first contact with a service."""
    REFERRAL = "referral"
    """From a referral to its acceptance."""
    FEEDBACK = "feedback"
    """Until who raised a concern, or referred somebody, hears what came of it."""
    SCREEN = "screen"
    """From the opening of a case to the intake screens."""
    HANDOVER = "handover"
    """From the hand-over of a shift until somebody has taken it over."""


USUAL_CLOCKS: Mapping[Runs, Clock] = {
    Runs.ANSWER: Clock(5),
    Runs.ACCEPT: Clock(3),
    Runs.CONTACT: Clock(10),
    Runs.REFERRAL: Clock(3),
    Runs.FEEDBACK: Clock(10),
    Runs.SCREEN: Clock(5),
    Runs.HANDOVER: Clock(30, Unit.MINUTES),
}


@dataclass(frozen=True, repr=False)
class LawfulBasis:
    """A basis on which information may be asked for or given, from the scheme's catalogue."""

    name: str
    text: str = ""
    sensitive: bool = False
    """Whether it is enough for sensitive data only with a second condition."""


@dataclass(frozen=True, repr=False)
class Rung:
    """A level that a disagreement climbs to."""

    level: str
    within: Clock
    people: tuple[str, ...] = ()
    """Who is told there, without content (Matrix ids)."""


@dataclass(frozen=True, repr=False)
class NeverAsked:
    """What may not be asked for under this scheme, whoever asks: a rule of its jurisdiction."""

    words: tuple[str, ...]
    because: str


class Counted(StrEnum):
    """What a return to an authority can count."""

    OPENED = "opened"
    """Cases, and the next two."""
    CLOSED = "closed"
    REPEATS = "repeats"
    DISCUSSED = "discussed"
    """Cases of which a round table was held."""
    REFERRALS = "referrals"


@dataclass(frozen=True, repr=False)
class Suppression:
    """Which counts are too small to be shown; nought is."""

    least: int = 5
    """The smallest that is shown."""
    mark: str = "below 5"
    """What stands in place of the others."""


@dataclass(frozen=True, repr=False)
class Column:
    """A column of a return; with ``by`` there is one for each choice of that category."""

    name: str
    counts: Counted
    by: str | None = None


@dataclass(frozen=True, repr=False)
class Return:
    """What a scheme returns to an authority, in its columns."""

    columns: tuple[Column, ...]
    quarterly: bool = False
    suppression: Suppression = Suppression()


TOPIC, BROUGHT_BY = "topic", "brought by"
"""By what a column can be parted beside the scheme's categories."""


USUAL_LADDER = (
    Rung("professionals", Clock(2)),
    Rung("managers", Clock(5)),
    Rung("senior level", Clock(14, Unit.DAYS)),
)
DIFFERENCE_IS_WELCOME = (
    "Difference is welcome here, whatever anybody's rank: who sees it otherwise says so, and it is written down."
)


@dataclass(frozen=True, repr=False)
class Scheme:
    """What is particular to one scheme."""

    holidays: Collection[date] = ()
    """Its public holidays."""
    language: str = "en"
    """In which its rooms are spoken to."""
    mode: Mode = Mode.TABLE
    """Of a case, unless it says otherwise."""
    mandatory: Collection[str] = ()
    """The agencies without which a round table has no quorum, by short name."""
    quorum_agencies: int = QUORUM_AGENCIES
    """How many agencies make a quorum, those among them."""
    coordinators: Collection[str] = ()
    """Who coordinates it (Matrix ids); every coordinator, if none is named."""
    marking: str = ""
    """The protective marking above each page of its papers; a usual one, if it is left out."""
    polls: bool = False
    """Whether what everybody in a case's room is asked can be answered by a tap."""
    note: str = ""
    """What people should know of it, such as that counsel has not checked it."""
    topics: tuple[str, ...] = ()
    """For which concerns its tables may be opened; for any, if none is named."""
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What is asked once of each case for the return, such as an age band, and what can be chosen."""
    returns: Return | None = None
    """What it returns to an authority."""
    figures_by_agency: bool = False
    """Whether figures name agencies above the tables, too."""
    conveners: tuple[str, ...] = ()
    """The agencies that may bring a case and convene a table; each, if none is named."""
    clocks: Mapping[Runs, Mapping[str, Clock]] = field(default_factory=dict[Runs, Mapping[str, Clock]])
    """How long things may take, by urgency (``urgent``, ``soon``, ``routine``)."""
    bases: tuple[LawfulBasis, ...] = ()
    bases_version: str = ""
    second_conditions: tuple[str, ...] = ()
    """Of which sensitive data needs one beside the basis."""
    free_basis: bool = True
    """Whether a basis may be worded freely."""
    grounds: tuple[str, ...] = ()
    """On which an answer may be refused; all that there are, if none is named."""
    dimensions: tuple[str, ...] = ()
    """What an assessment looks at, one by one."""
    screens: tuple[str, ...] = ("health",)
    """What is looked at for each person at intake."""
    anonymous: bool = False
    """Whether the person is not named until the table has agreed to assess."""
    repeats: bool = False
    """Whether a case comes back as a repeat with something new, instead of having a date of review."""
    retention: tuple[str, ...] = ()
    """The retention classes that a closed case can have."""
    never_asked: tuple[NeverAsked, ...] = ()
    ladder: tuple[Rung, ...] = USUAL_LADDER
    danger_within: Clock = Clock(24, Unit.HOURS)
    """How long all of the ladder may take where somebody may be harmed."""
    harm_kinds: tuple[str, ...] = ("police",)
    """The kinds of agency whose actions are asked whether they could make it worse, if they name one of these words."""
    harm_words: tuple[str, ...] = ("arrest", "search", "seize", "raid", "stop and search", "interrogate", "charge")
    reasons_on_actions: bool = False
    """Whether an action set at a table needs its reason."""
    basis_on_answers: bool = False
    """Whether an answer needs its own basis, and whether there is consent."""
    consensus: bool = False
    """Whether nothing leaves before every agency that took part agrees."""
    emergency_number: str = "112"
    duty: tuple[str, ...] = ()
    """Who is called in turn when something is urgent (Matrix ids)."""
    shifts: tuple[time, ...] = ()
    """When the shifts of its teams begin, in local time."""
    statement: str = DIFFERENCE_IS_WELCOME
    """What is read at each opening."""
    mandates: bool = False
    """Whether an agency needs a mandate that has not lapsed to be at a table."""
    protocol: str = ""
    """The privacy protocol, which each person acknowledges before their first case; none, if it is left out."""
    protocol_version: str = ""
    bound: str = ""
    """What whoever has no professional secrecy of their own is told: that they are bound all the same."""
    under_secrecy: tuple[str, ...] = ()
    """The functions of people, and the kinds of agency, that have one."""
    start_small: bool = False
    """Whether an agency that joins a case later needs an end date."""
    induction: bool = False
    """Whether a person needs the induction before the first live case."""

    @property
    def suppression(self) -> Suppression:
        """Which counts are too small to be shown, in the return and in other figures: each would tell of the other."""
        return self.returns.suppression if self.returns else Suppression()

    def clock(self, what: Runs, urgency: str = "routine") -> Clock:
        """How long something may take."""
        return self.clocks.get(what, {}).get(urgency) or self.clocks.get(what, {}).get("routine") or USUAL_CLOCKS[what]
