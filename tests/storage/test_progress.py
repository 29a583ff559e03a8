"""What waits for its key: bounded, so that nobody takes the place of others, and given up in the end."""

from datetime import timedelta

import pytest

from storage import progress
from storage.progress import Progress
from storage.store import Store
from tests.storage.examples import NOW

ADA, DIRK, FINN = ({"sender": f"@{who}:example.org", "content": {"ciphertext": "x"}} for who in ("ada", "dirk", "finn"))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MOST_WAITING_OF_A_SENDER", 2)
    monkeypatch.setattr(progress, "MOST_WAITING_IN_A_ROOM", 3)


async def test_who_sends_what_nobody_can_read_takes_no_others_place(store: Store) -> None:
    kept = Progress(store)
    assert [await kept.wait_for_key(f"$a{n}", "!room", ADA, NOW) for n in range(4)] == [True, True, False, False]
    assert await kept.wait_for_key("$a1", "!room", ADA, NOW), "it waits already"
    assert await kept.wait_for_key("$d0", "!room", DIRK, NOW)
    assert not await kept.wait_for_key("$f0", "!room", FINN, NOW), "the room is full"
    assert await kept.wait_for_key("$f1", "!other", FINN, NOW)
    assert await kept.waiting() == ["$a0", "$a1", "$d0", "$f1"]
    await kept.no_longer_waiting("$a0")
    assert await kept.wait_for_key("$a9", "!room", ADA, NOW)


async def test_what_waits_too_long_is_told_once_and_given_up(store: Store) -> None:
    kept = Progress(store)
    await kept.wait_for_key("$old", "!room", ADA, NOW)
    await kept.wait_for_key("$new", "!room", ADA, NOW + timedelta(days=1))
    assert await kept.untold(NOW) == []
    assert await kept.untold(NOW + timedelta(minutes=1)) == ["$old"]
    found = await kept.waits("$old")
    assert found is not None
    assert (found.room_id, found.source) == ("!room", ADA)
    await kept.told("$old", NOW)
    assert await kept.untold(NOW + timedelta(minutes=1)) == []
    await kept.give_up(NOW + timedelta(hours=1))
    assert await kept.waiting() == ["$new"]
    assert await kept.waits("$old") is None
