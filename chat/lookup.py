"""Whom a typed name means: at a case's table first, else in the whole directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cases.case import Case
from cases.people import Professional
from chat import names
from storage.find import Directory

_US = frozenset({"us", "ourselves", "our agency", "we", "ons", "onszelf", "onze organisatie"})
_ME = frozenset({"me", "myself", "mij", "mijzelf", "mezelf"})


@dataclass(frozen=True, repr=False)
class Lookup:
    """Names of agencies and people, for reading a command."""

    directory: Directory
    case: Case | None = None
    pills: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a client wrote for those who were mentioned, who may call themselves otherwise there; the user ids."""
    speaker: Professional | None = None
    """Who says ``me`` and ``us``."""

    def agency(self, text: str) -> str | None:
        """The short name of the agency that is called so, by short or long name, with or without ``@``."""
        wanted = names.untitled(text)
        if not wanted:
            return None
        known = self.directory.agencies.values()
        found = [a.short for a in known if wanted in {names.untitled(a.short), names.untitled(a.name)}]
        if not found and self.speaker and self.speaker.agency in self.directory.agencies:
            return self.speaker.agency if " ".join(names.words_of(text)) in _US else None
        # One that left the house keeps its name, which another may bear by now.
        there = [short for short in found if any(p.agency == short for p in self.directory.people.values())]
        return next(iter(there or found), None)

    def people(self, text: str) -> list[Professional]:
        """Those who bear this name or id; a part of a name is enough when it is typed alone."""
        text = text.strip()
        pills = {names.same(shown): user_id for shown, user_id in self.pills.items()} | dict(self.pills)
        mentioned = self.directory.people.get(pills.get(text) or pills.get(names.same(text), ""))
        if mentioned:
            return [mentioned]
        wanted = text.casefold()
        by_id = [p for p in self._people if wanted in {p.user_id.casefold(), _local(p.user_id)}]
        if by_id or (wanted.startswith("@") and ":" in wanted):
            return by_id
        for fits in (self._is_called, self._is_called_barely, self._is_called_in_part):
            if found := [p for p in self._people if fits(text, p.name)]:
                return found
        said_me = " ".join(names.words_of(text)) in _ME
        return [self.speaker] if said_me and self.speaker else []

    def names(self) -> list[str]:
        """Everything that an agency or somebody at the table is called by."""
        agencies = [name for a in self.directory.agencies.values() for name in (a.name, a.short)]
        here = [p.name for p in self._people if self.case is None or self.case.is_member(p.user_id)]
        return [*agencies, *self.pills, *here]

    def agencies(self) -> list[str]:
        """The short names of all agencies."""
        return sorted(self.directory.agencies)

    @staticmethod
    def _is_called(text: str, name: str) -> bool:
        return bool(names.same(text)) and names.same(text) == names.same(name)

    @staticmethod
    def _is_called_barely(text: str, name: str) -> bool:
        return bool(names.same(text)) and names.bare(text) == names.bare(name)

    @staticmethod
    def _is_called_in_part(text: str, name: str) -> bool:
        return bool(names.same(text)) and names.is_part(text, name)

    @cached_property
    def _people(self) -> list[Professional]:
        everybody = list(self.directory.people.values())
        seated = [p for p in everybody if self.case and self.case.is_member(p.user_id)]
        return seated + [p for p in everybody if p not in seated] if seated else everybody


def _local(user_id: str) -> str:
    return user_id.partition(":")[0].casefold()
