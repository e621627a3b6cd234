"""Records, be they dataclasses or structs: a copy with some fields changed."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from msgspec import Struct, structs

T = TypeVar("T")


def replace(record: T, /, **changes: Any) -> T:
    """``dataclasses.replace`` for both kinds."""
    if isinstance(record, Struct):
        return structs.replace(record, **changes)
    return dataclasses.replace(record, **changes)  # type: ignore[type-var]
