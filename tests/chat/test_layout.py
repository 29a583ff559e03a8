"""One source, two bodies: the HTML of a message says what its plain text says, and only in tags that apps keep."""

import html
import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from cases.people import Agency, Professional
from chat import layout
from chat.layout import formatted, mark, plain
from chat.reading import normalise
from chat.render import HERE, Voice
from storage.find import Directory
from storage.messages import Message
from tests.chat.test_templates import NAMES, TEMPLATES
from tests.room import AMSTERDAM, Conference, user

TAGS = frozenset(["a", "b", "strong", "i", "em", "u", "del", "code", "ul", "ol", "li", "pre", "blockquote", "p", "br"])
"""All that the apps on phones keep."""
MARKS = frozenset({"b", "code", "blockquote", "li", "br", "p", "soft"})
HOSTILE = {
    "tags": '<script>alert(1)</script><img src=x onerror="y"></p></blockquote><h1>',
    "our marks": "</blockquote><b>R-1</b> · <code>!accept A-1</code><soft>x</soft><li>y</li>",
    "entities": "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp",
    "markdown": "**bold** [Ada](https://example.org) `code` # title > quote",
    "a link": "https://matrix.to/#/@ada:example.org @ada:example.org @room",
    "turned": "\u202eyad no\u202d \u2067x",
    "nothing to see": "x\u200b\u200d\ufeff\u2060y",
    "set apart": "  !accept A-1  Reply: accept · decline",
    "a card": "x\nReply: accept · decline …\n\n\n\nR-1 · to Police",
    "formats": "%(id)s {{ 7 * 7 }} {0} %s",
}


class Reader(HTMLParser):
    """What an app sees in the HTML of a message: the tags, their attributes, and the words inside each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [f"{name}={value}" for name, value in attrs]
        if tag != "br":
            self._open.append(tag)
            self.words.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self._open, data
        for tag in set(self._open):
            self.words[tag][-1] += data


def on_one_line(message: Message) -> tuple[str, str]:
    """The words of both bodies, but for what is between them."""
    shown = html.unescape(re.sub(r"<[^<>]*>", " ", message.html)).replace("\u2011", "-")
    return "".join(shown.split()), "".join(message.plain.split())


def voice(name: str = "Ada Jansen", agency: str = "Police") -> Voice:
    people = {user("ada"): Professional(user("ada"), name, "police")}
    return Voice(Directory({"police": Agency("police", agency)}, people), AMSTERDAM)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_no_marks_but_those_of_the_layout(name: str) -> None:
    source = TEMPLATES[name].read_text("utf-8")
    assert {*re.findall(r"</?([a-z][a-z0-9]*)", source)} <= MARKS
    assert "|safe" not in source.replace(" ", "")


@pytest.mark.parametrize("name", NAMES)
def test_what_to_type_is_marked_as_such(name: str) -> None:
    source = TEMPLATES[name].read_text("utf-8")
    outside = re.sub(r"\{#.*?#\}|\{% trans.*?endtrans %\}|\{[{%].*?[%}]\}|_\([^)]*\)", "", source, flags=re.DOTALL)
    assert not re.search(r"!\w", re.sub(r"<code>.*?</code>", "", outside))


@pytest.mark.parametrize("code", ["en", "nl"])
def test_what_to_type_is_marked_in_every_text_of_the_catalogue(code: str) -> None:
    path = HERE / "locale" / "nl" / "LC_MESSAGES" / "roundtable.po"
    unmarked: list[str] = []
    with path.open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        said = [message.id] if isinstance(message.id, str) else [*message.id]
        translated = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        for text in said if code == "en" else translated:
            marked = mark(text)
            unmarked += [text] if re.search(r"!\w", re.sub(r"<code>.*?</code>", "", marked)) else []
        if all(translated):
            # What can be typed is the same in each language, though its words may differ.
            assert {mark(text).count("<code>") for text in translated} == {mark(text).count("<code>") for text in said}
    assert unmarked == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("To plan another:  !roundtable WHEN", "To plan another:  <code>!roundtable WHEN</code>"),
        ("Type  !help  or  !status .", "Type  <code>!help</code>  or  <code>!status</code> ."),
        ("Did you mean  %(key)s: ?", "Did you mean  <code>%(key)s:</code> ?"),
        ("Add   scheme: NAME   to the end.", "Add   <code>scheme: NAME</code>   to the end."),
        ("First:  !next   Yours:  !mine", "First:  <code>!next</code>   <p>Yours:  <code>!mine</code>"),
        ("To read it:  !status   !who", "To read it:  <code>!status</code>   <code>!who</code>"),
        ("Reply: accept · decline …", "<p>Reply: <code>accept</code> · <code>decline …</code>"),
        ("All here. Reply: attend · agenda …", "All here. <p>Reply: <code>attend</code> · <code>agenda …</code>"),
        ("Version %(number)s · checksum %(checksum)s", "Version %(number)s · checksum %(checksum)s"),
        ("Nothing was changed.", "Nothing was changed."),
    ],
)
def test_what_is_set_apart_is_what_to_type(text: str, marked: str) -> None:
    assert mark(text) == marked
    assert plain(mark(text)) == text


def test_a_card_has_a_headline_quotations_and_what_to_type() -> None:
    source = (
        "<b>R-1</b> · to Police<soft> · </soft>answer by Fri\n"
        "Because: <blockquote>the plan</blockquote>\n"
        "<blockquote>of R-1 &amp; 2</blockquote>\n"
        "<li>1. Mon</li>\n<li>2. Tue</li>\n"
        "<b>Late</b>\n<li>A-2</li>\n"
        "<b>M-1</b> · can't come: <blockquote>ill</blockquote>\n"
        "Ada: “<blockquote>no</blockquote>”\n"
        "Asked by School.  <code>!answer R-1</code> ."
    )
    assert formatted(source) == (
        "<p><b>R\u20111 · to Police · answer by Fri</b></p>"
        "<blockquote><em>Because:</em> the plan<br>of R-1 &amp; 2</blockquote>"
        "<ol><li>Mon</li><li>Tue</li></ol>"
        "<p><b>Late</b></p><ul><li>A\u20112</li></ul>"
        "<p><b>M\u20111 · can't come:</b></p><blockquote>ill<br><em>Ada: “</em>no”</blockquote>"
        "<p>Asked by School. <code>!answer R-1</code>.</p>"
    )
    assert plain(source) == (
        "R-1 · to Police\nanswer by Fri\nBecause: the plan\nof R-1 & 2\n1. Mon\n2. Tue\n"
        "Late\nA-2\nM-1 · can't come: ill\nAda: “no”\nAsked by School.  !answer R-1 ."
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_what_somebody_wrote_is_shown_as_they_wrote_it_and_is_nothing_else(table: Conference, text: str) -> None:
    room = await table.open_case()
    before = len(table.heard)
    await table.say("ada", f"!concern he said x{text}x kind: fact", room=room)
    await table.say("ada", f"!request health was he seen? y{text}y because: z{text}z", room=room)
    cards = [said for said in table.heard[before:] if said.subject]
    assert len(cards) == 3
    for said in cards:
        seen = Reader(said.html)
        assert seen.tags <= TAGS
        assert all(link.startswith("href=https://matrix.to/#/@") for link in seen.links)
        assert "!accept A-1" not in seen.words.get("code", [])
    quoted = Reader(cards[0].html).words["blockquote"][0]
    # Signs that nobody sees are taken out as it is read.
    assert "".join(normalise(text).split()) in "".join(quoted.split())


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_is_shown_as_it_is_and_is_nothing_else(name: str) -> None:
    (message,) = voice(name, name).message("roundtable/attending", {"table": {"id": "M-1"}, "who": user("ada")})
    seen = Reader(message.html)
    assert seen.tags <= {"p", "b", "br"}
    shown, said = on_one_line(message)
    assert shown == said


def test_signs_of_direction_end_with_the_name_that_has_them() -> None:
    (message,) = voice("\u202eadA", "\u2067Police").message(
        "case/directed_by_reference", {"ref": "K7QF", "person": user("ada")}
    )
    assert "\u202eadA\u202c" in message.plain
    assert "\u202eadA\u202c" in message.html


PIECES = ["<b>M-1</b> · ", "x", "y  z", "\n", "\n<li>1. a</li>\n", "\n<li>b</li>\n", "Because: ", "<br>", "<p>"]


@given(st.lists(st.sampled_from(PIECES)))
def test_the_html_says_what_the_plain_text_says(pieces: list[str]) -> None:
    source = "".join(pieces)
    Reader(formatted(source))
    shown, said = on_one_line(Message(plain(source), formatted(source)))
    # A list shows its numbers by itself.
    assert shown.replace("1.", "") == said.replace("1.", "")


@given(st.text())
def test_words_stay_words(text: str) -> None:
    quoted = layout.words(text)
    seen = Reader(formatted(quoted))
    assert seen.tags <= {"blockquote", "br"} | ({"p"} if not text.strip() else set())
    assert "".join(plain(quoted).split()) == "".join(text.split())
    assert escape(text.strip().split("\n")[0]) in quoted
