"""Direct messages between any two nodes, over the quickest path, as validators' streams carry them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final, Protocol

from sim.network.counters import Drop
from sim.network.model import ONE
from sim.network.state import Network

#: Bytes around a message: TCP and IP 40, Noise 18, yamux 12, protobuf and topic about 30.
FRAME_BYTES: Final = 100


class Wire(Protocol):
    """Carries calls between nodes: each arrives after a delay, perhaps never, perhaps twice."""

    def send(
        self, source: int, target: int, size_bytes: int, deliver: Callable[..., None], *arguments: Any
    ) -> None: ...


class Streams:
    """A ``Wire`` over a network. Frames of a pair that share its bandwidth wait for one another."""

    __slots__ = ("_factors", "_rng", "network")

    def __init__(self, network: Network, stream: str = "network/wire") -> None:
        self.network = network
        self._rng: Random = network.kernel.stream(stream)
        self._factors: list[int] = network.model.jitter.factors().tolist()

    def send(
        self, source: int, target: int, size_bytes: int, deliver: Callable[..., None], *arguments: Any
    ) -> None:
        network, rng = self.network, self._rng
        model, counters, kernel = network.model, network.counters, network.kernel
        size_bytes += FRAME_BYTES
        if not network.alive[source]:
            return
        left_us = network.queued(source, target, size_bytes, kernel.now_us)
        if left_us is None:
            counters.drop(source, Drop.QUEUE)
            return
        counters.sent(source, size_bytes)
        if network.faulty and not network.open(source, target):
            counters.drop(source, Drop.CUT)
            return
        if model.loss and rng.random() < model.loss:
            counters.drop(source, Drop.LOST)
            return
        twice = bool(model.copies) and rng.random() < model.copies
        for _ in range(2 if twice else 1):
            arrives_us = left_us + self._delay_us(source, target)
            kernel.at(arrives_us, self._arrive, kernel.now_us, target, size_bytes, deliver, arguments)

    def _delay_us(self, source: int, target: int) -> int:
        network, rng = self.network, self._rng
        model = network.model
        median_us = network.path_us(source, target) if source != target else 1
        delay_us = max(1, median_us * self._factors[rng.getrandbits(16)] // ONE)
        if model.reordered and rng.random() < model.reordered:
            delay_us += model.held_us
        return delay_us

    def _arrive(
        self, sent_us: int, target: int, size_bytes: int, deliver: Callable[..., None], arguments: tuple[Any, ...]
    ) -> None:
        network = self.network
        if not network.alive[target] or network.since_us[target] > sent_us:
            network.counters.drop(target, Drop.DOWN)
            return
        network.counters.received(target, size_bytes)
        now_us = network.kernel.now_us
        done_us = network.computed(target, now_us)
        if done_us > now_us:
            network.kernel.at(done_us, self._computed, now_us, target, deliver, arguments)
        else:
            deliver(*arguments)

    def _computed(
        self, received_us: int, target: int, deliver: Callable[..., None], arguments: tuple[Any, ...]
    ) -> None:
        if self.network.alive[target] and self.network.since_us[target] <= received_us:
            deliver(*arguments)
