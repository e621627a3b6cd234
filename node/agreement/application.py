"""What agreement needs of whoever uses it: signatures, and the rules of blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from node.agreement.messages import Seen

#: Signs a digest with this validator's key.
Sign = Callable[[bytes], bytes]
#: Whether a signature of a digest is a key's: (key, digest, signature).
Verify = Callable[[bytes, bytes, bytes], bool]


class Application(Protocol):
    """What is agreed on: the rules of blocks, as pure functions of the state before the height."""

    def held(self, height: int) -> Sequence[bytes]:
        """The ids this node can vouch for as its window closes."""

    def complete(self, height: int) -> bool:
        """Whether nothing more can come that a block of ``height`` would take; the window then ends early."""

    def lacks(self, height: int, seen: Sequence[Seen]) -> bool:
        """Whether something that a block with these statements must take in is not here: then it is asked for."""

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        """A block that follows the inclusion rule for ``seen``; ``None`` if it cannot be made (yet)."""

    def valid(self, height: int, block: bytes) -> bool:
        """Whether ``block`` may be decided at ``height``."""

    def fresh(self, block: bytes, round: int) -> bool:
        """Whether a valid block says that it was made in ``round``: what is proposed as new must."""
