"""Polls come with their question and go once it is settled: never edited, never ended, so that no cup is shown."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cases.case import Case
from chat.context import Context, agency_channel, case_channel, direct_channel
from chat.jobs import Sweep, on_change
from chat.registry import commands
from commands.poll.rules import Question, list_questions
from storage import causes
from storage.find import Card, Find
from storage.messages import Poll
from storage.work import Work

SETTLED = "done"
ASKED_ANEW_AFTER = timedelta(minutes=10)
"""Who joins a case's room can't read what was asked before; those who join together are asked together."""


@dataclass(frozen=True, repr=False)
class Asked:
    """A poll that stands: its row in the outbox, where, since when (ISO 8601, UTC), and its text under our key."""

    row: str
    room_id: str
    at: str
    digest: str


@dataclass(frozen=True, repr=False)
class Wanted:
    """A poll as it must stand now."""

    question: Question
    channel: str
    room_id: str
    poll: Poll
    digest: str


@on_change
def keep_polls(sweep: Sweep) -> None:
    """Ask what is open, and take away what is settled or over; typed answers count as well."""

    def keep_in(ref: str) -> None:
        case = sweep.case(ref)
        if case is None:
            return
        with sweep.store.look() as find:
            asked = _asked(find, ref)
            wanted = _wanted(sweep, find, case)
        stale = [key for key, poll in asked.items() if not _stands(poll, wanted.get(key), case, sweep.now)]
        fresh = [key for key in wanted if key not in asked or key in stale]
        if not (stale or fresh):
            return
        gone = [asked[key].row for key in stale]
        cause = causes.of_job("polls", ref, sweep.now.isoformat(), ", ".join(fresh), ", ".join(gone))
        with sweep.store.work(cause, sweep.now) as work:
            for poll in map(asked.pop, stale):
                # What stood in a room that is lost went with it.
                if work.find.channel(poll.room_id):
                    work.retract_row(poll.row)
            for key in fresh:
                asked[key] = _ask(work, wanted[key], ref)
            work.keep(_key(ref), json.dumps({key: asdict(poll) for key, poll in asked.items()}))
            # No line in the audit log: nobody did anything yet.
            work.outcome = SETTLED

    sweep.each(keep_in)


def _wanted(sweep: Sweep, find: Find, case: Case) -> dict[str, Wanted]:
    """What is asked now, by question, as far as there is a room for it."""
    if not sweep.house.of(case.scheme).polls:
        return {}
    directory, wanted = find.directory(), dict[str, Wanted]()
    for question in list_questions(case, sweep.now):
        channel = channel_of(question, case)
        room_id = find.room(channel)
        if room_id is not None:
            voice = sweep.house.voice(directory, channel, case)
            text, answers = voice.poll(f"poll/{question.kind}", vars(question) | {"ref": case.ref})
            digest = sweep.store.ring.sign(hashlib.sha256(json.dumps([text, answers]).encode()).digest()).hex()
            # Where nobody of an agency sits at the table, it is asked all the same.
            alone = question.agency and not question.asked
            asked = tuple(sorted(find.audience(channel, case.ref))) if alone else question.asked
            poll = Poll(text, answers, asked, question.subject)
            wanted[question.key] = Wanted(question, channel, room_id, poll, digest)
    return wanted


def _stands(poll: Asked, wanted: Wanted | None, case: Case, now: datetime) -> bool:
    """Whether a poll may stay: it asks what is to be asked, where, and those who are asked could have read it."""
    if wanted is None or (poll.room_id, poll.digest) != (wanted.room_id, wanted.digest):
        return False
    at = datetime.fromisoformat(poll.at)
    if wanted.channel != case_channel(case.ref) or now - at < ASKED_ANEW_AFTER:
        return True
    joined = {member.user_id: member.joined_at for member in case.present if member.joined_at is not None}
    return not any(person in joined and joined[person] > at for person in wanted.question.asked)


def _ask(work: Work, wanted: Wanted, ref: str) -> Asked:
    row = work.ask(wanted.channel, wanted.poll, scope=ref)
    return Asked(row, wanted.room_id, work.now.isoformat(), wanted.digest)


def channel_of(question: Question, case: Case) -> str:
    """Where a question is asked: of everybody who reads there."""
    if question.person:
        return direct_channel(question.person)
    return agency_channel(question.agency) if question.agency else case_channel(case.ref)


def _asked(find: Find, ref: str) -> dict[str, Asked]:
    """The polls that stand, by question."""
    kept: dict[str, dict[str, str]] = json.loads(find.setting(_key(ref)) or "{}")
    return {key: Asked(**poll) for key, poll in kept.items()}


def _key(ref: str) -> str:
    return f"polls {ref}"


def is_asked(find: Find, card: Card) -> bool:
    """Whether a poll still stands: a tap counts only until its question is settled."""
    return card.txn_id in {poll.row for poll in _asked(find, card.case_ref).values()}


def rung_by_polls(ctx: Context, subject: str) -> Collection[str]:
    """Whom a poll about this record will call within seconds: nobody is rung twice for one question."""
    if ctx.open_case is None or not ctx.house.of(ctx.open_case.scheme).polls:
        return ()
    standing = _asked(ctx.work.find, ctx.open_case.ref)
    case, find = ctx.open_case, ctx.work.find
    coming = [q for q in list_questions(case, ctx.now) if q.subject == subject and q.key not in standing]
    return {person for q in coming if find.room(channel_of(q, case)) for person in q.asked}


commands.polls.append(is_asked)
commands.calls.append(rung_by_polls)
