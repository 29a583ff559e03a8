"""Someone who verifies the bot, and whose every message the test can bend: the side that Element plays in life."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import vodozemac

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.emoji import EMOJI
from bot.matrix.crypto.events import Batch, ToDevice
from bot.matrix.crypto.sas import AGREEMENT, HASH, MAC, METHOD, Comparison
from bot.matrix.crypto.signing import encode_base64
from tests.professional import Professional
from tests.waiting import PATIENCE_SECONDS

OFFERS: Mapping[str, object] = {
    "key_agreement_protocols": [AGREEMENT],
    "hashes": [HASH],
    "message_authentication_codes": [MAC],
    "short_authentication_string": ["emoji", "decimal"],
}


def commit(public: str, start: Mapping[str, object]) -> str:
    """What the bot must have committed to when it answered a start."""
    canonical = json.dumps(start, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return encode_base64(hashlib.sha256((public + canonical).encode()).digest())


class Asker:
    """Speaks between devices, from the device of a professional to the bot's."""

    def __init__(self, who: Professional, bot: HardenedClient) -> None:
        self.who = who
        self.transaction_id = uuid.uuid4().hex
        self.got: list[ToDevice] = []
        self._bot = bot
        self._sas = vodozemac.Sas()
        self.public = self._sas.public_key.to_base64()
        self._agreed: vodozemac.EstablishedSas | None = None
        self._started: dict[str, object] = {}
        self._changed = asyncio.Condition()
        who.take_batch = self._take

    async def send(self, kind: str, content: Mapping[str, object]) -> None:
        body = {**content, "transaction_id": self.transaction_id}
        messages = {"messages": {self._bot.user_id: {self._bot.device_id: body}}}
        path = f"v3/sendToDevice/m.key.verification.{kind}/{uuid.uuid4().hex}"
        await self.who.client.wire.ask("PUT", path, messages)

    async def gets(self, kind: str) -> Mapping[str, Any]:
        """Wait for the next message of this kind in this verification; gives its content."""

        def find() -> list[ToDevice]:
            return [
                message
                for message in self.got
                if message.type == f"m.key.verification.{kind}"
                and message.content["transaction_id"] == self.transaction_id
            ]

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(find), PATIENCE_SECONDS)
            except TimeoutError:
                raise AssertionError(f"no {kind}, but {[(m.type, dict(m.content)) for m in self.got]}") from None
        (message,) = find()
        self.got.remove(message)
        return message.content

    async def request(self, **changes: object) -> None:
        now = int(datetime.now(UTC).timestamp() * 1000)
        content = {"from_device": self.who.client.device_id, "methods": [METHOD], "timestamp": now}
        await self.send("request", content | changes)

    async def start(self, **changes: object) -> None:
        content = {
            "from_device": self.who.client.device_id,
            "method": METHOD,
            **OFFERS,
        }
        self._started = content | changes
        await self.send("start", self._started)

    async def exchange_keys(self, *, arriving: str | None = None) -> Comparison:
        """From the start to what is to be compared, as this side sees it; arriving is what the bot gets as our key."""
        await self.request()
        await self.gets("ready")
        await self.start()
        commitment = (await self.gets("accept"))["commitment"]
        await self.send("key", {"key": arriving or self.public})
        theirs = (await self.gets("key"))["key"]
        assert commitment == commit(theirs, {**self._started, "transaction_id": self.transaction_id})
        self._agreed = self._sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(theirs))
        us, them = self.who.client, self._bot
        ours = f"{us.user_id}|{us.device_id}|{self.public}"
        info = f"MATRIX_KEY_VERIFICATION_SAS|{ours}|{them.user_id}|{them.device_id}|{theirs}|{self.transaction_id}"
        shown = self._agreed.bytes(info)
        first, second, third = shown.decimals
        return Comparison(tuple(EMOJI[index] for index in shown.emoji_indices), (first, second, third))

    async def vouch(self, these: Mapping[str, str] | None = None, **changes: object) -> None:
        """Send the MACs of these keys, by default of those that are really ours."""
        assert self._agreed is not None
        us, them = self.who.client, self._bot
        keys = these or {
            f"ed25519:{us.device_id}": us.machine.signing_key,
            self.who.identity.master.id: self.who.identity.master.public,
        }
        parts = (us.user_id, us.device_id, them.user_id, them.device_id, self.transaction_id)
        info = "MATRIX_KEY_VERIFICATION_MAC" + "".join(parts)
        content = {
            "mac": {key_id: self._agreed.calculate_mac(key, info + key_id) for key_id, key in keys.items()},
            "keys": self._agreed.calculate_mac(",".join(sorted(keys)), info + "KEY_IDS"),
        }
        await self.send("mac", content | changes)

    async def _take(self, batch: Batch) -> None:
        async with self._changed:
            self.got += batch.to_device
            self._changed.notify_all()
