"""Who signs in with Element after the demo was played reads the case."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from tests.demo import MovableClock, Play, back_up, play
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.interop.element import Element

pytestmark = pytest.mark.interop


async def test_who_signs_in_after_the_play_reads_the_case_and_sees_names(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    clock = MovableClock()
    deployment = await Deployment.make(tmp_path, homeserver, clock, recoverable=True)
    try:
        await deployment.start_bot()
        names = {deployment.user_id(who): name for who, name in deployment.names.items()}
        ref = await play(Play(Console(quiet=True), deployment.people, names), deployment, clock)
        assert clock() < datetime.now(UTC)
        clock.set_right()
        assert abs(clock() - datetime.now(UTC)) < timedelta(minutes=1)
        for backup in await back_up(deployment):
            await backup.keep()
        room, hugo = await deployment.room(f"case:{ref}"), deployment.people["hugo"]
        said = [event for event in hugo.heard if event.room_id == room and event.sender == deployment.bot_id]
        said = [event for event in said if event.type == "m.room.message" and not event.replaces]
        element = await Element.start(
            homeserver.url, deployment.user_id("hugo"), deployment.password, exclude_insecure_devices=True
        )
        try:
            await element.unlock(deployment.recovery_keys["hugo"])
            assert await element.restore() > 0
            await element.scroll(room)
            first = await element.hears(room, next(e.event_id for e in said if "C-1" in str(e.content.get("body"))))
            last = await element.hears(room, said[-1].event_id)
            assert "Sem was last at school" in str(first.shown)
            heard = deployment.people["dirk"].heard
            own = next(e for e in heard if str(e.content.get("body")).startswith("!concern Sem"))
            assert (await element.hears(room, own.event_id)).encrypted
            assert (first.encrypted, last.encrypted) == (True, True)
            assert await element.name_of(deployment.user_id("dirk")) == "Dirk Smit"
            assert await element.name_of(deployment.bot_id) == "Roundtable"
            assert await element.is_signed()
        finally:
            await element.close()
    finally:
        await deployment.close()
