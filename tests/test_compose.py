"""What the containers of compose.yaml share with each other."""

from pathlib import Path

import yaml  # type: ignore[import-untyped]  # it has no types, and comes with Synapse

COMPOSE = yaml.safe_load((Path(__file__).parent.parent / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_the_homeserver_shares_neither_a_namespace_nor_a_way_to_the_database_with_the_bot() -> None:
    bot, synapse, postgres = (SERVICES[name] for name in ("roundtable", "synapse", "postgres"))
    assert [name for name, service in SERVICES.items() if "service:" in service.get("network_mode", "")] == []
    assert bot["networks"] == ["bot"]
    assert COMPOSE["networks"]["bot"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "bot" in service.get("networks", ())} == {
        "roundtable",
        "synapse",
    }
    assert postgres["network_mode"] == "none"
    shared = {name for name, service in SERVICES.items() if "postgres-socket" in str(service.get("volumes"))}
    assert shared == {"roundtable", "postgres"}
    assert not set(bot["volumes"]) & set(synapse["volumes"])
