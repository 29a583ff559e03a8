"""What two sides of an emoji verification calculate (specification: Short Authentication String verification)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import vodozemac

from bot.matrix.crypto.emoji import EMOJI
from bot.matrix.crypto.errors import VerificationFailed
from bot.matrix.crypto.signing import encode_base64

METHOD = "m.sas.v1"
AGREEMENT = "curve25519-hkdf-sha256"
HASH = "sha256"
MAC = "hkdf-hmac-sha256.v2"

Content = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Party:
    """One side: a device of a person."""

    user_id: str
    device_id: str


@dataclass(frozen=True, repr=False)
class Comparison:
    """What both sides must see alike: seven emoji with their names (none for a client without them), three numbers."""

    emoji: tuple[tuple[str, str], ...]
    decimals: tuple[int, int, int]


class Exchange:
    """The side that was asked. First accept, then agree, then mac and prove in any order.

    Each raises VerificationFailed with the code to cancel with.
    """

    def __init__(self, transaction_id: str, us: Party, them: Party) -> None:
        self._transaction_id = transaction_id
        self._us = us
        self._them = them
        self._sas = vodozemac.Sas()
        self._public = self._sas.public_key.to_base64()
        self._with_emoji = False
        self._agreed: vodozemac.EstablishedSas | None = None

    @property
    def public(self) -> str:
        """Our public key of this exchange. Send it only after theirs came: until then they have our commitment."""
        return self._public

    def accept(self, start: Content) -> dict[str, object]:
        """Choose from what the other side offers, and commit to our key: the content of our acceptance."""
        if start.get("method") != METHOD:
            raise VerificationFailed("m.unknown_method")
        offers = (
            ("key_agreement_protocols", AGREEMENT),
            ("hashes", HASH),
            ("message_authentication_codes", MAC),
            ("short_authentication_string", "decimal"),
        )
        for name, ours in offers:
            offered = start.get(name)
            if not isinstance(offered, list) or ours not in offered:
                raise VerificationFailed("m.unknown_method")
        self._with_emoji = "emoji" in start["short_authentication_string"]
        try:
            canonical = json.dumps(
                start, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
            ).encode()
        except (ValueError, TypeError, RecursionError):
            raise VerificationFailed("m.invalid_message") from None
        return {
            "method": METHOD,
            "key_agreement_protocol": AGREEMENT,
            "hash": HASH,
            "message_authentication_code": MAC,
            "short_authentication_string": [*(["emoji"] if self._with_emoji else []), "decimal"],
            "commitment": encode_base64(hashlib.sha256(self._public.encode() + canonical).digest()),
        }

    def agree(self, their_public: object) -> Comparison:
        """Take the other side's key; gives what people compare now."""
        if not isinstance(their_public, str):
            raise VerificationFailed("m.invalid_message")
        try:
            self._agreed = self._sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(their_public))
        except ValueError:
            raise VerificationFailed("m.invalid_message") from None
        starter, accepter = (self._them, their_public), (self._us, self._public)
        parties = (f"{party.user_id}|{party.device_id}|{public}" for party, public in (starter, accepter))
        shown = self._agreed.bytes("|".join(("MATRIX_KEY_VERIFICATION_SAS", *parties, self._transaction_id)))
        first, second, third = shown.decimals
        emoji = tuple(EMOJI[index] for index in shown.emoji_indices) if self._with_emoji else ()
        return Comparison(emoji, (first, second, third))

    def mac(self, keys: Mapping[str, str]) -> dict[str, object]:
        """Vouch for these public keys of ours, by key id: the content of our last message but one."""
        agreed = self._require_agreed()
        info = self._describe(self._us, self._them)
        return {
            "mac": {key_id: agreed.calculate_mac(key, info + key_id) for key_id, key in keys.items()},
            "keys": agreed.calculate_mac(",".join(sorted(keys)), info + "KEY_IDS"),
        }

    def prove(self, content: Content, keys: Mapping[str, str]) -> frozenset[str]:
        """Check what the other side vouches for, against the keys that we know of them; gives the ids proven.

        Ids that we don't know say nothing. One that we know with another key ends it.
        """
        agreed = self._require_agreed()
        vouched, ids_tag = content.get("mac"), content.get("keys")
        if not isinstance(vouched, dict) or not isinstance(ids_tag, str):
            raise VerificationFailed("m.invalid_message")
        info = self._describe(self._them, self._us)
        proven = frozenset(vouched) & frozenset(keys)
        try:
            agreed.verify_mac(",".join(sorted(vouched)), info + "KEY_IDS", ids_tag)
            for key_id in proven:
                agreed.verify_mac(keys[key_id], info + key_id, vouched[key_id])
        except (ValueError, TypeError):
            raise VerificationFailed("m.key_mismatch") from None
        return proven

    def _describe(self, sender: Party, receiver: Party) -> str:
        parts = (sender.user_id, sender.device_id, receiver.user_id, receiver.device_id, self._transaction_id)
        return "MATRIX_KEY_VERIFICATION_MAC" + "".join(parts)

    def _require_agreed(self) -> vodozemac.EstablishedSas:
        if self._agreed is None:
            raise VerificationFailed("m.unexpected_message")
        return self._agreed
