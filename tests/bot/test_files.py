"""Files from the outbox, on a real homeserver: others can read them, they come once, and one refused is owned up to."""

import uuid
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.matrix.crypto.attachments import download
from bot.matrix.crypto.errors import Rejected
from bot.matrix.crypto.events import Event
from bot.matrix.crypto.wire import Json, Wire
from chat.documents.paper import typeset
from storage.account import Account
from storage.database import StoreAwayError
from storage.messages import Attachment, Paper
from storage.outbox import Outbox, Row
from storage.store import Store
from tests.chaos import ask, open_case
from tests.chat.documents.test_paper import document, size_of
from tests.deployment import Deployment

pytestmark = pytest.mark.e2e
SIGNED_IN = ("cleo", "dirk")

TIMELINE = {
    "title": "What happened",
    "class": "",
    "lang": "en",
    "steps": [{"at": "Mon 2 Nov 10:00", "agency": "Police", "who": "Ada", "what": "raised a concern (C-1)"}],
}
PDF = Attachment("M-1-v1.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)) * 100)


async def queue(deployment: Deployment, room: str, file: Attachment | Paper) -> None:
    """Put a file into the outbox while no bot runs."""
    settings = deployment._config()
    store = Store.open(settings.store.url, settings.store.master_key(), Account(deployment.bot_id))
    try:
        with store.look() as find:
            channel = find.channel(room)
        assert channel
        with store.work(uuid.uuid4().hex, datetime.now(UTC)) as work:
            work.attach(channel, file, scope=channel.partition(":")[2], subject="M-1")
    finally:
        store.close()


def is_file(event: Event) -> bool:
    return event.content.get("msgtype") in {"m.file", "m.image"}


async def test_a_file_is_read_by_another_member_and_comes_once_though_it_is_tried_twice(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    go_on = Outbox.go_on

    async def away_at_first(outbox: Outbox, row: Row, event_id: str | None, at: datetime) -> Row | None:
        tried.append(row.kind)
        if row.kind == "file" and tried.count("file") == 1:
            raise StoreAwayError("locked")
        return await go_on(outbox, row, event_id, at)

    room = await open_case(deployment, "social")
    cleo = deployment.people["cleo"]
    await deployment.stop_bot()
    await queue(deployment, room, PDF)
    monkeypatch.setattr(Outbox, "go_on", away_at_first)
    await deployment.start_bot()

    event = await cleo.hears(is_file, room)

    assert event.trusted
    assert (event.content["filename"], event.content["info"]) == (
        PDF.name,
        {"mimetype": PDF.content_type, "size": len(PDF.data)},
    )
    assert await download(cleo.client, cast("Json", event.content["file"])) == PDF.data
    await ask(deployment, "dirk", room, "!concern afterwards kind: fact", heard_by="cleo")
    assert tried.count("file") == 2
    assert [e.event_id for e in cleo.heard if is_file(e)] == [event.event_id]


async def test_a_paper_is_typeset_when_it_is_posted(deployment: Deployment) -> None:
    facts = document("[M-1/n1] he came along").facts(status="draft", signatures=[])
    paper = Paper("M-1-v1.pdf", "minutes", facts, datetime(2026, 11, 5, 9, 0, tzinfo=UTC))
    room = await open_case(deployment, "social")
    cleo = deployment.people["cleo"]
    await deployment.stop_bot()
    await queue(deployment, room, paper)
    await deployment.start_bot()

    event = await cleo.hears(is_file, room)

    posted = await download(cleo.client, cast("Json", event.content["file"]))
    assert posted == typeset(paper)
    assert posted.startswith(b"%PDF")
    assert event.content["filename"] == paper.name
    assert event.content["info"] == {"mimetype": "application/pdf", "size": len(posted)}


async def test_a_picture_is_an_image_to_apps(deployment: Deployment) -> None:
    drawing = Paper("K7QF-timeline.png", "timeline", TIMELINE, datetime(2026, 11, 5, 9, 0, tzinfo=UTC))
    room = await open_case(deployment, "social")
    cleo = deployment.people["cleo"]
    await deployment.stop_bot()
    await queue(deployment, room, drawing)
    await deployment.start_bot()

    event = await cleo.hears(is_file, room)

    posted = await download(cleo.client, cast("Json", event.content["file"]))
    width, height = size_of(posted)
    assert (event.encrypted, event.content["msgtype"]) == (True, "m.image")
    assert event.content["info"] == {"mimetype": "image/png", "size": len(posted), "w": width, "h": height}


async def test_a_file_that_the_homeserver_refuses_holds_nothing_up(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_wire: Wire, _data: bytes) -> None:
        raise Rejected(413, "M_TOO_LARGE")

    room = await open_case(deployment, "social")
    await deployment.stop_bot()
    await queue(deployment, room, PDF)
    monkeypatch.setattr(Wire, "upload", refuse)
    await deployment.start_bot()

    said = await deployment.people["cleo"].hears(
        lambda event: f"could not post the file {PDF.name}" in str(event.content.get("body")), room, within=60
    )

    assert said.trusted
    await ask(deployment, "dirk", room, "!concern afterwards kind: fact", heard_by="cleo")
