"""Before a round table: the pack, and a warning when the quorum is not sure (practice, 3).

That each agency checks its own records is asked by ``commands.research``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from cases.calendar import Calendar
from cases.case import Case
from cases.followups import unresolved
from chat import files
from chat.context import Reply
from chat.documents.document import Document
from chat.layout import plain
from chat.render import Voice
from commands.action.rules import Action
from commands.decision import rules as decisions
from commands.decision.rules import Decision, Stance
from commands.minutes import rules as minutes
from commands.request.rules import Request
from commands.research import rules as research
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, Quorum, RoundTable, State
from storage.messages import Attachment, Paper

MOST_DECISIONS = 5
"""So many of the last decisions stand in a pack."""


class Stage(IntEnum):
    """What is said, so many working days before the meeting."""

    CHECK = 5
    """Each agency is asked to check its own records."""
    PACK = 2
    QUORUM = 1


@dataclass(frozen=True, repr=False)
class Expected:
    """Who is going to come, as far as they said so."""

    coming: list[str]
    """The agencies of which somebody comes, the chair's among them."""
    apologies: list[str]
    """Those of which nobody comes, as they said."""
    silent: list[str]
    missing: list[str]
    """Those without which there is no quorum, and that did not say that they come."""
    chair_comes: bool
    needed: int

    @property
    def sure(self) -> bool:
        """Whether the quorum is sure."""
        return self.chair_comes and len(self.coming) >= self.needed and not self.missing


def due(case: Case, calendar: Calendar, now: datetime, quorum: Quorum) -> Iterator[tuple[Stage, RoundTable]]:
    """What is to be said of which meeting now: not what the next one overtook, nor what the invitation just said."""
    for table in case.all(RoundTable):
        if table.withdrawn or table.state is not State.SCHEDULED or table.starts_at <= now:
            continue
        moments = {stage: moment(table, stage, calendar) for stage in Stage}
        settled = settled_at(case, table)
        if moments[Stage.PACK] <= now:
            yield Stage.PACK, table
        if moments[Stage.QUORUM] <= now and settled < moments[Stage.QUORUM] and not who_comes(case, table, quorum).sure:
            yield Stage.QUORUM, table


def subject(stage: Stage, table: RoundTable) -> str:
    """What makes it a thing of its own: a meeting that was moved is prepared anew."""
    return f"{stage.name.lower()}:{table.id}@{table.starts_at:%Y-%m-%dT%H:%MZ}"


def prepare(  # noqa: PLR0917 what a job is done with
    subject_: str, case: Case, voice: Voice, now: datetime, quorum: Quorum, marking: str
) -> Reply | None:
    """What is said in the case room; nothing once the meeting is at another time, held, or called off."""
    stage = Stage[subject_.partition(":")[0].upper()]
    table = next((t for t in case.all(RoundTable) if subject(stage, t) == subject_), None)
    if table is None or table.state is not State.SCHEDULED:
        return None
    everybody = tuple(member.user_id for member in case.present)
    match stage:
        case Stage.CHECK:
            return None
        case Stage.PACK:
            facts = {**_pack(case, table, now), "marking": marking}
            made = _files(table, facts, voice, now)
            return Reply("preparing/pack", {**facts, **files.attached(made)}, table.id, everybody, made)
        case Stage.QUORUM:
            expected = who_comes(case, table, quorum)
            facts = {"table": table, "expected": expected}
            return None if expected.sure else Reply("preparing/quorum", facts, table.id, (table.chair,))


def who_comes(case: Case, table: RoundTable, quorum: Quorum) -> Expected:
    """Who is going to come; a deputy comes for the agency."""
    said = roundtable.presences(case, table)
    deputies = {a.by: a.deputy for a in roundtable.apologies(case, table)}
    coming, away = set[str](), set[str]()
    for member in case.present:
        deputy = deputies.get(member.user_id)
        if said.get(member.user_id) is Presence.ATTENDS or (deputy and said.get(deputy) is not Presence.APOLOGIES):
            coming.add(member.agency)
        elif said.get(member.user_id) is Presence.APOLOGIES:
            away.add(member.agency)
    return Expected(
        coming=[agency for agency in case.seats if agency in coming],
        apologies=[agency for agency in case.seats if agency in away - coming],
        silent=[agency for agency in case.seats if agency not in away | coming],
        missing=quorum.missing(case.seats, coming),
        chair_comes=said.get(table.chair) is not Presence.APOLOGIES and case.is_member(table.chair),
        needed=quorum.number(case.seats),
    )


def _pack(case: Case, table: RoundTable, now: datetime) -> dict[str, Any]:
    """What everybody at the table reads beforehand."""
    made = [d for d in case.all(Decision) if not d.withdrawn][-MOST_DECISIONS:]
    waiting = [(r, max(0, (now - r.due_at).days) if r.due_at < now else None) for r in case.all(Request) if r.waiting]
    actions = [a for a in case.all(Action) if a.pending]
    returns = research.standing(case, table.id)
    shown = {record.id for record in (*actions, *(r for r, _ in waiting), *made, *(r for _, r in returns if r))}
    return {
        "case": case,
        "hidden": shown & case.hidden_from(*(member.user_id for member in case.present)),
        "table": table,
        "actions": actions,
        "requests": waiting,
        "silent": [(request, days) for request, days in waiting if days is not None],
        "decisions": [(d, *_count(case, d), decisions.taken(case, d)) for d in made],
        "agenda": roundtable.agenda_of(case, table),
        "returns": returns,
        "unreturned": research.waits_for(case, table.id),
        "last": minutes.latest(case),
        "unresolved": unresolved(case, now),
        "now": now,
    }


def _count(case: Case, made: decisions.Decision) -> tuple[int, int]:
    """How many agencies agree with a decision, and how many dissent."""
    stances = [p.stance for p in decisions.positions_on(case, made).values()]
    return stances.count(Stance.AGREES), stances.count(Stance.DISSENTS)


def _files(table: RoundTable, facts: dict[str, Any], voice: Voice, now: datetime) -> tuple[Attachment | Paper, ...]:
    document = Document.read(plain(voice.text("preparing/document", facts)))
    status = plain(voice.text("preparing/status", facts))
    name = f"{facts['case'].ref}-{table.id}-pack"
    paper = Paper(f"{name}.pdf", "pack", document.facts(status=status), now)
    return files.of_document(paper, f"{name}.md", document.markdown())


def moment(table: RoundTable, stage: Stage, calendar: Calendar) -> datetime:
    """Nine o'clock, so many working days before the meeting."""
    return calendar.morning(calendar.add(calendar.day(table.starts_at), -stage))


def settled_at(case: Case, table: RoundTable) -> datetime:
    """When the meeting was given its time."""
    settled = [s.at for s in case.steps if s.what.settles_a_time and s.subject == table.id and not s.undone]
    return max(settled, default=table.at)
