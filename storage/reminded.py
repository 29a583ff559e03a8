"""Who was reminded of what: each step of the ladder is said once, and nobody hears more than one message a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from storage import tables
from storage.find import Find
from storage.work import Work

EVERYBODY = ""
"""Whom a step was said to before it was kept for each person."""
STEERING = "steering"
"""Those who hear of what is long late as a count."""


@dataclass(frozen=True, repr=False)
class Told:
    """The last step that somebody was told about one thing, and when."""

    stage: int
    at: datetime


@dataclass(frozen=True, repr=False)
class Reminded:
    """All that was said, by case, record and whom."""

    said: dict[tuple[str, str, str], Told]

    def told(self, ref: str, subject: str, whom: str, since: datetime) -> Told | None:
        """The highest step that this person was told since its date was set."""
        found = [self.said.get((ref, subject, each)) for each in (whom, EVERYBODY)]
        return max((told for told in found if told and told.at >= since), key=lambda told: told.stage, default=None)

    def last(self, whom: str) -> datetime | None:
        """When this person was last reminded of anything."""
        return max((told.at for (_, _, each), told in self.said.items() if each == whom), default=None)

    def without(self, refs: Collection[str]) -> "Reminded":
        """What was said of all but these cases."""
        return Reminded({key: told for key, told in self.said.items() if key[0] not in refs})


def read(find: Find) -> Reminded:
    """What was said about open cases."""
    r, c = tables.reminded, tables.cases
    rows = find.rows(select(r).join(c, c.c.ref == r.c.case_ref).where(~c.c.closed))
    return Reminded({(row.case_ref, row.subject, row.whom): Told(row.stage, row.at) for row in rows})


def note(work: Work, ref: str, subject: str, whom: str, stage: int) -> None:
    """This step was said to this person now."""
    r = tables.reminded
    same = (r.c.case_ref == ref, r.c.subject == subject, r.c.whom == whom)
    changed = update(r).where(*same).values(stage=stage, at=work.now).returning(r.c.pk)
    if (work.session.execute(changed)).one_or_none() is None:
        values = {"case_ref": ref, "subject": subject, "whom": whom, "stage": stage, "at": work.now}
        work.session.execute(insert(r).values(values))
