"""PostgreSQL on another machine is asked only when it has shown who it is."""

import pytest

from storage import database
from storage.database import StoreProblemError

HERE = [
    "postgresql+psycopg://roundtable@/roundtable",
    "postgresql+psycopg://roundtable@/roundtable?host=/run/postgresql",
    "postgresql+psycopg://roundtable@localhost/roundtable",
    "postgresql+psycopg://roundtable@127.0.0.1:5433/roundtable?sslmode=disable",
    "postgresql+psycopg://roundtable@[::1]/roundtable",
]
VERIFIED = [
    "postgresql+psycopg://roundtable@db.example.org/roundtable?sslmode=verify-full",
    "postgresql+psycopg://roundtable@db/roundtable?sslmode=verify-full&sslrootcert=system",
    "postgresql+psycopg://roundtable@/roundtable?host=db1&host=db2&sslmode=verify-full",
]
REFUSED = [
    "postgresql+psycopg://roundtable@db.example.org/roundtable",
    "postgresql+psycopg://roundtable@db.example.org/roundtable?sslmode=require",
    "postgresql+psycopg://roundtable@db.example.org/roundtable?sslmode=verify-ca",
    "postgresql+psycopg://roundtable@/roundtable?host=10.0.0.5",
    "postgresql+psycopg://roundtable@localhost/roundtable?hostaddr=10.0.0.5",
    "postgresql+psycopg://roundtable@localhost,db.example.org/roundtable",
    "postgresql+psycopg://roundtable@/roundtable?service=cases",
]


@pytest.mark.parametrize("url", HERE + VERIFIED)
def test_what_is_here_or_shows_who_it_is_can_be_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    database.need_verified(url)


@pytest.mark.parametrize("url", REFUSED)
def test_anything_else_is_refused_with_what_to_add(url: str) -> None:
    with pytest.raises(StoreProblemError, match=r"add to store\.url sslmode=verify-full"):
        database.connect(url)


def test_where_the_environment_leads_elsewhere_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(StoreProblemError, match="sslmode=verify-full"):
        database.need_verified("postgresql+psycopg://roundtable@/roundtable")
