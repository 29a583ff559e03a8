"""Requests to the homeserver. Nothing of nio's own request handling is used (faults 2, 7, 15)."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeGuard
from urllib.parse import quote

from bot.imports import trusting_nobody
from bot.matrix.crypto.errors import BadAddress, NotAllowed, Rejected, TokenRevoked, TooLarge, Unavailable
from bot.matrix.crypto.parsing import LARGE, parse

with trusting_nobody():
    import aiohttp

CLIENT, MEDIA = "/_matrix/client/", "/_matrix/media/"
ANSWER_WITHIN = 30.0
FILE_WITHIN = 120.0
MEBIBYTE = 1024 * 1024
LARGEST_ANSWER = MEBIBYTE
LARGEST_LIST = 16 * MEBIBYTE
"""Bytes: the devices of everybody in a room, its whole state, or a hundred of its events, each at most 64 KiB."""
LARGEST_ERROR = 64 * 1024
LONGEST_WAIT = 300.0
"""Seconds: whatever we are asked to wait, who needs the bot can't be kept waiting for longer than this."""
MOST_TIMES_LIMITED = 20
"""So often the same is asked again of a homeserver that limits our rate, by those who have the patience."""
LONGEST_SEGMENT = 255
"""Bytes of a part of an address, before it is escaped (specification: Identifier grammar)."""
LONGEST_TOKEN = 2048
_REFUSED_BY_ANYBODY = frozenset({413, 414, 431})
"""Too large: whoever answered, homeserver or proxy, the same request will be too large again."""
_TOO_EARLY = frozenset({408, 425})

# Where a list is put, so that every answer is an object; no answer of Matrix has this key.
LIST = "\0list"

Json = dict[str, Any]
Patience = Callable[[float | None], Awaitable[bool]]
"""Waits so many seconds, as the homeserver asks; False: it asks for too much."""


@dataclass(frozen=True, repr=False)
class Exchange:
    """One HTTP request: ``within`` in seconds, ``largest`` in bytes of its answer."""

    method: str
    path: str
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] | None = None
    within: float = ANSWER_WITHIN
    largest: int = LARGEST_ANSWER


class Wire:
    """An HTTP connection pool to one homeserver, with our access token when we have one.

    Every answer is either a JSON object or one of the exceptions beside it (errors.py): no error is handed back as a
    result, and no error body makes us forget the token (fault 7).
    """

    def __init__(self, homeserver: str, access_token: str | None = None) -> None:
        self._homeserver = homeserver.rstrip("/")
        self._token = access_token
        self._session: aiohttp.ClientSession | None = None
        self.patience: Patience | None = None
        """Waits when the homeserver limits our rate, and then the same is asked again, for it had no effect; None, or
        when it gives False: the limit is raised."""

    def __repr__(self) -> str:
        return f"Wire({self._homeserver})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        within: float = ANSWER_WITHIN,
        largest: int = LARGEST_ANSWER,
    ) -> Json:
        """One request, once: {path} is below /_matrix/client/, {within} in seconds, {largest} in bytes of the answer.

        Raises Unavailable (TooLarge when the answer is), TokenRevoked, NotAllowed, or Rejected.
        """
        status, answer, wait = await self._request(
            _in_json(method, path, body, query=query, within=within, largest=largest)
        )
        if status == 200:  # noqa: PLR2004 - HTTP's own number
            return answer
        raise explain(status, answer, wait)

    async def ask_list(self, path: str) -> list[Any]:
        """As ask, for the few answers that are a JSON list."""
        status, answer, wait = await self._request(Exchange("GET", CLIENT + path, largest=LARGEST_LIST))
        listed = answer.get(LIST)
        if status == 200 and isinstance(listed, list):  # noqa: PLR2004
            return listed
        raise explain(status if status != 200 else 502, answer, wait)  # noqa: PLR2004

    async def ask_interactively(self, method: str, path: str, body: Mapping[str, object]) -> tuple[int, Json]:
        """As ask, but a 401 that offers ways to authenticate is an answer (specification: User-interactive API)."""
        status, answer, wait = await self._request(_in_json(method, path, body))
        if status == 200 or (status == 401 and "flows" in answer):  # noqa: PLR2004
            return status, answer
        raise explain(status, answer, wait)

    async def upload(self, data: bytes, *, content_type: str = "application/octet-stream") -> Json:
        """Store a file, which must be encrypted already or public, on the homeserver. Raises as ask does."""
        headers = {"Content-Type": content_type}
        asked = Exchange("POST", MEDIA + "v3/upload", data, headers, within=FILE_WITHIN)
        status, answer, wait = await self._request(asked)
        if status == 200:  # noqa: PLR2004
            return answer
        raise explain(status, answer, wait)

    async def download(self, path: str, *, largest: int) -> bytes:
        """The bytes of a file as they are stored. Raises as ask does, and Unavailable when there are more."""
        status, raw, wait = await self._exchange(Exchange("GET", CLIENT + path, within=FILE_WITHIN, largest=largest))
        if status == 200:  # noqa: PLR2004
            return raw
        raise explain(status, _parse(raw) or {}, wait)

    async def _request(self, asked: Exchange) -> tuple[int, Json, float | None]:
        status, raw, wait = await self._exchange(asked)
        return status, await _read_answer(status, raw), wait

    async def _exchange(self, asked: Exchange) -> tuple[int, bytes, float | None]:
        for _ in range(MOST_TIMES_LIMITED):
            status, raw, wait = await self._exchange_once(asked)
            limit = explain(status, _parse(raw) or {}, wait) if status == 429 else None  # noqa: PLR2004
            if self.patience is None or not isinstance(limit, Unavailable):
                break
            if not await self.patience(limit.retry_after):
                break
        return status, raw, wait

    async def _exchange_once(self, asked: Exchange) -> tuple[int, bytes, float | None]:
        allowed = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if self._session is None:
            # A client of our own for each homeserver: no cookies, and no redirect can carry the token elsewhere.
            # Nothing packed: a few bytes could be as many as they like.
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=20, ssl=self._tls()),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
            )
        try:
            async with self._session.request(
                asked.method,
                self._homeserver + asked.path,
                params=asked.query,
                data=asked.data,
                headers={**allowed, **asked.headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=asked.within),
            ) as response:
                raw = await _read_all(response, asked.largest)
                return response.status, raw, _read_wait(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(type(error).__name__) from None

    def _tls(self) -> ssl.SSLContext | bool:
        """Whom to believe to be the homeserver: by the certificates of the system."""
        return True if self._homeserver.startswith("http:") else ssl.create_default_context()


def write_json(value: object) -> bytes:
    """The shortest JSON text of a value: of most alphabets it has a third of the bytes that Python's own way has.

    Half of a surrogate pair, which no text can hold, becomes a question mark.
    """
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def encode_path(*parts: str) -> str:
    """Path segments with everything escaped that could leave its segment.

    Raises BadAddress for what is no segment, or longer than any identifier of Matrix.
    """
    for part in parts:
        # Dots are not escaped, and mean another folder.
        if not part or part in {".", ".."} or len(part.encode(errors="replace")) > LONGEST_SEGMENT:
            raise BadAddress
    try:
        return "/".join(quote(part, safe="") for part in parts)
    except UnicodeEncodeError:
        raise BadAddress from None


def is_token(value: object) -> TypeGuard[str]:
    """Whether this can be a place in a timeline, to be sent back in an address."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN


def explain(status: int, answer: Json, wait: float | None) -> Exception:
    """The exception that stands for an answer other than 200."""
    told = answer.get("errcode")
    code = told if isinstance(told, str) else None
    if status == 401 and code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:  # noqa: PLR2004
        return TokenRevoked("the homeserver no longer knows our access token")
    if status == 429 or code == "M_LIMIT_EXCEEDED":  # noqa: PLR2004
        asked = answer.get("retry_after_ms")
        seconds = asked / 1000 if isinstance(asked, int) and asked >= 0 else wait
        seconds = None if seconds is None else min(seconds, LONGEST_WAIT)
        return Unavailable("it limits our rate", retry_after=seconds, limited=True)
    if status in _REFUSED_BY_ANYBODY:
        return Rejected(status, code)
    # An answer without a code is a proxy's or another program's: the homeserver itself has not refused anything.
    if not 400 <= status < 500 or status in _TOO_EARLY or code is None:  # noqa: PLR2004
        return Unavailable(f"status {status}", retry_after=wait)
    if status in {401, 403, 404}:
        return NotAllowed(status, code)
    return Rejected(status, code)


def _in_json(method: str, path: str, body: Mapping[str, object] | None, **bounds: Any) -> Exchange:  # noqa: ANN401 - as Exchange has them
    if body is None:
        return Exchange(method, CLIENT + path, **bounds)
    return Exchange(method, CLIENT + path, write_json(body), {"Content-Type": "application/json"}, **bounds)


async def _read_answer(status: int, raw: bytes) -> Json:
    answer = await asyncio.to_thread(_parse, raw) if len(raw) > LARGE else _parse(raw)
    if answer is None and status < 400:  # noqa: PLR2004
        # Not the homeserver's: something in between answered in its place.
        raise Unavailable("an answer that is not JSON")
    return answer or {}


async def _read_all(response: aiohttp.ClientResponse, largest: int) -> bytes:
    failed = response.status >= 400  # noqa: PLR2004
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if failed and len(raw) > LARGEST_ERROR:
            # The status says enough.
            response.close()
            return b""
        if len(raw) > largest:
            response.close()
            raise TooLarge(largest)
    return bytes(raw)


def _parse(raw: bytes) -> Json | None:
    try:
        answer = parse(raw)
    except ValueError:
        return None
    if isinstance(answer, list):
        return {LIST: answer}
    return answer if isinstance(answer, dict) else None


def _read_wait(header: str | None) -> float | None:
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return min(float(header[:10]), LONGEST_WAIT)
