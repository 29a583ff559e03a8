import pytest

from tests.homeserver import Homeserver, HomeserverError

pytestmark = pytest.mark.e2e


def test_an_account_is_registered_once(homeserver: Homeserver) -> None:
    assert homeserver.register("ada", "a password") == "@ada:localhost"
    with pytest.raises(HomeserverError, match="M_USER_IN_USE"):
        homeserver.register("ada", "a password")


def test_accounts_stay_after_a_power_cut() -> None:
    with Homeserver() as server:
        server.register("bea", "a password")
        server.stop(kill=True)
        assert not server.running
        server.start()
        with pytest.raises(HomeserverError, match="M_USER_IN_USE"):
            server.register("bea", "a password")
