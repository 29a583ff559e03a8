"""Files: encrypted before they leave, checked before they are read (specification: Sending encrypted attachments)."""

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.matrix.crypto.errors import BadAttachment, Unavailable
from bot.matrix.crypto.signing import decode_base64, encode_base64
from bot.matrix.crypto.wire import Json, encode_path

if TYPE_CHECKING:
    from bot.matrix.crypto.client import HardenedClient

LARGEST = 64 * 1024 * 1024
_ADDRESS = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]{1,255})/([A-Za-z0-9_-]{1,255})")


async def upload(client: "HardenedClient", data: bytes) -> Json:
    """Encrypt and upload; gives the ``file`` of an m.file message. It holds the key: only post may carry it.

    Raises Unavailable, TokenRevoked, NotAllowed, or Rejected (too large for the homeserver).
    """
    key, start = os.urandom(32), os.urandom(8) + bytes(8)  # the counter's half starts at nought
    encryptor = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    sealed = encryptor.update(data) + encryptor.finalize()
    address = (await client.wire.upload(sealed)).get("content_uri")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise Unavailable("an upload without an address")
    return {
        "v": "v2",
        "url": address,
        "key": {
            "kty": "oct",
            "alg": "A256CTR",
            "ext": True,
            "key_ops": ["encrypt", "decrypt"],
            "k": encode_base64(key).replace("+", "-").replace("/", "_"),
        },
        "iv": encode_base64(start),
        "hashes": {"sha256": encode_base64(hashlib.sha256(sealed).digest())},
    }


async def download(client: "HardenedClient", file: Mapping[str, Any], *, largest: int = LARGEST) -> bytes:
    """The content of an encrypted file, at most so many bytes; file is from a trusted event.

    Raises BadAttachment when the description is malformed or the file was changed; Unavailable, also when it is larger;
    TokenRevoked, NotAllowed, or Rejected.
    """
    try:
        server, media = _ADDRESS.fullmatch(file["url"]).groups()  # type: ignore[union-attr] # refused just below
        key = decode_base64(file["key"]["k"].replace("-", "+").replace("_", "/"))
        start, expected = decode_base64(file["iv"]), decode_base64(file["hashes"]["sha256"])
        decryptor = Cipher(algorithms.AES256(key), modes.CTR(start)).decryptor()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadAttachment("the description of an attachment is malformed") from None
    sealed = await client.wire.download("v1/" + encode_path("media", "download", server, media), largest=largest)
    if not hmac.compare_digest(hashlib.sha256(sealed).digest(), expected):
        raise BadAttachment("an attachment was changed on its way")
    return decryptor.update(sealed) + decryptor.finalize()
