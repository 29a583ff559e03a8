"""What a scheme has of its own: a table by its name, in the configuration or in the schemes' own file beside it."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.sections import Country, LanguageCode, Line, Section, User, read_holidays
from cases.case import Mode
from cases.roles import Role
from cases.scheme import (
    BROUGHT_BY,
    QUORUM_AGENCIES,
    TOPIC,
    Clock,
    Column,
    Counted,
    LawfulBasis,
    NeverAsked,
    Return,
    Rung,
    Runs,
    Scheme,
    Suppression,
    Unit,
)
from commands.concern.rules import Urgency
from commands.figures.suppression import SMALLEST_RULE
from commands.request.rules import Ground

_CLOCK = re.compile(r"([1-9][0-9]{0,3}) (minutes?|hours?|days?|working days?)")
_SUPPRESSED = re.compile(r"(?:below ([0-9]{1,2})|([0-9]{1,2}) or under)")
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_USUAL = Scheme()
LONGEST_TEXT = 1_000

Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Short = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,20}$")]
"""An agency, as people type it."""


def _read_clock(value: object) -> object:
    """``4 hours``, ``14 days``, ``5 working days``; raises ValueError."""
    if isinstance(value, Clock):
        return value
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is no clock; write it like 30 minutes, 4 hours, 14 days or 5 working days")
    return Clock(int(found[1]), Unit(f"{found[2].removesuffix('s')}s"))


def _read_suppression(value: object) -> object:
    """``below 5``, ``5 or under``; raises ValueError."""
    if isinstance(value, Suppression):
        return value
    found = _SUPPRESSED.fullmatch(value) if isinstance(value, str) else None
    least = int(found[1] or int(found[2]) + 1) if found else 0
    if found is None or least < SMALLEST_RULE:
        raise ValueError("is no rule of suppression; write it like below 5, or 5 or under")
    return Suppression(least, found[0])


ASuppression = Annotated[Suppression, BeforeValidator(_read_suppression)]
AClock = Annotated[Clock, BeforeValidator(_read_clock)]


def _read_hour(value: object) -> object:
    """``07:00``; raises ValueError."""
    found = _HOUR.fullmatch(value) if isinstance(value, str) else None
    if found is None and not isinstance(value, time):
        raise ValueError("is no time of the day; write it like 07:00")
    return time(int(found[1]), int(found[2])) if found else value


AnHour = Annotated[time, BeforeValidator(_read_hour)]

CategoryName = Annotated[Line, Field(max_length=40)]


def _check_ground(ground: str) -> str:
    if ground not in set(Ground):
        raise ValueError(f"is no ground that I know; those are: {', '.join(Ground)}")
    return ground


class BasisSection(Section):
    """A lawful basis of the catalogue."""

    name: Line = Field(description="what people type")
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = Field("", description="what it says")
    sensitive: bool = Field(default=False, description="whether sensitive data needs a second condition beside it")


class RungSection(Section):
    """A level that a disagreement climbs to."""

    level: Line = Field(description="what it is called")
    within: AClock = Field(description="how long it may take there")
    people: tuple[User, ...] = Field((), description="who is told there, without content")


class NeverSection(Section):
    """What may not be asked for under this scheme."""

    words: tuple[Line, ...] = Field(min_length=1, description="the words by which it is known")
    because: Text = Field(description="why not, for whoever asked")


class ColumnSection(Section):
    """A column of a return."""

    name: Line = Field(description="what stands above it")
    counts: Counted = Field(description="opened, closed, repeats, discussed or referrals")
    by: Line | None = Field(None, description="the category by which it is parted; or topic, or brought by")


class ReturnSection(Section):
    """What a scheme returns to an authority."""

    period: Literal["month", "quarter"] = Field("month", description="of which it is made")
    suppress: ASuppression = Field(_USUAL.suppression, description="which counts are hidden: below 5, or 5 or under")
    columns: tuple[ColumnSection, ...] = Field(min_length=1, description="its columns")


class SchemeSection(Section):
    """What one scheme has of its own; what is left out is as in [house]."""

    note: Annotated[Line, Field(max_length=300)] | None = Field(None, description="what people should know of it")
    country: Country | None = Field(None, description="whose public holidays are no working days")
    language: LanguageCode | None = Field(None, description="the language of its rooms")
    mode: Mode | None = Field(None, description="of its cases: table, or team with a digest each morning")
    mandatory_agencies: tuple[Line, ...] = Field(
        (), description="the agencies (short names) without which a round table takes no decision"
    )
    quorum_agencies: int = Field(
        QUORUM_AGENCIES, ge=2, description="how many agencies, with the chair, a round table takes to decide"
    )
    conveners: tuple[Short, ...] = Field((), description="the agencies that may bring a case; each if left out")
    coordinators: tuple[User, ...] = Field(
        (), description="the coordinators (Matrix ids) who steer, list and see its cases; every coordinator if left out"
    )
    polls: bool | None = Field(None, description="whether what everybody is asked can be answered by a tap, too")
    marking: Annotated[Line, Field(max_length=80)] | None = Field(
        None, description="the protective marking above each page of its minutes and packs"
    )
    topics: tuple[Line, ...] = Field((), description="for which concerns its tables may be opened; for any if left out")
    categories: dict[CategoryName, tuple[Line, ...]] = Field(
        default_factory=dict, description="what is asked once of each case for the return, and what can be chosen"
    )
    return_: ReturnSection | None = Field(
        None, alias="return", description="what is returned to an authority, in its columns"
    )
    figures_by_agency: bool = Field(default=False, description="whether figures name agencies above the tables, too")
    intake: Literal["named", "anonymous"] = Field(
        "named", description="anonymous: the person is not named until the table has agreed to assess"
    )
    review: Literal["date", "on repeat"] = Field(
        "date", description="on repeat: a case comes back with something new, instead of having a date of review"
    )
    retention: tuple[Line, ...] = Field((), description="the retention classes that a closed case can have")
    clocks: dict[Runs, dict[Urgency, AClock]] = Field(
        default_factory=dict, description="how long things may take, by urgency: urgent, soon, routine"
    )
    bases: tuple[BasisSection, ...] = Field((), description="the catalogue of lawful bases")
    bases_version: Line | None = Field(None, description="its version")
    second_conditions: tuple[Line, ...] = Field((), description="of which sensitive data needs one beside the basis")
    free_basis: bool = Field(default=True, description="whether a basis may be worded freely")
    grounds: tuple[Annotated[str, AfterValidator(_check_ground)], ...] = Field(
        (), description="on which an answer may be refused; all that there are if left out"
    )
    never_asked: tuple[NeverSection, ...] = Field((), description="what may not be asked for, and why")
    dimensions: tuple[Line, ...] = Field((), description="what an assessment looks at, one by one")
    screens: tuple[Line, ...] = Field(_USUAL.screens, description="what is looked at for each person at intake")
    ladder: tuple[RungSection, ...] = Field((), description="the levels that a disagreement climbs to, with clocks")
    danger_within: AClock = Field(
        _USUAL.danger_within, description="how long the whole ladder may take where somebody may be harmed"
    )
    harm_kinds: tuple[Line, ...] = Field(
        _USUAL.harm_kinds, description="the kinds of agency that are asked whether an action could make it worse"
    )
    harm_words: tuple[Line, ...] = Field(_USUAL.harm_words, description="the words of an action that ask for it")
    reasons_on_actions: bool = Field(default=False, description="whether an action set at a table needs its reason")
    basis_on_answers: bool = Field(default=False, description="whether an answer needs its own basis, and the consent")
    consensus: bool = Field(default=False, description="whether nothing leaves before every agency there agrees")
    emergency_number: Line = Field(_USUAL.emergency_number, description="whom to call first when it is urgent")
    duty: tuple[User, ...] = Field((), description="who is called in turn when something is urgent (Matrix ids)")
    shifts: tuple[AnHour, ...] = Field((), description="when the shifts of its teams begin, such as 07:00")
    statement: Text | None = Field(None, description="what is read at each opening of a table")
    mandates: bool = Field(default=False, description="whether an agency needs a mandate that has not lapsed")
    protocol: Annotated[str, Field(max_length=4 * LONGEST_TEXT)] = Field(
        "", description="the privacy protocol, which each person acknowledges before their first case"
    )
    protocol_version: Line | None = Field(None, description="its version: with a new one it is acknowledged anew")
    bound: Annotated[str, Field(max_length=4 * LONGEST_TEXT)] = Field(
        "", description="what whoever has no professional secrecy of their own is told: that they are bound"
    )
    under_secrecy: tuple[Line, ...] = Field(
        (), description="the functions of people, and the kinds of agency, that have a professional secrecy"
    )
    start_small: bool = Field(
        default=False, description="whether an agency that joins a case later needs an end date, beside its reason"
    )
    induction: bool = Field(default=False, description="whether a person needs the induction before a first live case")

    @model_validator(mode="after")
    def _know_what_parts_columns(self) -> Self:
        known = {*self.categories, BROUGHT_BY, TOPIC}
        for column in self.return_.columns if self.return_ else ():
            if column.by and column.by not in known:
                raise ValueError(f"has a column by {column.by}, which is none of its categories")
        return self


EXAMPLES: Mapping[str, Any] = {
    "coordinators": ["@cleo:example.org"],
    "country": "NL",
    "language": "nl",
    "mandatory_agencies": ["police", "social"],
    "marking": "OFFICIAL-SENSITIVE",
    "mode": "team",
    "polls": False,
    "quorum_agencies": QUORUM_AGENCIES,
}
"""The keys that the example of a configuration shows; all of them stand in ``docs/schemes.md``."""


def scheme_of(given: SchemeSection, *, country: str | None, language: str, mode: Mode, polls: bool) -> Scheme:
    """What is particular to a scheme; what it leaves out is as in the house."""
    bases = tuple(LawfulBasis(basis.name, basis.text, basis.sensitive) for basis in given.bases)
    ladder = tuple(Rung(rung.level, rung.within, rung.people) for rung in given.ladder)
    return Scheme(
        read_holidays(given.country or country),
        given.language or language,
        given.mode or mode,
        given.mandatory_agencies,
        given.quorum_agencies,
        given.coordinators,
        given.marking or "",
        polls if given.polls is None else given.polls,
        note=given.note or "",
        topics=given.topics,
        categories=given.categories,
        returns=_return_of(given.return_) if given.return_ else None,
        figures_by_agency=given.figures_by_agency,
        conveners=given.conveners,
        clocks={runs: {str(urgency): clock for urgency, clock in by.items()} for runs, by in given.clocks.items()},
        bases=bases,
        bases_version=given.bases_version or "",
        second_conditions=given.second_conditions,
        free_basis=given.free_basis,
        grounds=given.grounds,
        dimensions=given.dimensions,
        screens=given.screens,
        anonymous=given.intake == "anonymous",
        repeats=given.review == "on repeat",
        retention=given.retention,
        never_asked=tuple(NeverAsked(never.words, never.because) for never in given.never_asked),
        ladder=ladder or _USUAL.ladder,
        danger_within=given.danger_within,
        harm_kinds=given.harm_kinds,
        harm_words=given.harm_words,
        reasons_on_actions=given.reasons_on_actions,
        basis_on_answers=given.basis_on_answers,
        consensus=given.consensus,
        emergency_number=given.emergency_number,
        duty=given.duty,
        shifts=given.shifts,
        statement=given.statement or _USUAL.statement,
        mandates=given.mandates,
        protocol=given.protocol,
        protocol_version=given.protocol_version or "",
        bound=given.bound,
        under_secrecy=given.under_secrecy,
        start_small=given.start_small,
        induction=given.induction,
    )


def _return_of(given: ReturnSection) -> Return:
    columns = tuple(Column(column.name, column.counts, column.by) for column in given.columns)
    return Return(columns, given.period == "quarter", given.suppress)


def list_strangers(
    schemes: Mapping[str, SchemeSection], agencies: Collection[str], roles: Mapping[str, Role]
) -> Iterator[str]:
    """Whom and what the schemes name that isn't in the agencies' file: it would be waited for in vain.

    ``roles``: of everybody in that file, by Matrix id.
    """
    for name, scheme in schemes.items():
        for user in scheme.coordinators:
            if roles.get(user) is not Role.COORDINATOR:
                yield f'[scheme."{name}"] names {user} as a coordinator, who is none in this file'
        for key in ("mandatory_agencies", "conveners"):
            for agency in getattr(scheme, key):
                if agency not in agencies:
                    yield f'[scheme."{name}"] names {agency} among its {key}, an agency that is not in this file'
        people = (("duty", scheme.duty), *((f"ladder, {rung.level}", rung.people) for rung in scheme.ladder))
        for key, users in people:
            for user in users:
                if user not in roles:
                    yield f'[scheme."{name}"] names {user} in its {key}, who is not in this file'


def read_schemes(text: str) -> dict[str, Any]:
    """The tables of the schemes' own file, by name; raises ValueError with what is wrong."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        # The parser's own words can repeat what stands there: only where it stopped is told.
        where = re.search(r"at line \d+", str(problem))
        raise ValueError(f"is no TOML{f' ({where[0]})' if where else ''}: is a quote or a bracket missing?") from None
    schemes = values.pop("scheme", {})
    if values or not isinstance(schemes, dict):
        raise ValueError('holds more than schemes: each is a table, such as [scheme."youth crime"]')
    return schemes
