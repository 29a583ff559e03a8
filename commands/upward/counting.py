"""What is counted until it is told: sealed, and struck off once it is said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.roles import Place
from storage import register
from storage.find import Find
from storage.work import Work

REGISTER = "upward"
STEERING = Place.STEERING.value


class What(StrEnum):
    """What is told upward."""

    LATE = "late"
    NO_QUORUM = "no quorum"
    NOT_HELD = "not held"
    """Cases of a sitting that nobody began."""
    RADAR = "radar"
    UNRESOLVED = "unresolved"
    """A disagreement that has passed the last level of its ladder."""


@dataclass(frozen=True, repr=False)
class Counted:
    """How many items, in how many cases."""

    items: int
    cases: int


def count(work: Work, what: What, refs: Collection[str], items: int = 0) -> None:
    """Add to what is told upward, where there is somebody to be told; a case is counted once."""
    if not refs or not is_read(work.find):
        return
    before = register.read(work.find, REGISTER).get(what, {})
    known = {*before.get("refs", "").split(), *refs}
    total = int(before.get("items", "0")) + items
    register.write(work, REGISTER, what, {"refs": " ".join(sorted(known)), "items": str(total)})


def is_read(find: Find) -> bool:
    """Whether there is a steering group, and a room for it."""
    return find.room(STEERING) is not None and bool(find.audience(STEERING))


def read(find: Find) -> Mapping[What, Counted]:
    """What was counted since it was last told."""
    entries = register.read(find, REGISTER)
    return {
        what: Counted(int(entry["items"]), len(entry["refs"].split()))
        for what in What
        if (entry := entries.get(what)) is not None
    }


def clear(work: Work) -> None:
    """It is told."""
    for what in What:
        register.strike(work, REGISTER, what)
