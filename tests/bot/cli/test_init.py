from pathlib import Path

from bot.cli import init
from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment


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


def test_a_password_beyond_ascii_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    path.write_bytes("\ufeffpässwört €\r\n".encode())
    assert init._read("--password-file", path) == "pässwört €"
