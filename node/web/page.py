"""The page a node serves: static files of this package, and plotly's script out of the installed plotly package.

Everything comes from the node itself and nothing is built: browsers load ES modules as they are written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import trio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

INDEX: Final = "index.html"
PLOTLY: Final = "plotly.min.js"
MEDIA: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Scripts and style sheets of this node alone. Nothing inline but the empty style element that plotly fills with
#: its rules (the hash is that of no text at all).
POLICY: Final = (
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A file may have changed with the node's version, so browsers ask, and are told that it has not.
_HEADERS: Final = {
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    media: str
    etag: str


def routes() -> list[Route]:
    """``/`` and ``/assets/NAME``, for GET and HEAD."""
    return [Route("/", _index, methods=["GET"]), Route("/assets/{name}", _named, methods=["GET"])]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The files served beside the page itself and plotly."""
    files = (item.name for item in resources.files("node.web").iterdir())
    return tuple(sorted(name for name in files if name != INDEX and Path(name).suffix in MEDIA))


@lru_cache(maxsize=64)
def asset(name: str) -> Asset | None:
    """A file by its name, read once; ``None`` where there is none to serve."""
    if name == PLOTLY:
        path = _plotly()
        return None if path is None else _made(path.read_bytes(), name)
    if name == INDEX or name in names():
        return _made(resources.files("node.web").joinpath(name).read_bytes(), name)
    return None


def _made(body: bytes, name: str) -> Asset:
    return Asset(body, MEDIA[Path(name).suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _plotly() -> Path | None:
    """Where the installed package keeps its script; found without importing the package, which takes a while."""
    spec = find_spec("plotly")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "package_data" / PLOTLY
        if path.is_file():
            return path
    return None


async def _index(request: Request) -> Response:
    return await _answer(request, INDEX)


async def _named(request: Request) -> Response:
    name = request.path_params["name"]
    if name != PLOTLY and name not in names():
        raise HTTPException(404)
    return await _answer(request, name)


async def _answer(request: Request, name: str) -> Response:
    found = await trio.to_thread.run_sync(asset, name)
    if found is None:
        raise HTTPException(404)
    headers = {**_HEADERS, "etag": found.etag}
    if _holds(request.headers.get("if-none-match", ""), found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=found.media)


def _holds(condition: str, etag: str) -> bool:
    """Whether If-None-Match (RFC 9110, section 13.1.2) names the version that is here."""
    given = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return "*" in given or etag in given
