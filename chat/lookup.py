"""Whom a typed name means: at a case's table first, else in the whole directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.case import Case
from cases.people import Professional
from storage.find import Directory


@dataclass(frozen=True, repr=False)
class Lookup:
    """Names of agencies and people, for reading a command."""

    directory: Directory
    case: Case | None = None
    pills: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a client wrote for those who were mentioned, who may call themselves otherwise there; the user ids."""

    def agency(self, text: str) -> str | None:
        """The short name of the agency that is called so, by short or long name, with or without ``@``."""
        wanted = text.strip().removeprefix("@").casefold()
        known = self.directory.agencies.values()
        found = [a.short for a in known if wanted in {a.short.casefold(), a.name.casefold()}]
        # One that left the house keeps its name, which another may bear by now.
        there = [short for short in found if any(p.agency == short for p in self.directory.people.values())]
        return next(iter(there or found), None)

    def people(self, text: str) -> list[Professional]:
        """Those who bear this name or id; a first name does when it is typed alone."""
        mentioned = self.directory.people.get(self.pills.get(text.strip(), ""))
        if mentioned:
            return [mentioned]
        wanted = text.strip().casefold()
        by_id = [p for p in self._people() if wanted in {p.user_id.casefold(), _local(p.user_id)}]
        if by_id:
            return by_id
        wanted = wanted.removeprefix("@")
        full = [p for p in self._people() if p.name.casefold() == wanted]
        return full or [p for p in self._people() if wanted in p.name.casefold().split()]

    def names(self) -> list[str]:
        """Everything that somebody or something is called by."""
        agencies = [name for a in self.directory.agencies.values() for name in (a.short, a.name)]
        return [*agencies, *self.pills, *(p.name for p in self._people())]

    def agencies(self) -> list[str]:
        """The short names of all agencies."""
        return sorted(self.directory.agencies)

    def _people(self) -> list[Professional]:
        everybody = list(self.directory.people.values())
        seated = [p for p in everybody if self.case and self.case.is_member(p.user_id)]
        return seated + [p for p in everybody if p not in seated] if seated else everybody


def _local(user_id: str) -> str:
    return user_id.partition(":")[0].casefold()
