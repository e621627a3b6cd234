"""A node's machine as its store says it was: the state, the log of the height under way, the items that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intents.errors import WalrasError
from intents.signing import SigningKey, verify_ed25519
from node.agreement.messages import block_id, light_id
from node.agreement.timeouts import Timeouts
from node.catchup.library import NOTHING_KEPT, Keeping
from node.catchup.light import Pin
from node.chain.app import GENESIS_ID, ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.items import Commit, Reveal, decode_item
from node.chain.memo import Memo
from node.chain.tables import chain_of
from node.effects import Effect, Solve
from node.machine import Machine
from node.solving import SolverKey
from node.storage.errors import Corrupt
from node.storage.store import Store
from settlement.ledger.auction import auction_of
from settlement.ledger.rules import rules_of


@dataclass(frozen=True, slots=True)
class Recovered:
    """``effects`` are what starting asks for."""

    machine: Machine
    effects: Sequence[Effect]


def verified(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether a validator signed that."""
    try:
        verify_ed25519(key, digest, signature)
    except WalrasError:
        return False
    return True


def recovered(
    store: Store,
    timeouts: Timeouts,
    key: SigningKey | None,
    solver: SolverKey | None,
    *,
    keeping: Keeping = NOTHING_KEPT,
    pin: Pin | None = None,
    nonce: bytes | None = None,
    memo: Memo | None = None,
) -> Recovered:
    """The node that this store and these keys are; ``key`` is ``None`` for one that does not vote, the rest as for
    ``Machine``. Raises ``Corrupt`` where the store contradicts itself."""
    height = store.height()
    app = ChainApp(store.load(), verified, height=height, previous=last_block(store), memo=memo)
    machine = Machine(
        app,
        timeouts,
        _mute if key is None else key.sign,
        None if key is None else key.public,
        store.decision,
        solver,
        keeping=keeping,
        archive=store.archived(),
        pin=pin,
        nonce=nonce,
    )
    effects = machine.start(store.log(height + 1), store.items())
    return Recovered(machine, [*effects, *_solving(machine), *_opening(machine)])


def _mute(digest: bytes) -> bytes:
    raise AssertionError("a node that does not vote signs nothing")


def last_block(store: Store) -> bytes:
    """The id of the last decided block, which a snapshot's checkpoint tells where the block is not here."""
    height = store.height()
    if height < 0:
        return GENESIS_ID
    decision = store.decision(height)
    if decision is not None:
        return block_id(decision.block)
    for checkpoint in store.archived():
        if checkpoint.certificate.height == height:
            return light_id(checkpoint.header, checkpoint.body_hash)
    raise Corrupt(str(store.path), "the last block", "nothing", f"that of height {height}")


def _opening(machine: Machine) -> list[Effect]:
    """A seal of the auction under way must be opened by whoever set it, whatever happened to it since."""
    for data in machine.app.waiting[Phase.SETTLE].values() if machine.solver is not None else ():
        item = decode_item(data)
        if isinstance(item, Reveal) and machine.solver is not None and item.solver == machine.solver.public:
            return machine.reopen(item.auction, data)
    return []


def _solving(machine: Machine) -> list[Effect]:
    """The auction under way is still to be answered, if it was not: an answer given is not given again."""
    app = machine.app
    if machine.solver is None or app.height < 0 or phase_of(app.height) is not Phase.BATCH:
        return []
    sealed = [decode_item(data) for data in app.waiting[Phase.SEAL].values()]
    if any(isinstance(item, Commit) and item.solver == machine.solver.public for item in sealed):
        return []
    chain = chain_of(app.state)
    auction = auction_of(app.state, rules_of(app.state), chain.auction, chain.seed)
    return [Solve(auction)] if auction.orders else []
