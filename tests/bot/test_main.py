import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog

from bot import chores, command_line, init, logs
from bot.crypto.errors import NotOurDevice, StoreUnreadable, TokenRevoked
from storage import lease
from tests.bot.test_config import KEY, a_deployment
from tests.bot.test_health import free_port
from tests.homeserver import Homeserver
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent.parent
HOUSE = """
[[agency]]
short = "social"
name = "Social services"
[[agency.person]]
user = "{user}"
name = "Cleo Bakker"
role = "coordinator"
"""


@pytest.fixture(autouse=True)
def _as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ROUNDTABLE_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    monkeypatch.setattr(logs, "configure", lambda *_: structlog.reset_defaults())


class Outcome:
    """What a command wrote, and its exit status."""

    def __init__(self, status: int, said: str, complained: str) -> None:
        self.status, self.said, self.complained = status, said, complained


class Shell:
    """Runs commands in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Outcome:
        self._capture.readouterr()
        status = command_line.main([str(a) for a in arguments])
        written = self._capture.readouterr()
        assert "Traceback" not in written.err
        return Outcome(status, written.out, written.err)


@pytest.fixture
def roundtable(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def failing(problem: Exception) -> object:
    async def fail(*_: object, **__: object) -> int:
        raise problem

    return fail


def test_wrong_settings_end_with_one_sentence_each(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path, "")
    outcome = roundtable("--config", path, "audit", "verify")
    assert outcome.status == 2
    assert [line.split()[:2] for line in outcome.complained.splitlines()] == [
        ["roundtable:", key]
        for key in ("matrix.homeserver", "matrix.user_id", "matrix.device_id", "house.scheme", "house.zone")
    ]


@pytest.mark.parametrize("arguments", [["run"], ["health"], ["audit", "verify"], ["provision", "agencies.toml"]])
def test_each_command_says_when_there_is_no_configuration(
    roundtable: Shell, tmp_path: Path, arguments: Sequence[str]
) -> None:
    outcome = roundtable(*arguments, "--config", tmp_path / "config.toml")
    assert outcome.status == 2
    assert outcome.complained.endswith("config.toml does not exist: roundtable init writes it\n")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--version"])
    assert ended.value.code == 0
    assert re.match(r"roundtable (\d|\(not installed\))", capsys.readouterr().out)


def test_a_crash_leaves_no_core_dump() -> None:
    """A process of its own: what a test lowers here could not be raised again."""
    script = (
        "import contextlib, resource\n"
        "from bot.command_line import main\n"
        "before = resource.getrlimit(resource.RLIMIT_CORE)\n"
        "hard = before[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main(['--version'])\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "(0, 0)"


def test_a_whole_audit_log_is_told_and_looking_is_logged(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    roundtable("--config", path, "db", "upgrade")
    for _ in range(2):
        outcome = roundtable("--config", path, "audit", "verify")
        assert (outcome.status, outcome.said) == (0, "The audit log is whole.\n")
    with sqlite3.connect(tmp_path / "roundtable.db") as store:
        lines = store.execute("SELECT actor, command, outcome FROM audit").fetchall()
    store.close()
    assert lines == [("operator", "audit verify", "done")] * 2


def test_a_changed_line_of_the_audit_log_is_found(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    roundtable("--config", path, "db", "upgrade")
    for _ in range(3):
        roundtable("--config", path, "audit", "verify")
    with sqlite3.connect(tmp_path / "roundtable.db") as store:
        store.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
    store.close()

    outcome = roundtable("--config", path, "audit", "verify")

    assert outcome.status == 1
    assert outcome.complained.startswith("roundtable: the audit log is not whole: line 2 was changed")


def test_another_master_key_is_told(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    roundtable("--config", path, "db", "upgrade")
    roundtable("--config", path, "audit", "verify")
    (tmp_path / "master.key").write_text(KEY.replace("A", "B"))
    outcome = roundtable("--config", path, "audit", "verify")
    assert outcome.status == 1
    assert outcome.complained == (
        "roundtable: the master key does not open this database: bring its own master key back\n"
    )


def test_a_damaged_store_is_told(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    (tmp_path / "roundtable.db").write_bytes(b"no database" * 1000)
    outcome = roundtable("--config", path, "audit", "verify")
    assert outcome.status == 1
    assert "restore it from a backup" in outcome.complained


def test_a_fingerprint_that_is_not_on_file_is_told(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    roundtable("--config", path, "db", "upgrade")
    outcome = roundtable("--config", path, "fingerprint")
    assert outcome.status == 2
    assert "no identity of @roundtable:example.org is on file" in outcome.complained


@pytest.mark.parametrize(("arguments", "status"), [(["db", "check"], 1), (["--help"], 0), (["audit", "verify"], 1)])
def test_whoever_reads_only_the_beginning_is_told_nothing_more(
    tmp_path: Path, arguments: Sequence[str], status: int
) -> None:
    path = a_deployment(tmp_path)
    for made in (["db", "upgrade"], ["audit", "verify"]):
        command_line.main(["--config", str(path), *made])
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "--config", str(path), *arguments],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (status, "")


def test_a_password_beyond_ascii_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    path.write_bytes("\ufeffpässwört €\r\n".encode())
    assert init.read_secret_option("--password-file", path) == "pässwört €"


def test_health_of_a_bot_that_is_down_fails(roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_SERVER__HEALTH_PORT", str(free_port()))
    outcome = roundtable("--config", path, "health")
    assert outcome.status == 1
    assert outcome.complained.endswith("is it running?\n")


def test_health_that_is_turned_off_is_a_setting(
    roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_SERVER__HEALTH_PORT", "0")
    assert roundtable("--config", path, "health").status == 2


def test_provisioning_beside_a_running_bot_is_refused(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    agencies = ROOT / "docs" / "agencies.example.toml"
    with lease._hold_file(tmp_path / "roundtable.db"):
        outcome = roundtable("--config", path, "provision", agencies, "--yes")
    assert outcome.status == 2
    assert "stop the bot first" in outcome.complained


def test_init_without_anybody_to_ask_names_what_is_missing(roundtable: Shell, tmp_path: Path) -> None:
    outcome = roundtable("init", "--data-dir", tmp_path)
    assert outcome.status == 2
    assert outcome.complained == "roundtable: --homeserver is missing, and nobody can be asked here\n"


def test_init_reads_no_password_that_others_can_read(roundtable: Shell, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("canary")
    password.chmod(0o644)
    arguments = ["--homeserver", "https://matrix.example.org", "--user", "@bot:example.org"]
    outcome = roundtable("init", "--data-dir", tmp_path / "bot", *arguments, "--password-file", password)
    assert outcome.status == 2
    assert "--password-file leads to" in outcome.complained
    assert "canary" not in outcome.complained


def test_init_over_a_bot_is_refused_before_anything_is_asked(roundtable: Shell, tmp_path: Path) -> None:
    a_deployment(tmp_path)
    outcome = roundtable("init", "--data-dir", tmp_path)
    assert outcome.status == 2
    assert "this bot is set up, start it with roundtable run" in outcome.complained


def test_a_revoked_token_says_how_to_sign_in_again(
    roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(chores, "provision", failing(TokenRevoked("canary")))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert "sign in anew with roundtable init" in outcome.complained


@pytest.mark.parametrize("problem", [StoreUnreadable("the crypto store is corrupt"), NotOurDevice("other keys")])
def test_a_lost_crypto_store_says_how_to_go_on(
    problem: Exception, roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(chores, "provision", failing(problem))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert outcome.complained.startswith(f"roundtable: {problem}. ")
    assert outcome.complained.endswith("roundtable init --recover\n")


def test_a_fault_of_ours_is_told_by_kind_and_place_only(
    roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(chores, "provision", failing(KeyError("canary")))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert "KeyError at test_main.py:" in outcome.complained
    assert "canary" not in outcome.complained


@pytest.mark.e2e
def test_from_nothing_to_a_running_bot(
    homeserver: Homeserver, roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = uuid.uuid4().hex[:8]
    bot, cleo = (homeserver.register(f"{who}-{tag}", "correct horse") for who in ("bot", "cleo"))
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    agencies = tmp_path / "agencies.toml"
    agencies.write_text(HOUSE.format(user=cleo))
    folder = tmp_path / "data"
    account = ["--homeserver", homeserver.url, "--user", bot, "--password-file", str(password)]

    # The first command in a process of its own, as it is shipped.
    command = [sys.executable, "-m", "bot", "init", *account, "--data-dir", str(folder), "--yes"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (made.returncode, made.stderr) == (0, "")
    assert re.search(r"^    (\w{4} ){11}\w{4}$", made.stdout, re.MULTILINE)

    (fingerprint,) = re.findall(r"^    ([\w+/]{4} (?:[\w+/]{4} ){9}[\w+/]{3})$", made.stdout, re.MULTILINE)

    settings = ("--config", folder / "config.toml")
    assert "+ room agency:social\n" in roundtable("provision", agencies, "--dry-run", *settings).said
    assert "nobody can be asked here" in roundtable("provision", agencies, *settings).complained
    assert roundtable("provision", agencies, "--yes", *settings).said.endswith("Done.\n")
    assert roundtable("provision", agencies, "--yes", *settings).said == "Nothing to do.\n"
    assert roundtable("audit", "verify", *settings).said == "The audit log is whole.\n"
    assert f"\n    {fingerprint}\n" in roundtable("fingerprint", *settings).said

    monkeypatch.setenv("ROUNDTABLE_SERVER__HEALTH_PORT", str(free_port()))
    log = tmp_path / "log"
    for end in (signal.SIGTERM, signal.SIGHUP):
        with log.open("wb") as out:
            running = subprocess.Popen([sys.executable, "-m", "bot", "run", *map(str, settings)], cwd=ROOT, stderr=out)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (asked := roundtable("health", *settings)).status != 0:
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < deadline, asked.said
            assert json.loads(asked.said)["status"] == "ok"
            assert "stop the bot first" in roundtable("provision", agencies, "--yes", *settings).complained
            running.send_signal(end)
            assert running.wait(PATIENCE_SECONDS) == 0
        finally:
            running.kill()
            running.wait()
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        assert (events[0], events[-1]) == ("started", "stopped")
