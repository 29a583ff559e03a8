"""Which case stands beside which: kept with the house's key, in neither case's journal, and shown to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage import register
from storage.find import Find
from storage.work import Work

_REGISTER = "separation"
_OTHER = "other"


@dataclass(frozen=True, repr=False)
class Link:
    """The second case of a separation, and which step of it repeats what a step of the first said (numbers)."""

    name: str
    other: str
    steps: Mapping[int, int]


def join(work: Work, ref: str, separation: str, other: str) -> None:
    """Keep which case is the second one."""
    register.write(work, _REGISTER, f"{ref} {separation}", {_OTHER: other})


def note(work: Work, link: Link, steps: Mapping[int, int]) -> None:
    """Keep which steps repeat which."""
    known = {str(here): str(there) for here, there in {**link.steps, **steps}.items()}
    register.write(work, _REGISTER, link.name, {_OTHER: link.other, **known})


def links_of(find: Find, ref: str) -> list[Link]:
    """What stands beside a case that was separated, oldest first."""
    found = register.read(find, _REGISTER)
    return [_link(name, facts) for name, facts in found.items() if name.partition(" ")[0] == ref]


def find_link(find: Find, ref: str, separation: str) -> Link | None:
    """What one separation made."""
    return next((link for link in links_of(find, ref) if link.name == f"{ref} {separation}"), None)


def families(find: Find) -> dict[str, str]:
    """The cases that were one: by reference, what all of one family have in common."""
    found: dict[str, str] = {}
    for name, facts in register.read(find, _REGISTER).items():
        ref, other = name.partition(" ")[0], facts[_OTHER]
        old, new = found.get(other, other), found.get(ref, ref)
        found |= {ref: new, other: new}
        found |= {kin: new for kin, family in found.items() if family == old}
    return found


def _link(name: str, facts: Mapping[str, str]) -> Link:
    steps = {int(here): int(there) for here, there in facts.items() if here != _OTHER}
    return Link(name, facts[_OTHER], steps)
