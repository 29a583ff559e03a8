from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.homeserver import Homeserver


@pytest.fixture(autouse=True)
def _store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every deployment of the tests where ``--store`` says."""
    if request.config.getoption("--store") == "postgresql" and "e2e" in request.keywords:
        monkeypatch.setattr(Deployment, "store_url", request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def deployment(
    request: pytest.FixtureRequest, homeserver: Homeserver, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """A provisioned deployment, and the bot running; who is SIGNED_IN and SITS above the tables its module says."""
    people, sits = request.module.SIGNED_IN, getattr(request.module, "SITS", None)
    made = await Deployment.make(tmp_path, homeserver, lambda: datetime.now(UTC), people=people, sits=sits)
    try:
        await made.start_bot()
        yield made
    finally:
        await made.close()
