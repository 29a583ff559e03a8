"""The file that says who is in the house, such as ``docs/agencies.example.toml``, checked; all mistakes at once."""

import itertools
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from bot.config import ConfigProblem, read_text
from bot.sections import Line, Section, User, Zone
from cases.people import Agency, Professional
from cases.roles import ABOVE, Place, Role, in_order

PRACTISES = (Role.PRACTITIONER, Role.COORDINATOR)
"""The roles of those who read what their agency is asked."""
SITS = tuple(place.value for place in ABOVE)
SHORT = re.compile(r"[a-z][a-z0-9-]{1,20}")


def _check_short(short: str) -> str:
    if not SHORT.fullmatch(short):
        raise ValueError("must be two to 21 small letters, digits or hyphens, beginning with a letter")
    return short


def _check_sits(named: str) -> Place:
    if named not in SITS:
        raise ValueError(f"must be {', '.join(SITS[:-1])} or {SITS[-1]}")
    return Place(named)


class PersonEntry(Section):
    """A person in the file."""

    user: User = Field(description="the full Matrix id")
    name: Line = Field(description="what the person is called")
    role: Role = Field(Role.PRACTITIONER, description="practitioner, manager, coordinator or admin")
    zone: Zone | None = Field(None, description="the time zone")
    manager: User | None = Field(
        None, description="who hears, without content, what this person leaves undone, if not the agency's managers"
    )

    function: str = Field("", max_length=100, description="what the person is in the agency, e.g. clinician")
    sits: list[Annotated[Place, BeforeValidator(_check_sits)]] = Field(
        default_factory=list[Place], description="the rooms above the tables: steering, leaders, committee"
    )


class AgencyEntry(Section):
    """An agency in the file."""

    short: Annotated[str, AfterValidator(_check_short)] = Field(description="what people type, e.g. police")
    name: Line = Field(description="what the agency is called")
    kind: str = Field("", max_length=100, description="the kind of agency")
    remit: str = Field("", max_length=1000, description="what it is there for")
    answers: list[Line] = Field(
        default_factory=list, description="the functions of those who may answer what it is asked, if not everybody"
    )
    person: list[PersonEntry] = Field(default_factory=list, description="its people")


class House(Section):
    """The whole file."""

    agency: list[AgencyEntry] = Field(description="one [[agency]] for each agency")

    @property
    def agencies(self) -> list[Agency]:
        """The agencies of the file."""
        return [Agency(a.short, a.name, a.kind, a.remit, tuple(a.answers)) for a in self.agency]

    @property
    def shorts(self) -> frozenset[str]:
        """The short names of its agencies."""
        return frozenset(agency.short for agency in self.agency)

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each of its people, by Matrix id."""
        return {person.user_id: person.role for person in self.people}

    @property
    def people(self) -> list[Professional]:
        """The professionals of the file."""
        return [
            Professional(
                p.user, p.name, a.short, p.role, p.zone, manager=p.manager, function=p.function, sits=in_order(p.sits)
            )
            for a in self.agency
            for p in a.person
        ]


def read_house(path: Path, bot_id: str) -> House:
    """The file, checked; raises ConfigProblem with every mistake."""
    return parse_house(read_file(path), bot_id, str(path))


def read_file(path: Path) -> str:
    """The text of the file; raises ConfigProblem."""
    try:
        return read_text(path)
    except OSError as problem:
        raise ConfigProblem(f"the file {path} can't be read: {os.strerror(problem.errno or 0)}") from None
    except UnicodeDecodeError:
        raise ConfigProblem(f"the file {path} is not UTF-8 text") from None


def parse_house(text: str, bot_id: str, name: str) -> House:
    """The text of the file of this name, checked; raises ConfigProblem with every mistake."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"the file {name} is no TOML: {problem}") from None
    problems = list(_list_conflicts(values, bot_id))
    try:
        house = House.model_validate(values)
    except ValidationError as error:
        problems = [*_explain(error), *problems]
    if problems:
        raise ConfigProblem(*problems)
    return house


def _explain(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_input=False, include_url=False):
        where, key = _locate(found["loc"])
        if found["type"] == "missing":
            yield f"{where}{key} is missing"
        elif found["type"] == "extra_forbidden":
            yield f"{where}{key} is no key that I know"
        elif found["type"] == "value_error":
            yield f"{where}{key} {found['ctx']['error']}"
        elif found["type"] == "enum":
            yield f"{where}{key} must be {', '.join(list(Role)[:-1])} or {list(Role)[-1]}"
        else:
            yield f"{where}{key} is not right: {found['msg'][:1].lower()}{found['msg'][1:]}"


def _locate(path: tuple[int | str, ...]) -> tuple[str, str]:
    """Where a mistake stands, counted as people count, such as ``agency 2, person 3: ``, and its key."""
    words = [f"{name} {number + 1}" for name, number in itertools.pairwise(path) if isinstance(number, int)]
    keys = [str(part) for at, part in enumerate(path) if not isinstance(part, int) and not _is_list(path, at)]
    return (f"{', '.join(words)}: " if words else ""), ".".join(keys) or "it"


def _is_list(path: tuple[int | str, ...], at: int) -> bool:
    return at + 1 < len(path) and isinstance(path[at + 1], int)


def _list_conflicts(values: Mapping[str, Any], bot_id: str) -> Iterator[str]:
    """What no single entry shows; entries that are malformed are told elsewhere."""
    yield from _list_same_names(values)
    users: dict[str, str] = {}
    roles = []
    managers = []
    for number, agency in enumerate(_dicts(values.get("agency")), 1):
        short = str(agency.get("short", number))
        yield from _list_unanswered(number, agency)
        for person in _dicts(agency.get("person")):
            user = str(person.get("user"))
            roles.append(person.get("role"))
            if (manager := person.get("manager")) is not None:
                managers.append((user, str(manager)))
            if user in users:
                yield f"agency {number}: {user} is already in agency {users[user]}; a person speaks for one agency"
            users.setdefault(user, short)
            if user == bot_id:
                yield f"agency {number}: {user} is the bot itself"
    for user, manager in managers:
        if manager not in users:
            yield f"{user} has {manager} as manager, who is not in this file"
    if Role.COORDINATOR not in roles:
        yield "nobody is a coordinator: without one no case can be opened"


def _list_unanswered(number: int, agency: Mapping[str, Any]) -> Iterator[str]:
    """The functions that should answer for an agency, and that nobody of it has who reads questions."""
    reading = {str(p.get("function")) for p in _dicts(agency.get("person")) if p.get("role", PRACTISES[0]) in PRACTISES}
    answers = agency.get("answers")
    for function in answers if isinstance(answers, list) else ():
        if function not in reading:
            yield f"agency {number}: nobody who reads questions has the function {function}, which answers says"


def _list_same_names(values: Mapping[str, Any]) -> Iterator[str]:
    """Agencies that are called the same, so that whoever types it could mean either."""
    called: dict[str, tuple[int, str]] = {}
    for number, agency in enumerate(_dicts(values.get("agency")), 1):
        for key in ("short", "name"):
            name = _same_name(agency.get(key))
            other, as_ = called.setdefault(name, (number, key))
            if not name or other == number:
                continue
            if as_ == key == "short":
                yield f"agency {number}: short {name} is already taken by agency {other}"
            else:
                yield f"agency {number}: {key} {agency[key]} is what agency {other} is called already"


def _same_name(name: object) -> str:
    """What is the same for whoever types a name: large or small, composed or not, with one blank or two."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split()) if isinstance(name, str) else ""


def _dicts(entries: object) -> list[dict[str, Any]]:
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
