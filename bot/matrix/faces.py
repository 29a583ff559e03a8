"""The pictures of the bot and of each kind of room: nothing of a case."""

from contextlib import suppress
from datetime import UTC, datetime

from bot.matrix.content import read_file
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import Rejected
from cases.roles import Place
from storage import causes
from storage.find import SPACE, Find
from storage.messages import Paper
from storage.store import Store

BOT = "bot"
FACES = (*(place.value for place in Place if place is not Place.DIRECT), SPACE)


async def draw(of: str) -> bytes:
    """A picture, as PNG."""
    return (await read_file(Paper("face.png", "face", {"of": of}, datetime(2026, 1, 1, tzinfo=UTC))))[1]


async def show_bot(client: HardenedClient, name: str) -> None:
    """Give the bot its name and picture, which are public; some homeservers let nobody choose them."""
    with suppress(Rejected):
        await client.show_as(name, await client.upload_picture(await draw(BOT)))


async def upload_faces(client: HardenedClient, store: Store, now: datetime) -> dict[str, str]:
    """Put the pictures of rooms on the homeserver that are not there yet; gives the address of each kind's."""
    with store.look() as find:
        known = {of: address for of in FACES if (address := find.setting(_key(of)))}
    fresh: dict[str, str] = {}
    with suppress(Rejected):
        for of in (of for of in FACES if of not in known):
            fresh[of] = await client.upload_picture(await draw(of))
    if fresh:
        with store.work(causes.of_job("faces", now.isoformat()), now) as work:
            for of, address in fresh.items():
                work.keep(_key(of), address)
    return known | fresh


def face_of(find: Find, channel: str) -> str | None:
    """The address of the picture of a channel's room."""
    return find.setting(_key(channel.partition(":")[0]))


def _key(of: str) -> str:
    return f"face {of}"
