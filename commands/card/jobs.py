"""Each case room has one pinned card: the goal, what is late and due, the next table; edited in place, silently."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from cases.case import Case
from cases.followups import unresolved
from cases.record import GAP
from cases.time import shorten, show
from chat.context import case_channel
from chat.jobs import Sweep, on_change
from chat.render import Voice
from commands.board import signing
from commands.board.drawing import SIZES, draw
from commands.erasure.rules import DELETED, WIPED
from commands.overview.lists import by_record, how_urgent, readable
from commands.person.rules import goal_of
from commands.phase import rules as phases
from commands.roundtable import rules as roundtable
from commands.separation.rules import MOVED
from storage import causes
from storage.find import Find
from storage.messages import Message
from storage.work import Work

EDITED_AFTER = timedelta(minutes=10)
"""At most so often; what changes meanwhile stands on it with the next quarter of an hour."""
FRESH_AFTER = timedelta(days=30)
"""However little happens: members' devices come and go, and what is old is hard to find."""
MOST_ITEMS = 6
MOST_OF_GOAL = 1_000
"""Characters: an edit holds the text four times, and must fit a message."""
LARGEST = 43_000
"""Bytes of the JSON of a message with its board, in an edit twice the text: encrypted it stays below 65,536."""


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
    number: int = 0
    """Of the board that it holds, in the order of this room, and the digest of that; 0: it holds none."""
    board: str = ""
    last: str = ""
    """The cause of its newest edit, if that holds a board."""


class Card:
    """What the card of a case says now, and its board if boards are on."""

    def __init__(self, sweep: Sweep, case: Case, voice: Voice, room_id: str) -> None:
        self.case, self.room_id = case, room_id
        self._voice, self._now = voice, sweep.now
        self.message = _message(case, voice, sweep.now)
        self._key = signing.signing_key(sweep.store) if sweep.house.has_board else None
        self._board = draw(case, sweep.now, voice) if self._key else None
        said = self.message.plain + (json.dumps(self._board) if self._board else "")
        self.digest = sweep.store.ring.sign(hashlib.sha256(said.encode()).digest()).hex()

    def sign(self, number: int, before: str, *, edits: bool = False) -> dict[str, str] | None:
        """The board as the message carries it: as much as fits beside the text. None: boards are off."""
        if self._key is None or self._board is None:
            return None
        moment = self._voice.language.date(show(self._now, self._voice.zone))
        head = {"room": self.room_id, "number": number, "before": before, "at": moment}
        texts = len(json.dumps([self.message.plain, self.message.html], ensure_ascii=False).encode(errors="replace"))
        room = LARGEST - texts * (2 if edits else 1)
        signed = signing.sign(head | self._board, self._key)
        for size in SIZES[1:]:
            if len(signed["board"]) <= room:
                break
            signed = signing.sign(head | draw(self.case, self._now, self._voice, size), self._key)
        return signed


@on_change
def post_card(sweep: Sweep) -> None:
    """Post the card, post a fresh one, or edit it where it no longer says how the case stands."""

    def post(ref: str) -> None:
        case = sweep.case(ref)
        with sweep.store.look() as find:
            before = _posted(find, ref)
            room_id = find.room(case_channel(ref))
            taken_off = before is not None and case is not None and _is_taken_off(before, case)
            # What was taken off the file waits for nothing, and a board shows what is.
            is_due = taken_off or sweep.house.has_board or _is_due(before, sweep.now)
            voice = sweep.house.voice(find.directory(), case_channel(ref), case)
        if case is None or not is_due or room_id is None or not (taken_off or _has_readers(case)):
            return
        card = Card(sweep, case, voice, room_id)
        if before is None or _must_be_fresh(before, case, room_id, sweep.now):
            if taken_off or not case.closed:
                _post_fresh(sweep, before, card)
        elif card.digest != before.digest or (sweep.house.has_board and _is_hard_to_find(before, sweep.now)):
            _edit(sweep, before, card)

    sweep.each(post)


def _post_fresh(sweep: Sweep, before: Posted | None, card: Card) -> None:
    """Whoever joined can't read an older card: it goes, with all that it said, and a new one is pinned."""
    moment, ref = sweep.now.isoformat(), card.case.ref
    cause = causes.of_job("card", ref, moment)
    # Larger than any that a file had which was lost: boards of this room are shown in the order of their numbers.
    number = max((before.number if before else 0) + 1, int(sweep.now.timestamp()))
    board = card.sign(number, before.board if before else "")
    with sweep.store.work(cause, sweep.now) as work:
        work.say(case_channel(ref), card.message, scope=ref, pins=True, board=board)
        if before is not None:
            work.retract(before.cause, below=True)
        posted = Posted(cause, card.room_id, moment, moment, card.digest)
        _keep(work, ref, _numbered(posted, before, number, board))


def _edit(sweep: Sweep, before: Posted, card: Card) -> None:
    moment, ref = sweep.now.isoformat(), card.case.ref
    number = before.number + 1 if before.number else int(sweep.now.timestamp())
    board = card.sign(number, before.board, edits=True)
    cause = causes.below(before.cause, f"{moment} {number}")
    with sweep.store.work(cause, sweep.now) as work:
        work.say(case_channel(ref), card.message, scope=ref, edits=f"{before.cause}.1", board=board)
        if before.last:
            # Nobody needs it any more, and a fresh card has few to take away.
            work.retract(before.last)
        posted = replace(before, edited=moment, digest=card.digest, last=cause if board else "")
        _keep(work, ref, _numbered(posted, before, number, board))


def _numbered(posted: Posted, before: Posted | None, number: int, board: Mapping[str, str] | None) -> Posted:
    """With the board that it holds now, or the last one that a card of this room held."""
    if board is not None:
        return replace(posted, number=number, board=signing.digest(board))
    return replace(posted, number=before.number, board=before.board) if before else posted


def _message(case: Case, voice: Voice, now: datetime) -> Message:
    everybody = [member.user_id for member in case.present]
    goal = goal_of(case, *everybody)
    entries = by_record(readable(case, unresolved(case, now), *everybody))
    tables = [table for table in roundtable.upcoming(case) if table.starts_at > now]
    facts = {
        "case": case,
        "goal": goal if len(goal) <= MOST_OF_GOAL else shorten(goal, MOST_OF_GOAL),
        "groups": [(kind, list(some)) for kind, some in groupby(entries[:MOST_ITEMS], how_urgent)],
        "more": max(0, len(entries) - MOST_ITEMS),
        "running": roundtable.running(case),
        "standing": phases.standing(case, now)._replace(silent=[]),
        "next_table": tables[0] if tables else None,
    }
    return voice.message("card/status", facts)[0]


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
    """Whether something was taken off the file since, or the file is an older one, which knows no later card."""
    posted = datetime.fromisoformat(before.at)
    return any(step.at > posted and step.what in {DELETED, WIPED, MOVED, GAP} for step in case.steps)


def _is_hard_to_find(before: Posted, now: datetime) -> bool:
    """Whether apps find its board only as long as they have loaded the card: by its id they find what edits it."""
    return before.edited == before.at and now > datetime.fromisoformat(before.at)


def _posted(find: Find, ref: str) -> Posted | None:
    kept = find.setting(_key(ref))
    return Posted(**json.loads(kept)) if kept else None


def _keep(work: Work, ref: str, posted: Posted) -> None:
    work.keep(_key(ref), json.dumps(asdict(posted)))
    # No line in the audit log: it says again what is on file.
    work.outcome = "done"


def _key(ref: str) -> str:
    return f"card {ref}"
