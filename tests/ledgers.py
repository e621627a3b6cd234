"""Small ledgers for tests: two assets, a few owners, one pool, one solver, one gateway."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intents.assets import AssetId, AssetInfo
from intents.intent import NEVER, FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from liquidity.registry import open_venue
from liquidity.venue import Swap
from node.agreement.validators import Validator
from node.chain.app import ChainApp
from node.chain.genesis import Genesis, build, network_of
from node.chain.items import Submission, encode_item
from settlement.ledger.accounts import CLEARING, Account, AccountKind
from settlement.ledger.books import BALANCES, Books
from settlement.ledger.execute import execute
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.settling import interact
from settlement.ledger.state import State
from settlement.ledger.transactions import Action, Transaction
from settlement.ledger.venues import VENUES
from settlement.solution import Interaction

WHOLE = 10**18
A, B = AssetId("AAA"), AssetId("BBB")
OWNERS = [SigningKey.from_seed(bytes([i + 1]) * 32) for i in range(4)]
GATEWAY = SigningKey.from_seed(b"g" * 32)
ORACLES = [SigningKey.from_seed(bytes([0x60 + i]) * 32) for i in range(3)]
SOLVER = SigningKey.from_seed(b"s" * 32)
POOL = VenueId("pool")


def holder(key: SigningKey) -> bytes:
    return b"\0" + key.public


def genesis(rules: Rules | None = None, validators: int = 1) -> Genesis:
    pool = ConstantProductState(POOL, (A, B), 0, "", (200_000 * WHOLE, 100_000 * WHOLE), Fraction(3, 1000))
    return Genesis(
        name="test",
        rules=rules
        or Rules(
            bytes(32),
            A,
            gateways=(GATEWAY.public,),
            oracles=tuple(key.public for key in ORACLES),
            min_bond=5 * WHOLE,
        ),
        assets=(AssetInfo(A, 18, "A", WHOLE), AssetInfo(B, 18, "B", 2 * WHOLE)),
        validators=tuple(Validator(bytes([i + 1]) * 32) for i in range(validators)),
        balances={holder(key): (Leg(A, 1000 * WHOLE), Leg(B, 1000 * WHOLE)) for key in OWNERS},
        venues=((pool, ()),),
        bonds={holder(SOLVER): ("solver", 10 * WHOLE)},
        rewards=100 * WHOLE,
    )


def ledger(rules: Rules | None = None) -> State:
    return build(genesis(rules))


@dataclass
class Minter:
    """Signs items for one network."""

    network: bytes

    def transaction(self, key: SigningKey, nonce: int, action: Action) -> Transaction:
        bare = Transaction(key.public, nonce, action)
        return Transaction(key.public, nonce, action, key.sign(bare.signed(self.network)))

    def intent(
        self, key: SigningKey, nonce: int, give: Leg, want: Leg, *, whole: bool = False, valid_to: int = NEVER
    ) -> Submission:
        intent = Intent(
            self.network,
            Owner(OwnerScheme.ED25519, key.public),
            nonce,
            0,
            valid_to,
            (give,),
            (want,),
            Kind.EXACT_IN,
            FillRule(FillMode.FILL_OR_KILL if whole else FillMode.PARTIAL),
        )
        return Submission(intent, sign_intent(key, intent))


def minter() -> Minter:
    return Minter(network_of(genesis()))


def app() -> ChainApp:
    """A chain of one validator whose signatures nobody looks at."""
    return ChainApp(ledger(), lambda key, digest, signature: True)


class Run:
    """A ledger and what is done to it, one committed transaction after the other."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.state: State = ledger(rules)
        self.rules = rules_of(self.state)
        self.minter = Minter(self.rules.network)
        self.nonces: dict[bytes, int] = {}

    def do(self, key: SigningKey, action: Action, now: int = 1) -> None:
        """Raises what the ledger raises; then the root is as before."""
        nonce = self.nonces.get(key.public, 0)
        draft = self.state.draft()
        books = Books(draft)
        execute(books, self.rules, self.minter.transaction(key, nonce, action), now)
        books.check()
        draft.commit()
        self.nonces[key.public] = nonce + 1

    def swap(self, key: SigningKey, venue: VenueId, asset_in: AssetId, amount_in: int) -> Swap:
        """A trader alone at a venue, as a settlement would move it."""
        done = open_venue(self.state.rows(VENUES)[venue]).swap_in(asset_in, self.other(venue, asset_in), amount_in)
        draft = self.state.draft()
        books = Books(draft)
        books.move(owner(key), CLEARING, asset_in, amount_in, "given")
        interact(books, Interaction(venue, asset_in, done.asset_out, amount_in, done.amount_out))
        books.move(CLEARING, owner(key), done.asset_out, done.amount_out, "received")
        draft.set(VENUES, venue, done.state)
        books.check()
        draft.commit()
        return done

    def other(self, venue: VenueId, asset: AssetId) -> AssetId:
        first, second = self.state.rows(VENUES)[venue].assets
        return second if asset == first else first

    def held(self, account: Account, asset: AssetId = A) -> int:
        return self.state.rows(BALANCES).get((account, asset), 0)


def owner(key: SigningKey) -> Account:
    return Account(AccountKind.OWNER, holder(key))


def item(thing: Submission | Transaction) -> bytes:
    return encode_item(thing)
