from pathlib import Path

import pytest

from bot import database
from bot.config import load
from cases.people import Agency, Professional
from cases.roles import Role
from storage import directory, lease
from storage.account import Account
from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment
from tests.storage.examples import NOW

ADMIN = "@kees:example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A deployment whose store has an admin, and no running bot."""
    made = a_deployment(tmp_path)
    config = load(made)
    database.upgrade(config, lambda _text: None)
    store = database.open_store(config, Account(config.matrix.user_id))
    with store.work("$put", NOW) as work:
        directory.put(work, Agency("police", "Police"))
        directory.put(work, Professional(ADMIN, "Kees Admin", "police", Role.ADMIN))
    store.close()
    return made


def test_a_line_is_carried_out_without_a_running_bot(roundtable: Shell, path: Path) -> None:
    outcome = roundtable("--config", path, "exec", "--as", ADMIN, "!agency add fire name: Fire service")
    assert (outcome.status, outcome.complained) == (0, "")
    assert "Fire service is on file" in outcome.said
    again = roundtable("--config", path, "exec", "--as", ADMIN, "!agency add fire name: Fire service")
    assert again.status == 1
    assert "fire" in again.said


def test_whoever_is_no_admin_is_refused(roundtable: Shell, path: Path) -> None:
    outcome = roundtable("--config", path, "exec", "--as", "@mallory:example.org", "!agency add fire name: F")
    assert outcome.status == 1
    assert outcome.said


def test_a_bot_that_can_not_be_asked_from_here_is_told_of(roundtable: Shell, path: Path) -> None:
    with lease._hold_file(path.parent / "roundtable.db"):
        outcome = roundtable("--config", path, "exec", "--as", ADMIN, "!agency list")
    assert outcome.status == 2
    assert "can't be asked from here" in outcome.complained
