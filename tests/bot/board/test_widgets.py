"""The page stands in the state of each case room when boards are on, once, and is taken away when they are off."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.board.widgets import Widgets
from bot.matrix.crypto.errors import NotAllowed, Unavailable
from storage import tables
from storage.account import Account
from storage.store import Store
from tests.storage.examples import MASTER, sqlite_url

BOT = "@roundtable:example.org"
ADDRESS = "https://board.example.org"


class Rooms:
    """The homeserver, as far as widgets go."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, dict[str, object] | None]] = []
        self.refuses: Exception | None = None

    async def show_widget(self, room_id: str, widget_id: str, widget: dict[str, object] | None) -> None:
        del widget_id
        if self.refuses:
            raise self.refuses
        self.shown.append((room_id, widget))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store.open(sqlite_url(tmp_path), MASTER, Account(BOT))
    channels = ("case:K7QF", "case:H3MB", "agency:police", "direct:@ada:example.org")
    with opened.update() as connection:
        for channel in channels:
            row = {"account": BOT, "channel": channel, "room_id": f"!{channel[-4:]}"}
            connection.execute(sa.insert(tables.rooms).values(row))
    yield opened
    opened.close()


async def test_each_case_room_shows_the_page_once(store: Store) -> None:
    rooms = Rooms()
    widgets = Widgets(rooms, store, ADDRESS)
    await widgets.keep()
    await widgets.keep()
    await Widgets(rooms, store, ADDRESS).keep()
    assert [room for room, _ in rooms.shown] == ["!H3MB", "!K7QF"]
    (_, widget), _ = rooms.shown
    assert widget == {
        "id": "org.roundtable.board",
        "type": "m.custom",
        "name": "Roundtable",
        "url": f"{ADDRESS}/#user=$matrix_user_id&language=$org.matrix.msc2873.client_language"
        "&theme=$org.matrix.msc2873.client_theme",
        "creatorUserId": BOT,
        "data": {},
    }
    assert "K7QF" not in json.dumps(widget)


async def test_it_is_taken_away_when_boards_are_off_and_follows_its_address(store: Store) -> None:
    rooms = Rooms()
    await Widgets(rooms, store, ADDRESS).keep()
    del rooms.shown[:]
    await Widgets(rooms, store, "https://another.example.org").keep()
    assert ["another.example.org" in str(widget) for _, widget in rooms.shown] == [True, True]
    del rooms.shown[:]
    off = Widgets(rooms, store, None)
    await off.keep()
    await off.keep()
    assert rooms.shown == [("!H3MB", None), ("!K7QF", None)]


async def test_what_may_heal_is_tried_again_and_a_room_that_is_gone_hinders_no_other(store: Store) -> None:
    rooms = Rooms()
    widgets = Widgets(rooms, store, ADDRESS)
    rooms.refuses = Unavailable("away")
    await widgets.keep()
    rooms.refuses = None
    await widgets.keep()
    assert [room for room, _ in rooms.shown] == ["!H3MB", "!K7QF"]
    rooms.refuses = NotAllowed(403, "M_FORBIDDEN")
    off = Widgets(rooms, store, None)
    await off.keep()
    rooms.refuses = None
    await off.keep()
    assert len(rooms.shown) == 2
