"""Requests to the homeserver. Nothing of nio's own request handling is used (faults 2, 7, 15)."""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from bot.crypto.errors import NotAllowed, Rejected, TokenRevoked, Unavailable

CLIENT, MEDIA = "/_matrix/client/", "/_matrix/media/"
ANSWER_WITHIN = 30.0
FILE_WITHIN = 120.0
LARGEST_ANSWER = 256 * 1024 * 1024

# Where a list is put, so that every answer is an object; no answer of Matrix has this key.
LIST = "\0list"

Json = dict[str, Any]


class Wire:
    """An HTTP connection pool to one homeserver, with our access token when we have one.

    Every answer is either a JSON object or one of the exceptions of bot.crypto.errors: no error is handed back as a
    result, and no error body makes us forget the token (fault 7).
    """

    def __init__(self, homeserver: str, access_token: str | None = None) -> None:
        self._homeserver = homeserver.rstrip("/")
        self._token = access_token
        self._session: aiohttp.ClientSession | None = None

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
    ) -> Json:
        """One request, once: {path} is below /_matrix/client/, {within} in seconds.

        Raises Unavailable, TokenRevoked, NotAllowed, or Rejected.
        """
        status, answer, wait = await self._request(method, path, body, query, within)
        if status == 200:  # noqa: PLR2004 - HTTP's own number
            return answer
        raise explain(status, answer, wait)

    async def ask_list(self, path: str) -> list[Any]:
        """As ask, for the few answers that are a JSON list."""
        status, answer, wait = await self._request("GET", path, None, None, ANSWER_WITHIN)
        listed = answer.get(LIST)
        if status == 200 and isinstance(listed, list):  # noqa: PLR2004
            return listed
        raise explain(status if status != 200 else 502, answer, wait)  # noqa: PLR2004

    async def ask_interactively(self, method: str, path: str, body: Mapping[str, object]) -> tuple[int, Json]:
        """As ask, but a 401 that offers ways to authenticate is an answer (specification: User-interactive API)."""
        status, answer, wait = await self._request(method, path, body, None, ANSWER_WITHIN)
        if status == 200 or (status == 401 and "flows" in answer):  # noqa: PLR2004
            return status, answer
        raise explain(status, answer, wait)

    async def upload(self, data: bytes) -> Json:
        """Store a file, which must be encrypted already, on the homeserver. Raises as ask does."""
        headers = {"Content-Type": "application/octet-stream"}
        status, raw, wait = await self._exchange("POST", MEDIA + "v3/upload", data, headers, None, FILE_WITHIN)
        answer = _read_answer(status, raw)
        if status == 200:  # noqa: PLR2004
            return answer
        raise explain(status, answer, wait)

    async def download(self, path: str, *, largest: int) -> bytes:
        """The bytes of a file as they are stored. Raises as ask does, and Unavailable when there are more."""
        status, raw, wait = await self._exchange("GET", CLIENT + path, None, {}, None, FILE_WITHIN, largest)
        if status == 200:  # noqa: PLR2004
            return raw
        raise explain(status, _parse(raw) or {}, wait)

    async def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        query: Mapping[str, str] | None,
        within: float,
    ) -> tuple[int, Json, float | None]:
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        status, raw, wait = await self._exchange(method, CLIENT + path, data, headers, query, within)
        return status, _read_answer(status, raw), wait

    async def _exchange(  # noqa: PLR0917 - one HTTP request, in the order of its parts
        self,
        method: str,
        path: str,
        data: bytes | None,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
        within: float,
        largest: int = LARGEST_ANSWER,
    ) -> tuple[int, bytes, float | None]:
        allowed = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if self._session is None:
            # A client of our own for each homeserver: no cookies, and no redirect can carry the token elsewhere.
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=20)
            )
        try:
            async with self._session.request(
                method,
                self._homeserver + path,
                params=query,
                data=data,
                headers={**allowed, **headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=within),
            ) as response:
                raw = await _read_all(response, largest)
                return response.status, raw, _read_wait(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(type(error).__name__) from None


def encode_path(*parts: str) -> str:
    """Path segments with everything escaped that could leave its segment."""
    return "/".join(quote(part, safe="") for part in parts)


def explain(status: int, answer: Json, wait: float | None) -> Exception:
    """The exception that stands for an answer other than 200."""
    code = answer.get("errcode")
    if status == 401 and code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:  # noqa: PLR2004
        return TokenRevoked("the homeserver no longer knows our access token")
    if status == 429:  # noqa: PLR2004
        told = answer.get("retry_after_ms")
        seconds = told / 1000 if isinstance(told, int) and told >= 0 else wait
        return Unavailable("it limits our rate", retry_after=seconds)
    # An answer without a code is a proxy's or another program's: the homeserver itself has not refused anything.
    if not 400 <= status < 500 or not isinstance(code, str):  # noqa: PLR2004
        return Unavailable(f"status {status}", retry_after=wait)
    if status in {401, 403, 404}:
        return NotAllowed(status, code)
    return Rejected(status, code)


def _read_answer(status: int, raw: bytes) -> Json:
    answer = _parse(raw)
    if answer is None and status < 400:  # noqa: PLR2004
        # Not the homeserver's: something in between answered in its place.
        raise Unavailable("an answer that is not JSON")
    return answer or {}


async def _read_all(response: aiohttp.ClientResponse, largest: int) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > largest:
            raise aiohttp.ClientPayloadError("too large")
    return bytes(raw)


def _parse(raw: bytes) -> Json | None:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if isinstance(answer, list):
        return {LIST: answer}
    return answer if isinstance(answer, dict) else None


def _read_wait(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
