"""People who are not there: real keys and signatures, but no homeserver in between."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vodozemac

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.machine import MEGOLM, OLM, ONE_TIME_KEY, Machine
from bot.matrix.crypto.signing import SigningKey, encode_base64, encode_canonical
from bot.matrix.crypto.store import StoreFolder
from bot.matrix.crypto.trust import MemoryPins
from bot.matrix.crypto.wire import Json, Wire

USER, DEVICE = "@bot:localhost", "BOT"
ROOM = "!table"


class Loopback(Wire):
    """Answers from memory what a homeserver would; each answer is parsed anew, as one from the network is."""

    def __init__(self, answers: Mapping[str, Json]) -> None:
        """Answers by the part of the path that they belong to; whatever has none is answered with an event id."""
        super().__init__("http://127.0.0.1:9")
        self._answers = {part: json.dumps(answer) for part, answer in answers.items()}

    async def ask(
        self,
        method: str,  # noqa: ARG002 - as its base
        path: str,
        body: Mapping[str, object] | None = None,  # noqa: ARG002
        *,
        query: Mapping[str, str] | None = None,  # noqa: ARG002
        within: float = 0,  # noqa: ARG002
        largest: int = 0,  # noqa: ARG002
    ) -> Json:
        """The answer that was prepared for this path."""
        # A network takes its time as well; only the answer is ours to handle.
        await asyncio.sleep(0)
        found = (answer for part, answer in self._answers.items() if part in path)
        answer: Json = json.loads(next(found, '{"event_id": "$sent"}'))
        return answer


class Device:
    """One device with its own Olm account, signed by its owner."""

    def __init__(self, user_id: str, device_id: str, self_signing: SigningKey) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self.account = vodozemac.Account()
        self.account.generate_one_time_keys(1)
        ((key_id, key),) = self.account.one_time_keys.items()
        self.one_time_key = {f"{ONE_TIME_KEY}:{key_id}": self._sign({"key": key.to_base64()})}
        keys = {
            f"curve25519:{device_id}": self.account.curve25519_key.to_base64(),
            f"ed25519:{device_id}": self.account.ed25519_key.to_base64(),
        }
        described = {"user_id": user_id, "device_id": device_id, "algorithms": [OLM, MEGOLM], "keys": keys}
        self.described = self_signing.sign(self._sign(described), user_id)

    @property
    def identity_key(self) -> str:
        """The public key that names the device's sessions."""
        return str(self.account.curve25519_key.to_base64())

    @property
    def signing_key(self) -> str:
        """The public key of the device's signatures."""
        return str(self.account.ed25519_key.to_base64())

    def give_key(self, machine: Machine, their_key: vodozemac.Curve25519PublicKey, content: Json) -> Json:
        """The to-device event that brings a room key in a new session."""
        ours = vodozemac.Curve25519PublicKey.from_base64(machine.identity_key)
        session = self.account.create_outbound_session(ours, their_key)
        payload = {
            "sender": self.user_id,
            "sender_device": self.device_id,
            "keys": {"ed25519": self.signing_key},
            "recipient": machine.user_id,
            "recipient_keys": {"ed25519": machine.signing_key},
            "type": "m.room_key",
            "content": content,
        }
        kind, body = session.encrypt(json.dumps(payload).encode()).to_parts()
        part = {"type": kind, "body": encode_base64(body)}
        sealed = {"algorithm": OLM, "sender_key": self.identity_key, "ciphertext": {machine.identity_key: part}}
        return {"type": "m.room.encrypted", "sender": self.user_id, "content": sealed}

    def _sign(self, unsigned: dict[str, Any]) -> dict[str, Any]:
        signature = self.account.sign(encode_canonical(unsigned)).to_base64()
        return {**unsigned, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}


def make_people(devices: int, *, each: int = 4) -> tuple[list[Device], dict[str, Json]]:
    """So many devices, a few for each person, and what a homeserver answers about them."""
    made: list[Device] = []
    query: dict[str, Json] = {"device_keys": {}, "master_keys": {}, "self_signing_keys": {}}
    claims: Json = {}
    for first in range(0, devices, each):
        user_id = f"@person-{first}:localhost"
        master, self_signing = SigningKey(), SigningKey()
        query["master_keys"][user_id] = _describe(user_id, "master", master)
        described = _describe(user_id, "self_signing", self_signing)
        query["self_signing_keys"][user_id] = master.sign(described, user_id)
        theirs = [Device(user_id, f"DEVICE{n}", self_signing) for n in range(first, min(first + each, devices))]
        query["device_keys"][user_id] = {device.device_id: device.described for device in theirs}
        claims[user_id] = {device.device_id: device.one_time_key for device in theirs}
        made += theirs
    return made, {"keys/query": query, "keys/claim": {"one_time_keys": claims}}


def open_client(folder: Path, answers: Mapping[str, Json]) -> HardenedClient:
    """A client with a new store, to whom no homeserver answers."""
    store = StoreFolder(folder)
    machine = Machine(store.open(USER, DEVICE, os.urandom(32)))
    return HardenedClient(Loopback(answers), machine, MemoryPins(), store)


def _describe(user_id: str, usage: str, key: SigningKey) -> dict[str, Any]:
    return {"user_id": user_id, "usage": [usage], "keys": {key.id: key.public}}
