"""A text of any length, in any alphabet, becomes messages that a homeserver takes."""

import html
import json
import re
from zoneinfo import ZoneInfo

import pytest
import vodozemac
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bot.matrix.content import content_of
from bot.matrix.crypto.wire import write_json
from chat import render
from chat.render import Voice
from storage.find import Directory
from storage.messages import Message

LARGEST_EVENT = 65_536
OF_THE_SERVER = 4_000
"""Bytes that a homeserver adds to what is sent: ids of earlier events, hashes, signatures."""
ALPHABETS = {
    "latin": "a",
    "greek": "\u03b1",
    "cyrillic": "\u0436",
    "arabic": "\u0639",
    "chinese": "\u4f60",
    "emoji": "\U0001f600",
    "family": "\U0001f469\u200d\U0001f467",
    "combining": "e\u0301\u0327\u0330",
    "control": "\x01",
    "quotes": '"\\\\',
    "less than": "<",
    "and": "&",
    "entity": "&lt;",
    "half": "\ud83d",
    "words": "\u03b1\u03b2\u03b3 ",
    "lines": "\u03b1\n",
    "blanks": " ",
}


def voice() -> Voice:
    return Voice(Directory({}, {}, {}), ZoneInfo("Europe/Amsterdam"))


def size_of(message: Message) -> int:
    """The bytes of the encrypted event, as it is sent."""
    plain = {"type": "m.room.message", "content": content_of(message), "room_id": "!" + "r" * 254}
    ciphertext = vodozemac.GroupSession().encrypt(write_json(plain)).to_base64()
    envelope = {"ciphertext": ciphertext, "sender_key": "k" * 43, "device_id": "d" * 43, "session_id": "s" * 43}
    relation = {"m.in_reply_to": {"event_id": "$" + "e" * 254}}
    return len(json.dumps({"algorithm": "m.megolm.v1.aes-sha2", **envelope, "m.relates_to": relation}))


def said(messages: list[Message]) -> str:
    """Everything that stands in the messages, but for where they were cut."""
    return "".join("".join(message.plain.split()) for message in messages)


def as_plain(formatted: str) -> str:
    """The words of an HTML body, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", formatted)).split())


@pytest.mark.parametrize("letters", ALPHABETS.values(), ids=ALPHABETS)
@pytest.mark.parametrize("length", [100, 5_200, 40_000])
def test_each_page_fits_an_event_whatever_its_alphabet(letters: str, length: int) -> None:
    text = letters * (length // len(letters))
    messages = voice().message(
        "erasure/restored", {"id": text, "holds": True}, wake=("@ada:localhost",), answers_to="$" + "e" * 254
    )

    assert max(size_of(message) for message in messages) < LARGEST_EVENT - OF_THE_SERVER
    assert "".join(text.split()) in said(messages)
    assert length > 100 or len(messages) == 1
    for message in messages:
        # No entity and no tag is cut in two.
        assert as_plain(message.html) == " ".join([*message.plain.split(), "For: @ada:localhost"])
        assert message.mentions == ("@ada:localhost",)


def test_a_long_list_is_cut_between_its_lines() -> None:
    lines = "\n".join(f"{number} " + "\u0436" * 300 for number in range(100))
    messages = voice().message("erasure/restored", {"id": lines, "holds": True})
    assert len(messages) > 1
    assert all(re.match(r"\d+ \u0436{300}", message.plain) for message in messages[1:])


def test_a_sentence_is_cut_between_its_words() -> None:
    messages = voice().message("erasure/restored", {"id": "\u03b1\u03b2\u03b3 " * 10_000, "holds": True})
    assert len(messages) > 1
    assert all(message.plain.startswith("\u03b1\u03b2\u03b3 ") for message in messages[1:])


@pytest.mark.parametrize("length", [1, 20])
def test_however_many_must_act_each_is_mentioned(length: int) -> None:
    everybody = tuple("@" + "\u00e9" * 100 + f"{number}:example.org" for number in range(1_000))
    messages = voice().message("erasure/restored", {"id": "x" * 1_000 * length, "holds": True}, wake=everybody)
    assert {person for message in messages for person in message.mentions} == {*everybody}
    assert max(size_of(message) for message in messages) < LARGEST_EVENT - OF_THE_SERVER


def test_a_hostile_text_is_cut_in_time_of_its_length() -> None:
    for letters in ("&", "<", "\u0301", " ", "\n", "&lt"):
        assert len(render._pages(letters * 50_000)) < 50


@given(
    st.lists(
        st.sampled_from(["<b>", "</b>", "<code>", "</code>", "<blockquote>", "</blockquote>", "<li>", "</li>", "<p>"])
        | st.sampled_from(["<soft>", "</soft>", "-", "\n", "&lt;", "\x00", "\u202e", "Reply: a · b", "\U0001f600"])
        | st.text(max_size=3).map(lambda text: str(escape(text))),
        max_size=60,
    ).map("".join)
)
def test_what_is_short_needs_not_be_weighed(text: str) -> None:
    lines = 1 + text.count("\n")
    most = len(text) * render._CHARACTER_BYTES + lines * (render._AROUND_BYTES + render._LABEL_BYTES)
    assert render._weight(text) <= most
