# lines: one life of minutes: draft, remarks, versions and approval refer to each other
"""Minutes: drafted when the meeting ends, corrected or disputed, approved by the chair, then locked (practice, 3).

After that nothing in them changes; what is to be said later is an addendum.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import unresolved
from cases.record import Record, Words, one_of, record
from cases.verbs import Verb, verb
from commands.action.rules import Action
from commands.assessment.rules import Part
from commands.concern.rules import Concern
from commands.decision import rules as decisions
from commands.decision.rules import Decision
from commands.meeting import rules as meeting
from commands.person.rules import Told, What
from commands.phase import rules as phases
from commands.request import rules as request
from commands.request.rules import Answer
from commands.research import rules as research
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import USUAL, NoteKind, Presence, RoundTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cases.calendar import Calendar
    from cases.case import Case
    from cases.followups import Followup
    from cases.people import Professional
    from commands.action.rules import Action
    from commands.decision.rules import Decision, Position
    from commands.phase.rules import Change
    from commands.research.rules import Standing
    from commands.roundtable.rules import AgendaItem, Attendance, Note, Quorum, RoundTable

FILED = verb("minutes file", sets_nothing=True, leads_nowhere=True, in_a_full_case=True)
"""A wording of minutes was kept: nobody's command."""
CORRECTED = verb("minutes correct", "asked for a correction of the minutes of {whole}", makes_a_version=True)
DISPUTED = verb("minutes dispute", "disputed the minutes of {whole}", makes_a_version=True)
SETTLED = verb("minutes settle", "settled a dispute about the minutes of {whole}", makes_a_version=True)
VIEW_ADDED = verb("minutes view", "added the person’s view to the minutes of {whole}", makes_a_version=True)
CREDITED = verb("minutes credit", "named in the minutes who changed the plan: {whole}", makes_a_version=True)
AGREED = verb("minutes agree", "agreed with the minutes of {whole}")
APPROVED = verb("minutes approve", "approved the minutes of {id}", final=True)
AMENDED = verb("minutes addendum", "added to the approved minutes of {whole}", final=True)

CORRECTION_DAYS = 5
"""Working days in which everybody corrects a draft."""


class Kind(StrEnum):
    """What somebody says about minutes."""

    CORRECTION = "correction"
    DISPUTE = "dispute"
    ADDENDUM = "addendum"


class State(StrEnum):
    """Where a remark stands."""

    STANDS = "stands"
    OPEN = "open"
    """A dispute that is not settled yet."""
    CORRECTED = "corrected"
    """A dispute that was settled by another wording."""
    BOTH = "both"
    """A dispute that was settled by attaching both views."""


@record("minutes")
@dataclass(eq=False, repr=False)
class Version(Record):
    """One wording of the minutes, as it was posted; ``text`` is what the checksum is of."""

    roundtable: str
    text: str
    checksum: str
    paper: str | None = None
    """What its other forms are made from again; None: a wording from before there were any."""


@record("remark")
@dataclass(eq=False, repr=False)
class Remark(Record):
    """What somebody wants to read in the minutes, or beside them."""

    roundtable: str
    text: Words
    kind: Kind = Kind.CORRECTION
    paragraph: str | None = None
    """What it is about (the key of a paragraph); None: the minutes as a whole."""
    state: State = State.STANDS


@dataclass(frozen=True, repr=False)
class Attended:
    """Who took part, and how."""

    present: list[str]
    """Those who confirmed the confidentiality statement."""
    told: dict[str, list[str]]
    """Those of them who were told that they are bound, by the version of the text."""
    apologies: list[Attendance]
    informed: list[str]
    """The agencies that were not there, and sent information beforehand."""
    observers: list[str]
    """Those who had not confirmed: they listened at most."""
    agencies: list[str]
    """Those that were there."""
    quorum: bool
    needed: int
    """How many agencies make a quorum."""


@dataclass(frozen=True, repr=False)
class Draft:
    """What the minutes hold."""

    table: RoundTable
    number: int
    """The version, from 1."""
    why: str
    goal: str
    attended: Attended
    agenda: list[AgendaItem]
    notes: Mapping[NoteKind, list[Note]]
    decisions: list[tuple[Decision, list[Position], list[str], decisions.Taken | None]]
    """Each with the positions that count, the agencies that were silent, and where and how it was taken."""
    views: list[Told]
    """What was written down of the person's view beside the meeting."""
    returns: list[Standing]
    """What each agency returned beforehand from its own records: the agency round."""
    parts: list[Part]
    """What each agency said in an assessment; never averaged."""
    gates: list[Change]
    """The gates that were overridden, and for what reason."""
    actions: list[Action]
    interim: frozenset[str]
    """Those that were agreed at the meeting while it had no quorum."""
    refusals: list[tuple[request.Ground, int]]
    """By category only."""
    unresolved: list[Followup]
    next_table: RoundTable | None
    next_review: datetime | None
    """Only if it is still ahead."""
    corrected: Mapping[str, Remark]
    """The correction that counts, by the paragraph whose wording it replaces."""
    disputes: Mapping[str, list[Remark]]
    """Those that are open, and the other views that are attached, by paragraph."""
    remarks: list[Remark]
    """Corrections and disputes of the minutes as a whole."""


def draft(case: Case, table: RoundTable, now: datetime, quorum: Quorum = USUAL) -> Draft:
    """Put together what happened: the notes, and what was decided, agreed and refused up to the end of the meeting."""
    since = _previous_end(case, table)
    until = table.ended_at or now

    def of_table(record: Record) -> bool:
        named = getattr(record, "roundtable", None)
        return not record.withdrawn and (
            named == table.id or (named is None and (since is None or since < record.at) and record.at <= until)
        )

    planned = [t for t in roundtable.upcoming(case) if t.starts_at > until]
    refused = Counter(ground for a in case.all(Answer) if of_table(a) for ground in a.grounds)
    returns = research.standing(case, table.id)
    refused.update(ground for one in returns if one.returned for ground in one.returned.grounds)
    decided = [d for d in case.all(Decision) if of_table(d)]
    notes = roundtable.notes_of(case, table)
    said = [r for r in _remarks(case, table.id) if r.kind is not Kind.ADDENDUM and r.state is not State.CORRECTED]
    # Who is silent on a decision stands beside it, and that the minutes wait for approval at their end.
    told = {table.id, *(d.id for d in decided)}
    return Draft(
        table=table,
        number=len(versions(case, table.id)) + 1,
        why=case.why,
        goal=case.goal,
        attended=attended(case, table, of_table, until, quorum),
        agenda=roundtable.agenda_of(case, table),
        notes={kind: [n for n in notes if n.kind is kind] for kind in NoteKind},
        decisions=[
            (
                d,
                list(decisions.positions_on(case, d).values()),
                decisions.silent_on(case, d),
                decisions.taken(case, d),
            )
            for d in decided
        ],
        views=views_for(case, table),
        returns=returns,
        parts=[part for part in case.all(Part) if of_table(part)],
        gates=[change for change in phases.changes(case) if change.overrides and of_table(change)],
        actions=[a for a in case.all(Action) if of_table(a)],
        interim=frozenset(
            a.id for a in case.all(Action) if a.roundtable == table.id and meeting.is_interim(case, table, a.at, quorum)
        ),
        refusals=sorted(refused.items()),
        unresolved=[i for i in unresolved(case, now) if i.id not in told],
        next_table=planned[0] if planned else None,
        next_review=case.next_review if case.next_review and case.next_review > until else None,
        corrected={r.paragraph: r for r in said if r.paragraph and r.kind is Kind.CORRECTION},
        disputes=_by_paragraph([r for r in said if r.paragraph and r.kind is Kind.DISPUTE]),
        remarks=[r for r in said if r.paragraph is None],
    )


def attended(
    case: Case, table: RoundTable, of_table: Callable[[Record], bool], until: datetime, quorum: Quorum
) -> Attended:
    """Who took part in a meeting; ``of_table``: whether a record came about at it or in its preparation."""
    said = roundtable.presences(case, table)
    agencies = roundtable.agencies_present(case, table)
    sent = {r.agency for r in (*case.all(Answer), *case.all(Concern)) if of_table(r) and _informs(r)}
    sent |= set(research.told(case, table.id))
    return Attended(
        present=[who for who, presence in said.items() if presence is Presence.CONFIRMED],
        told=roundtable.told_of_bonds(case, table),
        apologies=roundtable.apologies(case, table),
        informed=[agency for agency in case.seats if agency in sent - set(agencies)],
        observers=[
            m.user_id
            for m in case.members
            if m.invited_at <= until
            and (m.left_at is None or m.left_at > until)
            and said.get(m.user_id) not in {Presence.CONFIRMED, Presence.APOLOGIES}
        ],
        agencies=agencies,
        quorum=roundtable.has_quorum(case, table, quorum=quorum),
        needed=quorum.number(case.seats),
    )


def file(
    case: Case, table: RoundTable, text: str, *, by: Professional, at: datetime, paper: str | None = None
) -> Version:
    """Keep a wording of the minutes; every version can be had again.

    It follows from ending the meeting, from a correction, or from taking one back, and what was posted stays on file
    even when the correction that led to it is taken back.
    """
    number = len(versions(case, table.id)) + 1
    version = Version(f"{table.id}/v{number}", by.user_id, by.agency, at, table.id, text, checksum(text), paper)
    return case.step(FILED, version.id, by, at).add(case.all(Version), version)


def correct(
    case: Case,
    table_id: str | None,
    text: str,
    *,
    by: Professional,
    at: datetime,
    calendar: Calendar,
    paragraph: str | None = None,
) -> RoundTable:
    """Put another wording in the place of a paragraph, or a correction beside all; the caller then files the draft."""
    table = _require_time_left(case, table_id, by, at, calendar)
    _require_no_record(table, paragraph)
    _remark(case, table, Kind.CORRECTION, CORRECTED, text, by=by, at=at, paragraph=paragraph)
    return table


def dispute(
    case: Case,
    table_id: str | None,
    text: str,
    *,
    by: Professional,
    at: datetime,
    calendar: Calendar,
    paragraph: str | None = None,
) -> RoundTable:
    """Say that it was otherwise, in one's own words; until that is settled nobody approves."""
    table = _require_time_left(case, table_id, by, at, calendar)
    _remark(case, table, Kind.DISPUTE, DISPUTED, text, by=by, at=at, paragraph=paragraph, state=State.OPEN)
    return table


def settle(
    case: Case,
    table_id: str | None,
    paragraph: str,
    text: str | None,
    *,
    by: Professional,
    at: datetime,
    steers: bool,
    numbers: Mapping[str, int],
) -> RoundTable:
    """Settle what is disputed about a paragraph: by another wording, or with no ``text`` by attaching both views.

    ``numbers``: of the paragraphs of the newest version, by key.
    """
    table = _drafted(case, table_id)
    _require_chair(case, table, by, steers=steers)
    disputed = [r for r in open_disputes(case, table.id) if paragraph in {r.paragraph, r.id}]
    if not disputed:
        raise Refusal(
            "minutes/no_dispute", id=table.id, number=numbers.get(paragraph), disputed=_disputed(case, table, numbers)
        )
    if text is None:
        step = case.step(SETTLED, disputed[0].id, by, at)
    else:
        _require_no_record(table, paragraph)
        # What was disputed as a whole has no wording to replace: the correction stands beside all, too.
        about = None if paragraph == disputed[0].id else paragraph
        correction = _new_remark(case, table, Kind.CORRECTION, text, by=by, at=at, paragraph=about)
        step = case.step(SETTLED, correction.id, by, at)
        step.add(case.all(Remark), correction)
    for one in disputed:
        step.change(one, state=State.BOTH if text is None else State.CORRECTED)
    return table


def add(
    case: Case,
    table_id: str | None,
    kind: NoteKind,
    text: str,
    *,
    by: Professional,
    at: datetime,
    calendar: Calendar,
    credits_: str | None = None,
) -> RoundTable:
    """Add to a draft what was left out in the meeting: the person's view, or a credit."""
    table = _require_time_left(case, table_id, by, at, calendar)
    roundtable.write_note(
        case, table, CREDITED if kind is NoteKind.CREDIT else VIEW_ADDED, kind, text, by=by, at=at, credits_=credits_
    )
    return table


def approve(
    case: Case,
    table_id: str | None,
    *,
    by: Professional,
    at: datetime,
    numbers: Mapping[str, int],
    steers: bool = False,
) -> tuple[RoundTable, Version]:
    """Approve and lock; only the chair can, who answers for them, or the coordinator once the chair left the table.

    Refused while something is disputed, while nothing is said about the person's view, and alone what one wrote.
    ``numbers``: of the paragraphs of the newest version, by key.
    """
    table = _drafted(case, table_id)
    _require_chair(case, table, by, steers=steers)
    version = versions(case, table.id)[-1]
    if disputed := _disputed(case, table, numbers):
        raise Refusal("minutes/disputed", id=table.id, disputed=disputed)
    if not has_view(case, table):
        raise Refusal("minutes/no_view", id=table.id)
    if authors(case, table) == {by.user_id} and not seconded_by(case, version) - {by.user_id}:
        raise Refusal("minutes/alone", id=table.id, readers=readers(case, table, by))
    case.step(APPROVED, table.id, by, at).change(table, approved_at=at, approved_by=by.user_id)
    return table, version


def second(case: Case, table_id: str | None, *, by: Professional, at: datetime) -> tuple[RoundTable, Version]:
    """Agree with the newest wording as one who was there: the chair then doesn't approve alone what the chair wrote."""
    table = _drafted(case, table_id)
    version = versions(case, table.id)[-1]
    if by.user_id not in readers(case, table, None):
        raise Refusal("minutes/chair_approves", id=table.id, chair=table.chair)
    if by.user_id in seconded_by(case, version):
        raise Refusal("minutes/agreed_already", id=table.id, chair=table.chair)
    case.step(AGREED, version.id, by, at)
    return table, version


def add_later(
    case: Case, table_id: str | None, text: str, *, by: Professional, at: datetime
) -> tuple[RoundTable, Remark]:
    """Add to approved minutes; what was approved stays as it is."""
    case.require_open()
    table, _ = require_minutes(case, table_id)
    if not table.approved_at:
        raise Refusal("minutes/not_approved", id=table.id)
    return table, _remark(case, table, Kind.ADDENDUM, AMENDED, text, by=by, at=at)


def versions(case: Case, table_id: str) -> list[Version]:
    """All wordings, oldest first."""
    return [v for v in case.all(Version) if v.roundtable == table_id]


def addenda(case: Case, table_id: str) -> list[Remark]:
    """What was added after the approval, oldest first."""
    return [r for r in _remarks(case, table_id) if r.kind is Kind.ADDENDUM]


def open_disputes(case: Case, table_id: str) -> list[Remark]:
    """What is disputed and not settled, oldest first."""
    return [r for r in _remarks(case, table_id) if r.state is State.OPEN]


def corrections_until(table: RoundTable, calendar: Calendar) -> datetime:
    """When the time ends in which everybody corrects (UTC)."""
    return calendar.end_of(calendar.add(calendar.day(table.ended_at or table.at), CORRECTION_DAYS))


def has_view(case: Case, table: RoundTable) -> bool:
    """Whether the minutes tell the person's view, or why it isn't known."""
    if views_for(case, table):
        return True
    corrected = any(r.paragraph == view_of(table) and r.kind is Kind.CORRECTION for r in _remarks(case, table.id))
    return corrected or any(n.kind is NoteKind.VIEW for n in roundtable.notes_of(case, table))


def views_for(case: Case, table: RoundTable) -> list[Told]:
    """What was written down of the person's view since the meeting before, until the minutes were approved."""
    since, until = _previous_end(case, table), table.approved_at
    views = [t for t in case.all(Told) if t.what is What.VIEW and not t.withdrawn]
    return [t for t in views if (since is None or since < t.at) and (until is None or t.at <= until)]


def view_of(table: RoundTable) -> str:
    """The key of the paragraph that says that the person's view is missing."""
    return f"{table.id}/view"


def authors(case: Case, table: RoundTable) -> set[str]:
    """Whose words stand in the minutes: notes, what was decided at the table, corrections (Matrix ids)."""
    written: list[Record] = [
        *roundtable.notes_of(case, table),
        *(r for r in _remarks(case, table.id) if r.kind is not Kind.ADDENDUM),
        *(d for d in case.all(Decision) if d.roundtable == table.id),
        *(a for a in case.all(Action) if a.roundtable == table.id),
    ]
    return {record.by for record in written if not record.withdrawn}


def seconded_by(case: Case, version: Version) -> set[str]:
    """Who agreed with this wording (Matrix ids)."""
    return {s.by for s in case.steps if s.what is AGREED and s.subject == version.id and not s.undone}


def readers(case: Case, table: RoundTable, approves: Professional | None) -> list[str]:
    """Who can agree beside whoever approves: those who were there, or the other members when nobody else was."""
    approver = approves.user_id if approves else table.chair
    said = roundtable.presences(case, table)
    others = list(dict.fromkeys(m.user_id for m in case.present if m.user_id != approver))
    return [who for who in others if said.get(who) is Presence.CONFIRMED] or others


def had(case: Case, table: RoundTable) -> tuple[list[str], list[str]]:
    """Who was in the room when a version was posted: those who still sit at the table, and those who left it."""
    filed = [v.at for v in versions(case, table.id)]
    got = [
        m.user_id
        for m in case.members
        if m.joined_at and any(m.joined_at <= at and (m.left_at is None or at <= m.left_at) for at in filed)
    ]
    entitled = [who for who in dict.fromkeys(got) if case.is_member(who)]
    return entitled, [who for who in dict.fromkeys(got) if who not in entitled]


def require_minutes(case: Case, table_id: str | None) -> tuple[RoundTable, Version]:
    """The newest wording, of the latest meeting that has one unless an id is given; raises Refusal."""
    table = one_of(case.all(RoundTable), table_id) if table_id else latest(case)
    filed = versions(case, table.id) if table else []
    if table is None or not filed:
        raise Refusal("minutes/none", table=table)
    return table, filed[-1]


def latest(case: Case) -> RoundTable | None:
    """The meeting that ended last."""
    ended = sorted((t for t in case.all(RoundTable) if t.ended_at), key=lambda t: t.ended_at or t.at)
    return ended[-1] if ended else None


def checksum(text: str) -> str:
    """SHA-256 of the text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _remarks(case: Case, table_id: str) -> list[Remark]:
    return [r for r in case.all(Remark) if r.roundtable == table_id and not r.withdrawn]


def _by_paragraph(remarks: list[Remark]) -> dict[str, list[Remark]]:
    return {about: [r for r in remarks if r.paragraph == about] for about in [r.paragraph for r in remarks] if about}


def _disputed(case: Case, table: RoundTable, numbers: Mapping[str, int]) -> list[tuple[int | None, str]]:
    """What is disputed: the number of the paragraph, and by whom."""
    return [(numbers.get(r.paragraph or r.id) or numbers.get(r.id), r.by) for r in open_disputes(case, table.id)]


def _informs(record: Record) -> bool:
    """Whether a record carries information, and is not a refusal or a wish for more time."""
    results = {request.State.ANSWERED, request.State.PARTLY, request.State.NOTHING}
    return not isinstance(record, request.Answer) or record.result in results


def _remark(
    case: Case,
    table: RoundTable,
    kind: Kind,
    what: Verb,
    text: str,
    *,
    by: Professional,
    at: datetime,
    paragraph: str | None = None,
    state: State = State.STANDS,
) -> Remark:
    remark = _new_remark(case, table, kind, text, by=by, at=at, paragraph=paragraph, state=state)
    return case.step(what, remark.id, by, at).add(case.all(Remark), remark)


def _new_remark(
    case: Case,
    table: RoundTable,
    kind: Kind,
    text: str,
    *,
    by: Professional,
    at: datetime,
    paragraph: str | None,
    state: State = State.STANDS,
) -> Remark:
    number = sum(r.roundtable == table.id for r in case.all(Remark)) + 1
    return Remark(f"{table.id}/c{number}", by.user_id, by.agency, at, table.id, text, kind, paragraph, state)


def _drafted(case: Case, table_id: str | None) -> RoundTable:
    case.require_open()
    table, _ = require_minutes(case, table_id)
    if table.approved_at:
        raise Refusal("minutes/approved", table=table)
    return table


def _require_time_left(
    case: Case, table_id: str | None, by: Professional, at: datetime, calendar: Calendar
) -> RoundTable:
    """The draft, which after the time for corrections only the chair puts right."""
    table = _drafted(case, table_id)
    until = corrections_until(table, calendar)
    if at > until and by.user_id != table.chair and case.is_member(table.chair):
        raise Refusal("minutes/too_late", id=table.id, until=until, chair=table.chair)
    return table


def _require_chair(case: Case, table: RoundTable, by: Professional, *, steers: bool) -> None:
    if by.user_id != table.chair and (case.is_member(table.chair) or not steers):
        raise Refusal("minutes/chair_approves", id=table.id, chair=table.chair)


def _require_no_record(table: RoundTable, paragraph: str | None) -> None:
    """A decision, an action, a return holds as its agency worded it: minutes that say otherwise would be wrong."""
    if paragraph and paragraph[:2] in {"D-", "A-", "Q-"}:
        raise Refusal("minutes/is_a_record", id=table.id, record=paragraph)


def _previous_end(case: Case, table: RoundTable) -> datetime | None:
    began = table.started_at or table.at
    ended = [t.ended_at for t in case.all(RoundTable) if t.ended_at and t is not table and t.ended_at <= began]
    return max(ended, default=None)
