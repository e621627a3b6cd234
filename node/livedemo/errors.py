"""What can go wrong with a demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class DemoFailed(WalrasError):
    """The network did not come up, or a process of it ended unasked."""

    code: ClassVar[str] = "demo.failed"
    text: ClassVar[str] = "{why}"
    exit_code: ClassVar[int] = 4

    why: str
