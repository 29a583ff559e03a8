import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import pytest

from bot import provisioning
from bot.cli import shell
from bot.matrix.crypto.errors import NotOurDevice, StoreUnreadable, TokenRevoked
from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment
from tests.bot.test_health import free_port
from tests.homeserver import Homeserver
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent.parent.parent
HOUSE = """
[[agency]]
short = "social"
name = "Social services"
[[agency.person]]
user = "{user}"
name = "Cleo Bakker"
role = "coordinator"
"""


HEAVY = ("pydantic", "structlog", "sqlalchemy", "nio", "aiohttp", "apscheduler", "jinja2")
LOADED = f"print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"


def failing(problem: BaseException) -> object:
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


@pytest.mark.parametrize("named", [["--config", "one.toml"], ["--config", "two.toml", "--config", "one.toml"]])
def test_the_configuration_may_be_named_at_any_place_and_the_last_one_counts(
    roundtable: Shell, named: Sequence[str]
) -> None:
    for arguments in (["db", *named, "check"], [*named, "db", "check"], ["db", "check", *named]):
        assert "the configuration one.toml does not exist" in roundtable(*arguments).complained
    outcome = roundtable("--config", "zero.toml", "audit", "verify", *named)
    assert "the configuration one.toml does not exist" in outcome.complained


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["init", "--password", "canary"], "No such option '--password'. Did you mean '--password-file'?"),
        (["init", "--token=canary"], "No such option '--token'."),
        (["init", "--recover", "--reset-identity"], "--recover and --reset-identity do not go together"),
        (["healht"], "No such command 'healht'"),
        (["db", "copy", "--from", "sqlite:roundtable.db"], "Missing option '--to'"),
        (["backup"], "Missing argument 'FOLDER'"),
        (["audit"], "Look for a line that was changed, removed or moved."),
        ([], "Ask the running bot how it is."),
    ],
)
def test_what_was_mistyped_is_told_and_nothing_is_done(roundtable: Shell, arguments: Sequence[str], told: str) -> None:
    outcome = roundtable(*arguments)
    assert (outcome.status, outcome.said) == (2, "")
    assert told in outcome.complained
    assert "canary" not in outcome.complained


def commands(group: click.Group = shell.roundtable, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        yield f"{path}{name}", command


@pytest.mark.parametrize("path", [path for path, _ in commands()])
def test_every_command_and_option_is_explained(roundtable: Shell, path: str) -> None:
    command = dict(commands())[path]
    outcome = roundtable(*path.split(), "--help")
    assert outcome.status == 0
    assert "--config" in outcome.said
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    # What it is for has room in the list of commands.
    assert f" {command.help.splitlines()[0]}\n" in roundtable(*path.split()[:-1], "--help").said


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("roundtable ", "init run provision exec backup db audit fingerprint health"),
        ("roundtable pro", "provision"),
        ("roundtable db re", "release restored"),
        ("roundtable audit --config config.toml ", "verify"),
        ("roundtable init --rec", "--recovery-key-file --recover"),
    ],
)
def test_bash_completes_what_was_begun(words: str, offered: str) -> None:
    begun = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    assert [line.removeprefix("plain,") for line in complete("bash_complete", begun)] == offered.split()


@pytest.mark.parametrize(("words", "kind"), [("init --data-dir ", "dir"), ("provision ", "file"), ("backup ", "dir")])
def test_files_and_folders_are_completed_by_the_shell(words: str, kind: str) -> None:
    words = f"roundtable {words}"
    begun = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    assert [line.partition(",")[0] for line in complete("bash_complete", begun)] == [kind]


def test_zsh_and_fish_show_what_a_command_is_for() -> None:
    told = complete("zsh_complete", {"COMP_WORDS": "roundtable he", "COMP_CWORD": "1"})
    assert told == ["plain", "health", "Ask the running bot how it is."]
    told = complete("fish_complete", {"COMP_WORDS": "roundtable he", "COMP_CWORD": "he"})
    assert told == ["plain,health\tAsk the running bot how it is."]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(name: str) -> None:
    script = "\n".join(complete(f"{name}_source", {}))
    assert f"_ROUNDTABLE_COMPLETE={name}_complete" in script


def complete(instruction: str, begun: Mapping[str, str]) -> list[str]:
    ended = run_apart("main()", {**begun, "_ROUNDTABLE_COMPLETE": instruction})
    # Whoever waits for a completion waits for nothing that only the commands need.
    assert ended.stderr.split() == []
    return ended.stdout.splitlines()


def run_apart(call: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Call the shell in a process of its own, which says last what it has loaded."""
    code = f"import sys; from bot.cli.shell import main\ntry: {call}\nfinally: {LOADED}"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def test_asking_for_the_health_loads_neither_database_nor_matrix(tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    ended = run_apart(
        f"main(['--config', {str(path)!r}, 'health'])", {"ROUNDTABLE_SERVER__HEALTH_PORT": str(free_port())}
    )
    complaint, loaded = ended.stderr.splitlines()
    assert complaint.endswith("is it running?")
    assert loaded.split() == ["pydantic", "structlog"]


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["--version"]) == 0
    assert re.match(r"roundtable (\d|\(not installed\))", capsys.readouterr().out)


def test_a_crash_leaves_no_core_dump() -> None:
    """A process of its own: what a test lowers here could not be raised again."""
    script = (
        "import resource\n"
        "from bot.cli.shell import main\n"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
        "main(['--version'])\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "(0, 0)"


@pytest.mark.parametrize(("arguments", "status"), [(["db", "check"], 1), (["--help"], 1), (["audit", "verify"], 1)])
def test_whoever_reads_only_the_beginning_is_told_nothing_more(
    tmp_path: Path, arguments: Sequence[str], status: int
) -> None:
    path = a_deployment(tmp_path)
    for made in (["db", "upgrade"], ["audit", "verify"]):
        shell.main(["--config", str(path), *made])
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


def test_a_revoked_token_says_how_to_sign_in_again(
    roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(provisioning, "provision", failing(TokenRevoked("canary")))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert "sign in anew with roundtable init" in outcome.complained


@pytest.mark.parametrize("problem", [StoreUnreadable("the crypto store is corrupt"), NotOurDevice("other keys")])
def test_a_lost_crypto_store_says_how_to_go_on(
    problem: Exception, roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(provisioning, "provision", failing(problem))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert outcome.complained.startswith(f"roundtable: {problem}. ")
    assert outcome.complained.endswith("roundtable init --recover\n")


@pytest.mark.parametrize("fault", [KeyError("canary"), EOFError("canary"), OSError("canary")])
def test_a_fault_of_ours_is_told_by_kind_and_place_only(
    fault: Exception, roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(provisioning, "provision", failing(fault))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert outcome.status == 1
    assert f"{type(fault).__name__} at test_shell.py:" in outcome.complained
    assert "canary" not in outcome.complained


def test_whoever_interrupts_is_told_nothing_more(
    roundtable: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setattr(provisioning, "provision", failing(KeyboardInterrupt()))
    outcome = roundtable("--config", path, "provision", "agencies.toml")
    assert (outcome.status, outcome.said, outcome.complained.strip()) == (130, "", "")


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
            assert "Nothing to do." in roundtable("provision", agencies, "--yes", *settings).said
            running.send_signal(end)
            assert running.wait(PATIENCE_SECONDS) == 0
        finally:
            running.kill()
            running.wait()
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        assert (events[0], events[-1]) == ("started", "stopped")
