"""A whole market for tests: a chain of one validator, a solver that answers every auction, oracles that report."""

from __future__ import annotations

from collections.abc import Callable

from intents.codec import intent_id
from intents.intent import IntentId, Leg
from intents.signing import SigningKey
from node.agreement.messages import Seen
from node.chain.app import ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.genesis import Genesis, build
from node.chain.items import Submission, encode_item
from node.chain.tables import chain_of
from node.chain.transition import Effects
from node.solving import SolverKey, sealed
from settlement.ledger.auction import auction_of
from settlement.ledger.execute import NONCES
from settlement.ledger.journal import GENESIS, START, Line, chained, encode_line, line_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.rules import rules_of
from settlement.ledger.transactions import Action, ReportPrices
from solver.protocol import Deadline
from solver.registry import built_in
from tests.ledgers import ORACLES, SOLVER, WHOLE, B, Minter, genesis, holder

KEY = SolverKey(SOLVER.public, b"salt" * 8, SOLVER.sign)


class Market:
    """Driven auction by auction; signatures are real where items enter, and nobody votes."""

    def __init__(self, first: Genesis | None = None, solver: str | None = "baseline") -> None:
        self.chain = ChainApp(build(first or genesis()), lambda key, digest, signature: True)
        self.solver = None if solver is None else built_in(solver)
        self.minter = Minter(self.chain.network)
        self._nonces: dict[bytes, int] = {}
        #: Called after every block.
        self.after: Callable[[], None] = lambda: None
        #: The journal as a store writes it: each line and the hash it claims.
        self.journal: list[tuple[bytes, bytes]] = []
        self._write(Line(GENESIS, dict(self.chain.state.dump()), (), self.chain.state.root))

    @property
    def orders(self) -> dict[IntentId, Order]:
        return self.chain.state.rows(ORDERS)

    def state_of(self, submission: Submission) -> OrderState | None:
        order = self.orders.get(intent_id(submission.intent))
        return None if order is None else order.state

    def filled(self, submission: Submission) -> int:
        return self.orders[intent_id(submission.intent)].filled

    def add(self, *things: Submission) -> None:
        for thing in things:
            self.chain.add(encode_item(thing))

    def act(self, key: SigningKey, action: Action) -> None:
        """A transaction of the next nonce."""
        known = self.chain.state.get(NONCES, holder(key)) or 0
        nonce = max(known, self._nonces.get(key.public, 0))
        self._nonces[key.public] = nonce + 1
        self.chain.add(encode_item(self.minter.transaction(key, nonce, action)))

    def report(self, price: int) -> None:
        """All oracles say what B is worth, in percent of the two A it begins at."""
        for oracle in ORACLES:
            self.act(oracle, ReportPrices((Leg(B, 2 * WHOLE * price // 100),)))

    def auction(self, *things: Submission, price: int | None = None) -> tuple[Effects, Effects, Effects]:
        """One auction through its three heights: what each did."""
        self.add(*things)
        if price is not None:
            self.report(price)
        batch = self.step()
        both = self._answer()
        if both is not None:
            self.chain.add(both[0])
        seal = self.step()
        if both is not None:
            self.chain.add(both[1])
        return batch, seal, self.step()

    def step(self) -> Effects:
        """The next height: everything that waits goes in."""
        height = self.chain.height + 1
        if phase_of(height) is Phase.BATCH:
            # Whatever waits now takes effect or is refused: the next nonces are the ledger's again.
            self._nonces.clear()
        said = (Seen(height, tuple(sorted(self.chain.held(height))), 0, b"\0" * 32),)
        block = self.chain.propose(height, 0, said)
        assert block is not None
        applied = self.chain.apply(height, block)
        self._write(line_of(height, applied.delta, applied.effects.entries, self.chain.state.root))
        state = self.chain.state
        if self.chain.batch is not None:
            # Whoever restarts has the auction no more: what the state says must be the same.
            again = auction_of(state, rules_of(state), self.chain.auction, chain_of(state).seed)
            assert again == self.chain.batch
        self.after()
        return applied.effects

    def batched(self) -> set[IntentId]:
        """What is in the auction under way, if there is one."""
        return {order.id for order in self.chain.batch.orders} if self.chain.batch is not None else set()

    def _write(self, line: Line) -> None:
        data = encode_line(line)
        self.journal.append((data, chained(self.journal[-1][1] if self.journal else START, data)))

    def _answer(self) -> tuple[bytes, bytes] | None:
        if self.solver is None:
            return None
        state = self.chain.state
        auction = auction_of(state, rules_of(state), self.chain.auction, chain_of(state).seed)
        return sealed(
            self.chain.network, KEY, self.chain.auction, list(self.solver.solve(auction, Deadline.after(30)))
        )
