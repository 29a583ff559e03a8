from pathlib import Path

from storage import lease
from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment

ROOT = Path(__file__).parent.parent.parent.parent


def test_provisioning_beside_a_running_bot_is_refused(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    agencies = ROOT / "docs" / "agencies.example.toml"
    with lease._hold_file(tmp_path / "roundtable.db"):
        outcome = roundtable("--config", path, "provision", agencies, "--yes")
    assert outcome.status == 2
    assert "stop the bot first" in outcome.complained
