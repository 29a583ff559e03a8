import io
import os
import sys
from pathlib import Path

import pytest
import structlog

from bot import logs
from bot.cli import shell


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
        status = shell.main([str(a) for a in arguments])
        written = self._capture.readouterr()
        assert "Traceback" not in written.err
        return Outcome(status, written.out, written.err)


@pytest.fixture
def roundtable(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)
