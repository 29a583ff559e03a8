"""A house of eight agencies, for sittings."""

import sqlalchemy as sa

from cases.people import Agency, Professional
from cases.roles import Role
from storage import tables
from tests.room import Conference, Said, user

C = "coordination"
GUESTS = {"lena": ("Lena Roos", "probation"), "mo": ("Mo Aziz", "housing"), "nina": ("Nina Vos", "mental")}
AGENCIES = {"probation": "Probation", "housing": "Housing", "mental": "Mental health"}


def extend(table: Conference) -> None:
    """Add the three agencies that the conference lacks, each with somebody and a room."""
    with table.store.update() as session:
        session.execute(sa.insert(tables.agencies), [vars(Agency(short, name)) for short, name in AGENCIES.items()])
        people = [Professional(user(k), name, agency, Role.PRACTITIONER) for k, (name, agency) in GUESTS.items()]
        session.execute(sa.insert(tables.professionals), list(map(vars, people)))
        rooms = [f"agency:{short}" for short in AGENCIES] + [f"direct:{user(k)}" for k in GUESTS]
        session.execute(sa.insert(tables.rooms), [{"channel": c, "room_id": f"!{c}:example.org"} for c in rooms])


def refs_of(rooms: list[str]) -> list[str]:
    """The references of the cases of these rooms."""
    return [room.partition(":")[2] for room in rooms]


def said_in(said: list[Said], channel: str) -> str:
    """What was said in a channel, without files."""
    return "\n".join(s.text for s in said if s.channel == channel and not s.file)
