import subprocess
import sys

from cases.record import KINDS
from commands import registry_of_all


def test_whatever_process_opens_a_store_knows_every_kind_of_record() -> None:
    """A shell command imports no commands: what it can't name it can't read."""
    registry_of_all()
    told = "from storage import work; from cases.record import KINDS; print(*sorted(KINDS), sep='\\n')"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True)
    assert found.stdout.splitlines() == sorted(KINDS)
