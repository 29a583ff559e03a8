"""Who may be asked to a table: whose agency has a mandate, who acknowledged the protocol, who had the induction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cases.people import Professional
from cases.scheme import Scheme
from storage import register
from storage.find import Find
from storage.work import Work

MANDATES, PROTOCOL, TRAINING = "mandate", "protocol", "training"
"""The registers, with the names of agencies or people (Matrix ids)."""


class Lacks(StrEnum):
    """A kind of thing that somebody lacks to be asked to a table."""

    MANDATE = "mandate"
    """The agency has none."""
    LAPSED = "lapsed mandate"
    VERSION = "version"
    """The agency signed another version of the protocol than the one in force."""
    PROTOCOL = "protocol"
    """The person has not acknowledged it, or an earlier version."""
    INDUCTION = "induction"


@dataclass(frozen=True, repr=False)
class Mandate:
    """What an agency takes part on. Who is on file is named by Matrix id, anybody else as it was typed."""

    agency: str
    until: datetime
    signatory: str = ""
    protocol: str = ""
    """The version of the protocol that was signed."""
    deputies: tuple[str, ...] = ()
    """Who may stand in for its people."""

    def names(self, person: str) -> bool:
        """Whether this person signed it, or is a deputy."""
        return person == self.signatory or person in self.deputies

    def without(self, person: str) -> Mandate:
        """The same, as it would be signed without this person."""
        signatory = "" if person == self.signatory else self.signatory
        return replace(self, signatory=signatory, deputies=tuple(one for one in self.deputies if one != person))


class Missing(NamedTuple):
    """What somebody lacks, with the version that was signed and the one in force, or the mandate, if it is of these."""

    what: Lacks
    signed: str = ""
    in_force: str = ""
    mandate: Mandate | None = None


def grant(work: Work, mandate: Mandate) -> None:
    """Put an agency's mandate on file, in place of an earlier one."""
    facts = {
        "until": mandate.until.isoformat(),
        "signatory": mandate.signatory,
        "protocol": mandate.protocol,
        "deputies": "\n".join(mandate.deputies),
    }
    register.write(work, MANDATES, mandate.agency, facts)


def mandates(find: Find) -> dict[str, Mandate]:
    """The mandate of each agency that has one, lapsed ones too."""
    return {
        agency: Mandate(
            agency,
            datetime.fromisoformat(facts["until"]),
            facts["signatory"],
            facts["protocol"],
            tuple(facts["deputies"].splitlines()),
        )
        for agency, facts in register.read(find, MANDATES).items()
    }


def acknowledge(work: Work, person: str, version: str, bound: str = "") -> None:
    """Note that a person has acknowledged a version of the protocol, and by which version of a text they are bound."""
    register.write(work, PROTOCOL, person, {"version": version, "at": work.now.isoformat(), "bound": bound})


def acknowledged(find: Find) -> dict[str, str]:
    """The version that each person has acknowledged last."""
    return {person: facts["version"] for person, facts in register.read(find, PROTOCOL).items()}


def train(work: Work, person: str, kind: str, cohort: str) -> None:
    """Note that a person had a training, in a cohort if it was one."""
    known = register.read(work.find, TRAINING).get(person, {})
    register.write(work, TRAINING, person, {**known, kind: cohort or work.now.date().isoformat()})


def trainings(find: Find) -> dict[str, dict[str, str]]:
    """What each person learned, and in which cohort or on which day."""
    return register.read(find, TRAINING)


def lacks(find: Find, scheme: Scheme, person: Professional, now: datetime) -> Iterator[Missing]:
    """What this person, or their agency, lacks to be asked to a table of the scheme.

    A mandate that names no version is taken as one of the version in force.
    """
    if scheme.mandates:
        mandate = mandates(find).get(person.agency)
        if mandate is None:
            yield Missing(Lacks.MANDATE)
        else:
            if mandate.until < now:
                yield Missing(Lacks.LAPSED, mandate=mandate)
            if mandate.protocol and scheme.protocol and mandate.protocol != scheme.protocol_version:
                yield Missing(Lacks.VERSION, mandate.protocol, scheme.protocol_version)
    if scheme.protocol and acknowledged(find).get(person.user_id) != scheme.protocol_version:
        yield Missing(Lacks.PROTOCOL)
    if scheme.induction and "induction" not in trainings(find).get(person.user_id, {}):
        yield Missing(Lacks.INDUCTION)
