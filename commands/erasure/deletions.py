"""What follows when a message is deleted: its words go at once, or they stay until their author says so.

A deletion is neither encrypted nor signed by a device. Whoever has a member's password can make one, and so can the
homeserver, in anybody's name. So the author always hears of it, also in the direct chat, and can have it back; and
where there is reason to doubt that it was the author, nothing is taken off the file before they confirm it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.case import Case
from cases.followups import Followup, unresolved
from cases.people import Professional
from cases.roles import Place, Role
from chat.context import House, Reply, agency_channel, case_channel, direct_channel
from commands.action.rules import Action
from commands.advice import numbers
from commands.erasure import rules as erasure
from commands.request.rules import UNANSWERED, Request
from commands.roundtable import invitation
from commands.separation import following
from storage import causes, deletions
from storage.audit import ERASE, Entry, Line
from storage.crypto import HOUSE
from storage.deletions import Asked
from storage.find import Directory, place_of
from storage.work import Work

MOST_AN_HOUR = 5
"""Deletions of one person; people take back a message or two, whoever empties a file deletes many."""
CONFIRMS = frozenset({"yes", "delete", "ja", "verwijder"})
"""What an author replies to the question, beside the whole command."""
ASKED = "erasure/asked"


class Doubt(StrEnum):
    """Why it is not certain that the author deleted a message."""

    DEVICE = "device"
    """The account has a device that its identity has not signed: somebody may have the password."""
    IDENTITY = "identity"
    """The account shows another identity than the pinned one, or none."""
    MANY = "many"
    OTHER = "other"
    """Somebody else deleted it: a server can, and whoever is given the power in a room."""


@dataclass(frozen=True, repr=False)
class Said:
    """Somebody's message: the lines of it that were carried out in one case."""

    event_id: str
    by: Professional
    lines: tuple[tuple[datetime, str | None], ...]
    """When each was carried out, and the record that it was about."""
    places: frozenset[str]

    @classmethod
    def of(cls, event_id: str, by: Professional, case: Case, lines: Iterable[Line]) -> "Said":
        """From what the audit log has of it."""
        here = [line for line in lines if line.done and line.case_ref == case.ref]
        return cls(
            event_id,
            by,
            tuple(dict.fromkeys((one.at, one.subject) for one in here)),
            frozenset(one.place for one in here),
        )

    def on_file(self, case: Case) -> list[str]:
        """What of it is on file: the ids of the records."""
        found = [i for at, about in self.lines for i in erasure.find(case, at, by=self.by, about=about)]
        return list(dict.fromkeys(found))

    def is_from(self, case: Case, channel: str) -> bool:
        """Whether it was said in this channel: a server may tell of a deletion in any room."""
        place, _, key = channel.partition(":")
        moments = {at for at, _ in self.lines}
        theirs = {s.agency for s in case.steps if s.by == self.by.user_id and s.at in moments}
        keys = {Place.CASE: {case.ref}, Place.DIRECT: {self.by.user_id}, Place.AGENCY: theirs}
        return place in self.places and key in keys.get(Place(place), {key})


def doubt(work: Work, said: Said, sender: str, of_account: Doubt | None) -> Doubt | None:
    """Why it is not certain that the author deleted it; ``of_account``: what is known of the sender's account."""
    if sender != said.by.user_id:
        return Doubt.OTHER
    if of_account is not None:
        return of_account
    many = deletions.count_since(work, sender, work.now - timedelta(hours=1)) >= MOST_AN_HOUR
    return Doubt.MANY if many else None


@dataclass(frozen=True, repr=False)
class Told:
    """What is told of a deletion."""

    name: str
    """The record that it was about, or the case itself."""
    replies: dict[str, Reply]
    """By channel."""


def retract_asked(work: Work, case: Case, said: Said) -> None:
    """Let a question for advice that a message put be deleted above the tables, too: before it is off the file."""
    for number, link in numbers.given_to(work.find, case.ref, said.on_file(case)).items():
        work.retract_in(link.place, number)


def take_off(work: Work, house: House, case: Case, said: Said, *channels: str) -> Told | None:
    """Take a message off the file; gives what is told of it: where it was said, in the case room, and to its author.

    What waits again is told to those who asked for it, and to those who owe it. None, when nothing was on file.
    """
    directory = work.find.directory()
    waited = {(i.id, i.what, i.agency) for i in unresolved(case, work.now)}
    accepted = [action for action in case.all(Action) if action.accepted_by and not action.withdrawn]
    held = {action.id: _owners(case, action) for action in accepted}
    erased = [
        step
        for at, about in reversed(said.lines)
        for step in erasure.erase(case, at, by=said.by, at=work.now, about=about)
    ]
    following.follow_deletion(work, house, case, [step.erases for step in erased if step.erases])
    ids = list(dict.fromkeys(erasure.said_in(case, step) for step in reversed(erased)))
    again = [i for i in unresolved(case, work.now) if (i.id, i.what, i.agency) not in waited]
    room, author = case_channel(case.ref), said.by.user_id
    if not ids:
        return None
    withhold(work, house, case, work.now, about=ids, but=causes.of_lines(said.event_id)[0])
    told: dict[str, Reply] = {}
    for where in (*channels, room, *_rooms_of_the_asked(directory, again), direct_channel(author)):
        facts: dict[str, object] = {
            "ref": case.ref,
            "ids": ids,
            "again": [item for item in again if where in {room, agency_channel(item.agency)}],
            "person": author,
            "until": work.now + erasure.WIPE_AFTER,
        }
        concerned = (*_concerned(case, again), *(p for i in ids for p in held.get(i, ()))) if where == room else ()
        files = invitation.files_after_deletion(case, erased, house.bot_id, work.now) if where == room else ()
        told[where] = Reply("erasure/erased", facts, subject_of(ids), tuple(dict.fromkeys((author, *concerned))), files)
    return Told(ids[0], told)


def withhold(
    work: Work, house: House, case: Case, until: datetime, *, about: list[str] | None = None, but: str | None = None
) -> None:
    """Let what still waits in any room not be said with words that were deleted, and say so there (``Work.withhold``).

    It may have waited since before the deletion, in a room that is lost or a chat that nobody has come into.
    """
    for channel, subject in work.withhold(case.ref, until, about=about, but=but):
        house.say(work, channel, Reply("erasure/withheld", {"ref": case.ref, "id": subject}, subject), case)


def hold(work: Work, house: House, case: Case, said: Said, channel: str, why: Doubt) -> str:  # noqa: PLR0917 where, what, and why
    """Leave a message on file, and ask its author; the admins are told once a day. Gives the record that is named."""
    directory = work.find.directory()
    ids = said.on_file(case)
    deletions.ask(work, Asked(said.by.user_id, case.ref, ids[0], said.event_id, channel))
    facts: dict[str, object] = {"ref": case.ref, "ids": ids, "person": said.by.user_id, "why": why}
    for where in dict.fromkeys([channel, direct_channel(said.by.user_id)]):
        reply = Reply("erasure/held", facts, subject_of(ids), (said.by.user_id,))
        say(work, house, case, where, reply)
    key, today = f"deletions doubted {said.by.user_id} {why}", f"{work.now:%Y-%m-%d}"
    if work.find.setting(key) != today:
        work.keep(key, today)
        admins = tuple(admin.user_id for admin in directory.with_role(Role.ADMIN))
        reply = Reply("erasure/doubted", {"person": said.by.user_id, "why": why}, None, admins)
        say(work, house, case, Place.ADMIN.value, reply)
    return ids[0]


def entry(said: Said, case: Case, channel: str, subject: str | None, outcome: str, cause: str) -> Entry:  # noqa: PLR0917 a line of the log
    """The line of the audit log, in the name of the author."""
    return Entry(said.by.user_id, place_of(channel), case.ref, ERASE, subject, outcome, cause)


def say(work: Work, house: House, case: Case, channel: str, reply: Reply) -> None:
    """Say it; there is no content in it, so that outside the case room who has left the table reads it, too."""
    directory = work.find.directory()
    place, _, key = channel.partition(":")
    if place == Place.DIRECT and key not in directory.people:
        return
    voice = house.voice(directory, channel, case)
    for page in voice.message(reply.template, reply.facts, subject=reply.subject, wake=reply.wake):
        work.say(channel, page, scope=case.ref if place == Place.CASE else HOUSE)
    for file in reply.files:
        work.attach(channel, file, scope=case.ref, subject=reply.subject)


def subject_of(ids: list[str]) -> str | None:
    """The record that a reply is about; none where it is the case itself."""
    return next((one for one in ids if "-" in one), None)


def _concerned(case: Case, again: list[Followup]) -> Iterator[str]:
    """Who asked for what waits again, and who owes it."""
    for item in again:
        for asked in case.all(Request):
            if asked.id == item.id:
                yield from _at_table(case, asked.agency, asked.by)
        yield from _at_table(case, item.agency, item.person)


def _owners(case: Case, action: Action) -> list[str]:
    """Who has accepted an action."""
    whom = {action.owner: action.owner_person}
    return [person for agency in action.accepted_by for person in _at_table(case, agency, whom.get(agency))]


def _at_table(case: Case, agency: str, person: str | None) -> list[str]:
    members = [m.user_id for m in case.present if m.agency == agency]
    return [person] if person in members else members


def _rooms_of_the_asked(directory: Directory, again: list[Followup]) -> list[str]:
    """The rooms of the agencies that owe an answer again: they were asked there."""
    agencies = [item.agency for item in again if item.what is UNANSWERED]
    return [agency_channel(agency) for agency in agencies if agency in directory.agencies]
