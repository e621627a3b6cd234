"""A decided block as a checkpoint, for those who follow headers alone."""

from __future__ import annotations

from node.agreement.messages import Decision
from node.catchup.messages import Checkpoint
from node.chain.blocks import decode_header, light_of
from node.chain.tables import validators_of
from settlement.ledger.state import State


def head_checkpoint(decision: Decision | None, state: State) -> Checkpoint | None:
    """That of the last decided block, after which ``state`` is; ``None`` before any, and where the validators
    changed with it, as then who decided it is not in the state any more (the archive has such blocks)."""
    if decision is None:
        return None
    data, body_hash = light_of(decision.block)
    header, members = decode_header(data), validators_of(state)
    if header.state_root != state.root or header.validators != members.digest():
        return None
    return Checkpoint(data, body_hash, decision.certificate, members.members, members.members)
