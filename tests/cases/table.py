"""A case with three agencies at the table, for tests of the rules."""

from datetime import UTC, datetime, timedelta

from cases.case import Case, open_case
from cases.people import Addressee, Professional
from cases.roles import Role
from commands.case import rules as closing

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 6, 16, 0, tzinfo=UTC)
NEXT_WEEK = FRIDAY + timedelta(days=7)
ADA = Professional("@ada:example.org", "Ada Jansen", "police")
CLEO = Professional("@cleo:example.org", "Cleo Bakker", "social", Role.COORDINATOR)
DIRK = Professional("@dirk:example.org", "Dirk Smit", "social")
FINN = Professional("@finn:example.org", "Finn de Boer", "health")
HUGO = Professional("@hugo:example.org", "Hugo Peters", "school")
POLICE, SOCIAL, HEALTH, SCHOOL = map(Addressee, ("police", "social", "health", "school"))


def a_case() -> Case:
    """Police, social services and health sit at the table; the school does not."""
    case = open_case(
        "K7QF",
        scheme="safety table",
        why="not seen at school for weeks",
        goal="a safe routine again",
        zone="Europe/Amsterdam",
        agencies=("social", "police", "health"),
        director=CLEO.user_id,
        by=CLEO,
        at=NOW,
    )
    for person in (ADA, DIRK, FINN):
        case.invite(person, because="works with him", by=CLEO, at=NOW)
    return case


def closed_case() -> Case:
    """The same, dissolved."""
    case = a_case()
    closing.close(case, because="he is back at school", owner="social", by=CLEO, at=NOW)
    return case
