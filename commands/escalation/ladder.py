"""The ladder of a scheme: how long each level has, and who is told there, without content."""

from datetime import datetime

from cases.calendar import Calendar
from cases.case import Case
from cases.roles import Role
from cases.scheme import Scheme
from commands.escalation import rules as escalation
from commands.escalation.rules import Escalation
from commands.practice.rules import is_practice
from storage.find import Directory


def ends(scheme: Scheme, level: int, now: datetime, calendar: Calendar, *, urgent: bool) -> datetime:
    """When the time of a level is over; where somebody may be harmed each has its share of one short clock."""
    usual = scheme.ladder[level].within.ends(now, calendar)
    if not urgent:
        return usual
    danger = scheme.danger_within.ends(now, calendar) - now
    return min(usual, now + danger / len(scheme.ladder))


def told(scheme: Scheme, one: Escalation, case: Case, directory: Directory) -> tuple[str, ...]:
    """Who is told at its level: whom the scheme names, else above the table the managers of those who disagree.

    Nobody of what is practised.
    """
    if is_practice(case):
        return ()
    rung = scheme.ladder[one.level]
    named = tuple(person for person in rung.people if person in directory.people)
    if named or one.level == 0:
        return named
    managers = (p for agency in escalation.concerned(case, one) for p in directory.of_agency(agency, Role.MANAGER))
    return tuple(dict.fromkeys(manager.user_id for manager in managers))
