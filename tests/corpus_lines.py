"""The corpus: lines as people type them, in prepared rooms, each with what must come of it.

A file of ``tests/corpus`` is a list of groups. A group says who types where (``who``, ``room``, ``replies_to`` the card
of a record, in the prepared ``state``), and what becomes of its lines:

- ``done."accept A-1"``: carried out, as this command about this record; several commands of one message stand with
  ``+`` between them, and what the answer must show behind ``|``;
- ``asked."accept A-1"``: nothing is done, and ``yes`` in reply does that;
- ``refused."reading/missing"``: nothing is done, the refusal has this code, and shows what stands behind ``|``;
- ``talk``: no answer, and nothing on file.

``template`` is a line with ``{}`` for each of the lines of a group.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("corpus")
DONE, ASKED, REFUSED, TALK = "done", "asked", "refused", "talk"


@dataclass(frozen=True)
class Line:
    """One line of the corpus."""

    file: str
    state: str
    room: str
    who: str
    replies_to: str | None
    typed: str
    outcome: str
    what: str = ""
    """The commands and their records, or the code of the refusal."""
    shows: str = ""
    """A part of the answer."""

    def __str__(self) -> str:
        to = f" to {self.replies_to}" if self.replies_to else ""
        return f"{self.file}: {self.who}{to} in {self.room}: {self.typed!r}"


def lines() -> list[Line]:
    """All of them, file by file."""
    found = [line for path in sorted(FOLDER.glob("*.toml")) for line in _lines_of(path)]
    twice = [name for name, times in Counter(map(str, found)).items() if times > 1]
    assert not twice, twice
    return found


def _lines_of(path: Path) -> Iterator[Line]:
    for group in tomllib.loads(path.read_text("utf-8"))["group"]:
        for outcome in (DONE, ASKED, REFUSED):
            for expected, typed in group.get(outcome, {}).items():
                yield from (_line(path, group, one, outcome, expected) for one in typed)
        yield from (_line(path, group, one, TALK) for one in group.get(TALK, []))


def _line(path: Path, group: dict[str, Any], typed: str, outcome: str, expected: str = "") -> Line:
    what, _, shows = expected.partition("|")
    return Line(
        path.stem,
        group.get("state", "case"),
        group.get("room", "case"),
        group.get("who", "ada"),
        group.get("replies_to"),
        group.get("template", "{}").replace("{}", typed),
        outcome,
        what.strip(),
        shows.strip(),
    )
