import sqlite3
from pathlib import Path

from tests.bot.cli.conftest import Shell
from tests.bot.test_config import KEY, a_deployment


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
