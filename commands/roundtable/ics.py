"""A round table as a calendar file: when, and of which case by its reference; nothing of what it is about.

A calendar lies outside the encryption: phones show it on the lock screen and copy it to other people's servers. So
there is no purpose, no place and nobody's name in it, and it is marked confidential. Each meeting of a series is an
entry of its own, not a rule: what stands in a calendar is what exists here, and one can be moved without the others.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from cases.case import Case
from commands.practice.rules import is_practice
from commands.roundtable.rules import RoundTable, State
from storage.messages import Attachment

_NAMESPACE = UUID("6f1d7f5e-6a0c-4f0e-9d43-0b8f4c3f6a11")
_AROUND = timedelta(days=366)
_NOBODY = "invalid:nomail"
"""iTIP (RFC 5546) asks for an organiser; naming one would tell who is at the table."""


def file_of(case: Case, table: RoundTable, *, house: str, now: datetime) -> Attachment:
    """The file that puts a meeting into a calendar, or takes it out of it when it was called off.

    ``house``: the bot's Matrix id; two deployments may have cases of one reference.
    """
    # Loaded with the first file: a start must be quick.
    from icalendar import Calendar, Event, vCalAddress  # noqa: PLC0415

    on = table.state not in {State.PLANNING, State.CANCELLED} and not table.withdrawn
    method = "PUBLISH" if on else "CANCEL"
    starts_at = table.starts_at.astimezone(case.zone_info)
    event = Event()
    event.add("uid", str(uuid5(_NAMESPACE, f"{house} {case.ref} {table.id}")))
    event.add("sequence", sequence(case, table))
    event.add("dtstamp", now)
    event.add("dtstart", starts_at)
    event.add("duration", timedelta(minutes=table.minutes))
    event.add("summary", f"{'Practice: ' if is_practice(case) else ''}Round table {case.ref}")
    event.add("organizer", vCalAddress(_NOBODY))
    event.add("class", "CONFIDENTIAL")
    event.add("status", "CONFIRMED" if on else "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//Roundtable//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    calendar.add_missing_timezones((starts_at - _AROUND).date(), (starts_at + _AROUND).date())
    name = f"{case.ref}-{table.id}{'' if on else '-cancelled'}.ics"
    return Attachment(name, f"text/calendar; charset=utf-8; method={method}", calendar.to_ical())


def sequence(case: Case, table: RoundTable) -> int:
    """How often the entry has changed: each step that changed the meeting counts, and so does taking one back."""
    return sum(table.id in step.before for step in case.steps)
