"""A case to store, and somebody who acts in it."""

from datetime import UTC, datetime
from pathlib import Path

from cases.case import Case, open_case
from cases.people import Professional
from cases.record import snapshot
from cases.roles import Role
from storage.audit import Entry

MASTER = bytes(range(32))
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CLEO = Professional("@cleo:example.org", "Cleo Bakker", "social", Role.COORDINATOR)
ADA = Professional("@ada:example.org", "Ada Jansen", "police")


def a_case(ref: str = "K7QF") -> Case:
    return open_case(
        ref,
        scheme="safety table",
        why="not seen at school for weeks",
        goal="a safe routine again",
        zone="Europe/Amsterdam",
        agencies=("social", "police", "health"),
        director=CLEO.user_id,
        by=CLEO,
        at=NOW,
    )


def picture(case: Case) -> dict[str, object]:
    """Everything in a case, field by field: the case itself, members, records, and steps."""
    entries = {name: vars(snapshot(entry)) for name, entry in case.entries().items()}
    return {**entries, **{f"step {step.number}": vars(step) for step in case.steps}}


def an_entry(cause: str, outcome: str = "done") -> Entry:
    return Entry(CLEO.user_id, "case", "K7QF", "concern", "C-1", outcome, cause)


def sqlite_url(directory: Path) -> str:
    return f"sqlite:///{directory}/roundtable.db"
