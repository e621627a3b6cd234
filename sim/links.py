"""The virtual network: per message a delay, perhaps a loss or a copy, and cuts between groups of nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sim.kernel import Kernel


@dataclass(frozen=True, slots=True)
class LinkModel:
    """Delays in microseconds, uniform; of ``slow`` messages up to ``slow_us``. Rates are per message."""

    least_us: int = 1_000
    most_us: int = 60_000
    slow: float = 0.0
    slow_us: int = 800_000
    loss: float = 0.0
    copies: float = 0.0


QUIET: Final = LinkModel()
_QUIET_SPAN_US: Final = QUIET.most_us - QUIET.least_us + 1


class Links:
    """Delivers between nodes by number. ``faulty_until_us`` ends every fault: after it the network is quiet."""

    __slots__ = ("_cut", "_deaf", "_random", "faulty_until_us", "kernel", "model", "sent")

    def __init__(self, kernel: Kernel, model: LinkModel, faulty_until_us: int) -> None:
        self.kernel = kernel
        self.model = model
        self.faulty_until_us = faulty_until_us
        self.sent = 0
        self._random = kernel.stream("links").random
        self._cut: frozenset[int] = frozenset()
        self._deaf = False

    def cut(self, group: set[int]) -> None:
        """From now on ``group`` and the others cannot reach each other."""
        self._cut, self._deaf = frozenset(group), False

    def deafen(self, group: set[int]) -> None:
        """From now on nothing from the others reaches ``group``, while they hear it: a cut one way."""
        self._cut, self._deaf = frozenset(group), True

    def heal(self) -> None:
        self._cut = frozenset()

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None:
        kernel, random = self.kernel, self._random
        self.sent += 1
        if kernel.now_us >= self.faulty_until_us:
            # Uniform and both ends in; of spans far below 2^53 as even as ``randint``, at a third of its price.
            kernel.put(QUIET.least_us + int(random() * _QUIET_SPAN_US), deliver, arguments)
            return
        model = self.model
        if self._cut and self._severed(source, target):
            return
        if model.loss and random() < model.loss:
            return
        if model.copies and random() < model.copies:
            span_us = model.slow_us - model.least_us + 1
            kernel.put(model.least_us + int(random() * span_us), deliver, arguments)
        most_us = model.slow_us if model.slow and random() < model.slow else model.most_us
        kernel.put(model.least_us + int(random() * (most_us - model.least_us + 1)), deliver, arguments)

    def spread(self, source: int, targets: Sequence[int], deliver: Callable[..., None], what: Any) -> None:
        """To each of ``targets``, as if sent one by one: ``deliver(target, source, what)``."""
        kernel, random = self.kernel, self._random
        if kernel.now_us < self.faulty_until_us:
            for target in targets:
                self.send(source, target, deliver, target, source, what)
            return
        self.sent += len(targets)
        for target in targets:
            kernel.put(QUIET.least_us + int(random() * _QUIET_SPAN_US), deliver, (target, source, what))

    def _severed(self, source: int, target: int) -> bool:
        if (source in self._cut) == (target in self._cut):
            return False
        return not self._deaf or target in self._cut
