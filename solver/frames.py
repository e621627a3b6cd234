"""The pipe between host and worker: frames of one kind byte, a four-byte length and a payload."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

HEADER: Final = struct.Struct(">BI")


class FrameKind(IntEnum):
    READY = 1  # worker → host: imports done
    AUCTION = 2  # host → worker: canonical auction bytes
    LOADED = 3  # worker → host: auction decoded, the clock may start
    SOLVE = 4  # host → worker: seconds, seed, and units of work where these count instead (else 0)
    SOLUTION = 5  # worker → host: canonical solution bytes
    DONE = 6  # worker → host: peak memory in MiB
    FAILED = 7  # worker → host: one line saying why
    CHECKED = 8  # host → worker: as AUCTION, where the host's side has checked every signature


TIMES: Final = struct.Struct(">dQQ")
MEMORY: Final = struct.Struct(">I")


def frame(kind: FrameKind, payload: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(payload)) + payload
