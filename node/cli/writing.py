"""Files that commands write where the user said."""

from __future__ import annotations

from pathlib import Path

from intents.errors import Unreadable


def checked_target(path: Path | None) -> Path | None:
    """Where to write, ``None`` being stdout, as "-" is. Raises ``Unreadable`` before any work is done for it."""
    if path is None or str(path) == "-":
        return None
    check_target(path)
    return path


def check_target(path: Path) -> None:
    """Refuse a place that cannot be written before any work is done for it."""
    if path.is_dir():
        raise Unreadable(str(path), "is a directory, not a file")
    if not path.parent.is_dir():
        raise Unreadable(str(path), f'there is no folder "{path.parent}" to write it in')


def write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be written").lower()) from error
