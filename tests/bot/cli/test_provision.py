from pathlib import Path

from storage import lease
from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment

ROOT = Path(__file__).parent.parent.parent.parent


def test_a_running_bot_that_can_not_be_asked_from_here_is_told_of(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    agencies = ROOT / "docs" / "agencies.example.toml"
    with lease._hold_file(tmp_path / "roundtable.db"):
        outcome = roundtable("--config", path, "provision", agencies, "--yes")
    assert outcome.status == 2
    assert "can't be asked from here" in outcome.complained
