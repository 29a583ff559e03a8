"""Somebody at the table, with the board before them; everything real but Matrix."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bot.board.server import serve
from bot.board.widgets import describe
from bot.config import BoardSection
from bot.matrix.content import BOARD
from commands.board import signing
from commands.card.jobs import post_card
from tests.bot.test_health import free_port
from tests.interop.browser import Browser
from tests.room import BOT, Conference, user

Json = dict[str, Any]


def event(room: str, event_id: str, card: object, **more: object) -> Json:
    """A message of the bot, as the app has decrypted it."""
    content = {"msgtype": "m.notice", "body": "K7QF · where the case stands", BOARD: card}
    envelope = {"type": "m.room.message", "room_id": room, "event_id": event_id, "sender": BOT, "origin_server_ts": 1}
    return {**envelope, "content": content, "unsigned": {}, **more}


@dataclass
class Seat:
    """Somebody at the table, with the board before them."""

    table: Conference
    browser: Browser
    room: str
    room_id: str
    widget: Json
    who: str = "ada"

    async def open(self, **more: object) -> list[str]:
        """Show the board, with what the bot said so far; gives what the page asks to be allowed."""
        return await self.browser.open(self.widget, self.room_id, user(self.who), **more)

    async def card(self) -> Json:
        """The newest card, with the board as it is now."""
        post_card(self.table.sweeps.begin())
        await self.table.deliver()
        return event(self.room_id, f"$card{len(self.table.cards)}", self.table.cards[-1].board)

    async def says(self, button: str, *, shows: str, **fields: str) -> str:
        """Press a button, fill in what is asked for, and let the room and the bot hear it; gives the line."""
        await self.browser.press(button)
        for label, value in fields.items():
            await self.browser.fill(label.replace("_", " "), value)
        if fields:
            await self.browser.press("Send")
        line = await self.browser.hears_line()
        await self.browser.sends(line)
        await self.table.say(self.who, line.content["body"], room=self.room)
        await self.browser.feed(await self.card())
        await self.browser.shows(shows)
        assert not self.browser.has_said_more()
        return str(line.content["body"])


async def sit(table: Conference, browser: Browser, opened: AsyncExitStack, *ancestors: str) -> Seat:
    """A case whose board can be shown."""
    port = free_port()
    section = BoardSection(address=f"http://127.0.0.1:{port}", port=port, frame_ancestors=ancestors)
    await serve(opened, section, signing.public_key(table.store))
    room = await table.open_case()
    return Seat(table, browser, room, f"!{room}:example.org", describe(section.address or "", BOT))


async def fill(seat: Seat) -> None:
    for who, line in (
        ("ada", "!request health was he seen? because: the plan by: fri 12:00"),
        ("finn", "!action visit the family for: police by: wed 12:00"),
        ("dirk", "!decide one calls him because: five made him hide"),
        ("ada", "!roundtable thu 15:00 about: back to school"),
        ("ada", "!agenda M-1 the part-time timetable for: 10m"),
    ):
        await seat.table.say(who, line, room=seat.room)
