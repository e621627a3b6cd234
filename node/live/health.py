"""Whether a node does its work, and if not, why: in words, from what it sees."""

from __future__ import annotations

from dataclasses import dataclass

from node.agreement.timeouts import Timeouts

#: Batches without a decision after which something is wrong.
PATIENCE = 3
#: Heights behind the furthest peer at which a node does not count as being at the head.
BEHIND = 6
DOUBLED = "another node runs with this node's identity.key"


@dataclass(frozen=True, slots=True)
class Sight:
    """``connected`` of ``validators`` are there besides this node, which votes if ``votes``; ``quorum`` must be.
    ``waited_ms`` since the last decision or the start, ``ahead`` heights by which a peer is further, ``doubled``
    where another runs with its identity."""

    stopping: bool
    networked: bool
    votes: bool
    observing: bool
    validators: int
    quorum: int
    connected: int
    waited_ms: int
    ahead: int
    doubled: bool = False


def batch_ms(timeouts: Timeouts) -> int:
    """An auction whose every height is decided in its first round, with all waits at their longest."""
    heights = range(len(timeouts.window_ms))
    return sum(timeouts.longest_ms(height) + timeouts.propose_ms + 2 * timeouts.vote_ms for height in heights)


def trouble(sight: Sight, timeouts: Timeouts) -> str:
    """Empty where there is none."""
    if sight.stopping:
        return "stopping"
    if sight.doubled:
        return DOUBLED
    if sight.ahead > BEHIND:
        return f"catching up: {sight.ahead} heights behind"
    if sight.observing:
        return "its log was lost: it observes until it knows what it cannot have voted on"
    present = sight.connected + sight.votes
    if sight.networked and present < (sight.quorum if sight.votes else 1):
        wanted = f"{sight.quorum} of {sight.validators} validators" if sight.votes else "a peer"
        return f"connected with too few: {wanted} needed, {present} here"
    if sight.waited_ms > PATIENCE * batch_ms(timeouts):
        return f"no decision for {sight.waited_ms // 1000} s"
    return ""
