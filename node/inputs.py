"""Reading what users hand us: files and URLs, bounded in size and time before anything is parsed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from intents.errors import Unreadable
from intents.formats import Imported, load_auction
from node.errors import Unreachable

MAX_INPUT_BYTES: Final = 64 << 20
FETCH_TIMEOUT_S: Final = 30.0
MAX_REDIRECTS: Final = 3
_CHUNK: Final = 1 << 16


def is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def read_file(path: Path, *, limit: int = MAX_INPUT_BYTES) -> bytes:
    """The file's bytes, refused when it is no file or larger than ``limit``."""
    where = str(path)
    try:
        if path.is_dir():
            raise Unreadable(where, "is a directory, not a file")
        size = path.stat().st_size
        if size > limit:
            raise Unreadable(where, f"holds {size} bytes, at most {limit} are read")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Unreadable(where, (error.strerror or "cannot be read").lower()) from error
    if len(data) > limit:  # a pipe or device has no size to look at beforehand
        raise Unreadable(where, f"holds more than {limit} bytes")
    return data


def read_source(source: str) -> bytes:
    """The bytes at a path or an http(s) URL."""
    return fetch(source) if is_url(source) else read_file(Path(source))


def read_auction(source: str) -> Imported:
    """The auction at a path or URL, in whichever known format it is."""
    return load_auction(read_source(source), source)


def fetch(url: str, *, limit: int = MAX_INPUT_BYTES, timeout_s: float = FETCH_TIMEOUT_S) -> bytes:
    """GET ``url``: at most ``limit`` bytes, ``timeout_s`` seconds in all and a few redirects."""
    import httpx

    ends = time.monotonic() + timeout_s
    body = bytearray()
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=timeout_s) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise Unreachable(url, f"answered {response.status_code} {response.reason_phrase}")
            for chunk in response.iter_bytes(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise Unreadable(url, f"sends more than {limit} bytes")
                if time.monotonic() > ends:
                    raise Unreachable(url, f"took longer than {timeout_s:g} s")
    except httpx.HTTPError as error:
        raise Unreachable(url, f"{type(error).__name__}: {error}".rstrip(": ")) from error
    except httpx.InvalidURL as error:
        raise Unreadable(url, f"is not a URL: {error}") from error
    return bytes(body)
