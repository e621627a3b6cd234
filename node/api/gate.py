"""The gate that every request passes: called by a right name, from a right page, not too often.

A browser is kept from lending its user's place on this machine to strange pages: the Host header must name this
node (DNS rebinding), whatever writes or streams must come from no page or from a known one, nothing is shared
across origins, and there are no cookies.
"""

from __future__ import annotations

from typing import Final

import trio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intents.errors import WalrasError
from node.api.errors import BadRequest, QueryTooLong, TooMany, WrongHttpVersion, WrongOrigin
from node.api.metrics import Metrics
from node.api.routing import problem, shows_token
from node.api.settings import ApiSettings
from p2p.buckets import KeyedBuckets

#: For answers that are data; the page has a policy of its own.
POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECURITY_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
#: Methods that change nothing.
_SAFE: Final = frozenset({"GET", "HEAD"})
_FREE: Final = ("/health/",)
_POLICY_VIOLATION: Final = 1008


class Gate:
    """ASGI around ASGI. ``origins`` are filled in once the port is known."""

    def __init__(self, inner: ASGIApp, settings: ApiSettings, metrics: Metrics, origins: frozenset[str]) -> None:
        self._inner, self._settings, self._metrics = inner, settings, metrics
        self._hosts, self._origins = settings.allowed_hosts, origins
        limits = settings.limits
        self._buckets: KeyedBuckets[str] = KeyedBuckets(
            limits.requests_per_s, limits.requests_burst, limits.clients
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = trio.current_time(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            self._check(scope)
        except WalrasError as error:
            await _refuse(problem(error, 1.0), scope, receive, sending)
        else:
            await self._inner(scope, receive, sending)
        finally:
            method = scope.get("method", "GET")
            method = method if method in ("GET", "HEAD", "POST") else "other"
            self._metrics.request(method, scope.get("operation", "other"), status, trio.current_time() - began)

    def _check(self, scope: Scope) -> None:
        if scope["http_version"] not in ("1.0", "1.1"):
            raise WrongHttpVersion("", "HTTP/1.1 is spoken here")
        if len(scope.get("query_string", b"")) > self._settings.limits.query_bytes:
            raise QueryTooLong("query", f"at most {self._settings.limits.query_bytes} bytes are read")
        headers = Headers(scope=scope)
        names = headers.getlist("host")
        if len(names) != 1:
            raise BadRequest("host", "one Host header is needed")
        if host_name(names[0]) not in self._hosts:
            raise WrongOrigin("host", f"this node is not called {names[0][:80]!r}")
        writes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        origins = headers.getlist("origin")
        if writes and any(origin.lower() not in self._origins for origin in origins):
            raise WrongOrigin("origin", f"pages of {origins[0][:80]!r} may not do this")
        self._take(scope, headers)

    def _take(self, scope: Scope, headers: Headers) -> None:
        """The operator's own tools are held back by the node itself, where it has too much to do."""
        if scope["path"].startswith(_FREE) or shows_token(headers, self._settings.token):
            return
        client = (scope.get("client") or ("",))[0]
        if not self._buckets.take(client, 1, int(trio.current_time() * 1_000_000)):
            raise TooMany("", "too many requests from this address; slow down")


def host_name(header: str) -> str:
    """The name in a Host header, without its port and brackets; in lower case."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.rpartition(":")[0].lower() if ":" in header else header.lower()


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket that is not let in is answered in HTTP, where the server can."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    await response(scope, receive, send)
