"""Who may do what, where: the one authorisation function.

All agencies have equal power: no permission depends on which agency a person comes from. What belongs to one
agency (its action, a question put to it) is a rule of that record, not a permission.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cases.case import Case
    from cases.errors import Refusal
    from cases.people import Professional


class Role(StrEnum):
    """What a professional is in Roundtable, whichever the agency."""

    PRACTITIONER = "practitioner"
    MANAGER = "manager"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


class Place(StrEnum):
    """The kinds of room that the bot knows."""

    CASE = "case"
    COORDINATION = "coordination"
    AGENCY = "agency"
    STEERING = "steering"
    LEADERS = "leaders"
    COMMITTEE = "committee"
    """Those who look at whether what tables do is lawful."""
    ADMIN = "admin"
    DIRECT = "direct"
    SPACE = "space"
    """What all rooms are shown in: everybody is in it, and nobody talks."""


ABOVE = (Place.STEERING, Place.LEADERS, Place.COMMITTEE)
"""The rooms of those who sit above the tables, whatever their role: nothing there is about a case."""


def in_order(named: Collection[str]) -> tuple[str, ...]:
    """Those of the rooms above the tables that are named."""
    return tuple(place.value for place in ABOVE if place in named)


class Permission(StrEnum):
    """What a command needs."""

    HELP = "help"
    READ = "read"
    OWN = "own"
    """Look at what I owe."""
    REST = "rest"
    """Be reminded of what I owe at another time."""
    SETTINGS = "settings"
    CONTRIBUTE = "contribute"
    """Put something of content on file, which while a meeting is held only who has confirmed does."""
    ANSWER = "answer"
    """The same, about what was asked: also where one's agency or oneself is asked."""
    CARRY_OUT = "carry out"
    """The same, about what one's agency is to do: also in its own room."""
    REFER = "refer"
    """The same, from a table, and from one's agency's own room without one."""
    URGENT = "urgent"
    """Call for help at any hour, also as an observer."""
    ON_CALL = "on call"
    """Say that one is on what is urgent."""
    PROPOSE = "propose"
    """The same, and as a coordinator for several cases at once."""
    TAKE_OVER = "take over"
    """Say that one has taken a shift over."""
    TAKE_PART = "take part"
    """See to meetings and their minutes, and to what is one's own; also as an observer."""
    OWN_WORDS = "own words"
    """Say whether one meant to delete what was deleted in one's name."""
    STEER = "steer"
    REVIEW = "review"
    """Say when a case is looked at again, or several at once."""
    INVITE = "invite"
    OPEN_CASES = "open cases"
    SIT = "sit"
    """Lead a sitting on from case to case; at one of its tables only who chairs it does."""
    PROVISION = "provision"
    ADVISE = "advise"
    """Answer what a table asks without saying of whom."""
    FIGURES = "figures"
    """Look at what is counted over all cases."""


GRANTS: dict[Place, dict[Permission, frozenset[Role]]] = {
    Place.CASE: {
        Permission.HELP: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.READ: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.OWN: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.REST: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.CONTRIBUTE: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.PROPOSE: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.ANSWER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.CARRY_OUT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.REFER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.URGENT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.ON_CALL: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.TAKE_OVER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.TAKE_PART: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.STEER: frozenset({Role.COORDINATOR}),
        Permission.REVIEW: frozenset({Role.COORDINATOR}),
        Permission.INVITE: frozenset({Role.COORDINATOR}),
        Permission.SIT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.OWN_WORDS: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
    },
    Place.COORDINATION: {
        Permission.HELP: frozenset({Role.COORDINATOR}),
        Permission.OPEN_CASES: frozenset({Role.COORDINATOR}),
        Permission.PROPOSE: frozenset({Role.COORDINATOR}),
        Permission.REVIEW: frozenset({Role.COORDINATOR}),
        Permission.SIT: frozenset({Role.COORDINATOR}),
        Permission.INVITE: frozenset({Role.COORDINATOR}),
        Permission.FIGURES: frozenset({Role.COORDINATOR}),
        Permission.OWN_WORDS: frozenset({Role.COORDINATOR}),
    },
    Place.AGENCY: {
        Permission.HELP: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.ANSWER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.CARRY_OUT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.REFER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.URGENT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.ON_CALL: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.OWN_WORDS: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
    },
    Place.STEERING: {
        Permission.HELP: frozenset(Role),
        Permission.FIGURES: frozenset(Role),
        Permission.ADVISE: frozenset(Role),
    },
    Place.LEADERS: {
        Permission.HELP: frozenset(Role),
        Permission.FIGURES: frozenset(Role),
    },
    Place.COMMITTEE: {
        Permission.HELP: frozenset(Role),
        Permission.ADVISE: frozenset(Role),
    },
    Place.ADMIN: {
        Permission.HELP: frozenset({Role.ADMIN}),
        Permission.PROVISION: frozenset({Role.ADMIN}),
    },
    Place.DIRECT: {
        Permission.HELP: frozenset(Role),
        Permission.SETTINGS: frozenset(Role),
        Permission.ANSWER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.OWN: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.REST: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.TAKE_OVER: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.URGENT: frozenset({Role.PRACTITIONER, Role.COORDINATOR}),
        Permission.ON_CALL: frozenset({Role.PRACTITIONER, Role.COORDINATOR, Role.MANAGER}),
        Permission.OWN_WORDS: frozenset(Role),
    },
    Place.SPACE: {},
}
"""Who may do what in which kind of room; what is not listed is refused."""


NOT_FOR_OBSERVERS = frozenset(
    {Permission.CONTRIBUTE, Permission.PROPOSE, Permission.ANSWER, Permission.CARRY_OUT, Permission.REFER}
)
"""What whoever has not confirmed confidentiality does not do in the case room while a meeting is held."""


def may(permission: Permission, *, role: Role, place: Place, belongs: bool, observes: bool = False) -> bool:
    """Whether this person may do this here.

    ``belongs``: is a member of this room's case, agency or group. ``observes``: a meeting is held here, and this person
    has not confirmed confidentiality.
    """
    granted = belongs and role in GRANTS[place].get(permission, frozenset())
    return granted and not (observes and permission in NOT_FOR_OBSERVERS)


def who_may(permission: Permission, place: Place) -> list[Role]:
    """The roles that may do this in such a room, in the order of :class:`Role`."""
    granted = GRANTS[place].get(permission, frozenset())
    return [role for role in Role if role in granted]


def where_may(permission: Permission, role: Role) -> list[Place]:
    """The kinds of room where this role may do this."""
    return [place for place in Place if role in GRANTS[place].get(permission, frozenset())]


def who_may_anywhere(permission: Permission) -> list[Role]:
    """The roles that may do this in some kind of room."""
    return [role for role in Role if where_may(permission, role)]


_restraints: list[Callable[[Case, Professional], Refusal | None]] = []


def restrains(why: Callable[[Case, Professional], Refusal | None]) -> Callable[[Case, Professional], Refusal | None]:
    """Let this say of whom, and why, they only look on in a case for now."""
    _restraints.append(why)
    return why


def restraint(case: Case, person: Professional) -> Refusal | None:
    """Why a person only looks on in a case for now; None: they do not."""
    return next(filter(None, (why(case, person) for why in _restraints)), None)
