"""What it takes so that a round table may decide, as the scheme of its case says."""

from cases.case import Case
from chat.context import House
from commands.roundtable.rules import Quorum


def quorum_of(house: House, case: Case) -> Quorum:
    """The quorum of a case."""
    scheme = house.of(case.scheme)
    return Quorum(scheme.quorum_agencies, scheme.mandatory)
