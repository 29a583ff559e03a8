"""The number of a question above the tables, and which question of which case it is: sealed, and told nowhere."""

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass

from storage import register
from storage.find import Find
from storage.work import Work

REGISTER = "advice"
LEAST, MOST = 1_000, 9_999


@dataclass(frozen=True, repr=False)
class Link:
    """What a number stands for."""

    place: str
    """Where it was asked: ``steering`` or ``committee``."""
    ref: str
    record: str


def new_number(most: int) -> str:
    """A random one, up to this."""
    return f"V-{LEAST + secrets.randbelow(most - LEAST)}"


def give(work: Work, link: Link) -> str:
    """A number that nobody can tell a case by, nor when it was asked: random, house-wide, and never given twice."""
    taken = register.read(work.find, REGISTER)
    # Of more than a few thousand they are longer.
    while (number := new_number(MOST if len(taken) < MOST // 2 else MOST * LEAST)) in taken:
        pass
    register.write(work, REGISTER, number, asdict(link))
    return number


def all_of(find: Find, place: str) -> dict[str, Link]:
    """All that was asked in this place, by number."""
    return {number: Link(**facts) for number, facts in register.read(find, REGISTER).items() if facts["place"] == place}


def given_to(find: Find, ref: str, records: Collection[str]) -> dict[str, Link]:
    """The numbers of these questions of a case."""
    asked = [record for record in records if record.startswith("V-")]
    links = {n: Link(**facts) for n, facts in register.read(find, REGISTER).items()} if asked else {}
    return {number: link for number, link in links.items() if link.ref == ref and link.record in asked}
