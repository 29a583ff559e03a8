from typing import Any

import pytest

from bot.matrix.crypto.attachments import download, upload
from bot.matrix.crypto.errors import BadAttachment, NotAllowed, Unavailable
from tests.bot.matrix.crypto.people import Meet


async def test_a_file_comes_back_as_it_was_and_the_homeserver_cannot_read_it(meet: Meet) -> None:
    bot, anna = await meet("bot", "anna")
    minutes = b"Amsel " * 1000

    file = await upload(bot.client, minutes)

    server, media = file["url"].removeprefix("mxc://").split("/")
    stored = await bot.client.wire.download(f"v1/media/download/{server}/{media}", largest=10_000)
    assert b"Amsel" not in stored
    assert await download(anna.client, file) == minutes


async def test_each_file_has_its_own_key(meet: Meet) -> None:
    (bot,) = await meet("bot")

    first, second = [await upload(bot.client, b"the same") for _ in range(2)]

    assert first["key"]["k"] != second["key"]["k"]
    assert first["hashes"] != second["hashes"]


async def test_a_file_that_was_exchanged_is_refused(meet: Meet) -> None:
    (bot,) = await meet("bot")
    file = await upload(bot.client, b"minutes")
    other = await upload(bot.client, b"something else")

    with pytest.raises(BadAttachment):
        await download(bot.client, {**file, "url": other["url"]})


async def test_a_file_larger_than_wanted_is_not_read(meet: Meet) -> None:
    (bot,) = await meet("bot")
    file = await upload(bot.client, bytes(1001))

    with pytest.raises(Unavailable):
        await download(bot.client, file, largest=1000)


async def test_a_file_that_is_not_there_is_refused(meet: Meet) -> None:
    (bot,) = await meet("bot")
    file = await upload(bot.client, b"minutes")

    with pytest.raises(NotAllowed):
        await download(bot.client, {**file, "url": "mxc://localhost/nowhere"})


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://localhost/x"},
        {"url": "mxc://localhost/../../x"},
        {"url": None},
        {"key": "k"},
        {"key": {"k": "AAAA"}},
        {"iv": "AAAA"},
        {"iv": 5},
        {"hashes": {}},
        {"hashes": {"sha256": "?"}},
    ],
)
async def test_a_description_that_makes_no_sense_is_refused(meet: Meet, changes: dict[str, Any]) -> None:
    (bot,) = await meet("bot")
    file = await upload(bot.client, b"minutes")

    with pytest.raises(BadAttachment):
        await download(bot.client, {**file, **changes})
