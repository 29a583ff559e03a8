"""A throw-away PostgreSQL: the real server, on a socket in a folder of its own; each test gets a fresh database.

The server's programs come from the ``pgserver`` package, else from PATH. The package itself is not imported: as root it
would add an account to this machine and open folders up to / for everybody. PostgreSQL refuses to run as root, so
root lends the server the account ``nobody`` and a folder that only this account can enter.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.waiting import PATIENCE_SECONDS

OWNER = "roundtable"
PASSWORD = "a password of PostgreSQL"
LENT_ACCOUNT = "nobody"
POLL_EVERY = 0.02
# A database that is thrown away need not survive a power cut; what was committed survives the server's being killed.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
    "password_encryption": "scram-sha-256",
}


class PostgresError(Exception):
    """The server did not start, or is not there."""


def find_programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; None: there is no PostgreSQL here."""
    packaged = importlib.util.find_spec("pgserver")
    if packaged and packaged.origin:
        programs = Path(packaged.origin).parent / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


class Postgres:
    """One server process; its databases and its port stay over a restart."""

    def __init__(self) -> None:
        # The path of a socket may be about a hundred bytes long.
        self.directory = Path(tempfile.mkdtemp(prefix="roundtable-pg-"))
        self.port = _find_free_port()
        self._data = self.directory / "data"
        self._log = self.directory / "server.log"
        self._account: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._programs = self._prepare_programs()

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start the process and wait until it answers; raises PostgresError."""
        settings = {
            **OPTIONS,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._data)]
                + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                # Ctrl-C in a terminal is for the tests, which then stop this process in good order.
                start_new_session=True,
                **self._account,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL does not start:\n{self._log.read_text(errors='replace')[-3000:]}")
            time.sleep(POLL_EVERY)

    def stop(self, *, kill: bool = False) -> None:
        """End the process: at once but in good order, or with kill as a power cut would."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        # SIGQUIT ends the server's children, too, and leaves the rest to recovery, as a power cut would.
        process.send_signal(signal.SIGQUIT if kill else signal.SIGINT)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_SECONDS)

    def url(self, database: str) -> str:
        """The address of a database, over the socket that only its folder's owner reaches."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={quote(str(self.directory), safe='')}&port={self.port}"

    def url_with_password(self, database: str, password: str) -> str:
        """The address of a database over TCP, where the server asks for the password."""
        return f"postgresql+psycopg://{OWNER}:{quote(password)}@127.0.0.1:{self.port}/{database}"

    def make_database(self, template: str = "template1", encoding: str = "") -> str:
        """A fresh database (its name), empty or as the template is."""
        name = f"test_{next(self._numbers)}"
        if encoding:
            self._do("CREATE DATABASE {} TEMPLATE {} ENCODING {} LOCALE 'C'", name, template, encoding)
        else:
            self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def cut_lease(self, database: str) -> int:
        """Cut the connections that hold an account in a database, as a network does; gives how many."""
        # An account's lock is one number, which PostgreSQL notes as 1; the other advisory locks are two.
        with self._connect() as connection:
            cut = connection.execute(
                "SELECT count(pg_terminate_backend(pid, 10_000)) FROM pg_locks JOIN pg_database d ON d.oid = database "
                "WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ExclusiveLock' AND granted AND datname = %s",
                (database,),
            ).fetchone()
        return int(cut[0]) if cut else 0

    def _do(self, statement: LiteralString, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self.directory),
            port=self.port,
            user=OWNER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=int(PATIENCE_SECONDS),
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _prepare_programs(self) -> Path:
        programs = find_programs()
        if programs is None:
            raise PostgresError("there is no PostgreSQL: neither pgserver is installed, nor postgres on PATH")
        if os.geteuid() != 0:
            return programs
        lent = pwd.getpwnam(LENT_ACCOUNT)
        self._account = {"user": lent.pw_uid, "group": lent.pw_gid, "extra_groups": []}
        if not _can_enter(programs):
            # Such as a virtual environment below /root. The programs look for their libraries where the wheel put them.
            package = programs.parent.parent
            copied = self.directory / package.name
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, self.directory / folder.name, symlinks=True)
            for path in self.directory.rglob("*"):
                os.chown(path, lent.pw_uid, lent.pw_gid, follow_symlinks=False)
            programs = copied / programs.parent.name / programs.name
        os.chown(self.directory, lent.pw_uid, lent.pw_gid)
        return programs

    def _make(self) -> None:
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        if self._account:
            os.chown(secret, self._account["user"], self._account["group"])
        secret.chmod(0o600)
        made = subprocess.run(
            [
                str(self._programs / "initdb"),
                f"--pgdata={self._data}",
                f"--username={OWNER}",
                f"--pwfile={secret}",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            **self._account,
        )
        secret.unlink()
        if made.returncode:
            raise PostgresError(f"PostgreSQL can't be set up:\n{made.stderr[-3000:]}")


def _can_enter(folder: Path) -> bool:
    """Whether everybody may enter and read this folder."""
    return all(path.stat().st_mode & 0o005 == 0o005 for path in [folder, *folder.parents])


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
