"""The interface as one ASGI application: operations, the stream and the page, behind the gate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp

from intents.errors import WalrasError
from node.api import stream
from node.api.context import Context
from node.api.errors import BadRequest, Internal, MethodNotAllowed, NotFound
from node.api.gate import Gate
from node.api.metrics import Metrics
from node.api.operations import OPERATIONS
from node.api.routing import problem, routes
from node.api.settings import ApiSettings

_LOG: Final = logging.getLogger("walras.api")


def application(context: Context, port: int) -> ASGIApp:
    """``port`` is where it is served: pages from there are the node's own."""
    endpoint = WebSocketRoute(stream.PATH, stream.endpoint(context))
    return gated([*routes(context, OPERATIONS), endpoint, *_page()], context.settings, context.metrics, port)


def gated(found: Sequence[BaseRoute], settings: ApiSettings, metrics: Metrics, port: int) -> ASGIApp:
    """Routes behind the gate, every refusal a problem."""
    inner = Starlette(routes=list(found), exception_handlers={HTTPException: _refused, Exception: _failed})
    inner.router.redirect_slashes = False
    return Gate(inner, settings, metrics, origins_of(settings, port))


def origins_of(settings: ApiSettings, port: int) -> frozenset[str]:
    """Web origins whose pages may write: the node's own under all its names, and those that the operator named."""
    names = (f"[{name}]" if ":" in name else name for name in settings.allowed_hosts)
    own = [f"http://{name}:{port}" for name in names]
    return frozenset(origin.lower() for origin in (*own, *settings.origins))


def _page() -> Sequence[BaseRoute]:
    """The web page's routes, where it is installed."""
    try:
        page = import_module("node.web.page")
    except ModuleNotFoundError as error:
        if error.name != "node.web.page":
            raise
        return ()
    found: Sequence[BaseRoute] = page.routes()
    return found


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    found: WalrasError
    match error.status_code:
        case 404:
            found = NotFound("path", f"nothing is at {request.url.path[:120]}")
        case 405:
            found = MethodNotAllowed("method", f"{request.method[:20]} is not for {request.url.path[:120]}")
        case _:
            found = BadRequest("", str(error.detail))
    response = problem(found)
    response.headers.update(error.headers or {})
    return response


async def _failed(request: Request, error: Exception) -> Response:
    _LOG.error("an answer failed", exc_info=error)
    return problem(Internal("", "the node made a mistake; its log tells more"))
