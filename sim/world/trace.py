"""The run's fingerprint: a hash chain over everything that happened, in the order in which it happened."""

from __future__ import annotations

import hashlib

from intents.canonical import Value, pack
from sim.recording.recorder import Recorder
from sim.recording.rows import TABLES


class Trace:
    """Each link covers all before it, so two runs are equal up to the first link that differs."""

    __slots__ = ("links", "root")

    def __init__(self) -> None:
        self.root = hashlib.sha256(b"walras/trace/1\0").digest()
        self.links = 0

    def add(self, *happened: Value) -> None:
        self.root = hashlib.sha256(self.root + pack(list(happened))).digest()
        self.links += 1

    def add_rows(self, recorder: Recorder) -> None:
        """Every row of every table. Floats by their shortest exact form, which is their value."""
        for name in TABLES:
            for row in recorder.rows[name]:
                self.add(name, *(repr(item) if isinstance(item, float) else item for item in row))
