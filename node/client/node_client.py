"""A node's HTTP interface, called: every answer bounded in size and time, every refusal a typed error."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from intents.errors import InputError, UsageError
from intents.fields import Fields
from intents.strict_json import parse_json
from node.client.errors import NodeBusy, NodeRefused, NotKnown, StrangeAnswer, Unreachable

#: A receipt holds the whole auction; everything else is far smaller.
MAX_ANSWER_BYTES: Final = 64 << 20
TIMEOUT_S: Final = 30.0
CONNECT_S: Final = 5.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
#: Of the machine's own reason, which its words say too.
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
_LATER: Final = frozenset({408, 429, 503})


class NodeClient:
    """One node. Use as a context manager. ``token`` is shown to it with everything it is asked to do."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        host = _host(url)
        self.url, self._token, self._timeout_s = url.rstrip("/"), token, timeout_s
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_S),
            # A proxy of the environment knows nothing of this machine's own loopback.
            trust_env=host not in _LOOPBACK,
            transport=transport,
        )

    def __enter__(self) -> NodeClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: object) -> Fields:
        """The JSON object at ``path``. Raises ``Unreachable``, ``NodeRefused`` or ``StrangeAnswer``."""
        return self._object(path, self.get_bytes(path, **query))

    def get_bytes(self, path: str, **query: object) -> bytes:
        """The body at ``path`` as it is."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return self._call("GET", path, params=given)

    def post(self, path: str, body: Mapping[str, Any]) -> Fields:
        """The answer to ``body``, which the node is asked to act on."""
        headers = {} if self._token is None else {"authorization": f"Bearer {self._token}"}
        return self._object(path, self._call("POST", path, json=body, headers=headers))

    def _object(self, path: str, data: bytes) -> Fields:
        where = f"{self.url}{path}"
        try:
            return Fields(parse_json(data, where, max_bytes=MAX_ANSWER_BYTES), where)
        except InputError as error:
            raise StrangeAnswer(where, f"is no node's answer: {error}") from error

    def _call(self, method: str, path: str, **arguments: Any) -> bytes:
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._client.stream(method, self.url + path, **arguments) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise StrangeAnswer(self.url + path, f"answers more than {MAX_ANSWER_BYTES} bytes")
                    if time.monotonic() > deadline:  # a node that drips resets httpx's own clock
                        raise Unreachable(self.url, f"took longer than {self._timeout_s:g} s")
        except httpx.InvalidURL as error:
            raise UsageError("--node", f"is not a URL: {error}") from error
        except httpx.HTTPError as error:
            raise Unreachable(self.url, f"no node answers there: {_plain(error)}") from error
        if response.status_code >= 400:
            raise self._refusal(path, response, bytes(body))
        return bytes(body)

    def _refusal(self, path: str, response: httpx.Response, body: bytes) -> Exception:
        """From the problem document (RFC 9457) of a node; of anything else, its status line."""
        kind, reason = f"HTTP {response.status_code}", response.reason_phrase or "refused"
        if "problem+json" in response.headers.get("content-type", ""):
            try:
                problem = Fields(parse_json(body, path, max_bytes=64 << 10), path)
                reason, kind = problem.text_or("detail", reason), problem.text_or("code", kind)
            except InputError as error:
                return StrangeAnswer(self.url + path, f"answers {response.status_code} and no problem: {error}")
        elif response.status_code in (404, 405):
            return StrangeAnswer(self.url + path, f"answers {response.status_code}, and not as a node does")
        if response.status_code == 401:
            return NodeRefused(self.url, "wants the token of its api.token file: see --token-file", kind)
        refusal = NodeBusy if response.status_code in _LATER else NodeRefused
        return (NotKnown if response.status_code == 404 else refusal)(self.url, reason, kind)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts.hostname
    except ValueError:  # brackets that do not close, a port that is no number
        pass
    raise UsageError("--node", f"an http(s) URL, not {url[:80]!r}")


def _plain(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectError):
        said = _NUMBER.sub("", str(error)).strip()
        return f"{said[:1].lower()}{said[1:]} (`walras node run` starts one)"
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
