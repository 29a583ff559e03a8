"""What the homeserver names things by has a form and a bound; everything else is not there."""

import pytest

from storage.identifiers import is_device_id, is_event_id, is_room_id, is_user_id, is_visible

WRONG = ["", "$", "!", "@", "a", 7, None, ["$a"], {}, True, "$a b", "$a\n", "$\x00", "$a\ud800", "$\u202ea", " $a"]


@pytest.mark.parametrize("value", [*WRONG, "!a", "$" + "a" * 255, "$" + "\u03b1" * 10])
def test_what_is_no_event_id(value: object) -> None:
    assert not is_event_id(value)


@pytest.mark.parametrize("value", [*WRONG, "$a", "#a:example.org", "!" + "a" * 255])
def test_what_is_no_room_id(value: object) -> None:
    assert not is_room_id(value)


@pytest.mark.parametrize(
    "value",
    [
        *WRONG,
        "@ada",
        "@ada:",
        "@a b:example.org",
        "@a\x00:x",
        "@ada\ud800:x",
        "@ada:ex ample",
        "@" + "\u03b1" * 130 + ":x",
    ],
)
def test_what_is_no_user_id(value: object) -> None:
    assert not is_user_id(value)


@pytest.mark.parametrize("value", ["", 7, None, "a\nb", "a\x00", "x" * 256, "\ud800"])
def test_what_is_no_device_id_and_no_word(value: object) -> None:
    assert not is_device_id(value)
    assert not is_visible(value)


def test_what_homeservers_use_and_have_used_fits() -> None:
    assert is_event_id("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg")
    assert is_event_id("$1469-a/b+c=:example.org:8448")
    assert is_room_id("!RoomOfVersion12WithoutDomain")
    assert is_room_id("!abc:[fd00::1]:8448")
    assert is_user_id("@Ada.Jansen=40:[fd00::1]:8448")
    # From the time before there were rules: a stranger of that name must be seen, too.
    assert is_user_id("@\u00c5sa:example.org")
    assert is_device_id("My phone")
    assert is_visible("m.room.encrypted")
