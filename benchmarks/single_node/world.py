"""A small world for one node: two assets, one pool, a few owners, one bonded solver, all keys known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

from intents.assets import AssetId, AssetInfo
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement.validators import Validator
from node.chain.genesis import Genesis, build, network_of
from node.chain.items import Submission, encode_item
from node.embedded import folder
from settlement.ledger.rules import Rules
from settlement.ledger.state import State

WHOLE = 10**18
A, B = AssetId("AAA"), AssetId("BBB")
BOND = 10 * WHOLE
VALIDATOR, SOLVER = b"v" * 32, b"s" * 32
OWNERS = [SigningKey.from_seed(bytes([i + 1]) * 32) for i in range(16)]


def genesis() -> Genesis:
    pool = ConstantProductState(
        VenueId("pool"), (A, B), 0, "", (200_000 * WHOLE, 100_000 * WHOLE), Fraction(3, 1000)
    )
    return Genesis(
        name="single node",
        rules=Rules(bytes(32), A, min_bond=5 * WHOLE, max_orders=64),
        assets=(AssetInfo(A, 18, "A", WHOLE), AssetInfo(B, 18, "B", 2 * WHOLE)),
        validators=(Validator(SigningKey.from_seed(VALIDATOR).public),),
        balances={b"\0" + key.public: (Leg(A, 10**6 * WHOLE), Leg(B, 10**6 * WHOLE)) for key in OWNERS},
        venues=((pool, ()),),
        bonds={b"\0" + SigningKey.from_seed(SOLVER).public: ("solver", BOND)},
        rewards=10**6 * WHOLE,
    )


def first() -> State:
    return build(genesis())


def make(path: Path) -> None:
    """A folder with this world's node in it."""
    folder.create(path, first(), VALIDATOR, SOLVER)


class Minter:
    """Signed intents, no two alike. ``valid_for``: how many auctions each stays open."""

    def __init__(self, rng: Random, valid_for: int = 8) -> None:
        self.network = network_of(genesis())
        self.rng, self.valid_for = rng, valid_for
        self._nonce = 0

    def items(self, count: int, auction: int) -> list[bytes]:
        return [self.item(auction) for _ in range(count)]

    def item(self, auction: int) -> bytes:
        self._nonce += 1
        key = OWNERS[self._nonce % len(OWNERS)]
        give, want, worth = (A, B, 500) if self.rng.random() < 0.5 else (B, A, 2000)
        amount = self.rng.randint(WHOLE // 10, WHOLE)
        # Most ask more than the pool gives and rest; the others trade.
        asked = amount * worth * self.rng.choice((950, 990, 1005, 1020)) // 1_000_000
        intent = Intent(
            self.network,
            Owner(OwnerScheme.ED25519, key.public),
            self._nonce,
            0,
            auction + self.valid_for,
            (Leg(give, amount),),
            (Leg(want, asked),),
            Kind.EXACT_IN,
            FillRule(FillMode.PARTIAL),
        )
        return encode_item(Submission(intent, sign_intent(key, intent)))
