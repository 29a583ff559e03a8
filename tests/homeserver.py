"""A throw-away Synapse on loopback: the real server, with SQLite, in a folder of its own."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.waiting import PATIENCE_SECONDS

CONFIGURATION = """\
server_name: "localhost"
public_baseurl: "{url}/"
report_stats: false
pid_file: {directory}/homeserver.pid
signing_key_path: {directory}/signing.key
media_store_path: {directory}/media
log_config: {directory}/log.yaml
macaroon_secret_key: "{macaroon_secret}"
form_secret: "{form_secret}"
registration_shared_secret: "{registration_secret}"
enable_registration: false
trusted_key_servers: []
suppress_key_server_warning: true
federation_domain_whitelist: []
url_preview_enabled: false
presence: {{enabled: false}}
# Fewer rounds than a real server uses: a test signs in often.
bcrypt_rounds: 4
database:
  name: sqlite3
  args: {{database: "{directory}/homeserver.db"}}
listeners:
  - port: {port}
    bind_addresses: ["127.0.0.1"]
    type: http
    tls: false
    x_forwarded: false
    resources: [{{names: [client], compress: false}}]
"""

UNLIMITED = """\
rc_message: &unlimited {per_second: 10000, burst_count: 10000}
rc_registration: *unlimited
rc_login: {address: *unlimited, account: *unlimited, failed_attempts: *unlimited}
rc_admin_redaction: *unlimited
rc_joins: {local: *unlimited, remote: *unlimited}
rc_joins_per_room: *unlimited
rc_invites: {per_room: *unlimited, per_user: *unlimited, per_issuer: *unlimited}
rc_3pid_validation: *unlimited
rc_key_requests: *unlimited
rc_room_creation: *unlimited
rc_presence: {per_user: *unlimited}
rc_delayed_event_mgmt: *unlimited
rc_reports: *unlimited
"""

LOGGING = """\
version: 1
formatters: {{plain: {{format: '%(asctime)s %(levelname)s %(name)s %(message)s'}}}}
handlers: {{file: {{class: logging.FileHandler, filename: '{directory}/homeserver.log', formatter: plain}}}}
root: {{level: WARNING, handlers: [file]}}
disable_existing_loggers: false
"""

POLL_EVERY = 0.05


class HomeserverError(Exception):
    """The homeserver did not start, stop, or answer as it should."""


class Homeserver:
    """One Synapse process. Its folder, port, and accounts stay over a restart.

    Without a directory it makes one of its own and removes it when the context manager ends. ``limited``: it limits how
    much each account may do at a time as Synapse does when nobody has changed that.
    """

    def __init__(self, directory: Path | None = None, *, port: int | None = None, limited: bool = False) -> None:
        self._temporary = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="roundtable-homeserver-"))
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port = port or _find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = self.directory / "homeserver.log"
        self.database_path = self.directory / "homeserver.db"
        self._output_path = self.directory / "output.log"
        self._registration_secret = secrets.token_hex(32)
        self._process: subprocess.Popen[bytes] | None = None
        self._limits = "" if limited else UNLIMITED
        self._write_configuration()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it answers. Raises HomeserverError after PATIENCE_SECONDS seconds."""
        if self.running:
            return
        with self._output_path.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self.directory / "homeserver.yaml")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                # Ctrl-C in a terminal is for the tests or the demo, which then stop this process in good order.
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if not self.running:
                raise HomeserverError(f"the homeserver ended at start:\n{self._read_last_output()}")
            if time.monotonic() > deadline:
                self.stop(kill=True)
                raise HomeserverError(f"the homeserver did not answer in time:\n{self._read_last_output()}")
            time.sleep(POLL_EVERY)

    def stop(self, *, kill: bool = False) -> None:
        """End the process: in good order, or with kill as a power cut would."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_SECONDS)

    def restart(self) -> None:
        """Stop and start again on the same folder and port."""
        self.stop()
        self.start()

    def register(self, user: str, password: str) -> str:
        """Make an account and give its user id. Raises HomeserverError when the server refuses."""
        path = "/_synapse/admin/v1/register"
        nonce = str(self._ask("GET", path)["nonce"])
        message = f"{nonce}\0{user}\0{password}\0notadmin".encode()
        # SHA-1 is what this admin interface asks for.
        mac = hmac.new(self._registration_secret.encode(), message, hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": user, "password": password, "admin": False, "mac": mac}
        return str(self._ask("POST", path, account)["user_id"])

    def _answers(self) -> bool:
        try:
            self._ask("GET", "/_matrix/client/versions")
        except (OSError, http.client.HTTPException, HomeserverError):
            return False
        return True

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise HomeserverError(f"{method} {path}: {response.status} {answer.decode(errors='replace')}")
        return json.loads(answer)

    def _read_last_output(self) -> str:
        return self._output_path.read_text(errors="replace")[-3000:]

    def _write_configuration(self) -> None:
        configuration = CONFIGURATION.format(
            url=self.url,
            directory=self.directory,
            port=self.port,
            macaroon_secret=secrets.token_hex(32),
            form_secret=secrets.token_hex(32),
            registration_secret=self._registration_secret,
        )
        configuration += self._limits
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        _write_private(self.directory / "homeserver.yaml", configuration)
        _write_private(self.directory / "log.yaml", LOGGING.format(directory=self.directory))
        if not (self.directory / "signing.key").exists():
            _write_private(self.directory / "signing.key", f"ed25519 a_test {seed}\n")


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
