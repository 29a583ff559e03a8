"""The pictures that the bot draws of itself and of its rooms."""

from bot.matrix.content import measure
from bot.matrix.faces import BOT, FACES, draw

SMALL = 20_000


async def test_each_kind_of_room_has_a_small_square_picture_of_its_own() -> None:
    pictures = {of: await draw(of) for of in (BOT, *FACES)}
    assert len(set(pictures.values())) == len(pictures)
    assert all(measure("image/png", picture) == {"w": 192, "h": 192} for picture in pictures.values())
    assert all(len(picture) < SMALL for picture in pictures.values())
