"""What every card and document looks like, line by line of the walk: ``pytest --snapshot-update`` after a meant change.

The snapshots (``__snapshots__/``) are read in a review as a person at the table would read them.
"""

from collections import Counter

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.commands.test_on_file import WALK, play
from tests.room import Conference, Said


def look(said: list[Said]) -> str:
    """What was said, room by room: who must act, the plain text, and its HTML."""
    return "\n\n".join(
        f"{one.channel} → {', '.join(one.mentions) or 'nobody'}\n{one.text}\n---\n{one.html}"
        if one.file is None
        else f"{one.channel} · {one.text}"
        + (f"\n{one.file.data.decode()}" if one.file.content_type.startswith("text/markdown") else "")
        for one in said
    )


async def test_cards(table: Conference, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    references = iter(("K7QF", "P3TW", "M3XP"))
    monkeypatch.setattr("commands.case.named.new_reference", lambda: next(references))
    monkeypatch.setattr("commands.advice.numbers.new_number", lambda _: "V-4821")
    room = await table.open_case()
    assert look(table.heard) == snapshot(name="opened")
    times: Counter[str] = Counter()
    for line in WALK:
        before = len(table.heard)
        await play(table, room, line)
        times[line] += 1
        assert look(table.heard[before:]) == snapshot(name=line if times[line] == 1 else f"{line} ({times[line]})")
