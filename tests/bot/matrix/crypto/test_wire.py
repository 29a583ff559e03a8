"""One request: what a homeserver, or a proxy before it, answers is bounded, and judged by what it means for us."""

import asyncio
import gzip
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.matrix.crypto import wire as wire_module
from bot.matrix.crypto.errors import (
    BadAddress,
    MatrixError,
    NotAllowed,
    NotEncrypted,
    Outcome,
    Rejected,
    TooLarge,
    Unavailable,
    judge,
)
from bot.matrix.crypto.wire import LARGEST_ERROR, LONGEST_WAIT, Wire, encode_path, explain

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
HTML = b"<html>413 Request Entity Too Large</html>"


@asynccontextmanager
async def answering(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    async with Wire(f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}") as wire:
        yield wire
    await runner.cleanup()


def always(status: int, body: bytes, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (413, HTML, Outcome.NEVER),
        (413, b'{"errcode": "M_TOO_LARGE"}', Outcome.NEVER),
        (413, b'{"errcode": ["M_TOO_LARGE"]}', Outcome.NEVER),
        (413, b"", Outcome.NEVER),
        (414, HTML, Outcome.NEVER),
        (431, HTML, Outcome.NEVER),
        (400, b'{"errcode": "M_BAD_JSON"}', Outcome.NEVER),
        (400, b'{"errcode": "M_INVALID_PARAM"}', Outcome.NEVER),
        (400, b'{"errcode": "M_UNKNOWN"}', Outcome.NEVER),
        (400, b'{"errcode": "M_LIMIT_EXCEEDED"}', Outcome.LATER),
        (400, HTML, Outcome.LATER),
        (403, b'{"errcode": "M_FORBIDDEN"}', Outcome.PLACE),
        (404, b'{"errcode": "M_NOT_FOUND"}', Outcome.PLACE),
        (401, b'{"errcode": {}}', Outcome.LATER),
        (403, HTML, Outcome.LATER),
        (404, HTML, Outcome.LATER),
        (408, b'{"errcode": "M_UNKNOWN"}', Outcome.LATER),
        (429, b'{"errcode": "M_LIMIT_EXCEEDED"}', Outcome.LATER),
        (429, HTML, Outcome.LATER),
        (500, b'{"errcode": "M_UNKNOWN"}', Outcome.LATER),
        (502, HTML, Outcome.LATER),
        (200, HTML, Outcome.LATER),
        (302, b"", Outcome.LATER),
    ],
)
async def test_what_an_answer_means(status: int, body: bytes, outcome: Outcome) -> None:
    async with answering(always(status, body)) as wire:
        for asking in (wire.ask("PUT", "v3/x", {}), wire.upload(b"x")):
            with pytest.raises(MatrixError) as raised:
                await asking
            assert judge(raised.value) is outcome
            assert "html" not in str(raised.value).lower()


def test_what_is_not_of_the_homeservers_making_may_heal() -> None:
    assert [judge(p) for p in (OSError(), ValueError(), NotEncrypted("!a"), BadAddress(), NotAllowed(403, ""))] == [
        Outcome.LATER,
        Outcome.LATER,
        Outcome.PLACE,
        Outcome.NEVER,
        Outcome.PLACE,
    ]


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        (b'{"retry_after_ms": 1500}', "7", 1.5),
        (b'{"retry_after_ms": 86400000}', "7", LONGEST_WAIT),
        (b'{"retry_after_ms": ' + b"9" * 400 + b"}", "7", 7),
        (b'{"retry_after_ms": -5}', "86400", LONGEST_WAIT),
        (b"{}", "9" * 5_000, LONGEST_WAIT),
        (b"{}", "Wed, 21 Oct 2099 07:28:00 GMT", None),
        (b"{}", "-1", None),
    ],
)
async def test_nobody_makes_us_wait_for_long(body: bytes, header: str, seconds: float | None) -> None:
    async with answering(always(429, body, **{"Retry-After": header})) as wire:
        with pytest.raises(Unavailable) as raised:
            await wire.ask("GET", "v3/sync")
    assert (raised.value.retry_after, raised.value.limited) == (seconds, True)
    unwell = explain(503, {}, LONGEST_WAIT)
    assert isinstance(unwell, Unavailable)
    assert unwell.retry_after == LONGEST_WAIT


async def test_an_answer_without_end_is_read_no_further_than_it_can_need() -> None:
    sent = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=int(request.query["status"]))
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(b"[" * 2**16)
                sent += 2**16
        return response

    async with answering(pour) as wire:
        with pytest.raises(TooLarge):
            await wire.ask("GET", "v3/x", query={"status": "200"}, largest=2**20)
        # Whatever a refusal goes on to say, the status says enough.
        with pytest.raises(Rejected):
            await wire.ask("GET", "v3/x", query={"status": "413"})
        with pytest.raises(Unavailable):
            await wire.ask("GET", "v3/x", query={"status": "500"})
    assert sent < 32 * 2**20


async def test_nothing_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": "' + b" " * 2**26 + b'"}')
    async with answering(always(200, packed, **{"Content-Encoding": "gzip"})) as wire:
        with pytest.raises(Unavailable):
            await wire.ask("GET", "v3/x")


async def test_a_large_answer_is_read_while_others_have_their_turn() -> None:
    event = b'{"event_id": "$x", "type": "m.room.member", "content": {"membership": "join"}}'
    answer = b'{"events": [' + b",".join([event] * 100_000) + b"]}"
    read, turns = asyncio.Event(), 0

    async def wait_meanwhile() -> None:
        nonlocal turns
        while not read.is_set():
            await asyncio.sleep(0)
            turns += 1

    async with answering(always(200, answer)) as wire:
        _, raw, _ = await wire._exchange(wire_module.Exchange("GET", "/", largest=len(answer)))
        meanwhile = asyncio.create_task(wait_meanwhile())
        events = await wire_module._read_answer(200, raw)
        read.set()
        await meanwhile
    assert len(events["events"]) == 100_000
    # Read at once it is one turn.
    assert turns > 5


async def test_a_long_error_is_judged_by_its_status_alone() -> None:
    long = b'{"errcode": "M_FORBIDDEN", "error": "' + b"x" * LARGEST_ERROR + b'"}'
    async with answering(always(403, long)) as wire:
        with pytest.raises(Unavailable):
            await wire.ask("GET", "v3/x")


def test_a_part_of_an_address_stays_one_and_is_short() -> None:
    assert encode_path("rooms", "!a/b?c#d%2F:e", "send") == "rooms/%21a%2Fb%3Fc%23d%252F%3Ae/send"
    assert encode_path("\u03b1" * 127)
    for part in ("", ".", "..", "$" + "x" * 20_000, "\u03b1" * 128, "$\ud83d"):
        with pytest.raises(BadAddress) as raised:
            encode_path("rooms", part)
        assert part[:3] not in str(raised.value) or len(part) < 3


def test_the_bounds_are_what_a_request_can_need() -> None:
    # A hundred events of 64 KiB each, and their reasons.
    assert wire_module.LARGEST_LIST >= 2 * 100 * 2**16


def certify(folder: Path, address: str) -> Path:
    """A certificate of its own for a server at this address, with its key."""
    key, today = Ed25519PrivateKey.generate(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a homeserver")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    file = folder / f"{address}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("address", "trusted", "answers"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False)],
    ids=["of the system", "of nobody", "of another server"],
)
async def test_a_homeserver_is_believed_by_the_certificates_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, trusted: bool, answers: bool
) -> None:
    file = certify(tmp_path, address)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    async with answering(always(200, b'{"a": 1}'), tls) as wire:
        if answers:
            assert await wire.ask("GET", "/_matrix/client/versions") == {"a": 1}
        else:
            with pytest.raises(Unavailable):
                await wire.ask("GET", "/_matrix/client/versions")
