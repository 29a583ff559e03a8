"""What the containers of compose.yaml share with each other."""

from pathlib import Path

import yaml  # type: ignore[import-untyped]  # it has no types, and comes with Synapse

from bot.config import Server

COMPOSE = yaml.safe_load((Path(__file__).parent.parent / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_the_homeserver_shares_neither_a_namespace_nor_a_way_to_the_database_with_the_bot() -> None:
    bot, synapse, postgres = (SERVICES[name] for name in ("roundtable", "synapse", "postgres"))
    assert [name for name, service in SERVICES.items() if "service:" in service.get("network_mode", "")] == []
    assert bot["networks"] == ["bot", "figures"]
    assert COMPOSE["networks"]["bot"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "bot" in service.get("networks", ())} == {
        "roundtable",
        "synapse",
    }
    assert postgres["network_mode"] == "none"
    shared = {name for name, service in SERVICES.items() if "postgres-socket" in str(service.get("volumes"))}
    assert shared == {"roundtable", "postgres"}
    assert not set(bot["volumes"]) & set(synapse["volumes"])


def test_this_machine_alone_can_ask_the_bot_for_its_figures() -> None:
    bot = SERVICES["roundtable"]
    port = Server().health_port
    assert bot["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert bot["environment"]["ROUNDTABLE_SERVER__HEALTH_HOST"] == "0.0.0.0"  # noqa: S104 of the container
    # An internal network publishes no port; on this one is nobody else, and it leads nowhere either.
    assert [name for name, service in SERVICES.items() if "figures" in service.get("networks", ())] == ["roundtable"]
    assert COMPOSE["networks"]["figures"] == {
        "driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    }
