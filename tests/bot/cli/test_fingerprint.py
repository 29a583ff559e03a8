from pathlib import Path

from tests.bot.cli.conftest import Shell
from tests.bot.test_config import a_deployment


def test_a_fingerprint_that_is_not_on_file_is_told(roundtable: Shell, tmp_path: Path) -> None:
    path = a_deployment(tmp_path)
    roundtable("--config", path, "db", "upgrade")
    outcome = roundtable("--config", path, "fingerprint")
    assert outcome.status == 2
    assert "no identity of @roundtable:example.org is on file" in outcome.complained
