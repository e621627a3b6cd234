"""Chains for tests of histories: real auctions of one validator, every commit recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from intents.intent import IntentId, Leg
from intents.signing import SigningKey
from node.agreement.messages import Ballot, Certificate, Seen, block_id
from node.chain.app import ChainApp
from node.chain.items import item_id
from node.chain.tables import chain_of
from node.effects import Commit
from node.history.store import HistoryStore
from node.solving import SolverKey, sealed
from settlement.ledger.auction import OPEN_STATES, auction_of
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import rules_of
from settlement.ledger.transactions import Cancel
from settlement.solution import Solution
from solver.protocol import Deadline
from solver.registry import built_in
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, app, item, minter

KEY = SolverKey(SOLVER.public, b"salt" * 8, SOLVER.sign)
SOLVER_WORK = 20_000


@dataclass
class Chain:
    """One validator's chain; whatever it decides goes to all of ``histories``, at a second per height."""

    histories: list[HistoryStore]
    app: ChainApp = field(default_factory=app)
    commits: list[Commit] = field(default_factory=list)
    nonces: dict[bytes, int] = field(default_factory=dict)

    def height(self) -> Commit:
        """Decide the next one with whatever waits."""
        height = self.app.height + 1
        said = tuple(sorted(self.app.held(height)))
        block = self.app.propose(height, 0, (Seen(height, said, 0, b"\0" * 32),))
        assert block is not None
        before = self.app.state.copy()
        applied = self.app.apply(height, block)
        certificate = Certificate(Ballot.PRECOMMIT, height, 0, block_id(block), ((0, b"\0" * 32),))
        commit = Commit(height, block, certificate, applied)
        self.commits.append(commit)
        for history in self.histories:
            history.record(commit, before, self.app.state, 1_000 * (height + 1))
        return commit

    def auction(self, *, answered: bool = True) -> int:
        """Three heights, answered by the ``naive`` solver; the auction's number."""
        number = self.app.auction
        self.height()
        both = sealed(self.app.network, KEY, number, self.answers()) if answered else None
        if both is not None:
            self.app.add(both[0])
        self.height()
        if both is not None:
            self.app.add(both[1])
        self.height()
        return number

    def sealed_alone(self) -> None:
        """An auction whose solver seals its answer and never opens it."""
        self.height()
        both = sealed(self.app.network, KEY, self.app.auction, self.answers())
        assert both is not None
        self.app.add(both[0])
        self.height()
        self.height()

    def resting(self) -> list[IntentId]:
        return sorted(self.app.state.rows(ORDERS))

    def answers(self) -> list[Solution]:
        state = self.app.state
        auction = auction_of(state, rules_of(state), self.app.auction, chain_of(state).seed)
        if not auction.orders:
            return []
        return list(built_in("naive").solve(auction, Deadline.work(SOLVER_WORK)))

    def submit(self, key: SigningKey, give: Leg, want: Leg, *, valid_to: int = 1 << 40) -> bytes:
        """An intent's item, taken in; its id as an item."""
        number = self.nonces.get(key.public, 0)
        self.nonces[key.public] = number + 1
        data = item(minter().intent(key, 1_000 + number, give, want, valid_to=valid_to))
        self.app.add(data)
        return item_id(data)


def busy(chain: Chain, rng: Random, auctions: int) -> None:
    """Owners who trade, ask too much, offer what they have not, let intents expire, and cancel some."""
    transactions: dict[bytes, int] = {}
    for _ in range(auctions):
        for _ in range(rng.randrange(6)):
            key, amount = rng.choice(OWNERS), rng.randint(1, 40) * WHOLE
            give, want, worth = (A, B, 500) if rng.random() < 0.5 else (B, A, 2000)
            amount *= rng.choice((1, 1, 1, 1_000))
            asked = amount * worth * rng.choice((900, 950, 990, 1020)) // 1_000_000
            chain.submit(key, Leg(give, amount), Leg(want, asked), valid_to=chain.app.auction + rng.randrange(4))
        rows = chain.app.state.rows(ORDERS).items()
        resting = [(number, order) for number, order in rows if order.state in OPEN_STATES]
        if resting and rng.random() < 0.3:
            number, order = rng.choice(sorted(resting, key=lambda found: found[0]))
            owner = next(key for key in OWNERS if key.public == order.intent.owner.key)
            nonce = transactions.get(owner.public, 0)
            transactions[owner.public] = nonce + 1
            chain.app.add(item(minter().transaction(owner, nonce, Cancel((number,)))))
        chain.auction(answered=rng.random() < 0.8)


def trading(chain: Chain) -> int:
    """An auction in which two owners trade and a third intent does not; its number."""
    ann, bob = OWNERS[:2]
    chain.submit(ann, Leg(A, 60 * WHOLE), Leg(B, 27 * WHOLE))
    chain.submit(bob, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE))
    chain.submit(bob, Leg(B, 10 * WHOLE), Leg(A, 25 * WHOLE))
    return chain.auction()
