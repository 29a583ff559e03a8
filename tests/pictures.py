"""Pictures for the README: cards of the played demo as apps show them, made in a real browser, on a phone and a desk.

What is shown is what another member's client decrypted; its HTML holds the tags that phones keep, and no others.
"""

import argparse
import asyncio
import base64
import html
import io
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from PIL import Image, ImageChops
from rich.console import Console

from bot import logs
from bot.matrix.content import POLL
from bot.matrix.crypto.events import Event
from bot.matrix.faces import BOT, draw
from tests.chat.test_layout import TAGS
from tests.demo import BOT_NAME, MovableClock, Play, answers_of, play
from tests.deployment import Deployment
from tests.homeserver import Homeserver

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
ALLOWED = frozenset(
    ["a", "b", "strong", "i", "em", "u", "del", "code", "ul", "ol", "li", "pre", "blockquote", "p", "br"]
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCALE, TALLEST, COLOURS = 2, 3000, 96
LARGEST = 150_000
"""Bytes of a picture."""
INKS = ("#7a3e9d", "#0b6e4f", "#a64b00", "#1f5fa8", "#99335c", "#4f6a00")
STYLE = """
* { box-sizing: border-box; margin: 0; }
body { font: 15px/1.45 "Inter", "Noto Sans", "DejaVu Sans", sans-serif; color: #1b1d22; background: #fff; }
header { display: flex; gap: 10px; align-items: center; padding: 10px 14px; border-bottom: 1px solid #e1e6ec; }
header img { width: 34px; border-radius: 9px; } header small { color: #656d77; display: block; font-size: 12px; }
main { padding: 6px 14px 14px; } section { display: flex; gap: 10px; padding: 9px 0; }
.face { flex: 0 0 32px; height: 32px; border-radius: 50%; color: #fff; font-weight: 600; text-align: center;
  line-height: 32px; overflow: hidden; } .face img { width: 32px; }
.said { min-width: 0; overflow-wrap: anywhere; } .who { font-weight: 600; font-size: 14px; }
.notice { color: #4e5763; } p + p, ul, ol, blockquote { margin-top: 5px; } ul, ol { padding-left: 22px; }
blockquote { border-left: 4px solid #c1c6cd; padding-left: 10px; }
code { background: #eef0f3; border-radius: 4px; padding: 1px 5px; font: 13px/1.5 "DejaVu Sans Mono", monospace; }
a { background: #d7e8f7; color: #0b4f8a; border-radius: 10px; padding: 0 7px; text-decoration: none; }
.poll { border: 1px solid #c1c6cd; border-radius: 12px; padding: 12px; margin-top: 4px; max-width: 520px; }
.poll b { display: block; margin-bottom: 6px; } .poll div { border: 1px solid #e1e6ec; border-radius: 8px;
  padding: 8px 10px; margin-top: 6px; }
.poll div::before { content: ""; display: inline-block; width: 13px; height: 13px;
  border: 1.5px solid #8d97a5; border-radius: 50%; margin-right: 8px; vertical-align: -2px; }
.poll .tapped { border-color: #0b6e4f; } .poll .tapped::before { background: #0b6e4f; border-color: #0b6e4f; }
.mark { display: inline-block; background: #e3f4ec; color: #0b6e4f; border: 1px solid #0b6e4f; border-radius: 10px;
  padding: 0 8px; font-size: 13px; margin-top: 4px; }
"""


@dataclass(repr=False)
class Shown:
    """One message, and what stands on it."""

    who: str
    event: Event
    marked: bool = False
    tapped: set[str] = field(default_factory=set[str])


class Album(Play):
    """The play, and what was shown under each heading."""

    scenes: dict[str, list[tuple[str, Shown]]]

    def heading(self, text: str) -> None:
        """Begin a page."""
        super().heading(text)
        self.__dict__.setdefault("scenes", {})
        self.scenes[text] = []

    def _print(self, key: str, event: Event, text: str) -> None:
        super()._print(key, event, text)
        shown = [one for page in self.scenes.values() for _, one in page]
        if text.startswith("taps: "):
            poll = next(one for one in reversed(shown) if one.event.type == POLL)
            poll.tapped.add(text.removeprefix("taps: "))
        else:
            self._page.append((key, Shown(self._names.get(event.sender, BOT_NAME), event)))

    async def done(self, key: str) -> None:
        """What was marked bears the mark."""
        await super().done(key)
        for _, one in self._page:
            one.marked = one.marked or one.event.event_id in self.marked

    @property
    def _page(self) -> list[tuple[str, Shown]]:
        return next(reversed(self.scenes.values()))


class Tags(HTMLParser):
    """The tags of a body."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.found.add(tag)


def body_of(event: Event) -> str:
    """A message's HTML as apps show it; raises ValueError if phones would drop some of it."""
    body = event.content.get("formatted_body")
    if not isinstance(body, str):
        return f"<p>{html.escape(str(event.content.get('body', '')))}</p>"
    tags = Tags()
    tags.feed(body)
    if not tags.found <= TAGS:
        raise ValueError(f"phones drop {sorted(tags.found - TAGS)}")
    return body


def page_of(room: str, about: str, shown: list[Shown], faces: dict[str, str]) -> str:
    """A page as an app shows it."""
    names = [BOT_NAME, *dict.fromkeys(one.who for one in shown if one.who != BOT_NAME)]
    parts = [_section(one, INKS[names.index(one.who) % len(INKS)], faces) for one in shown]
    head = f'<header><img src="{faces["case"]}"><div><b>{room}</b><small>{about}</small></div></header>'
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{head}<main>{''.join(parts)}</main>"


def _section(one: Shown, ink: str, faces: dict[str, str]) -> str:
    by_bot = one.who == BOT_NAME
    initials = "".join(word[0] for word in one.who.split()[:2])
    face = f'<img src="{faces[BOT]}">' if by_bot else initials
    notice = " notice" if one.event.content.get("msgtype") == "m.notice" else ""
    said = _poll(one) if one.event.type == POLL else f'<div class="body{notice}">{body_of(one.event)}</div>'
    mark = '<span class="mark">✓ 1</span>' if one.marked else ""
    return (
        f'<section><div class="face" style="background:{"none" if by_bot else ink}">{face}</div>'
        f'<div class="said"><div class="who" style="color:{ink}">{one.who}</div>{said}{mark}</div></section>'
    )


def _poll(one: Shown) -> str:
    question = html.escape(str(one.event.content[POLL]["question"]["body"]))
    labels = [html.escape(label) for _, label in answers_of(one.event)]
    rows = [f"<div{' class=tapped' if label in one.tapped else ''}>{label}</div>" for label in labels]
    return f'<div class="poll"><b>{question}</b>{"".join(rows)}</div>'


def photograph(page: str, path: Path, width: int, browser: str) -> None:
    """Let the browser draw a page, this wide, and keep the picture small; raises ValueError if it is not."""
    with tempfile.TemporaryDirectory() as folder:
        (source := Path(folder) / "page.html").write_text(page)
        shot = Path(folder) / "shot.png"
        # The page is ours and loads nothing: in a container the browser has no sandbox of its own.
        options = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        )
        size = (f"--force-device-scale-factor={SCALE}", f"--window-size={width},{TALLEST}", f"--screenshot={shot}")
        subprocess.run([browser, *options, *size, source.as_uri()], check=True, capture_output=True, timeout=120)
        drawn = Image.open(io.BytesIO(shot.read_bytes())).convert("RGB")
    inked = ImageChops.difference(drawn, Image.new("RGB", drawn.size, "white")).getbbox()
    bottom = inked[3] if inked else drawn.height
    cut = drawn.crop((0, 0, drawn.width, min(drawn.height, bottom + 14 * SCALE)))
    path.parent.mkdir(exist_ok=True)
    cut.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes")


async def draw_all(browser: str, folder: Path) -> None:
    """Play the demo, and make the pictures."""
    with ExitStack() as opened:
        place = opened.enter_context(tempfile.TemporaryDirectory(prefix="roundtable-pictures-"))
        homeserver = opened.enter_context(Homeserver())
        log = opened.enter_context((Path(place) / "bot.log").open("w"))
        logs.configure("info", "json", log)
        clock = MovableClock()
        deployment = await Deployment.make(Path(place), homeserver, clock, tag="")
        try:
            await deployment.start_bot()
            names = {deployment.user_id(who): name for who, name in deployment.names.items()}
            album = Album(Console(quiet=True), deployment.people, names)
            ref = await play(album, deployment, clock)
        finally:
            await deployment.close()
    faces = {of: "data:image/png;base64," + base64.b64encode(await draw(of)).decode() for of in (BOT, "case")}
    for name, (width, heading, which) in PICTURES.items():
        shown = [one for key, one in album.scenes[heading] if key == "case"]
        page = page_of(ref, ABOUT, [shown[number] for number in which], faces)
        photograph(page, folder / f"{name}.png", width, browser)


ABOUT = "A case needs you. What it is about stands inside, encrypted."
PICTURES = {
    "phone-question": (390, "A question without its reason is not sent", range(4)),
    "phone-table": (390, "Thursday at ten: the round table", (2, 3, 4, 5, 9, 10, 11)),
    "desk-decision": (860, "A decision, and a dissent in the dissenter's own words", range(6)),
}
"""How wide each is, and which messages in the case's room it shows, of which part of the play."""


def main() -> int:
    """Make the pictures."""
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    parser.add_argument("--browser", help="a Chromium; else the first on PATH")
    browser = parser.parse_args().browser or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("No Chromium is on PATH; on Debian the package chromium brings it.", file=sys.stderr)  # noqa: T201
        return 1
    asyncio.run(draw_all(browser, FOLDER))
    return 0


if __name__ == "__main__":
    sys.exit(main())
