from pathlib import Path

import pytest

from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment
from tests.bot.test_health import free_port


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
