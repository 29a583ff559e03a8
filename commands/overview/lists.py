"""Lists that several show: what is unresolved, by record and by urgency, and what happened, by step."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.followups import Followup, unresolved
from cases.record import Step
from cases.time import show_day
from chat.context import Context, Reply
from chat.layout import plain
from chat.render import Voice

MOST_ITEMS = 30
_BETWEEN = "\x1f"
"""What parts the places of a line that is handed on as facts (ASCII: unit separator)."""


def followups_reply(ctx: Context, *readers: str) -> Reply | None:
    """The unresolved follow-ups of the case that is talked about; None when there is nothing."""
    facts = followups_facts(ctx.case, ctx.now, *readers)
    return Reply("overview/followups", facts) if facts else None


def followups_facts(case: Case, now: datetime, *readers: str) -> dict[str, object] | None:
    """What the template ``picture/followups`` shows these members; None when nothing is unresolved."""
    items = readable(case, unresolved(case, now), *readers)
    if not items:
        return None
    entries = by_record(items)
    groups = [(kind, list(some)) for kind, some in groupby(entries[:MOST_ITEMS], how_urgent)]
    facts = {"ref": case.ref, "count": len(entries), "groups": groups, "more": max(0, len(entries) - MOST_ITEMS)}
    return {**facts, "withheld": [reader for reader in readers if case.begins_for(reader)]}


def by_record(items: Iterable[Followup]) -> list[list[Followup]]:
    """Items in their order, those together that differ by the agency only: a list has one entry of each record."""
    return [list(same) for _, same in groupby(items, lambda item: (item.id, item.what))]


def how_urgent(entry: list[Followup]) -> str:
    """Below which heading an entry of a list stands."""
    if entry[0].late:
        return "late"
    return "next" if entry[0].due_at else "waiting"


def readable(case: Case, items: list[Followup], *readers: str) -> list[Followup]:
    """Items as all of these members may read them: what one came too late for has no words, unless it is theirs."""
    hidden = case.hidden_from(*readers)
    agencies = {case.agency_of(reader) for reader in readers if case.begins_for(reader)}
    return [i._replace(text="") if i.id in hidden and agencies != {i.agency} else i for i in items]


def list_told(case: Case) -> list[Step]:
    """The steps that are told of, oldest first."""
    return [step for step in case.steps if step.what.phrases]


def lines_of_timeline(case: Case, steps: Iterable[Step], voice: Voice) -> tuple[str, list[dict[str, str]]]:
    """A title, and a line of each step in its parts: ``at``, ``agency``, ``who``, ``what``."""
    moments = [(step, short_moment(step.at, case.zone_info)) for step in steps]
    facts = {"steps": moments, "ref": case.ref, "between": _BETWEEN}
    title, *lines = plain(voice.text("overview/timeline_picture", facts)).split("\n")
    parts = ("at", "agency", "who", "what")
    return title, [dict(zip(parts, line.split(_BETWEEN), strict=True)) for line in lines if line]


def short_moment(moment: datetime, zone: ZoneInfo) -> str:
    """``Mon 2 Nov 10:05``: a list of steps reads better without years and zone."""
    day, _, _year = show_day(moment, zone).rpartition(" ")
    return f"{day} {moment.astimezone(zone):%H:%M}"
