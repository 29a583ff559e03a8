"""The person at the centre: it is about them (practice, sections 1 and 2). They and their family are no members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.closing import INFORMED, checks_closing
from cases.followups import Followup, offers_followups, todo
from cases.record import Record, Words, next_id, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cases.case import Case
    from cases.people import Professional

TOLD_GOAL = verb("person goal", "wrote down the person's goal ({id})", worded=True)
TOLD_VIEW = verb("person view", "wrote down the person's view ({id})", worded=True)
TOLD_INFORMED = verb("person informed", "noted that the person was informed ({id})", worded=True)
TOLD_NOT_INFORMED = verb("person notinformed", "noted why the person is not informed yet ({id})", worded=True)
PLANNED = verb("contact plan", "planned a contact with the family ({id})", worded=True)
NOTED = verb("contact", "noted a contact with the family ({id})", worded=True)
NOT_INFORMED = todo(
    "not informed",
    "inform the person:  !person informed DATE WHAT by: PERSON",
    "the person is not informed, and the date to look at it has passed",
)
TO_CONTACT = todo("contact", "speak to the family, then  !contact parent WHAT", "a contact with the family is planned")


class What(StrEnum):
    """What was written down of the person."""

    GOAL = "goal"
    VIEW = "view"
    INFORMED = "informed"
    NOT_INFORMED = "not informed"


_VERBS = {
    What.GOAL: TOLD_GOAL,
    What.VIEW: TOLD_VIEW,
    What.INFORMED: TOLD_INFORMED,
    What.NOT_INFORMED: TOLD_NOT_INFORMED,
}


class Family(StrEnum):
    """Whom the contact was with; none of them is a member of the table."""

    PARENT = "parent"
    FAMILY = "family"


@record("person", letter="P", wording="text", noun="note on the person")
@dataclass(eq=False, repr=False)
class Told(Record):
    """Something of the person: the newest of its kind counts."""

    what: What
    text: Words
    """What they want, see, or were told; or why they are not informed."""
    on: datetime | None = None
    """When they were informed."""
    teller: str | None = None
    """Who told them (Matrix id)."""
    review_at: datetime | None = None
    """When it is looked at again whether they can be informed."""


@record("contact", letter="T", wording="text")
@dataclass(eq=False, repr=False)
class Contact(Record):
    """A contact with parents or family, planned or had."""

    family: Family
    text: Words
    who: str
    """Who speaks to them (Matrix id)."""
    on: datetime
    told: Words | None = None
    view: Words | None = None
    """How they see it."""
    settled_by: str | None = None
    """The contact that was had, of one that was planned."""

    @property
    def planned(self) -> bool:
        """Whether it was ahead when it was written down."""
        return self.on > self.at


def tell(
    case: Case,
    what: What,
    text: str,
    *,
    by: Professional,
    at: datetime,
    on: datetime | None = None,
    teller: str | None = None,
    review_at: datetime | None = None,
) -> Told:
    """Write something of the person down."""
    case.require_open()
    new_id = next_id("P", case.all(Told), case.steps)
    told = Told(new_id, by.user_id, by.agency, at, what, text, on, teller, review_at)
    return case.step(_VERBS[what], new_id, by, at).add(case.all(Told), told)


def note_contact(
    case: Case,
    family: Family,
    text: str,
    *,
    who: str,
    on: datetime,
    by: Professional,
    at: datetime,
    told: str | None = None,
    view: str | None = None,
) -> tuple[Contact, Contact | None]:
    """Plan a contact that is ahead, or note one that was had; gives the planned one that this settles, too."""
    case.require_open()
    new_id = next_id("T", case.all(Contact), case.steps)
    contact = Contact(new_id, by.user_id, by.agency, at, family, text, who, on, told, view)
    if contact.planned:
        case.require_member(who)
    step = case.step(PLANNED if contact.planned else NOTED, new_id, by, at)
    mine = [one for one in open_contacts(case) if one.family is family and who == one.who]
    step.add(case.all(Contact), contact)
    if contact.planned or not mine:
        return contact, None
    first = min(mine, key=lambda one: one.on)
    step.change(first, settled_by=contact.id)
    return contact, first


def newest(case: Case, *kinds: What, hidden: Collection[str] = ()) -> Told | None:
    """What was written down last of these kinds, without what is hidden."""
    found = [t for t in case.all(Told) if t.what in kinds and not t.withdrawn and t.id not in hidden]
    return found[-1] if found else None


def contacts(case: Case, hidden: Collection[str] = ()) -> list[Contact]:
    """All contacts, oldest first, without what is hidden."""
    return [one for one in case.all(Contact) if not one.withdrawn and one.id not in hidden]


def open_contacts(case: Case) -> list[Contact]:
    """Those that were planned, and not had yet."""
    return [one for one in contacts(case) if one.planned and one.settled_by is None]


def goal_of(case: Case, *readers: str) -> str:
    """What it is about, as these members may read it: the person's own goal, else the table's."""
    theirs = newest(case, What.GOAL, hidden=case.hidden_from(*readers))
    return theirs.text if theirs else case.goal


@checks_closing(INFORMED)
def tells_whether_informed(case: Case) -> bool:
    """Whether it is on file that the person was informed, or why not."""
    return newest(case, What.INFORMED, What.NOT_INFORMED) is not None


@offers_followups
def list_left_to_tell(case: Case, now: datetime) -> Iterator[Followup]:
    """The person, once the date to look at it has passed; and contacts that were planned."""
    if case.closed:
        return
    last = newest(case, What.INFORMED, What.NOT_INFORMED)
    if last and last.what is What.NOT_INFORMED and last.review_at and last.review_at < now:
        yield Followup(case.ref, NOT_INFORMED, last.agency, last.by, last.review_at, late=True, text=last.text)
    for one in open_contacts(case):
        agency = case.agency_of(one.who) or one.agency
        yield Followup(one.id, TO_CONTACT, agency, one.who, one.on, late=one.on < now, text=one.text)
