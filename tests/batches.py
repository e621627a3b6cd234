"""Valid batches by construction: signed intents, pools cut to size, and a solution that must verify.

Each batch is a handful of unconnected markets, so that a test knows which rule a change breaks. The
draws come from one ``random.Random``; amounts span twelve orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.codec import intent_id
from intents.fees import FeePolicy, SurplusFee, VolumeFee
from intents.intent import FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from liquidity.registry import open_venue
from settlement.solution import Fill, Interaction, Solution

NETWORK = bytes(range(32))
NUMBER = 100
SOLVER = "honest"
#: The orders of a batch, in order; fill i fills order i.
ROLES = (
    "whole",
    "counter",
    "whole_again",
    "split",
    "exact_out",
    "exact_out_partial",
    "basket",
    "paying",
    "charged",
)


@dataclass(frozen=True)
class Batch:
    """An auction, a solution, and the keys that signed the orders."""

    auction: Auction
    solution: Solution
    keys: Mapping[IntentId, SigningKey]

    def order(self, role: str) -> AuctionOrder:
        return self.auction.orders[ROLES.index(role)]

    def fill(self, role: str) -> Fill:
        return self.solution.fills[ROLES.index(role)]


@dataclass
class Draft:
    """A batch being built. ``value`` amounts are in one unit that prices convert from."""

    rng: Random
    prices: dict[AssetId, int] = field(default_factory=dict)
    assets: list[AssetInfo] = field(default_factory=list)
    orders: list[AuctionOrder] = field(default_factory=list)
    venues: list[ConstantProductState] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    keys: dict[IntentId, SigningKey] = field(default_factory=dict)

    def asset(self, name: str, low: int = 10**3, high: int = 10**9, *, priced: bool = True) -> AssetId:
        asset, price = AssetId(name), self.rng.randint(low, high)
        self.assets.append(AssetInfo(asset, 18, reference_price=price * 10**9 if priced else None))
        if priced:
            self.prices[asset] = price
        return asset

    def value(self) -> int:
        return self.rng.randint(1, 999) * int(10 ** self.rng.randint(16, 24))

    def amount(self, asset: AssetId, value: int) -> int:
        return value // self.prices[asset]

    def below(self, amount: int) -> int:
        """A limit 6 to 12 % kinder than ``amount``."""
        return amount * self.rng.randint(88, 94) // 100

    def above(self, amount: int) -> int:
        return amount * self.rng.randint(106, 112) // 100

    def place(
        self,
        give: tuple[Leg, ...],
        want: tuple[Leg, ...],
        kind: Kind,
        fill: Fill,
        *,
        rule: FillRule | None = None,
        key: SigningKey | None = None,
        max_fee: int = 0,
        policies: tuple[FeePolicy, ...] = (),
    ) -> SigningKey:
        key = key or SigningKey.from_seed(self.rng.randbytes(32))
        owner = Owner(OwnerScheme.ED25519, key.public)
        rule = rule or FillRule(FillMode.FILL_OR_KILL)
        nonce = len(self.orders)
        intent = Intent(NETWORK, owner, nonce, NUMBER - 5, NUMBER + 5, give, want, kind, rule, max_fee=max_fee)
        order_id = intent_id(intent)
        remaining = intent.reference_leg.amount
        if intent.partial:  # some of it was filled before
            remaining = max(fill.executed + fill.fee, remaining * self.rng.randint(80, 100) // 100)
        signature = sign_intent(key, intent)
        fee_by_solver = max_fee > 0
        self.orders.append(AuctionOrder(order_id, intent, signature, remaining, policies, fee_by_solver))
        self.fills.append(replace(fill, order=order_id))
        self.keys[order_id] = key
        return key

    def pool(self, name: str, asset_in: AssetId, asset_out: AssetId, amount_in: int, amount_out: int) -> VenueId:
        """A constant-product pool that pays ``amount_out`` and about 0.2 % more for ``amount_in``."""
        reserve_in = amount_in * self.rng.randint(20, 2000)
        ideal = Fraction(amount_out * 1002, 1000) * (reserve_in * 1000 + 997 * amount_in) / (997 * amount_in)
        venue = VenueId(name)
        reserves = (reserve_in, int(ideal) + 1)
        fee = Fraction(3, 1000)
        self.venues.append(ConstantProductState(venue, (asset_in, asset_out), 30, "", reserves, fee))
        return venue

    def swap(self, venue: VenueId, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """Interact truthfully, on the venue's state after the interactions before."""
        state = next(state for state in self.venues if state.id == venue)
        for earlier in self.interactions:
            if earlier.venue == venue:
                done = open_venue(state).swap_in(earlier.asset_in, earlier.asset_out, earlier.amount_in)
                assert isinstance(done.state, ConstantProductState)
                state = done.state
        paid = open_venue(state).swap_in(asset_in, asset_out, amount_in).amount_out
        self.interactions.append(Interaction(venue, asset_in, asset_out, amount_in, paid))
        return paid


def fill_of(executed: int, fee: int = 0, gives: tuple[int, ...] = (), wants: tuple[int, ...] = ()) -> Fill:
    return Fill(IntentId(b""), executed, fee, gives, wants)


def build(rng: Random) -> Batch:
    """A valid batch with one order per role."""
    draft = Draft(rng)
    balance = _matched(draft)
    _split(draft)
    _exact_out(draft)
    _basket(draft)
    _with_fees(draft)
    unwanted = draft.asset("unwanted", priced=False)
    draft.pool("lure", AssetId("give2"), unwanted, draft.fills[3].executed, 10**15)
    auction = Auction(
        name=f"batch-{rng.randrange(10**6)}",
        network=NETWORK,
        number=NUMBER,
        assets=tuple(draft.assets),
        orders=tuple(draft.orders),
        venues=tuple(draft.venues),
        costs=CostModel(gas_price=1, settlement_gas=100, trade_gas=10),
        balances=(balance,),
    )
    solution = Solution(SOLVER, 0, draft.prices, tuple(draft.fills), tuple(draft.interactions))
    return Batch(auction, solution, draft.keys)


def _matched(draft: Draft) -> Balance:
    """Two sells of one owner against a larger sell the other way, whose excess goes to a pool."""
    a, b = draft.asset("give1"), draft.asset("want1")
    value = draft.value()
    sizes = [draft.amount(a, value), draft.amount(a, value // draft.rng.randint(2, 9))]
    gots = [-(-size * draft.prices[a] // draft.prices[b]) for size in sizes]
    excess = draft.amount(b, value)
    counter = sum(gots) + excess
    wanted = -(-counter * draft.prices[b] // draft.prices[a])
    key = draft.place((Leg(a, sizes[0]),), (Leg(b, draft.below(gots[0])),), Kind.EXACT_IN, fill_of(sizes[0]))
    full = draft.above(counter)
    rule = FillRule(FillMode.PARTIAL, counter * 9 // 10)
    want = draft.below(wanted) * full // counter
    draft.place((Leg(b, full),), (Leg(a, want),), Kind.EXACT_IN, fill_of(counter), rule=rule)
    draft.place((Leg(a, sizes[1]),), (Leg(b, draft.below(gots[1])),), Kind.EXACT_IN, fill_of(sizes[1]), key=key)
    venue = draft.pool("pool1", b, a, excess, max(1, wanted - sum(sizes)))
    draft.swap(venue, b, a, excess)
    return Balance(Owner(OwnerScheme.ED25519, key.public), a, sum(sizes))


def _split(draft: Draft) -> None:
    """One partial sell through one pool in two swaps of different size; the given unit is the dearer one."""
    e, g = draft.asset("give2", 10**7, 10**9), draft.asset("want2", 10**3, 10**6)
    size = draft.amount(e, draft.value())
    got = -(-size * draft.prices[e] // draft.prices[g])
    full = draft.above(size)
    rule = FillRule(FillMode.PARTIAL)
    draft.place(
        (Leg(e, full),), (Leg(g, draft.below(got) * full // size),), Kind.EXACT_IN, fill_of(size), rule=rule
    )
    venue = draft.pool("pool2", e, g, size, got)
    first = size * draft.rng.randint(20, 40) // 100
    draft.swap(venue, e, g, first)
    draft.swap(venue, e, g, size - first)


def _exact_out(draft: Draft) -> None:
    """Two buys through two pools in a row, past an asset that nobody trades and nothing prices."""
    k, f = draft.asset("give3"), draft.asset("want3")
    middle = draft.asset("middle", priced=False)
    value = draft.value()
    wants = [draft.amount(f, value), draft.amount(f, value // draft.rng.randint(2, 9))]
    gives = [want * draft.prices[f] // draft.prices[k] for want in wants]
    draft.place((Leg(k, draft.above(gives[0])),), (Leg(f, wants[0]),), Kind.EXACT_OUT, fill_of(wants[0]))
    full = draft.above(wants[1])
    draft.place(
        (Leg(k, draft.above(gives[1]) * full // wants[1]),),
        (Leg(f, full),),
        Kind.EXACT_OUT,
        fill_of(wants[1]),
        rule=FillRule(FillMode.PARTIAL, wants[1] // 2),
    )
    passing = draft.rng.randint(10**12, 10**20)
    venue = draft.pool("pool3a", k, middle, sum(gives), passing)
    through = draft.swap(venue, k, middle, sum(gives))
    draft.swap(draft.pool("pool3b", middle, f, through, sum(wants)), middle, f, through)


def _basket(draft: Draft) -> None:
    """Two assets for two, each through a pool of its own."""
    m, n, p, q = (draft.asset(name) for name in ("give4", "give5", "want4", "want5"))
    value = draft.value()
    gives = (draft.amount(m, value), draft.amount(n, value // draft.rng.randint(1, 3)))
    second = gives[1] * draft.prices[n]
    wants = [-(-gives[0] * draft.prices[m] // draft.prices[p]), second // draft.prices[q]]
    short = sum(g * draft.prices[a] for g, a in zip(gives, (m, n), strict=True))
    short -= sum(w * draft.prices[a] for w, a in zip(wants, (p, q), strict=True))
    cheaper, index = min((draft.prices[p], 0), (draft.prices[q], 1))
    if short > 0:  # make up with the smaller unit, so as to land within one unit of the dearer
        wants[index] += -(-short // cheaper)
    draft.place(
        (Leg(m, gives[0] * 2), Leg(n, gives[1] * 2 + 1)),
        (Leg(p, draft.below(wants[0]) * 2), Leg(q, draft.below(wants[1]) * 2)),
        Kind.BASKET,
        fill_of(gives[0], 0, gives, tuple(wants)),
        rule=FillRule(FillMode.PARTIAL, 1),
    )
    draft.swap(draft.pool("pool4", m, p, gives[0], wants[0]), m, p, gives[0])
    draft.swap(draft.pool("pool5", n, q, gives[1], wants[1]), n, q, gives[1])


def _with_fees(draft: Draft) -> None:
    """A sell that pays its network cost, and one that the protocol charges by surplus and volume."""
    r, s = draft.asset("give6"), draft.asset("want6")
    size = draft.amount(r, draft.value())
    fee = size // draft.rng.randint(200, 1000)
    got = -(-size * draft.prices[r] // draft.prices[s])
    draft.place((Leg(r, size + fee),), (Leg(s, draft.below(got)),), Kind.EXACT_IN, fill_of(size, fee), max_fee=fee)
    charged = draft.amount(r, draft.value())
    charged_got = -(-charged * draft.prices[r] // draft.prices[s])
    policies = (
        SurplusFee(Fraction(1, draft.rng.randint(2, 5)), Fraction(1, 100)),
        VolumeFee(Fraction(draft.rng.randint(1, 30), 10_000)),
    )
    draft.place(
        (Leg(r, charged),), (Leg(s, draft.below(charged_got)),), Kind.EXACT_IN, fill_of(charged), policies=policies
    )
    draft.swap(draft.pool("pool6", r, s, size + charged, got + charged_got), r, s, size + charged)
