"""The solvers of a simulation, each at its own node, and what their strategies do to what their nodes send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from intents.auction import Auction
from intents.signing import SigningKey
from node.chain.items import Item
from node.solving import SolverKey
from settlement.solution import Solution
from sim.cluster import Solving
from sim.kernel import Kernel
from sim.scenario.parts import SolverPart, Strategy
from sim.strategies.answering import Answering
from sim.strategies.seals import Copier, Withholder


class Contestants:
    """``nodes``: what the cluster asks for, by node. ``answers``: of the auction under way, by solver's name, the
    solutions it certified and the time they took; for the record, which empties it."""

    def __init__(
        self,
        parts: Sequence[SolverPart],
        keys: Mapping[str, SigningKey],
        kernel: Kernel,
        first: int,
        network: bytes,
        window_us: int,
    ) -> None:
        self.answers: dict[str, tuple[Sequence[Solution], int]] = {}
        self.nodes: dict[int, tuple[SolverKey, Solving]] = {}
        self._withholders: Final[dict[int, Withholder]] = {}
        self._copiers: Final[dict[int, Copier]] = {}
        for node, part in enumerate(parts, first):
            signing = keys[part.name]
            key = SolverKey(signing.public, signing.public, signing.sign)
            rng = kernel.stream(f"solver/{part.name}")
            if part.strategy is Strategy.WITHHOLDING:
                self._withholders[node] = Withholder(key, part.share, rng)
            elif part.strategy is Strategy.COPYING:
                self._copiers[node] = Copier(key, network)
            self.nodes[node] = (key, self._solving(node, part.name, Answering(part, rng, window_us)))

    def keeps_back(self, node: int, item: Item) -> bool:
        """Whether the strategy at ``node`` does not let this item out."""
        withholder = self._withholders.get(node)
        return withholder is not None and withholder.keeps_back(item)

    def reply(self, node: int, item: Item) -> bytes | None:
        """What the strategy at ``node`` says to an item that arrives there."""
        copier = self._copiers.get(node)
        return None if copier is None else copier.answers(item)

    def meddles(self, node: int) -> bool:
        """Whether any strategy at ``node`` looks at items at all."""
        return node in self._withholders or node in self._copiers

    def _solving(self, node: int, name: str, answering: Answering) -> Solving:
        def solve(auction: Auction) -> tuple[Sequence[Solution], int]:
            solutions, took_us = answering(auction)
            self.answers[name] = (answering.certified, took_us)
            # A copier has nothing of its own to say.
            return (() if node in self._copiers else solutions), took_us

        return solve
