"""Boards on a real homeserver: what stands in the room's state, and what only its members read."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.matrix.content import BOARD
from tests.bot.test_end_to_end import CANARY, by_bot, open_case
from tests.bot.test_health import free_port
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.waiting import until

pytestmark = pytest.mark.e2e
WIDGET = "im.vector.modular.widgets"


@pytest.fixture
async def deployment(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Deployment]:
    made = await Deployment.make(tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"))
    try:
        yield made
    finally:
        await made.close()


async def widgets_of(deployment: Deployment, room: str) -> list[dict[str, object]]:
    state = await deployment.people["dirk"].client.room_state(room)
    return [dict(change.content) for change in state if change.type == WIDGET]


async def test_a_case_room_has_a_board_while_boards_are_on(deployment: Deployment) -> None:
    port = free_port()
    deployment.configure(address=f"http://127.0.0.1:{port}", port=port)
    await deployment.start_bot()
    room = await open_case(deployment, agencies="social", table=("cleo", "dirk"))
    dirk = deployment.people["dirk"]
    card = await dirk.hears(by_bot(deployment, "where the case stands", "found"), room)
    assert set(card.content[BOARD]) == {"board", "signature"}
    await deployment.people["cleo"].say(room, "!action look for him for: social by: fri 12:00")
    edit = await dirk.hears(lambda event: event.replaces == card.event_id, room)
    assert edit.trusted
    assert set(edit.content["m.new_content"][BOARD]) == {"board", "signature"}

    while not (shown := await widgets_of(deployment, room)):
        await deployment.bot_ticks()
    assert str(shown[0]["url"]).startswith(f"http://127.0.0.1:{port}/#")
    state = await dirk.client.room_state(room)
    assert not [change for change in state if CANARY in json.dumps(dict(change.content))]
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        page = await answer.text()
    assert CANARY not in page
    assert 'name="roundtable-key" content="' in page

    await deployment.stop_bot()
    path = deployment.directory / "bot" / "config.toml"
    path.write_text(path.read_text().replace("\naddress = ", "\n# address = "))
    await deployment.start_bot()
    await until(lambda: deployment._app and deployment._app.health._ticked_at, "a tick")
    assert await widgets_of(deployment, room) == [{}]
