"""Agencies, and the professionals who speak for them."""

from dataclasses import dataclass
from datetime import datetime

from cases.calendar import QUIET, Hours
from cases.roles import Place, Role


@dataclass(eq=False, repr=False)
class Agency:
    """An organisation at the table; ``short`` is what people type (``police``), and never changes."""

    short: str
    name: str
    kind: str = ""
    remit: str = ""
    answers: tuple[str, ...] = ()
    """The functions of those of its people who may answer what it is asked; empty: everybody."""


@dataclass(eq=False, repr=False)
class Professional:
    """A person who works for an agency; ``user_id`` is the full Matrix id."""

    user_id: str
    name: str
    agency: str
    role: Role = Role.PRACTITIONER
    zone: str | None = None
    """IANA zone name; None: the scheme's."""
    left_at: datetime | None = None
    manager: str | None = None
    """Who hears, without content, what this person leaves undone; None: the agency's managers."""
    function: str = ""
    """What the person is inside of the agency, such as clinician."""
    sits: tuple[str, ...] = ()
    """The rooms above the tables in which the person sits, such as ``steering``; in the order of ``ABOVE``."""

    @property
    def active(self) -> bool:
        """Whether this person still speaks for the agency."""
        return self.left_at is None

    def is_for(self, place: Place, short: str = "") -> bool:
        """Whether a room of the house is for this person; ``short``: the agency whose room it is."""
        match place:
            case Place.AGENCY:
                return self.agency == short and self.role in {Role.PRACTITIONER, Role.COORDINATOR}
            case Place.COORDINATION:
                return self.role is Role.COORDINATOR
            case Place.ADMIN:
                return self.role is Role.ADMIN
            case Place.SPACE:
                return True
            case _:
                return place in self.sits


@dataclass(eq=False, repr=False)
class Preferences:
    """What a person chose in the direct chat with the bot; None: as the house has it."""

    user_id: str
    language: str | None = None
    zone: str | None = None
    """IANA name."""
    quiet: str | None = None
    """``19:00-08:00``."""

    @property
    def hours(self) -> Hours:
        """The hours in which this person is left in peace."""
        return Hours.parse(self.quiet) if self.quiet else QUIET


@dataclass(frozen=True, repr=False)
class Addressee:
    """Whom something is asked of: an agency, and perhaps one person of it (Matrix id)."""

    agency: str
    person: str | None = None
