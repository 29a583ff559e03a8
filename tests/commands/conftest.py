from collections.abc import AsyncIterator

import pytest

from commands import files
from storage.work import LARGEST_ATTACHMENT
from tests.room import Conference, conference


@pytest.fixture
async def table(store_url: str) -> AsyncIterator[Conference]:
    """A conference of five agencies on a database of its own."""
    async with conference(store_url) as made:
        yield made


@pytest.fixture
def a_sixteenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be a sixteenth as large: those of the real bound take minutes and a gigabyte to make."""
    monkeypatch.setattr(files, "LARGEST_ATTACHMENT", LARGEST_ATTACHMENT // 16)
