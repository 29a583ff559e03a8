"""Each case room has one pinned card: the goal, what is late and due, the next table; edited in place, silently."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby

from cases.case import Case
from cases.followups import unresolved
from chat.context import Reply, case_channel
from chat.jobs import Sweep, on_change
from commands.erasure.rules import DELETED, WIPED
from commands.overview.commands import by_record, how_urgent, readable
from commands.roundtable import rules as roundtable
from storage import causes
from storage.find import Find
from storage.work import Message, Work

EDITED_AFTER = timedelta(minutes=10)
"""At most so often; what changes meanwhile stands on it with the next quarter of an hour."""
FRESH_AFTER = timedelta(days=30)
"""However little happens: members' devices come and go, and what is old is hard to find."""
MOST_ITEMS = 6


@dataclass(frozen=True, repr=False)
class Posted:
    """The card that stands in a room: nothing of what it says."""

    cause: str
    room_id: str
    at: str
    """When it was posted, and below: when it was last edited (ISO 8601, UTC)."""
    edited: str
    digest: str
    """Of its text, under our key: to see whether it still says what is."""


@on_change
def post_card(sweep: Sweep) -> None:
    """Post the card, post a fresh one, or edit it where it no longer says how the case stands."""

    def post(ref: str) -> None:
        case = sweep.case(ref)
        with sweep.store.look() as find:
            before = _posted(find, ref)
            room_id = find.room(case_channel(ref))
            taken_off = before is not None and case is not None and _is_taken_off(before, case)
            # What was taken off the file waits for nothing.
            is_due = taken_off or _is_due(before, sweep.now)
            message = _message(sweep, find, case) if case and is_due else None
        if case is None or message is None or room_id is None or not (taken_off or _has_readers(case)):
            return
        digest = sweep.store.ring.sign(hashlib.sha256(message.plain.encode()).digest()).hex()
        if before is None or _must_be_fresh(before, case, room_id, sweep.now):
            if taken_off or not case.closed:
                _post_fresh(sweep, ref, before, room_id, message, digest)
        elif digest != before.digest:
            _edit(sweep, ref, before, message, digest)

    sweep.each(post)


def _post_fresh(  # noqa: PLR0917 what stood there, and what shall
    sweep: Sweep, ref: str, before: Posted | None, room_id: str, message: Message, digest: str
) -> None:
    """Whoever joined can't read an older card: it goes, with all that it said, and a new one is pinned."""
    moment = sweep.now.isoformat()
    cause = causes.of_job("card", ref, moment)
    with sweep.store.work(cause, sweep.now) as work:
        work.say(case_channel(ref), message, scope=ref, pins=True)
        if before is not None:
            work.retract(before.cause, below=True)
        _keep(work, ref, Posted(cause, room_id, moment, moment, digest))


def _edit(sweep: Sweep, ref: str, before: Posted, message: Message, digest: str) -> None:
    moment = sweep.now.isoformat()
    with sweep.store.work(causes.below(before.cause, moment), sweep.now) as work:
        work.say(case_channel(ref), message, scope=ref, edits=f"{before.cause}.1")
        _keep(work, ref, Posted(before.cause, before.room_id, before.at, moment, digest))


def _message(sweep: Sweep, find: Find, case: Case) -> Message:
    everybody = [member.user_id for member in case.present]
    entries = by_record(readable(case, unresolved(case, sweep.now), *everybody))
    tables = [table for table in roundtable.upcoming(case) if table.starts_at > sweep.now]
    facts = {
        "case": case,
        "groups": [(kind, list(some)) for kind, some in groupby(entries[:MOST_ITEMS], how_urgent)],
        "more": max(0, len(entries) - MOST_ITEMS),
        "running": roundtable.running(case),
        "next_table": tables[0] if tables else None,
    }
    channel = case_channel(case.ref)
    reply = Reply("card/status", facts)
    return sweep.house.voice(find.directory(), channel, case).message(reply.template, reply.facts)[0]


def _is_due(before: Posted | None, now: datetime) -> bool:
    return before is None or now - datetime.fromisoformat(before.edited) >= EDITED_AFTER


def _has_readers(case: Case) -> bool:
    return any(member.joined_at is not None for member in case.present)


def _must_be_fresh(before: Posted, case: Case, room_id: str, now: datetime) -> bool:
    """Whether the card can't be mended by an edit: somebody can't read it, or may not read what it said."""
    posted = datetime.fromisoformat(before.at)
    came = any(member.joined_at is not None and member.joined_at > posted for member in case.present)
    return came or _is_taken_off(before, case) or before.room_id != room_id or now - posted >= FRESH_AFTER


def _is_taken_off(before: Posted, case: Case) -> bool:
    posted = datetime.fromisoformat(before.at)
    return any(step.at > posted and step.what in {DELETED, WIPED} for step in case.steps)


def _posted(find: Find, ref: str) -> Posted | None:
    kept = find.setting(_key(ref))
    return Posted(**json.loads(kept)) if kept else None


def _keep(work: Work, ref: str, posted: Posted) -> None:
    work.keep(_key(ref), json.dumps(asdict(posted)))
    # No line in the audit log: it says again what is on file.
    work.outcome = "done"


def _key(ref: str) -> str:
    return f"card {ref}"
