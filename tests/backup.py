"""A key backup on the homeserver, as Element keeps one: who signs in anew reads what was said before.

Specification: Server-side key backups, m.megolm_backup.v1.curve25519-aes-sha2.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Self

import vodozemac
from nio.crypto.sessions import InboundGroupSession

from bot.matrix.crypto.signing import encode_base64
from bot.matrix.crypto.vault import _get, _put, _seal, decode_recovery_key
from tests.professional import Professional

ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"
SECRET = "m.megolm_backup.v1"


class Backup:
    """The room keys of one person, put on the homeserver as they come."""

    def __init__(
        self,
        person: Professional,
        public: vodozemac.Curve25519PublicKey,
        version: str,
        others: Iterable[Professional] = (),
    ) -> None:
        """``others``: from whose devices the keys of what this person wrote are taken: their own keeps none."""
        self._person = person
        self._others = tuple(others)
        self._public = public
        self._version = version
        self._kept: set[tuple[str, str]] = set()

    @classmethod
    async def make(cls, person: Professional, recovery_key: str, others: Iterable[Professional] = ()) -> Self:
        """A new backup; its key goes into the person's secret storage, which the recovery key opens."""
        client, private = person.client, vodozemac.Curve25519SecretKey()
        public = private.public_key()
        auth = person.identity.master.sign({"public_key": public.to_base64()}, person.user_id)
        made = await client.wire.ask("POST", "v3/room_keys/version", {"algorithm": ALGORITHM, "auth_data": auth})
        key_id = (await _get(client, "m.secret_storage.default_key"))["key"]
        seed = encode_base64(private.to_bytes()).encode()
        await _put(client, SECRET, {"encrypted": {key_id: _seal(decode_recovery_key(recovery_key), SECRET, seed)}})
        return cls(person, public, str(made["version"]), others)

    async def keep(self) -> None:
        """Put what is new into it."""
        rooms: dict[str, dict[str, object]] = defaultdict(lambda: {"sessions": {}})
        fresh = [one for one in self._sessions() if (one.room_id, one.id) not in self._kept]
        for session in fresh:
            rooms[session.room_id]["sessions"][session.id] = self._seal(session)  # type: ignore[index]
        if fresh:
            path = f"v3/room_keys/keys?version={self._version}"
            await self._person.client.wire.ask("PUT", path, {"rooms": rooms})
            self._kept |= {(one.room_id, one.id) for one in fresh}

    def _sessions(self) -> list[InboundGroupSession]:
        own_key = self._person.client.machine.identity_key
        own = (one for other in self._others for one in _sessions_of(other) if one.sender_key == own_key)
        return list({one.id: one for one in (*own, *_sessions_of(self._person))}.values())

    def _seal(self, session: InboundGroupSession) -> dict[str, object]:
        plain = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": session.sender_key,
            "session_key": session.export_session(session.first_known_index),
            "sender_claimed_keys": {"ed25519": session.ed25519},
            "forwarding_curve25519_key_chain": [],
        }
        sealed = vodozemac.PkEncryption.from_key(self._public).encrypt(json.dumps(plain).encode())
        return {
            "first_message_index": session.first_known_index,
            "forwarded_count": 0,
            "is_verified": True,
            "session_data": {
                "ephemeral": encode_base64(sealed.ephemeral_key),
                "ciphertext": encode_base64(sealed.ciphertext),
                "mac": encode_base64(sealed.mac),
            },
        }


def _sessions_of(person: Professional) -> list[InboundGroupSession]:
    return list(person.client.machine._olm.inbound_group_store)
