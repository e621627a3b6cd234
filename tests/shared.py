"""Where the reference vectors and recorded auctions are: beside the repo, never inside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("WALRAS_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(path: str) -> Path:
    """The file or folder at ``path`` under the shared folder; skips the test, saying so, if absent."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"reference data {path} is not beside this checkout (set WALRAS_SHARED)")
    return found
