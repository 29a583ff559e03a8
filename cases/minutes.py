"""Minutes: drafted when the meeting ends, corrected, approved by the chair, then locked (practice, section 3)."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases import decision as decisions
from cases import followups, request, roundtable
from cases.errors import Refusal
from cases.record import Record, one_of

if TYPE_CHECKING:
    from datetime import datetime

    from cases.action import Action
    from cases.case import Case
    from cases.decision import Decision, Position
    from cases.followups import Item
    from cases.people import Professional
    from cases.roundtable import AgendaItem, Attendance, Note, RoundTable


@dataclass(eq=False)
class Version(Record):
    """One wording of the minutes, as it was posted; ``text`` is what the checksum is of."""

    roundtable: str
    text: str
    checksum: str


@dataclass(eq=False)
class MinutesCorrection(Record):
    """What somebody who was there wants to read in the minutes."""

    roundtable: str
    text: str


@dataclass(frozen=True)
class Draft:
    """What the minutes hold."""

    table: RoundTable
    number: int
    """The version, from 1."""
    why: str
    goal: str
    confirmed: list[str]
    apologies: list[Attendance]
    unconfirmed: list[str]
    agencies: list[str]
    """Those that were there."""
    quorum: bool
    needed: int
    """How many agencies make a quorum."""
    agenda: list[AgendaItem]
    notes: list[Note]
    decisions: list[tuple[Decision, list[Position], list[str]]]
    """Each with the positions that count, and the agencies that were silent."""
    actions: list[Action]
    refusals: list[tuple[request.Ground, int]]
    """By category only."""
    unresolved: list[Item]
    next_table: RoundTable | None
    next_review: datetime | None
    """Only if it is still ahead."""
    corrections: list[MinutesCorrection]


def draft(case: Case, table: RoundTable, now: datetime) -> Draft:
    """Put together what happened: the notes, and what was decided, agreed and refused up to the end of the meeting."""
    since = _previous_end(case, table)
    until = table.ended_at or now

    def of_table(record: Record) -> bool:
        named = getattr(record, "roundtable", None)
        return not record.withdrawn and (
            named == table.id or (named is None and (since is None or since < record.at) and record.at <= until)
        )

    said = roundtable.presences(case, table)
    spoke = (roundtable.Presence.CONFIRMED, roundtable.Presence.APOLOGIES)
    planned = [t for t in roundtable.upcoming(case) if t.starts_at > until]
    refused = Counter(a.ground for a in case.answers if a.ground and of_table(a))
    decided = [d for d in case.decisions if of_table(d)]
    # Who is silent on a decision stands beside it, and that the minutes wait for approval at their end.
    told = {table.id, *(d.id for d in decided)}
    return Draft(
        table=table,
        number=len(versions(case, table.id)) + 1,
        why=case.why,
        goal=case.goal,
        confirmed=[who for who, presence in said.items() if presence is roundtable.Presence.CONFIRMED],
        apologies=roundtable.apologies(case, table),
        unconfirmed=[
            m.user_id
            for m in case.members
            if m.invited_at <= until and (m.left_at is None or m.left_at > until) and said.get(m.user_id) not in spoke
        ],
        agencies=roundtable.agencies_present(case, table),
        quorum=roundtable.has_quorum(case, table),
        needed=roundtable.quorum(case),
        agenda=roundtable.agenda_of(case, table),
        notes=roundtable.notes_of(case, table),
        decisions=[(d, list(decisions.positions_on(case, d).values()), decisions.silent_on(case, d)) for d in decided],
        actions=[a for a in case.actions if of_table(a)],
        refusals=sorted(refused.items()),
        unresolved=[i for i in followups.unresolved(case, now) if i.id not in told],
        next_table=planned[0] if planned else None,
        next_review=case.next_review if case.next_review and case.next_review > until else None,
        corrections=corrections(case, table.id),
    )


def file(case: Case, table: RoundTable, text: str, *, by: Professional, at: datetime) -> Version:
    """Keep a wording of the minutes; every version can be had again.

    It is no step of its own: it follows from ending the meeting, from a correction, or from taking one back, and what
    was posted stays on file even when the correction that led to it is taken back.
    """
    number = len(versions(case, table.id)) + 1
    version = Version(f"{table.id}/v{number}", by.user_id, by.agency, at, table.id, text, checksum(text))
    case.minutes.append(version)
    return version


def correct(case: Case, table_id: str | None, text: str, *, by: Professional, at: datetime) -> RoundTable:
    """Ask for a correction, while the minutes are a draft; the caller then files the new wording."""
    table = _drafted(case, table_id)
    number = sum(c.roundtable == table.id for c in case.minutes_corrections) + 1
    correction = MinutesCorrection(f"{table.id}/c{number}", by.user_id, by.agency, at, table.id, text)
    case.step("minutes correct", correction.id, by, at).add(case.minutes_corrections, correction)
    return table


def approve(
    case: Case, table_id: str | None, *, by: Professional, at: datetime, steers: bool = False
) -> tuple[RoundTable, Version]:
    """Approve and lock; only the chair can, who answers for them, or the coordinator once the chair left the table."""
    table = _drafted(case, table_id)
    if by.user_id != table.chair and (case.is_member(table.chair) or not steers):
        raise Refusal("minutes/chair_approves", id=table.id, chair=table.chair)
    case.step("minutes approve", table.id, by, at).change(table, approved_at=at, approved_by=by.user_id)
    return table, versions(case, table.id)[-1]


def versions(case: Case, table_id: str) -> list[Version]:
    """All wordings, oldest first."""
    return [v for v in case.minutes if v.roundtable == table_id]


def corrections(case: Case, table_id: str) -> list[MinutesCorrection]:
    """The corrections that stand, oldest first."""
    return [c for c in case.minutes_corrections if c.roundtable == table_id and not c.withdrawn]


def require_minutes(case: Case, table_id: str | None) -> tuple[RoundTable, Version]:
    """The newest wording, of the latest meeting that has one unless an id is given; raises Refusal."""
    table = one_of(case.roundtables, table_id) if table_id else latest(case)
    filed = versions(case, table.id) if table else []
    if table is None or not filed:
        raise Refusal("minutes/none", table=table)
    return table, filed[-1]


def latest(case: Case) -> RoundTable | None:
    """The meeting that ended last."""
    ended = sorted((t for t in case.roundtables if t.ended_at), key=lambda t: t.ended_at or t.at)
    return ended[-1] if ended else None


def checksum(text: str) -> str:
    """SHA-256 of the text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _drafted(case: Case, table_id: str | None) -> RoundTable:
    case.require_open()
    table, _ = require_minutes(case, table_id)
    if table.approved_at:
        raise Refusal("minutes/approved", table=table)
    return table


def _previous_end(case: Case, table: RoundTable) -> datetime | None:
    began = table.started_at or table.at
    ended = [t.ended_at for t in case.roundtables if t.ended_at and t is not table and t.ended_at <= began]
    return max(ended, default=None)
