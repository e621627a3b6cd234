"""Reading what users hand us: files and URLs, bounded in size and time before anything is parsed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from intents.errors import Malformed, Unreadable
from intents.formats import Imported, load_auction
from intents.strict_json import parse_json
from node.errors import Unreachable

if TYPE_CHECKING:
    import httpx

MAX_INPUT_BYTES: Final = 64 << 20
FETCH_TIMEOUT_S: Final = 30.0
MAX_REDIRECTS: Final = 3
_LOOKED_AT: Final = 4096


def is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def read_file(path: Path, *, limit: int = MAX_INPUT_BYTES) -> bytes:
    """The file's bytes, refused when it is no file or larger than ``limit``; ``-`` is stdin."""
    where = str(path)
    try:
        data = sys.stdin.buffer.read(limit + 1) if where == "-" else _read(path, where, limit)
    except OSError as error:
        raise Unreadable(where, (error.strerror or "cannot be read").lower()) from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(where, "is no file name") from error
    if len(data) > limit:  # a pipe or device has no size to look at beforehand
        raise Unreadable(where, f"holds more than {limit} bytes")
    return data


def _read(path: Path, where: str, limit: int) -> bytes:
    if path.is_dir():
        raise Unreadable(where, "is a directory, not a file")
    size = path.stat().st_size
    if size > limit:
        raise Unreadable(where, f"holds {size} bytes, at most {limit} are read")
    with path.open("rb") as file:
        return file.read(limit + 1)


def read_source(source: str, *, timeout_s: float = FETCH_TIMEOUT_S) -> bytes:
    """The bytes at a path or an http(s) URL, or of stdin for ``-``."""
    return fetch(source, timeout_s=timeout_s) if is_url(source) else read_file(Path(source))


def read_auction(source: str, *, lenient: bool = False, timeout_s: float = FETCH_TIMEOUT_S) -> Imported:
    """The auction at a path or URL, in whichever known format it is (see ``load_auction``)."""
    return load_auction(text_only(read_source(source, timeout_s=timeout_s), source), source, lenient=lenient)


def read_json(source: str) -> object:
    """The JSON document at a path, or of stdin for ``-``."""
    return parse_json(text_only(read_file(Path(source)), source), source)


def text_only(data: bytes, where: str) -> bytes:
    """``data``, unless it is plainly binary: what a JSON reader would say of it helps nobody."""
    if b"\0" in data[:_LOOKED_AT]:
        raise Malformed(where, "is a binary file, not JSON text")
    return data


def fetch(url: str, *, limit: int = MAX_INPUT_BYTES, timeout_s: float = FETCH_TIMEOUT_S) -> bytes:
    """GET ``url``: at most ``limit`` bytes, ``timeout_s`` seconds in all and a few redirects.

    Must not be called from inside an event loop.
    """
    import trio

    return trio.run(_within, url, limit, timeout_s)


async def _within(url: str, limit: int, timeout_s: float) -> bytes:
    import trio

    with trio.move_on_after(timeout_s):
        return await _get(url, limit)
    raise Unreachable(url, f"took longer than {timeout_s:g} s")


async def _get(url: str, limit: int) -> bytes:
    import httpx

    # The scope around us is the one clock: a server that drips bytes resets httpx's own timeouts.
    try:
        async with (
            httpx.AsyncClient(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=None) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise Unreachable(url, f"answered {response.status_code} {response.reason_phrase}".rstrip())
            return await _body(response, url, limit)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise Unreadable(url, f"is not a URL: {error}") from error
    except httpx.HTTPError as error:
        raise Unreachable(url, f"{type(error).__name__}: {error}".rstrip(": ")) from error


async def _body(response: httpx.Response, url: str, limit: int) -> bytes:
    import trio

    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        raise Unreadable(url, f"sends {announced} bytes, at most {limit} are read")
    body = bytearray()
    with trio.CancelScope() as enough:
        async for chunk in response.aiter_bytes():
            if len(body) > limit:
                # Leaving the loop would leave its generators open; cancelling unwinds them.
                enough.cancel()
                continue
            body += chunk
    if len(body) > limit:
        raise Unreadable(url, f"sends more than {limit} bytes")
    return bytes(body)
