"""How many agencies have returned something before each case of a sitting, and whose return is missing; never what."""

from collections.abc import Iterable
from typing import NamedTuple

from commands.research import rules as research
from commands.sitting import tables
from commands.sitting.rules import Sitting, Turn
from storage.find import Find


class Returns(NamedTuple):
    """How the research for one case stands."""

    given: int
    missing: list[str]
    """The agencies that were asked and have returned nothing."""

    @property
    def asked(self) -> int:
        """How many are counted."""
        return self.given + len(self.missing)


def returns_of(sittings: Iterable[Sitting], find: Find) -> dict[str, Returns]:
    """By reference, for the cases that are held now or still to come, and can be read."""
    ahead = {slot.ref: slot for one in sittings for slot in one.slots if slot.turn in {Turn.WAITING, Turn.RUNNING}}
    found: dict[str, Returns] = {}
    for case in find.read_through(ahead):
        if table := tables.table_of(ahead[case.ref], case):
            given = sum(one.returned is not None for one in research.standing(case, table.id))
            found[case.ref] = Returns(given, research.waits_for(case, table.id))
    return found
