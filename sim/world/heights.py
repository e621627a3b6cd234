"""A height of the agreement over all nodes: when they decided it, and whether they decided alike."""

from __future__ import annotations

from collections.abc import Mapping

from node.chain.app import Applied
from node.chain.blocks import Block, phase_of
from node.chain.tables import validators_of
from node.machine import Commit
from sim.recording.rows import HeightRow


def proposing(applied: Applied, places: Mapping[bytes, int]) -> int:
    """The node that made the block, -1 if it is none of ``places`` (keys' nodes). A header names its place among
    those who vote at the time, which is another node's once somebody has left."""
    members = validators_of(applied.before).members
    return places.get(members[applied.block.header.proposer].key, -1)


class Height:
    """Added up as nodes decide it, the first at ``first_us``; ``proposer`` is the node that made its block."""

    __slots__ = ("block", "blocks", "first_us", "last_us", "nodes", "proposer", "roots", "round")

    def __init__(self, first_us: int, block: Block, proposer: int) -> None:
        self.first_us = self.last_us = first_us
        self.block, self.proposer = block, proposer
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
            self.proposer,
            self.nodes,
            len(self.blocks),
            len(self.roots),
            len(self.block.items),
        )
