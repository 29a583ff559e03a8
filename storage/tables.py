"""The tables. What is content is sealed; what is in clear is needed to find a row, and names nobody's trouble."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from cases import action, case, concern, decision, planning, request, roundtable
from cases import minutes as minutes_rules
from cases.roles import Role
from storage.crypto import SealedMap, SealedText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a naive one is a fault."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Keep UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


E = TypeVar("E", bound=StrEnum)


class Word(TypeDecorator[E], Generic[E]):
    """A member of an enumeration, kept as its value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """Keep the value."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """Give the member."""
        return None if value is None else self.kind(value)


class Names(TypeDecorator[tuple[str, ...]]):
    """A few short names, such as agencies."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> list[str] | None:
        """Keep a list."""
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Give a tuple."""
        return None if value is None else tuple(value)


def _records(name: str, *columns: Column[Any]) -> Table:
    """A table of one kind of record of a case."""
    return Table(
        name,
        metadata,
        Column("pk", Integer, primary_key=True),
        Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), nullable=False, index=True),
        Column("id", String, nullable=False),
        Column("by", String, nullable=False),
        Column("agency", String, nullable=False),
        Column("at", Utc, nullable=False),
        Column("withdrawn", Boolean, nullable=False),
        *columns,
        UniqueConstraint("case_ref", "id"),
    )


def _sealed(table: str, name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, SealedText(f"{table}.{name}"), nullable=nullable)


def _account(*, primary_key: bool = False) -> Column[str]:
    """The bot account whose row this is; empty before a bot has run on the store."""
    return Column("account", String, primary_key=primary_key, nullable=False, server_default="")


accounts = Table(
    "accounts",
    metadata,
    Column("user_id", String, primary_key=True),
    # Null: every scheme.
    Column("schemes", Names),
    # Counts the processes that ran this account, one after the other: who comes from an earlier term writes no more.
    Column("term", Integer, nullable=False),
)
agencies = Table(
    "agencies",
    metadata,
    Column("short", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("remit", String, nullable=False),
)
professionals = Table(
    "professionals",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("agency", ForeignKey("agencies.short"), nullable=False, index=True),
    Column("role", Word(Role), nullable=False),
    Column("zone", String),
    Column("left_at", Utc),
    Column("manager", String),
)
preferences = Table(
    "preferences",
    metadata,
    Column("user_id", ForeignKey("professionals.user_id"), primary_key=True),
    Column("language", String),
    Column("zone", String),
    Column("quiet", String),
)
cases = Table(
    "cases",
    metadata,
    Column("ref", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("scheme", String, nullable=False),
    _sealed("cases", "why"),
    _sealed("cases", "goal"),
    Column("zone", String, nullable=False),
    Column("opened_by", String, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("director", String),
    Column("next_review", Utc),
    Column("seats", Names, nullable=False),
    Column("closed_at", Utc, index=True),
    _sealed("cases", "closed_because", nullable=True),
    Column("residual_owner", String),
    Column("mode", Word(case.Mode), nullable=False, server_default="table"),
)
members = Table(
    "members",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", String, nullable=False, index=True),
    Column("agency", String, nullable=False),
    Column("invited_at", Utc, nullable=False),
    _sealed("members", "because"),
    Column("joined_at", Utc),
    Column("left_at", Utc),
)
concerns = _records(
    "concerns",
    _sealed("concerns", "about"),
    Column("kind", Word(concern.Basis)),
    Column("seen_at", Utc),
    _sealed("concerns", "source", nullable=True),
    Column("domain", Word(concern.Domain)),
    Column("urgency", Word(concern.Urgency), nullable=False),
)
requests = _records(
    "requests",
    Column("to_agency", String, nullable=False),
    Column("to_person", String),
    _sealed("requests", "question"),
    _sealed("requests", "because"),
    Column("due_at", Utc, nullable=False),
    _sealed("requests", "basis", nullable=True),
    Column("see", Names, nullable=False),
    Column("state", Word(request.State), nullable=False),
)
answers = _records(
    "answers",
    Column("request", String, nullable=False),
    Column("result", Word(request.State), nullable=False),
    _sealed("answers", "text"),
    _sealed("answers", "withheld", nullable=True),
    Column("ground", Word(request.Ground)),
    _sealed("answers", "instead", nullable=True),
)
actions = _records(
    "actions",
    _sealed("actions", "outcome"),
    Column("owner", String, nullable=False),
    Column("owner_person", String),
    Column("due_at", Utc, nullable=False),
    Column("support", String),
    Column("safety", String),
    _sealed("actions", "worse", nullable=True),
    Column("roundtable", String),
    Column("state", Word(action.State), nullable=False),
    Column("accepted_by", Names, nullable=False),
    _sealed("actions", "remark", nullable=True),
    Column("first_due_at", Utc),
    Column("handed_from", String),
)
decisions = _records(
    "decisions",
    _sealed("decisions", "text"),
    _sealed("decisions", "because"),
    Column("review_at", Utc),
    Column("roundtable", String),
)
positions = _records(
    "positions",
    Column("decision", String, nullable=False),
    Column("stance", Word(decision.Stance), nullable=False),
    _sealed("positions", "why", nullable=True),
)
roundtables = _records(
    "roundtables",
    Column("starts_at", Utc, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("chair", String, nullable=False),
    _sealed("roundtables", "about", nullable=True),
    _sealed("roundtables", "where", nullable=True),
    Column("state", Word(roundtable.State), nullable=False),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    _sealed("roundtables", "cancelled_because", nullable=True),
    Column("approved_at", Utc),
    Column("approved_by", String),
    Column("series", String),
    Column("occurs_at", Utc),
    Column("moved_from", Utc),
    _sealed("roundtables", "moved_because", nullable=True),
    Column("taker", String),
    Column("needs", Names, nullable=False),
)
proposed_times = _records(
    "proposed_times",
    Column("roundtable", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("starts_at", Utc, nullable=False),
)
availabilities = _records(
    "availabilities",
    Column("roundtable", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("can", Word(planning.Can), nullable=False),
)
series = _records(
    "series",
    Column("rule", String, nullable=False),
    Column("every", String, nullable=False),
    Column("first_at", Utc, nullable=False),
    Column("zone", String, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("chair", String, nullable=False),
    _sealed("series", "about", nullable=True),
    _sealed("series", "where", nullable=True),
    Column("stopped_at", Utc),
)
agenda = _records(
    "agenda",
    Column("roundtable", String, nullable=False),
    _sealed("agenda", "text"),
    Column("minutes", Integer),
    Column("begun_at", Utc),
)
attendances = _records(
    "attendances",
    Column("roundtable", String, nullable=False),
    Column("presence", Word(roundtable.Presence), nullable=False),
    Column("deputy", String),
    _sealed("attendances", "why", nullable=True),
)
notes = _records(
    "notes",
    Column("roundtable", String, nullable=False),
    Column("kind", Word(roundtable.NoteKind), nullable=False),
    _sealed("notes", "text"),
    Column("credits", String),
)
minutes = _records(
    "minutes",
    Column("roundtable", String, nullable=False),
    _sealed("minutes", "text"),
    Column("checksum", String, nullable=False),
    _sealed("minutes", "paper", nullable=True),
)
# By its first name, which is part of how its texts are sealed.
remarks = _records(
    "minutes_corrections",
    Column("roundtable", String, nullable=False),
    _sealed("minutes_corrections", "text"),
    Column("kind", Word(minutes_rules.Kind), nullable=False),
    Column("paragraph", String),
    Column("state", Word(minutes_rules.State), nullable=False),
)
corrections = _records("corrections", Column("subject", String, nullable=False), _sealed("corrections", "earlier"))
pauses = _records(
    "pauses",
    Column("subject", String, nullable=False),
    Column("until", Utc),
    _sealed("pauses", "because", nullable=True),
)
reminded = Table(
    "reminded",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), nullable=False),
    Column("subject", String, nullable=False),
    Column("whom", String, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("case_ref", "subject", "whom"),
)
steps = Table(
    "steps",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("verb", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("by", String, nullable=False),
    Column("agency", String, nullable=False),
    Column("at", Utc, nullable=False),
    Column("added", Names, nullable=False),
    Column("before", SealedMap("steps.before"), nullable=False),
    Column("undone", Boolean, nullable=False),
    UniqueConstraint("case_ref", "number"),
)

case_keys = Table(
    "case_keys",
    metadata,
    Column("scope", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", Utc, nullable=False),
)
inbox = Table(
    "inbox",
    metadata,
    Column("cause", String, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("outcome", String),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    _account(),
    Column("txn_id", String, unique=True, nullable=False),
    Column("channel", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("person", String),
    Column("scope", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("subject", String),
    Column("created_at", Utc, nullable=False),
    # When a process began for which it may have gone out already, and how many did (storage/outbox.py).
    Column("tried_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Utc),
    Column("event_id", String, index=True),
    Index(
        "ix_outbox_unsent",
        "channel",
        "id",
        sqlite_where=Column("sent_at").is_(None),
        postgresql_where=Column("sent_at").is_(None),
    ),
)
rooms = Table(
    "rooms",
    metadata,
    _account(primary_key=True),
    Column("channel", String, primary_key=True),
    Column("room_id", String, unique=True, nullable=False),
    Column("last_event", String),
    Column("gone_at", Utc),
)
waiting = Table(
    "waiting",
    metadata,
    Column("event_id", String, primary_key=True),
    _account(),
    Column("room_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("since", Utc, nullable=False),
    Column("told_at", Utc),
)
pins = Table(
    "pins",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("master_key", String, nullable=False),
    Column("pinned_at", Utc, nullable=False),
)
settings = Table(
    "settings",
    metadata,
    _account(primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", String, nullable=False),
    Column("place", String, nullable=False),
    Column("case_ref", String, index=True),
    Column("command", String, nullable=False),
    Column("subject", String),
    Column("outcome", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("previous", LargeBinary, unique=True, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
