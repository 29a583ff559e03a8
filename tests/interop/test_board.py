"""The board in a real Chromium, beside a page that speaks the widget API as Element does."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.board.server import PAGE
from cases.scheme import Scheme
from tests.interop.browser import Browser
from tests.interop.process import NODE
from tests.interop.seat import Json, Seat, event, fill, sit
from tests.room import Conference

pytestmark = pytest.mark.interop

SOURCES = PAGE.parent / "page"


async def test_the_board_shows_what_the_status_says_and_asks_nobody_for_anything(seat: Seat) -> None:
    table, browser = seat.table, seat.browser
    await fill(seat)
    table.later(days=2, hours=3)
    status = await table.answer("ada", "!status", room=seat.room)
    allowed = await seat.open(timeline=[await seat.card()])
    await browser.shows("visit the family")
    # Notices, and what it says for the person; no other message, no state but which card is pinned.
    assert allowed == [
        "org.matrix.msc2762.receive.event:m.room.message#m.notice",
        "org.matrix.msc2762.receive.state_event:m.room.pinned_events#",
        "org.matrix.msc2762.send.event:m.room.message#m.text",
    ]
    counts = await browser.texts(".counts")
    assert counts == ["1 open", "1 proposed", "1 proposed"]
    assert all(said in status for said in ("Requests: 1 open", "Actions: 1 proposed · 1 late", "Decisions: D-1"))
    assert [text.split("\n")[0] for text in await browser.texts(".late h3")] == ["A-1"]
    assert (await browser.texts(".when"))[0] in status
    assert await browser.texts("ol > li") == ["the part-time timetable (10 min)"]
    assert len(await browser.texts(".timeline li")) == len((await table.case(seat.room)).steps)
    page, frame = await browser.requests()
    assert page == f"GET {browser.address}/"
    assert seat.room.partition(":")[2] not in frame
    assert await browser.complaints() == []


async def test_a_move_by_button_has_its_effect_once_however_often_it_is_pressed(seat: Seat) -> None:
    await fill(seat)
    await seat.open(timeline=[await seat.card()])
    await seat.browser.press("Accept A-1", times=3)
    line = await seat.browser.hears_line()
    assert (line.type, line.content) == (
        "m.room.message",
        {"msgtype": "m.text", "body": "!accept A-1", "m.mentions": {}},
    )
    await seat.browser.sends(line)
    await seat.browser.shows("Sent. The answer stands in the room.")
    await seat.browser.press("Accept A-1")
    await seat.table.say("ada", str(line.content["body"]), room=seat.room)
    await seat.browser.feed(await seat.card())
    await seat.browser.shows("1 accepted")
    assert not seat.browser.has_said_more()
    assert not [name for name in await seat.browser.buttons() if name.startswith("Accept")]
    assert [o for o in await seat.table.outcomes() if o[0] == "accept"] == [("accept", "done")]


async def test_what_could_not_be_sent_is_said_and_can_be_tried_again(seat: Seat) -> None:
    await fill(seat)
    await seat.open(timeline=[await seat.card()])
    await seat.browser.press("Decline … A-1")
    await seat.browser.fill("why your agency does not take it on", "we were\n there  twice")
    await seat.browser.press("Send")
    await seat.browser.sends(await seat.browser.hears_line(), event_id=None)
    await seat.browser.shows("Not sent.")
    await seat.browser.press("Send")
    line = await seat.browser.hears_line()
    await seat.browser.sends(line)
    assert line.content["body"] == "!decline A-1 we were there twice"
    await seat.browser.shows("Sent.")


async def test_a_chair_runs_a_table_from_the_board_alone(seat: Seat) -> None:
    table = seat.table
    await fill(seat)
    await seat.open(timeline=[await seat.card()])
    table.later(days=3, hours=5)
    await seat.says("Start M-1", shows="is being held now")
    for who in ("cleo", "finn", "hugo"):
        await table.say(who, "!confirm", room=seat.room)
    await seat.browser.feed(await seat.card())
    await seat.browser.shows("Hugo Peters")
    said = [
        await seat.says(
            "Take a note … M-1", shows="took a note (M-1/n1)", what_is_to_stand_in_the_minutes="he slept at home"
        ),
        await seat.says(
            "What the person says … M-1", shows="M-1/n2", what_the_person_says="he wants to go back to his class"
        ),
        await seat.says(
            "Put a decision … Decisions",
            shows="two mornings a week",
            what_is_decided="he begins with two mornings a week",
            why_you_decide_so="more is too much",
        ),
        await seat.says("We agree D-1", shows="agrees with D-1"),
        await seat.says(
            "Propose an action … Actions",
            shows="make a timetable",
            what_shall_come_about="make a timetable",
            the_agency_or_person="school",
            when_it_shall_be_done="20 nov 12:00",
        ),
        await seat.says("End M-1", shows="minutes not approved"),
        await seat.says(
            "Add the person’s view … M-1", shows="added the person’s view", what_the_person_says="he is glad"
        ),
    ]
    assert said == [
        "note: he slept at home",
        "view: he wants to go back to his class",
        "!decide he begins with two mornings a week because: more is too much",
        "!agree D-1",
        "!action make a timetable for: school by: 20 nov 12:00",
        "!roundtable end M-1",
        "!minutes view M-1 he is glad",
    ]
    outcomes = await table.outcomes()
    assert {outcome for _, outcome in outcomes[-11:]} == {"done"}


async def test_a_card_pinned_long_ago_is_found(seat: Seat) -> None:
    await fill(seat)
    await seat.card()
    await seat.table.say("ada", "!accept A-1", room=seat.room)
    new = await seat.card()
    edit = {"msgtype": "m.notice", "body": "*", "m.new_content": new["content"]}
    pinned = {"type": "m.room.pinned_events", "state_key": "", "content": {"pinned": ["$card1"]}}
    state = [event(seat.room_id, "$pinned", None, **pinned)]
    await seat.open(state=state, back={"$card1": [new | {"content": edit}]})
    await seat.browser.shows("1 accepted")


async def test_keyboard_alone_is_enough_and_focus_comes_back(seat: Seat) -> None:
    await fill(seat)
    await seat.open(timeline=[await seat.card()])
    await seat.browser.shows("visit the family")
    focused = "document.activeElement.textContent"
    await seat.browser.evaluate("document.getElementById('board').focus()")
    for _ in range(100):
        await seat.browser.key("Tab")
        if await seat.browser.evaluate(focused) == "Decline … A-1":
            break
    await seat.browser.key("Enter")
    assert await seat.browser.evaluate("document.activeElement.tagName") == "TEXTAREA"
    await seat.browser.feed(await changed(seat))
    await seat.browser.shows("it is shown anew when you are done here")
    await seat.browser.key("Escape")
    assert await seat.browser.evaluate(focused) == "Decline … A-1"
    await seat.browser.shows("The board has changed: D-1")


async def changed(seat: Seat) -> Json:
    await seat.table.say("finn", "!agree D-1", room=seat.room)
    return await seat.card()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1100])
async def test_it_can_be_read_by_everybody(seat: Seat, theme: str, width: int) -> None:
    await fill(seat)
    seat.table.later(days=2, hours=3)
    words = "donaudampfschifffahrtsgesellschaftskapitänsmützenhalterung" * 3
    await seat.table.say("ada", f"!action {words} for: police by: fri 12:00", room=seat.room)
    await seat.open(timeline=[await seat.card()], theme=theme, width=width)
    await seat.browser.shows("visit the family")
    await seat.browser.press("Hand over … A-1")
    assert await seat.browser.accessibility() == []
    assert await seat.browser.evaluate("document.documentElement.scrollWidth") <= width


async def test_it_speaks_dutch(table: Conference, browser: Browser) -> None:
    async with AsyncExitStack() as opened:
        schemes = {table.house.scheme: Scheme(language="nl")}
        dutch = Conference(table.store, replace(table.house, has_board=True, schemes=schemes))
        seat = await sit(dutch, browser, opened, browser.address)
        await seat.open(language="nl-NL")
        await browser.shows("Nog niets te tonen.")
        await fill(seat)
        await browser.feed(await seat.card())
        await browser.shows("Rondetafels")
        assert "Aannemen A-1" in await browser.buttons()
        assert await browser.evaluate("document.documentElement.lang") == "nl"


async def test_other_pages_can_not_show_it(table: Conference, browser: Browser) -> None:
    async with AsyncExitStack() as opened:
        seat = await sit(table, browser, opened, "https://app.element.io")
        await seat.open(waits=False)
        assert "frame-ancestors https://app.element.io" in (await browser.complains())[0]


async def test_the_page_is_built_from_its_sources(tmp_path: Path) -> None:
    building = await asyncio.create_subprocess_exec(NODE, "build.mjs", tmp_path / "board.html", cwd=SOURCES)
    assert await building.wait() == 0
    assert (tmp_path / "board.html").read_bytes() == PAGE.read_bytes(), "run make board"
