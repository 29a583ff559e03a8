"""The tables. What is content is sealed; docs/trust.md says of each column in clear what it is needed for."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

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

from cases.roles import Role

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
    Column("answers", Names, nullable=False, server_default="[]"),
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
    Column("function", String, nullable=False, server_default=""),
    Column("sits", Names, nullable=False, server_default="[]"),
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
    Column("scheme", String, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed", Boolean, nullable=False, index=True),
    # Counts how often words were wiped from its steps: who keeps the case in memory compares it.
    Column("version", Integer, nullable=False),
)
members = Table(
    "members",
    metadata,
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("user_id", String, nullable=False, index=True),
    Column("joined", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False),
)
items = Table(
    "items",
    metadata,
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), primary_key=True),
    Column("record", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("agency", String, primary_key=True),
    Column("person", String),
    Column("due", Utc, index=True),
    # One that is settled stays: who was asked a question can be found by it later.
    Column("open", Boolean, nullable=False),
)
steps = Table(
    "steps",
    metadata,
    Column("case_ref", ForeignKey("cases.ref", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
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
case_keys = Table(
    "case_keys",
    metadata,
    Column("scope", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
inbox = Table(
    "inbox",
    metadata,
    Column("cause", String, primary_key=True),
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
    # How many processes began for which it may have gone out already (storage/outbox.py).
    Column("tries", Integer, nullable=False),
    Column("sent_at", Utc),
    Column("event_id", String, index=True),
    # Of what is unsent alone (storage/migrations): to say so here loads all of PostgreSQL's drivers, also for SQLite.
    Index("ix_outbox_unsent", "channel", "id"),
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
    Column("case_ref", String),
    Column("command", String, nullable=False),
    Column("subject", String),
    Column("outcome", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("previous", LargeBinary, unique=True, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
