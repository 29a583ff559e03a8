"""Secret storage on the server (4S), opened by a recovery key (specification: Secrets, Storage)."""

import functools
import hmac
import operator
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.matrix.crypto.errors import BadSecretStorage, NotAllowed, WrongRecoveryKey
from bot.matrix.crypto.identity import PARTS, Identity
from bot.matrix.crypto.signing import SigningKey, decode_base64, encode_base64, equals
from bot.matrix.crypto.wire import Json, encode_path

if TYPE_CHECKING:
    from bot.matrix.crypto.client import HardenedClient

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = b"\x8b\x01"
_KEY_LENGTH = 32


async def store_secrets(client: "HardenedClient", identity: Identity) -> str:
    """Put the identity's seeds into new secret storage; gives the recovery key, to be shown once.

    The default key is set last: a crash before that leaves the old storage in force.
    """
    key = os.urandom(_KEY_LENGTH)
    key_id = os.urandom(16).hex()
    check = _seal(key, "", bytes(_KEY_LENGTH))
    description = {"algorithm": ALGORITHM, "iv": check["iv"], "mac": check["mac"]}
    await _put(client, f"m.secret_storage.key.{key_id}", description)
    for part, seed in identity.seeds.items():
        name = f"m.cross_signing.{part}"
        await _put(client, name, {"encrypted": {key_id: _seal(key, name, encode_base64(seed).encode())}})
    await _put(client, "m.secret_storage.default_key", {"key": key_id})
    return encode_recovery_key(key)


async def load_secrets(client: "HardenedClient", recovery_key: str) -> Identity:
    """The identity kept in the account's secret storage.

    Raises WrongRecoveryKey, or BadSecretStorage when the storage is missing, incomplete, or not the account's identity.
    """
    key = decode_recovery_key(recovery_key)
    try:
        key_id = (await _get(client, "m.secret_storage.default_key"))["key"]
        description = await _get(client, f"m.secret_storage.key.{key_id}")
        expected = _seal(key, "", bytes(_KEY_LENGTH), decode_base64(description["iv"]))["mac"]
        if not hmac.compare_digest(decode_base64(expected), decode_base64(description["mac"])):
            raise WrongRecoveryKey("the recovery key does not open the account's secret storage")
        seeds = {}
        for part in PARTS:
            name = f"m.cross_signing.{part}"
            sealed = (await _get(client, name))["encrypted"][key_id]
            seeds[part] = decode_base64(_open(key, name, sealed).decode())
        identity = Identity(**seeds)
    except NotAllowed:
        raise BadSecretStorage("the account has no complete secret storage") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadSecretStorage("the account's secret storage cannot be read") from None
    await _check_published(client, identity)
    return identity


async def recover(client: "HardenedClient", recovery_key: str) -> Identity:
    """Let the account's identity, which people may have verified, sign this new device: the store was lost.

    Raises WrongRecoveryKey, BadSecretStorage, NotOurDevice, Unavailable, TokenRevoked, or Rejected; then nothing was
    signed.
    """
    identity = await load_secrets(client, recovery_key)
    await identity.sign_device(client)
    return identity


async def reset(client: "HardenedClient", password: str | None) -> tuple[Identity, str]:
    """Give the account a new identity in place of a lost one, and new secret storage; gives the recovery key, too.

    Everyone who verified the bot must do so again, and Element warns them until then: say so before.
    Raises PasswordNeeded, Unavailable, TokenRevoked, Rejected, or NotOurDevice.
    """
    identity = Identity.create()
    await identity.publish(client, password)
    return identity, await store_secrets(client, identity)


def encode_recovery_key(key: bytes) -> str:
    """32 bytes as people write them down: base 58 with a parity byte, in groups of four."""
    body = _PREFIX + key
    number = int.from_bytes(body + bytes([functools.reduce(operator.xor, body)]), "big")
    text = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def decode_recovery_key(text: str) -> bytes:
    """The 32 bytes of a recovery key, spaces ignored. Raises WrongRecoveryKey when it is mistyped."""
    number = 0
    try:
        for character in "".join(text.split()):
            number = number * len(_ALPHABET) + _ALPHABET.index(character)
        body = number.to_bytes(len(_PREFIX) + _KEY_LENGTH + 1, "big")
    except (ValueError, OverflowError):
        raise WrongRecoveryKey("this is not a recovery key: look for a mistyped letter") from None
    if not body.startswith(_PREFIX) or functools.reduce(operator.xor, body) != 0:
        raise WrongRecoveryKey("this is not a recovery key: look for a mistyped letter")
    return body[len(_PREFIX) : -1]


async def _check_published(client: "HardenedClient", identity: Identity) -> None:
    """The seeds must be those of the identity that other people see now."""
    answer = await client.wire.ask("POST", "v3/keys/query", {"device_keys": {client.user_id: []}})
    published: tuple[tuple[str, SigningKey], ...] = (
        ("master_keys", identity.master),
        ("self_signing_keys", identity.self_signing),
        ("user_signing_keys", identity.user_signing),
    )
    for group, key in published:
        try:
            (public,) = answer[group][client.user_id]["keys"].values()
            same = equals(public, key.public)
        except (KeyError, TypeError, ValueError, AttributeError):
            same = False
        if not same:
            raise BadSecretStorage("the secret storage holds another identity than the account shows")


def _derive(key: bytes, name: str) -> tuple[bytes, bytes]:
    both = HKDF(algorithm=hashes.SHA256(), length=64, salt=bytes(32), info=name.encode()).derive(key)
    return both[:32], both[32:]


def _seal(key: bytes, name: str, plain: bytes, iv: bytes | None = None) -> dict[str, str]:
    encryption_key, mac_key = _derive(key, name)
    if iv is None:
        fresh = bytearray(os.urandom(16))
        fresh[8] &= 0x7F  # the specification clears bit 63, for platforms whose counter is a signed number
        iv = bytes(fresh)
    encryptor = Cipher(algorithms.AES(encryption_key), modes.CTR(iv)).encryptor()
    sealed = encryptor.update(plain) + encryptor.finalize()
    mac = hmac.digest(mac_key, sealed, "sha256")
    return {"iv": encode_base64(iv), "ciphertext": encode_base64(sealed), "mac": encode_base64(mac)}


def _open(key: bytes, name: str, sealed: dict[str, str]) -> bytes:
    encryption_key, mac_key = _derive(key, name)
    ciphertext = decode_base64(sealed["ciphertext"])
    if not hmac.compare_digest(hmac.digest(mac_key, ciphertext, "sha256"), decode_base64(sealed["mac"])):
        raise BadSecretStorage("a secret in the account's secret storage was changed")
    decryptor = Cipher(algorithms.AES(encryption_key), modes.CTR(decode_base64(sealed["iv"]))).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


async def _put(client: "HardenedClient", name: str, content: Mapping[str, object]) -> None:
    await client.wire.ask("PUT", "v3/" + encode_path("user", client.user_id, "account_data", name), content)


async def _get(client: "HardenedClient", name: str) -> Json:
    return await client.wire.ask("GET", "v3/" + encode_path("user", client.user_id, "account_data", name))
