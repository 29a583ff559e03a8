import pytest

from tests.deployment import Deployment


@pytest.fixture(autouse=True)
def _store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every deployment of the tests where ``--store`` says."""
    if request.config.getoption("--store") == "postgresql" and "e2e" in request.keywords:
        monkeypatch.setattr(Deployment, "store_url", request.getfixturevalue("postgresql_url"))
