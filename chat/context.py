"""What a command may touch: a case, the people, the time, and one unit of work. No client, no clock of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.calendar import Calendar
from cases.case import AT_THE_TABLE, Case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Permission, Place, Role, may, restraint
from cases.scheme import Scheme
from chat.languages import Language, language
from chat.marks import mark_of
from chat.render import Voice
from storage.crypto import HOUSE
from storage.find import Directory
from storage.messages import Attachment, Paper
from storage.work import Work


@dataclass(frozen=True, repr=False)
class House:
    """What holds for the whole deployment."""

    scheme: str
    """The name of the scheme that a case is opened in unless another is named."""
    zone: ZoneInfo
    bot_id: str
    bot_name: str
    bot_identity: str = ""
    """The bot's public master key, which people compare to know that it is the bot."""
    schemes: Mapping[str, Scheme] = field(default_factory=dict[str, Scheme])
    """By name; what is not among them is as the house's own scheme."""
    has_board: bool = False
    """Whether a page shows each case as a board."""

    @property
    def bot(self) -> Professional:
        """The bot, as the author of what it does by itself: for no agency."""
        return Professional(self.bot_id, self.bot_name, "")

    @property
    def known_schemes(self) -> tuple[str, ...]:
        """The names of the schemes that a case can be opened in, the house's own first."""
        return tuple(dict.fromkeys((self.scheme, *self.schemes)))

    def of(self, scheme: str) -> Scheme:
        """What is particular to a scheme."""
        return self.schemes.get(scheme) or self.schemes.get(self.scheme) or Scheme()

    def coordinates(self, user_id: str, scheme: str) -> bool:
        """Whether the cases of a scheme are for this coordinator to steer, list and see."""
        named = self.of(scheme).coordinators
        return not named or user_id in named

    def language(self, directory: Directory, channel: str, case: Case | None = None) -> Language:
        """The language of a channel: in a direct chat what the person chose, else that of the case's or our scheme."""
        place, _, key = channel.partition(":")
        chosen = directory.prefers(key).language if place == Place.DIRECT else None
        scheme = case.scheme if case and place == Place.CASE else self.scheme
        return language(chosen or self.of(scheme).language)

    def voice(self, directory: Directory, channel: str, case: Case | None = None) -> Voice:
        """How texts sound in a channel; in a direct chat dates are told in the person's own zone."""
        zone = case.zone_info if case else self.zone
        place, _, key = channel.partition(":")
        if place == Place.DIRECT:
            zone = directory.zone(key, zone)
        spoken = self.language(directory, channel, case)
        return Voice(directory, zone, spoken, place == Place.DIRECT, mark_of(case) if case else None)

    def say(self, work: Work, channel: str, reply: "Reply", case: Case | None = None) -> None:
        """Say something in a channel, and what files go with it; what of a case it holds is sealed with its key."""
        voice, scope = self.voice(work.find.directory(), channel, case), case.ref if case else HOUSE
        for page in voice.message(reply.template, reply.facts, subject=reply.subject, wake=reply.wake):
            work.say(channel, page, scope=scope)
        for file in reply.files:
            work.attach(channel, file, scope=scope, subject=reply.subject)

    def calendar(self, case: Case | None = None) -> Calendar:
        """The working days of a case, or of the house's own scheme."""
        if case is None:
            return Calendar(self.zone, self.of(self.scheme).holidays)
        return Calendar(case.zone_info, self.of(case.scheme).holidays)


@dataclass(frozen=True, repr=False)
class Reply:
    """The answer to a command: a template and its facts.

    ``subject``: the record that a reply to this answer is about. ``wake``: the people who must act (Matrix ids);
    with none the answer is a silent notice. ``files`` follow the answer, encrypted like it. ``tick``: a mark on what
    was typed says it all. ``asks``: what is carried out once this person says yes to it;
    ``taps``: the template of that question as a poll.
    """

    template: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    subject: str | None = None
    wake: tuple[str, ...] = ()
    files: tuple[Attachment | Paper, ...] = ()
    tick: bool = False
    asks: str = ""
    taps: str = ""


@dataclass(repr=False)
class Context:
    """One command's world."""

    house: House
    actor: Professional
    place: Place
    channel: str
    directory: Directory
    now: datetime
    zone: ZoneInfo
    """The zone in which this person types dates."""
    work: Work
    open_case: Case | None = None
    """The case of this room, or of the card that is replied to."""
    card: str | None = None
    """The record that the replied-to card is about."""
    called: set[str] = field(default_factory=set[str])
    """Who is called in another room about this: nobody is rung twice."""

    @property
    def case(self) -> Case:
        """The case that is talked about; raises Refusal when there is none."""
        if self.open_case is None:
            raise Refusal("dispatch/no_case")
        return self.open_case

    @property
    def calendar(self) -> Calendar:
        """The working days of the case, or of the house."""
        return self.house.calendar(self.open_case)

    @property
    def role(self) -> Role:
        """What this person is here: in a case room the process director coordinates, and of others who may.

        A coordinator of other schemes is a practitioner there.
        """
        role, case = self.actor.role, self.open_case
        if self.place is not Place.CASE or case is None or role not in AT_THE_TABLE:
            return role
        if case.director == self.actor.user_id:
            return Role.COORDINATOR
        return role if self.house.coordinates(self.actor.user_id, case.scheme) else Role.PRACTITIONER

    @property
    def observes(self) -> bool:
        """Whether this person only looks on in this room for now."""
        return self._restraint() is not None

    def require_no_restraint(self) -> None:
        """Refuse to somebody who only looks on for now, and say how to become more than that."""
        if (why := self._restraint()) is not None:
            raise why

    def _restraint(self) -> Refusal | None:
        return restraint(self.open_case, self.actor) if self.place is Place.CASE and self.open_case else None

    @property
    def steers(self) -> bool:
        """Whether this person steers the case, as its coordinator or its process director."""
        return may(
            Permission.STEER,
            role=self.role,
            place=Place.CASE,
            belongs=self.open_case is not None and self.open_case.is_member(self.actor.user_id),
        )

    def voice(self, channel: str | None = None) -> Voice:
        """How texts are rendered here, or in another channel: as its readers know names, dates and words."""
        return self.house.voice(self.directory, channel or self.channel, self.open_case)

    def tell(self, channel: str, reply: Reply) -> None:
        """Say something in another room, such as a card in the room of the agency that is asked."""
        place, _, person = channel.partition(":")
        wake = reply.wake if place != Place.DIRECT else tuple({person}.intersection(reply.wake))
        # Where there is no room yet, nobody may come for a while.
        self.called.update(wake if self.work.find.room(channel) else ())
        self.house.say(self.work, channel, replace(reply, wake=wake), self.open_case)

    @property
    def scope(self) -> str:
        """The case whose content the answers hold, or the house."""
        return self.open_case.ref if self.open_case else HOUSE

    def at_table(self, agency: str, person: str | None = None) -> tuple[str, ...]:
        """Whom to wake in the case room: the person named, or everybody of the agency who sits at the table."""
        members = [m.user_id for m in self.case.present if m.agency == agency]
        return (person,) if person in members else tuple(members)

    def require_somebody(self, *agencies: str | None) -> None:
        """Raise Refusal when an agency has nobody who could see to something new, such as one that left the house."""
        for agency in agencies:
            if agency and not self.directory.of_agency(agency, *AT_THE_TABLE):
                raise Refusal("case/nobody_there", agency=agency)

    def names(self, people: Iterable[str]) -> list[str]:
        """What to call these people."""
        return [self.directory.name(person) for person in people]


def person_of(user_id: str, case: Case, directory: Directory) -> Professional:
    """Who this is, also after leaving the directory."""
    known = directory.people.get(user_id)
    return known or Professional(user_id, user_id, case.agency_of(user_id) or "")


def case_channel(ref: str) -> str:
    """The channel of a case's room."""
    return f"{Place.CASE}:{ref}"


def agency_channel(short: str) -> str:
    """The channel of an agency's own room."""
    return f"{Place.AGENCY}:{short}"


def direct_channel(user_id: str) -> str:
    """The channel of the direct chat with a person."""
    return f"{Place.DIRECT}:{user_id}"


COORDINATION = Place.COORDINATION.value
