"""``api.url``: where a running node's interface listens, for those who share its home; gone when the node ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.home.errors import HomeError
from node.home.paths import Home

_NAME: Final = "api.url"
_URL = re.compile(r"https?://[0-9A-Za-z.:\[\]_-]{1,255}")


@contextmanager
def announced(home: Home, url: str) -> Iterator[None]:
    """Tell while within."""
    path = _path(home)
    try:
        path.write_text(url + "\n", encoding="ascii")
    except OSError as error:
        raise HomeError(str(path), f"cannot be written: {(error.strerror or str(error)).lower()}") from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_url(home: Home) -> str | None:
    """What was told; by a node that was killed, or by one that runs."""
    try:
        with _path(home).open("rb") as file:
            text = file.read(512).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if _URL.fullmatch(text) else None


def _path(home: Home) -> Path:
    return home.path / _NAME
