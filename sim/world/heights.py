"""A height of the agreement over all nodes: when they decided it, and whether they decided alike."""

from __future__ import annotations

from node.chain.blocks import Block, phase_of
from node.machine import Commit
from sim.recording.rows import HeightRow


class Height:
    """Added up as nodes decide it, the first at ``first_us``."""

    __slots__ = ("block", "blocks", "first_us", "last_us", "nodes", "roots", "round")

    def __init__(self, first_us: int, block: Block) -> None:
        self.first_us = self.last_us = first_us
        self.block = block
        self.nodes = self.round = 0
        self.blocks: set[bytes] = set()
        self.roots: set[bytes] = set()

    def add(self, now_us: int, commit: Commit, root: bytes) -> None:
        """One more node has decided and applied it."""
        self.last_us, self.nodes = now_us, self.nodes + 1
        self.round = max(self.round, commit.certificate.round)
        self.blocks.add(commit.certificate.block)
        self.roots.add(root)

    def row(self, height: int) -> HeightRow:
        phase = phase_of(height)
        return HeightRow(
            height,
            phase.name.lower(),
            height // 3 + 1,
            self.first_us,
            self.last_us,
            self.round,
            self.block.header.proposer,
            self.nodes,
            len(self.blocks),
            len(self.roots),
            len(self.block.items),
        )
