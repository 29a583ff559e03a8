import pytest

from bot.matrix.crypto.events import StateChange
from bot.matrix.crypto.rooms import describe_room
from bot.matrix.room_guard import find_tampering, is_replacement

US, THEM = "@bot:example.org", "@mallory:example.org"


def change(kind: str, content: dict[str, object], sender: str = US, state_key: str = "") -> StateChange:
    return StateChange("$event", f"m.room.{kind}", state_key, sender, content)


def as_made(of_room_id: str = "!old:example.org") -> list[StateChange]:
    """The state of a room that we made in place of another."""
    made = describe_room(
        name="", topic="", creation_content=None, invite=(), space=False, parent=None, server="example.org"
    )
    state = [StateChange("$e", each["type"], each["state_key"], US, each["content"]) for each in made["initial_state"]]
    power = change("power_levels", made["power_level_content_override"])
    return [change("create", {"predecessor": {"room_id": of_room_id}}), power, *state]


def test_a_room_as_we_make_it_is_untampered() -> None:
    assert [find_tampering(each, US) for each in as_made()] == [None] * 6
    assert is_replacement(as_made(), "!old:example.org", US)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (change("encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, THEM), "encryption"),
        (change("encryption", {}), "encryption"),
        (change("history_visibility", {"history_visibility": "world_readable"}), "history_visibility"),
        (change("join_rules", {"join_rule": "public"}), "join_rules"),
        (change("guest_access", {"guest_access": "can_join"}), "guest_access"),
        (change("create", {}, THEM), "create"),
        (change("create", {"additional_creators": [THEM]}), "create"),
        (change("power_levels", {"users": {THEM: 100}}), "power_levels"),
        (change("power_levels", {"users": [], "events": {}}), "power_levels"),
        (change("power_levels", {"users_default": 100}), "power_levels"),
        (change("power_levels", {"state_default": 0}), "power_levels"),
        (change("member", {"membership": "ban"}, THEM, US), "removed"),
        (StateChange("$event", "im.vector.modular.widgets", "any", THEM, {"url": "https://evil.example"}), "widget"),
        (StateChange("$event", "io.element.widgets.layout", "", THEM, {"widgets": {}}), "widget"),
    ],
)
def test_what_weakens_a_room_is_found(found: StateChange, code: str) -> None:
    assert find_tampering(found, US) == code


@pytest.mark.parametrize(
    "harmless",
    [
        change("topic", {"topic": "x"}, THEM),
        change("member", {"membership": "leave"}, THEM, THEM),
        change("member", {"membership": "join"}, US, US),
        change("encryption", {}, THEM, "a key"),
        StateChange("$event", "im.vector.modular.widgets", "org.roundtable.board", US, {"url": "https://a.example"}),
        StateChange("$event", "io.element.widgets.layout", "", US, {"widgets": {}}),
    ],
)
def test_what_changes_nobodys_power_is_let_be(harmless: StateChange) -> None:
    assert find_tampering(harmless, US) is None


@pytest.mark.parametrize("without", range(6))
def test_a_replacement_lacks_nothing(without: int) -> None:
    state = as_made()
    del state[without]
    assert not is_replacement(state, "!old:example.org", US)


def test_a_replacement_names_what_it_replaces() -> None:
    assert not is_replacement(as_made("!other:example.org"), "!old:example.org", US)
    assert not is_replacement([change("create", {"predecessor": "!old:example.org"})], "!old:example.org", US)
