"""What the interface itself refuses, each with the HTTP status that says so; and the form errors are told in.

The form is RFC 9457's ``application/problem+json``; ``code`` and ``where`` are those of the ``WalrasError``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final

import msgspec

from intents.errors import InputError, WalrasError
from intents.keys import CryptoError
from node.embedded.errors import Stopped, TooBusy
from node.history.errors import HistoryError
from node.light.errors import LightError
from node.live.errors import TooFast

MEDIA_TYPE: Final = "application/problem+json"
#: How long whoever finds the node full should wait: about one batch.
BUSY_RETRY_S: Final = 4


class Problem(msgspec.Struct, kw_only=True):
    """``type`` is about:blank, as ``title`` says no more than the status; ``code`` tells kinds apart."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    where: str


@dataclass(eq=False)
class ApiError(WalrasError):
    code: ClassVar[str] = "api"
    status: ClassVar[int] = 400
    text: ClassVar[str] = "{reason}"

    reason: str


@dataclass(eq=False)
class BadRequest(ApiError):
    code: ClassVar[str] = "api.bad-request"


@dataclass(eq=False)
class Unauthorised(ApiError):
    code: ClassVar[str] = "api.unauthorised"
    status: ClassVar[int] = 401


@dataclass(eq=False)
class WrongOrigin(ApiError):
    """A page of somebody else's asks, or the name under which this node was called is not its own."""

    code: ClassVar[str] = "api.origin"
    status: ClassVar[int] = 403


@dataclass(eq=False)
class NotFound(ApiError):
    code: ClassVar[str] = "api.not-found"
    status: ClassVar[int] = 404


@dataclass(eq=False)
class MethodNotAllowed(ApiError):
    code: ClassVar[str] = "api.method"
    status: ClassVar[int] = 405


@dataclass(eq=False)
class TooSlow(ApiError):
    code: ClassVar[str] = "api.too-slow"
    status: ClassVar[int] = 408


@dataclass(eq=False)
class TooLarge(ApiError):
    code: ClassVar[str] = "api.too-large"
    status: ClassVar[int] = 413


@dataclass(eq=False)
class QueryTooLong(ApiError):
    code: ClassVar[str] = "api.query-too-long"
    status: ClassVar[int] = 414


@dataclass(eq=False)
class WrongMediaType(ApiError):
    code: ClassVar[str] = "api.media-type"
    status: ClassVar[int] = 415


@dataclass(eq=False)
class BadParameter(ApiError):
    code: ClassVar[str] = "api.parameter"
    status: ClassVar[int] = 422


@dataclass(eq=False)
class TooMany(ApiError):
    code: ClassVar[str] = "api.too-many"
    status: ClassVar[int] = 429


@dataclass(eq=False)
class NotNow(ApiError):
    code: ClassVar[str] = "api.not-now"
    status: ClassVar[int] = 503


@dataclass(eq=False)
class WrongHttpVersion(ApiError):
    code: ClassVar[str] = "api.http-version"
    status: ClassVar[int] = 505


@dataclass(eq=False)
class Internal(ApiError):
    """A bug of ours: the log has it, the caller does not."""

    code: ClassVar[str] = "api.internal"
    status: ClassVar[int] = 500


def status_of(error: WalrasError) -> int:
    match error:
        case ApiError():
            return error.status
        case TooBusy() | TooFast():
            return TooMany.status
        case Stopped() | HistoryError() | LightError():
            return NotNow.status
        case InputError() | CryptoError():
            return 422
        case _:
            return 409


def problem_of(error: WalrasError) -> Problem:
    status = status_of(error)
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=str(error)[:1000],
        code=error.code,
        where=error.where[:200],
    )


def headers_of(error: WalrasError, retry_s: float = BUSY_RETRY_S) -> dict[str, str]:
    """What the status asks to be said besides."""
    status = status_of(error)
    if status in (TooMany.status, NotNow.status):
        return {"retry-after": str(max(1, math.ceil(retry_s)))}
    if status == Unauthorised.status:
        return {"www-authenticate": 'Bearer realm="walras"'}
    return {}
