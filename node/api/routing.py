"""From the table of operations to routes: read, check, answer, write; whatever is wrong becomes a problem."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec
import trio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from intents.errors import WalrasError
from intents.strict_json import parse_json
from node.api.errors import (
    MEDIA_TYPE,
    BadParameter,
    BadRequest,
    Internal,
    TooLarge,
    TooSlow,
    Unauthorised,
    WrongMediaType,
    headers_of,
    problem_of,
)
from node.api.operation import Call, Operation
from node.api.reading import parameters_of
from node.api.settings import ApiSettings

_LOG: Final = logging.getLogger("walras.api")
#: Nesting of a body: an intent's condition is the deepest thing in it.
_MAX_DEPTH: Final = 32
#: Bytes of a body that is too large which are read and thrown away.
_DISCARDED: Final = 8 << 20
Endpoint = Callable[[Request], Awaitable[Response]]


class WithSettings(Protocol):
    """What all contexts have."""

    @property
    def settings(self) -> ApiSettings: ...


def routes(context: WithSettings, operations: Sequence[Operation]) -> list[BaseRoute]:
    return [
        Route(operation.path, _endpoint(context, operation), methods=[operation.method], name=operation.name)
        for operation in operations
    ]


def problem(error: WalrasError, retry_s: float | None = None) -> Response:
    headers = headers_of(error) if retry_s is None else headers_of(error, retry_s)
    found = problem_of(error)
    return Response(msgspec.json.encode(found), found.status, headers, MEDIA_TYPE)


def _endpoint(context: WithSettings, operation: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        request.scope["operation"] = operation.path
        try:
            if operation.token and not shows_token(request.headers, context.settings.token):
                raise Unauthorised("authorization", "this writes: show the token of the node's file api.token")
            parameters = parameters_of(operation.parameters, request.path_params, _query(request))
            body = None if operation.body is None else await _body(request, context, operation.body)
            reply = await operation.answer(context, Call(parameters, body))
        except WalrasError as error:
            return problem(error)
        except ClientDisconnect:
            return problem(BadRequest("body", "ended early"))
        except Exception:
            _LOG.exception("an answer of %s failed", operation.path)
            return problem(Internal("", "the node made a mistake; its log tells more"))
        data = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
        return Response(data, reply.status, media_type=None, headers={"content-type": operation.media})

    return endpoint


def shows_token(headers: Headers, token: str) -> bool:
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), token.encode())
    return right and scheme.lower() == "bearer"


def _query(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()


async def _body(request: Request, context: WithSettings, form: type[msgspec.Struct]) -> Any:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise WrongMediaType("content-type", f"expected application/json, got {media[:60] or 'none'}")
    limits, data = context.settings.limits, bytearray()
    read = 0
    with trio.move_on_after(limits.body_s) as scope:
        async with aclosing(request.stream()) as parts:
            async for part in parts:
                read += len(part)
                # A little more is read than is kept: a client that is still sending would not see the answer.
                if read <= limits.body_bytes:
                    data += part
                elif read > limits.body_bytes + _DISCARDED:
                    break
    if read > limits.body_bytes:
        raise TooLarge("body", f"{read} bytes or more; at most {limits.body_bytes} are read")
    if scope.cancelled_caught:
        raise TooSlow("body", f"not all there after {limits.body_s:g} s")
    value = parse_json(bytes(data), "body", max_bytes=limits.body_bytes, max_depth=_MAX_DEPTH)
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise BadParameter("body", str(error)[:200]) from error
