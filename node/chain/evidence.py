"""Evidence: two messages for one place, signed by one key. No honest validator makes them: they cost its stake."""

from __future__ import annotations

from node.agreement.application import Verify
from node.agreement.messages import Proposal, Vote
from node.chain.blocks import Evidence
from node.chain.voters import holder_of
from settlement.ledger.stakes import STAKES, stake_rules_of
from settlement.ledger.state import Draft, State


def contradict(first: Vote | Proposal, second: Vote | Proposal) -> bool:
    """Whether the two say different things at one place: height and round, and ballot of a vote."""
    if isinstance(first, Vote) and isinstance(second, Vote):
        same = (first.ballot, first.height, first.round) == (second.ballot, second.height, second.round)
        return same and first.block != second.block
    if isinstance(first, Proposal) and isinstance(second, Proposal):
        same = (first.height, first.round) == (second.height, second.round)
        return same and (first.block, first.valid_round) != (second.block, second.valid_round)
    return False


def punishable(found: Evidence, state: State | Draft, height: int) -> bool:
    """Whether it can be put into a block of ``height``: young enough, and there is something to lose."""
    stake = state.get(STAKES, holder_of(found.key))
    age = height - found.first.height
    return stake is not None and not stake.banned and 0 <= age <= stake_rules_of(state).evidence_age


def proves(found: Evidence, network: bytes, verify: Verify) -> bool:
    """Whether its key signed both, and both cannot be honest. Polkas, which nobody signed here, are left out."""
    both = (found.first, found.second)
    if any(isinstance(said, Proposal) and said.polka is not None for said in both):
        return False
    return contradict(*both) and all(verify(found.key, said.signed(network), said.signature) for said in both)
