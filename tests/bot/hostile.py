"""A homeserver that lies: to the bot alone, and only as a test tells it to. What the bot gives away is written down."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import vodozemac
from aiohttp import web

from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.machine import MEGOLM, OLM
from bot.matrix.crypto.signing import encode_canonical
from tests.bot.matrix.crypto.proxy import Proxy
from tests.waiting import PATIENCE_SECONDS

Json = dict[str, Any]
Lie = Callable[[Json], bool]
"""Changes an answer in place; whether it did."""
EVIL = "EVILDEVICE"


class Hostile:
    """Stands between the bot and the homeserver."""

    def __init__(self, proxy: Proxy) -> None:
        self.on_sync: list[Lie] = []
        self.on_keys: list[Lie] = []
        self.lied = 0
        self.given: set[tuple[str, str]] = set()
        """To which devices of whom the bot sent something encrypted, such as a room key."""
        self._heard = asyncio.Event()
        proxy.bend = self._bend
        proxy.fault = self._note

    def be_honest(self) -> None:
        """Tell no more lies."""
        self.on_sync.clear()
        self.on_keys.clear()

    async def has_lied(self, times: int, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until so many answers were lies."""
        async with asyncio.timeout(within):
            while self.lied < times:
                self._heard.clear()
                await self._heard.wait()

    def show_other_keys(self, user_id: str, lie: Callable[[Json], None]) -> None:
        """Lie about this user's keys, and tell the bot that they changed."""

        def on_keys(answer: Json) -> bool:
            if user_id not in answer.get("device_keys", {}):
                return False
            lie(answer)
            return True

        self.on_keys.append(on_keys)
        self.say_that_keys_changed(user_id)

    def say_that_keys_changed(self, user_id: str) -> None:
        """Let the next sync tell the bot that this user's devices are others now."""

        def on_sync(answer: Json) -> bool:
            answer.setdefault("device_lists", {}).setdefault("changed", []).append(user_id)
            self.on_sync.remove(on_sync)
            return False

        self.on_sync.append(on_sync)

    def inject(self, room_id: str, *events: Json) -> None:
        """Put events into the next sync, as if they had been sent in this room."""

        def on_sync(answer: Json) -> bool:
            timeline_of(answer, room_id).extend(
                {"event_id": f"${uuid.uuid4().hex}", "origin_server_ts": 0, **event} for event in events
            )
            self.on_sync.remove(on_sync)
            return True

        self.on_sync.append(on_sync)

    def _bend(self, request: web.Request, answer: Any) -> Any:  # noqa: ANN401 - JSON
        lies = []
        if request.path.endswith("/v3/sync") and "next_batch" in answer:
            answer.setdefault("rooms", {})
            lies = self.on_sync
        elif request.path.endswith("/v3/keys/query"):
            lies = self.on_keys
        told = [lie(answer) for lie in tuple(lies)]
        if any(told):
            self.lied += 1
            self._heard.set()
        return answer

    async def _note(self, request: web.Request) -> None:
        if "/sendToDevice/m.room.encrypted/" in request.path:
            messages = json.loads(await request.read())["messages"]
            self.given |= {(user_id, device_id) for user_id, sent in messages.items() for device_id in sent}


def timeline_of(answer: Json, room_id: str) -> list[Json]:
    """The events of a room in the answer to a sync."""
    room = answer["rooms"].setdefault("join", {}).setdefault(room_id, {})
    events: list[Json] = room.setdefault("timeline", {}).setdefault("events", [])
    return events


def make_device(user_id: str, identity: Identity | None = None, device_id: str = EVIL) -> Json:
    """A device that the homeserver made up, signed by itself and, with an identity, by that."""
    account = vodozemac.Account()
    keys = {
        f"curve25519:{device_id}": account.curve25519_key.to_base64(),
        f"ed25519:{device_id}": account.ed25519_key.to_base64(),
    }
    device = {"user_id": user_id, "device_id": device_id, "algorithms": [OLM, MEGOLM], "keys": keys}
    signature = account.sign(encode_canonical(device)).to_base64()
    signed = {**device, "signatures": {user_id: {f"ed25519:{device_id}": signature}}}
    return identity.self_signing.sign(signed, user_id) if identity else signed


def describe_identity(user_id: str, identity: Identity) -> Mapping[str, Json]:
    """The public keys of an identity, by where they stand in an answer about keys."""

    def describe(usage: str, key_id: str, public: str) -> Json:
        return {"user_id": user_id, "usage": [usage], "keys": {key_id: public}}

    ours, theirs = identity.master, identity.self_signing
    return {
        "master_keys": describe("master", ours.id, ours.public),
        "self_signing_keys": ours.sign(describe("self_signing", theirs.id, theirs.public), user_id),
    }
