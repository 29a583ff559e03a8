"""The board beside a real room: it shows what a member's Element decrypted, and their device says what they press."""

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.board.widgets import WIDGET_ID
from bot.matrix.content import BOARD
from bot.matrix.crypto.events import Event
from tests.bot.test_end_to_end import by_bot, now, open_case
from tests.bot.test_health import free_port
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.interop.browser import Browser
from tests.interop.element import NO_SHIELD, Element

pytestmark = pytest.mark.interop


def with_board(wanted: Callable[[dict[str, Any]], bool]) -> Callable[[Event], bool]:
    """A message whose board is as wanted; whether it is true the page finds out."""

    def fits(event: Event) -> bool:
        card = event.content.get(BOARD) or event.content.get("m.new_content", {}).get(BOARD)
        return card is not None and wanted(json.loads(zlib.decompress(base64.b64decode(card["board"]))))

    return fits


def has(record: str, state: str) -> Callable[[Event], bool]:
    return with_board(
        lambda board: [record, state] in [[e["id"], e["state"]] for c in board["columns"] for e in c["entries"]]
    )


async def test_a_member_works_with_the_board_of_a_real_room(homeserver: Homeserver, tmp_path: Path) -> None:
    browser = await Browser.start()
    deployment = await Deployment.make(tmp_path, homeserver, now, people=("cleo", "ada"), absent=("dirk",))
    dirk = await Element.start(homeserver.url, deployment.user_id("dirk"), deployment.password)
    try:
        await dirk.create_identity()
        port = free_port()
        deployment.configure(address=f"http://127.0.0.1:{port}", port=port, frame_ancestors=[browser.address])
        await deployment.start_bot()
        room = await open_case(deployment, "police, social", table=("cleo", "ada"))
        await dirk.join(room)
        ada = deployment.people["ada"]

        async def feed(wanted: Callable[[Event], bool]) -> dict[str, Any]:
            """What Dirk's Element hands to the board."""
            heard = await ada.hears(wanted, room)
            seen = await dirk.hears(room, heard.event_id)
            assert (seen.encrypted, seen.shield) == (True, NO_SHIELD)
            envelope = {"type": "m.room.message", "event_id": heard.event_id, "room_id": room, "origin_server_ts": 1}
            return {**envelope, "sender": seen.sender, "content": seen.content, "unsigned": {}}

        # Only after he came: a card that he can read.
        await ada.hears(
            with_board(lambda board: any("Dirk" in who and what == "joined" for _, who, _, what in board["timeline"])),
            room,
        )
        state = await ada.client.room_state(room)
        widget = next(dict(c.content) for c in state if c.state_key == WIDGET_ID)
        await ada.say(room, "!action look for him for: social by: +5 working days")
        await browser.open(widget, room, dirk.user_id, timeline=[await feed(has("A-1", "proposed"))])
        await browser.shows("look for him")
        await browser.press("Accept A-1", times=2)
        line = await browser.hears_line()
        await browser.sends(line, await dirk.send(room, line.content))
        await ada.hears(by_bot(deployment, "A-1", "Social services accepts"), room)
        await browser.feed(await feed(has("A-1", "accepted")))
        await browser.shows("1 accepted")
        await dirk.say(room, "!status")
        await ada.hears(by_bot(deployment, "Actions: 1 accepted", "!followups"), room)
        assert not browser.has_said_more()
    finally:
        await browser.close()
        await dirk.close()
        await deployment.close()
