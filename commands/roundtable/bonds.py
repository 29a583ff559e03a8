"""Who sits at a running round table and has no professional secrecy is told that they are bound: once at each."""

from cases.case import Case
from chat.context import House, Reply
from commands.mandate import bound
from commands.roundtable import rules as roundtable
from storage.work import Work


def tell(case: Case, house: House, work: Work) -> list[str]:
    """Note whom of those in the room this tells, at an opening as when they come later; gives them (Matrix ids)."""
    table, scheme = roundtable.running(case), house.of(case.scheme)
    if table is None or not scheme.bound:
        return []
    told = bound.tell(roundtable.not_told(case, table), scheme, work.find.directory(), work)
    if told:
        roundtable.note_told(case, table, told, by=house.bot, at=work.now)
    return list(told)


def tell_late(case: Case, house: House, work: Work) -> Reply | None:
    """What whoever was not there at the opening reads, if they are bound."""
    told = tell(case, house, work)
    if not told:
        return None
    table = roundtable.require_running(case)
    return Reply("roundtable/bound", {"told": told, "bound": house.of(case.scheme).bound}, table.id, tuple(told))
