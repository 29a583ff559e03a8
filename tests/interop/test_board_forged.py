"""The page shows nothing that the bot's key did not sign, in order, for this room."""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.matrix.content import BOARD
from commands.board import signing
from commands.board.drawing import VERSION
from tests.interop.seat import Json, Seat, event

pytestmark = pytest.mark.interop


@dataclass
class Signer:
    """Makes boards, true ones and others, for one room."""

    key: Ed25519PrivateKey
    room_id: str
    number: int = 1000
    before: str = ""

    def board(self, **other: object) -> Json:
        empty: Json = {"heads": [], "meetings": [], "columns": [], "timeline": [], "people": {}, "agencies": {}}
        facts = {"ref": "K7QF", "goal": "FORGED", "closed": None, "review": None, "language": "en", "at": "today"}
        head = {"version": VERSION, "room": self.room_id, "number": self.number + 1, "before": self.before}
        return {**empty, **facts, **head, **other}

    def next(self, goal: str) -> dict[str, str]:
        """The next true one."""
        card = signing.sign(self.board(goal=goal), self.key)
        self.number, self.before = self.number + 1, signing.digest(card)
        return card

    def signed(self, packed: bytes, purpose: bytes = signing.PURPOSE) -> dict[str, str]:
        """Whatever it is, with the true key."""
        pairs = {"board": packed, "signature": self.key.sign(purpose + packed)}
        return {name: base64.b64encode(raw).decode() for name, raw in pairs.items()}


def flip(text: str, at: int = 10) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(raw).decode()


def forgeries(true: Signer, seen: list[dict[str, str]]) -> Iterator[tuple[str, object, Json]]:
    """What each is, its card, and what of its event is other than usual; all say FORGED."""
    another = Ed25519PrivateKey.generate()
    good = signing.sign(true.board(), true.key)
    forged = signing.sign(true.board(), another)
    packed = base64.b64decode(good["board"])

    def sign(**other: object) -> dict[str, str]:
        return signing.sign(true.board(**other), true.key)

    yield "unsigned", {"board": good["board"]}, {}
    yield "an empty signature", {**good, "signature": ""}, {}
    yield "the signature of another", {**good, "signature": seen[-1]["signature"]}, {}
    yield "another key", forged, {}
    yield "a changed board", {**good, "board": flip(good["board"])}, {}
    yield "a changed signature", {**good, "signature": flip(good["signature"])}, {}
    yield "a signature for something else", true.signed(packed, b""), {}
    yield "for another room", sign(room="!other:example.org"), {}
    yield "in another room", good, {"room_id": "!other:example.org"}
    yield "for another room, and in it", sign(room="!other:example.org"), {"room_id": "!other:example.org"}
    yield "for no room", sign(room=None), {}
    yield "a replayed one", seen[0], {}
    yield "the newest once more, otherwise", sign(number=true.number), {}
    yield "an older number", sign(number=1), {}
    yield "next, behind another", sign(before="0" * 64), {}
    yield "next, behind none", sign(before=""), {}
    yield "a number as text", sign(number=str(true.number + 1)), {}
    yield "a broken number", sign(number=true.number + 1.5), {}
    yield "a number beyond all", sign(number=2**60), {}
    yield "another version", sign(version=VERSION + 1), {}
    yield "no JSON", true.signed(zlib.compress(b"FORGED")), {}
    yield "no object", true.signed(zlib.compress(json.dumps([true.board()]).encode())), {}
    yield "not deflated", true.signed(json.dumps(true.board()).encode()), {}
    yield "a huge one", {**good, "board": good["board"] + "A" * 100_000}, {}
    yield "one that grows", true.signed(zlib.compress(json.dumps(true.board(x="0" * 30_000_000)).encode())), {}
    yield "HTML, unsigned", true.board(goal="<img src=x onerror=\"document.title='FORGED'\">FORGED"), {}
    yield "no base64", {**good, "board": f" {good['board']}"}, {}
    yield "a list", [good], {}
    yield "a text", json.dumps(good), {}
    yield "of another type", good, {"type": "org.roundtable.card"}
    yield "an edit, unsigned", None, {"content": {"msgtype": "m.notice", "m.new_content": {BOARD: forged}}}
    yield "in the text only", None, {"content": {"msgtype": "m.notice", "body": json.dumps(true.board())}}


async def test_forgeries_show_nothing(seat: Seat) -> None:
    browser = seat.browser
    true = Signer(signing.signing_key(seat.table.store), seat.room_id)
    seen = [true.next("the truth 0")]
    await seat.open(timeline=[event(seat.room_id, "$0", seen[0])])
    await browser.shows("the truth 0")
    # Whatever is shown, be it for a moment.
    await browser.evaluate(
        "globalThis.seen = []; new MutationObserver(() => seen.push(document.body.innerText + document.title))"
        ".observe(document, { subtree: true, childList: true, characterData: true, attributes: true })"
    )
    tried = 0
    for number, (what, _, _) in enumerate(forgeries(true, seen), start=1):
        _, card, other = list(forgeries(true, seen))[number - 1]
        await browser.feed(event(seat.room_id, f"$forged{number}", card, **other))
        # What is true goes on, whatever came between.
        seen.append(true.next(f"the truth {number}"))
        await browser.feed(event(seat.room_id, f"${number}", seen[-1]))
        await browser.shows(f"the truth {number}")
        assert "FORGED" not in await browser.text(), what
        tried += 1
    assert tried > 30
    assert await browser.evaluate("seen.filter((text) => text.includes('FORGED')).length") == 0
    assert await browser.evaluate("seen.length") >= tried
    assert await browser.evaluate("document.querySelectorAll('img').length") == 0
    assert len(await browser.requests()) == 2


async def test_what_comes_out_of_order_stays_behind_and_a_gap_is_gone_over(seat: Seat) -> None:
    true = Signer(signing.signing_key(seat.table.store), seat.room_id)
    first, second, third, fourth = (true.next(f"the truth {number}") for number in range(4))
    await seat.open(timeline=[event(seat.room_id, "$1", first)])
    await seat.browser.shows("the truth 0")
    await seat.browser.feed(event(seat.room_id, "$3", third))
    await seat.browser.shows("the truth 2")
    await seat.browser.feed(event(seat.room_id, "$2", second))
    await seat.browser.feed(event(seat.room_id, "$4", fourth))
    await seat.browser.shows("the truth 3")
    assert "the truth 1" not in await seat.browser.text()


async def test_words_become_text_and_nothing_else(seat: Seat) -> None:
    words = "<img src=x onerror=alert(1)> <b>bold</b> &lt; \u202e \u0000 ${1} javascript:alert(1)"
    true = Signer(signing.signing_key(seat.table.store), seat.room_id)
    entry: Json = {"id": words, "state": words, "settled": False, "words": words, "whose": [words], "person": words}
    entry |= {"due": words, "late": True, "positions": [[words, [words]]]}
    entry["moves"] = [{"label": words, "says": words, "for": [], "asks": []}]
    column = {"title": words, "entries": [entry], "more": 1, "counts": [[words, 1]], "moves": []}
    board = true.board(goal=words, columns=[column], timeline=[[words] * 4], agencies={words: words})
    card = signing.sign(board, true.key)
    await seat.open(timeline=[event(seat.room_id, "$1", card)])
    await seat.browser.shows("<img src=x onerror=alert(1)>")
    marked = "document.querySelectorAll('#board img, #board [onerror], #board a').length"
    assert await seat.browser.evaluate(marked) == 0
    assert await seat.browser.complaints() == []
    assert len(await seat.browser.requests()) == 2
    # And by no mistake of the page: the policy forbids it.
    assert await seat.browser.evaluate("try { document.body.innerHTML = 'x' } catch (e) { e.name }") == "TypeError"


async def test_a_page_of_another_bot_shows_nothing_of_this_one(seat: Seat) -> None:
    stranger = Signer(Ed25519PrivateKey.generate(), seat.room_id)
    await seat.open(timeline=[event(seat.room_id, "$1", stranger.next("FORGED"))])
    await seat.browser.shows("Nothing to show yet.")
    await seat.browser.feed(await seat.card())
    await seat.browser.shows("a safe routine again")
