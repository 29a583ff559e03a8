"""Echo bots of other libraries, each as its documentation shows it, in a virtual environment of their own."""

import subprocess
import sys
from pathlib import Path

MODULES = {"simplematrixbotlib": "benchmarks.peers.simple", "mautrix": "benchmarks.peers.mautrix_echo"}
_WANTED = Path(__file__).with_name("requirements.txt")


def install(folder: Path) -> Path | None:
    """Make the environment; gives its interpreter, None: they can't be had here."""
    python = folder / "bin" / "python"
    wanted = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "-r", str(_WANTED)]
    for command in ([sys.executable, "-m", "venv", str(folder)], wanted):
        if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603 no word of others' in it
            return None
    return python
