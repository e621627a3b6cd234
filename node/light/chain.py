"""Which headers a light client believes: those that follow, by certificates, from the validators it trusts.

Pure: checkpoints go in, believed headers come out. The rules are those by which nodes join
(``node.catchup.light``).
"""

from __future__ import annotations

from typing import Final

from node.agreement.application import Verify
from node.catchup.errors import Forged
from node.catchup.light import Light, Pin, Trusted, follow, hold_against_itself
from node.catchup.messages import Checkpoint
from node.light.errors import Forked, LyingNode, NotBelieved

#: Believed blocks remembered by height, to notice two of one height.
MAX_BLOCKS: Final = 1_024
#: A proof may be so many heights older than the newest header: three auctions.
MAX_LAG: Final = 9


class LightChain:
    """``trusted`` is where belief begins: the genesis's validators, or what was believed before; ``None`` with a
    ``pin``. ``horizon``: heights for which those who signed stay liable. ``head`` is the newest header
    believed, ``newest`` with the certificate it came with."""

    def __init__(
        self, network: bytes, verify: Verify, trusted: Trusted | None, pin: Pin | None, horizon: int
    ) -> None:
        self.network, self.pin, self.horizon = network, pin, horizon
        self.trusted = trusted
        self.head: Light | None = None
        self.newest: Checkpoint | None = None
        self._verify = verify
        #: The last height decided by other validators than those that decide now.
        self._since = -1 if trusted is None else trusted.height
        self._blocks: dict[int, bytes] = {}

    @property
    def height(self) -> int:
        """Of the newest header; where belief began before any, which is −1 at the genesis."""
        if self.trusted is not None:
            return self.trusted.height
        return -1 if self.pin is None else self.pin.height - 1

    def take(self, checkpoint: Checkpoint, where: str) -> Light:
        """Believe a header; going back is no step. Raises ``LyingNode``, ``Forked`` or ``NotBelieved``."""
        try:
            light = hold_against_itself(checkpoint, self.network, self._verify)
            if self.trusted is None or light.header.height > self.trusted.height:
                self._advance(light, where)
                self.newest = checkpoint
            elif not self._within(light):
                raise NotBelieved(where, f"its block of height {light.header.height} is of other validators' time")
        except Forged as error:
            raise LyingNode(where, str(error)) from error
        self._note(light, where)
        return light

    def recent(self, light: Light, where: str) -> None:
        """Raises ``NotBelieved`` for a header that was overtaken long ago."""
        if light.header.height + MAX_LAG < self.height:
            raise NotBelieved(where, f"answers at height {light.header.height}, others are at {self.height}")

    def _advance(self, light: Light, where: str) -> None:
        after = follow(self.trusted, self.pin, light, self.horizon)
        if after is None:
            raise NotBelieved(where, f"no way from height {self.height} to its block of {light.header.height}")
        self._check_fork(light, where)
        before = self.trusted
        same = before is not None and light.header.validators == before.next.digest()
        if before is None or not same or after.next != before.next:
            self._since = light.header.height
        self.trusted, self.head = after, light

    def _within(self, light: Light) -> bool:
        """An earlier height: decided by the validators of now, since they are those."""
        assert self.trusted is not None
        height, known = light.header.height, self._blocks.get(light.header.height)
        if known == light.block:
            return True
        return self._since < height and light.header.validators == self.trusted.next.digest()

    def _note(self, light: Light, where: str) -> None:
        self._check_fork(light, where)
        self._blocks[light.header.height] = light.block
        while len(self._blocks) > MAX_BLOCKS:
            del self._blocks[min(self._blocks)]

    def _check_fork(self, light: Light, where: str) -> None:
        """Against what is known of its height, and of the one before, which it names."""
        height = light.header.height
        for at, block in ((height, light.block), (height - 1, light.header.previous)):
            known = self._blocks.get(at, block)
            if known != block:
                raise Forked(where, at, known.hex(), block.hex())
