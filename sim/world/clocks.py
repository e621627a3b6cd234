"""Nodes' clocks: each a little fast or slow for good, and now and then one that jumps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sim.kernel import Kernel
from sim.scenario.parts import ClockJump

MILLION: Final = 1_000_000


class Clocks:
    """How long, in truth, a delay that a node measures takes: what ``Cluster.clock`` asks."""

    def __init__(self, kernel: Kernel, nodes: int, skew: float, jumps: Sequence[ClockJump]) -> None:
        rng = kernel.stream("clocks")
        self._rates = [MILLION + int(skew * MILLION * rng.uniform(-1.0, 1.0)) for _ in range(nodes)]
        #: By how much the next timer of a node is off, in microseconds.
        self._off = [0] * nodes
        for jump in jumps:
            kernel.at(int(jump.at_s * MILLION), self._jump, jump)

    def __call__(self, node: int, delay_us: int) -> int:
        off, self._off[node] = self._off[node], 0
        return max(0, delay_us * self._rates[node] // MILLION - off)

    def _jump(self, jump: ClockJump) -> None:
        for node in jump.nodes:
            self._off[node] += jump.by_ms * 1000
