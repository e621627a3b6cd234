"""What an operation of the interface is: all that routing, checks and the OpenAPI document need of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

#: Statuses that any operation may answer with, whatever it does.
COMMON_ERRORS: Final = (400, 403, 414, 429, 500)
#: Those that come with a body to read, and with a token to show.
BODY_ERRORS: Final = (408, 413, 415, 422)
TOKEN_ERRORS: Final = (401,)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``kind`` is the type the text must convert to; ``default`` matters where it is not ``required``."""

    name: str
    place: Literal["path", "query"]
    kind: Any
    about: str
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was found to be well-formed: its parameters by name, and its body's form."""

    parameters: Mapping[str, Any]
    body: Any = None

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is a form, or bytes to be sent as they are."""

    body: msgspec.Struct | bytes
    status: int = 200


#: Takes the context that the server was made with: ``node.api.context.Context``, or a light client's own.
Answer = Callable[[Any, Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """``name`` is its ``operationId``. ``answers``: what it says on success, by status; ``bytes`` for raw text in
    the type ``media``. ``errors`` are statuses besides the common ones."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    answer: Answer
    answers: Mapping[int, tuple[type, str]]
    parameters: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    token: bool = False
    errors: tuple[int, ...] = ()
    tag: str = "node"
    media: str = "application/json"
    about: str = ""
    statuses: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = {*COMMON_ERRORS, *self.errors}
        found |= set(BODY_ERRORS) if self.body else set()
        found |= set(TOKEN_ERRORS) if self.token else set()
        found |= {422} if self.parameters else set()
        object.__setattr__(self, "statuses", tuple(sorted(found - set(self.answers))))
