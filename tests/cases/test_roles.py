from itertools import product

import pytest

from cases.roles import GRANTS, Permission, Place, Role, may

SPOKEN = {Permission.CONTRIBUTE, Permission.PROPOSE, Permission.ANSWER, Permission.CARRY_OUT, Permission.REFER}
CASE = {
    Role.PRACTITIONER: SPOKEN
    | {Permission.HELP, Permission.READ, Permission.OWN, Permission.REST, Permission.TAKE_PART, Permission.OWN_WORDS}
    | {Permission.TAKE_OVER, Permission.URGENT, Permission.ON_CALL, Permission.SIT},
    Role.COORDINATOR: set(Permission)
    - {Permission.SETTINGS, Permission.OPEN_CASES, Permission.PROVISION, Permission.ADVISE, Permission.FIGURES},
}
IN_AGENCY_ROOM = {
    Permission.HELP,
    Permission.ANSWER,
    Permission.CARRY_OUT,
    Permission.REFER,
    Permission.URGENT,
    Permission.ON_CALL,
    Permission.OWN_WORDS,
}
FOR_ALL = {Permission.HELP, Permission.SETTINGS, Permission.OWN_WORDS}
IN_DIRECT_CHAT = FOR_ALL | {
    Permission.OWN,
    Permission.REST,
    Permission.ANSWER,
    Permission.URGENT,
    Permission.ON_CALL,
    Permission.TAKE_OVER,
}
MAY: dict[Place, dict[Role, set[Permission]]] = {
    Place.CASE: CASE,
    Place.COORDINATION: {
        Role.COORDINATOR: {Permission.HELP, Permission.OPEN_CASES, Permission.INVITE, Permission.OWN_WORDS}
        | {Permission.PROPOSE, Permission.REVIEW}
        | {Permission.FIGURES, Permission.SIT}
    },
    Place.STEERING: {key: {Permission.HELP, Permission.ADVISE, Permission.FIGURES} for key in Role},
    Place.LEADERS: {key: {Permission.HELP, Permission.FIGURES} for key in Role},
    Place.COMMITTEE: {key: {Permission.HELP, Permission.ADVISE} for key in Role},
    Place.AGENCY: dict.fromkeys((Role.PRACTITIONER, Role.COORDINATOR), IN_AGENCY_ROOM),
    Place.ADMIN: {Role.ADMIN: {Permission.HELP, Permission.PROVISION}},
    Place.DIRECT: dict.fromkeys(Role, FOR_ALL)
    | dict.fromkeys((Role.PRACTITIONER, Role.COORDINATOR), IN_DIRECT_CHAT)
    | {Role.MANAGER: FOR_ALL | {Permission.ON_CALL}},
    Place.SPACE: {},
}


@pytest.mark.parametrize(("role", "place", "permission"), list(product(Role, Place, Permission)))
def test_who_may_what_where(role: Role, place: Place, permission: Permission) -> None:
    allowed = permission in MAY[place].get(role, set())
    assert may(permission, role=role, place=place, belongs=True) is allowed
    assert may(permission, role=role, place=place, belongs=True, observes=True) is (
        allowed and permission not in SPOKEN
    )
    assert not may(permission, role=role, place=place, belongs=False)


def test_every_place_has_its_grants() -> None:
    assert set(GRANTS) == set(Place)
