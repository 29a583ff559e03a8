"""The bot as it runs, and a member who verifies it in Element while an admin compares."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.interop.element import Element

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("same", [True, False])
async def test_a_member_verifies_the_bot_and_an_admin_compares(
    homeserver: Homeserver, tmp_path: Path, *, same: bool
) -> None:
    deployment = await Deployment.make(
        tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "kees"), absent=("dirk",)
    )
    dirk = await Element.start(
        homeserver.url, deployment.user_id("dirk"), deployment.password, exclude_insecure_devices=True
    )
    try:
        await dirk.create_identity()
        await deployment.start_bot()
        admin_room = await deployment.room("admin")
        kees = deployment.people["kees"]
        await kees.is_in(admin_room)
        own_room = await deployment.room("agency:social")
        await dirk.join(own_room)
        await dirk.ask_in_room(deployment.bot_id, own_room)
        shown = await dirk.start_emoji()
        assert shown is not None
        in_words = "  ".join(f"{symbol} {name}" for symbol, name in shown.emoji)
        card = await kees.hears(lambda event: in_words in str(event.content.get("body")), admin_room)
        assert "Dirk Smit" in str(card.content["body"])
        if same:
            await dirk.same()
            await kees.say(admin_room, "!verify same Dirk Smit")
            assert await dirk.ended() == "done"
            assert await dirk.verifies(deployment.bot_id)
            wanted = "has verified me. I vouch for them, too."
        else:
            await kees.say(admin_room, "!verify different Dirk Smit")
            assert await dirk.ended() == "m.mismatched_sas"
            assert not await dirk.has_verified(deployment.bot_id)
            wanted = "somebody may be in between"
        await kees.hears(lambda event: wanted in str(event.content.get("body")), admin_room)
    finally:
        await dirk.close()
        await deployment.close()
