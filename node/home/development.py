"""The genesis of development networks: assets and venues of every kind, and accounts whose secrets are published.

Five assets around an invented market (1 ETH = 3,000 USDC, 1 BTC = 20 ETH, 1 UNI = 0.003 ETH), pools a few million
dollars deep, and funded accounts. Whoever knows a name can sign for it: nothing here may ever be worth anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.intent import Leg, OwnerScheme
from intents.signing import SigningKey
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    OrderBookState,
    RestingOrder,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.tick_math import tick_at
from node.agreement.validators import Validator
from node.chain.genesis import Genesis
from node.home.genesis_file import DevelopmentAccount
from settlement.ledger.rules import Rules

ETH, BTC, UNI = AssetId("ETH"), AssetId("BTC"), AssetId("UNI")
USDC, DAI = AssetId("USDC"), AssetId("DAI")
DECIMALS: Final[Mapping[AssetId, int]] = {ETH: 18, USDC: 6, DAI: 18, BTC: 8, UNI: 18}
#: What one whole unit is worth in ETH.
WORTH: Final[Mapping[AssetId, Fraction]] = {
    ETH: Fraction(1),
    USDC: Fraction(1, 3_000),
    DAI: Fraction(1, 3_000),
    BTC: Fraction(20),
    UNI: Fraction(3, 1_000),
}
#: Whole units that every account begins with.
FUNDS: Final[Mapping[AssetId, int]] = {ETH: 100, USDC: 300_000, DAI: 300_000, BTC: 5, UNI: 30_000}
NAMES: Final = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
#: Makes the order book's market; trades with nobody by intent.
MAKER: Final = "maker"
#: ETH, whole units: what each solver of the genesis has bonded, and the least it must.
BOND: Final = 10
MIN_BOND: Final = 5
REWARDS: Final = 1_000
#: Intents of one batch: as many as solvers on small machines answer within a window, whatever waits behind them.
MAX_ORDERS: Final = 2_500
_MANY: Final = 10**12


def account(name: str) -> DevelopmentAccount:
    """The account of that name: its secret is SHA-256 of "walras development account NAME"."""
    return DevelopmentAccount(name, hashlib.sha256(f"walras development account {name}".encode()).digest())


def accounts() -> tuple[DevelopmentAccount, ...]:
    return tuple(account(name) for name in (*NAMES, MAKER))


def holder_of(key: bytes) -> bytes:
    """The ledger account of an Ed25519 public key."""
    return bytes([list(OwnerScheme).index(OwnerScheme.ED25519)]) + key


def units(asset: AssetId, whole: int | Fraction) -> int:
    """Base units of ``whole`` whole ones, rounded down."""
    return int(whole * 10 ** DECIMALS[asset])


def development_genesis(
    name: str, validators: Sequence[bytes], solvers: Sequence[tuple[str, bytes]] = ()
) -> Genesis:
    """One vote for each of ``validators`` (public keys), a bond for each of ``solvers`` (name and public key)."""
    funds = tuple(Leg(asset, units(asset, whole)) for asset, whole in FUNDS.items())
    holders = [holder_of(SigningKey.from_seed(one.seed).public) for one in accounts()]
    return Genesis(
        name=name,
        # Nobody reports prices here, so those of the beginning never go stale.
        rules=Rules(bytes(32), ETH, min_bond=units(ETH, MIN_BOND), stale_after=_MANY, max_orders=MAX_ORDERS),
        assets=tuple(AssetInfo(asset, DECIMALS[asset], str(asset), _price(asset)) for asset in DECIMALS),
        validators=tuple(Validator(key) for key in validators),
        balances=dict.fromkeys(holders, funds),
        venues=_venues(holders[-1]),
        bonds={holder_of(key): (solver, units(ETH, BOND)) for solver, key in solvers},
        rewards=units(ETH, REWARDS),
    )


def _price(asset: AssetId) -> int:
    """Numeraire base units per 10^18 base units, rounded down."""
    return int(WORTH[asset] * 10 ** (18 + 18 - DECIMALS[asset]))


def _venues(maker: bytes) -> tuple[tuple[VenueState, tuple[Leg, ...]], ...]:
    concentrated = _concentrated("ticks-eth-usdc", ETH, USDC, Fraction(5, 10_000))
    return (
        (_product("pool-eth-usdc", ETH, 1_000, USDC), ()),
        (_product("pool-eth-uni", ETH, 300, UNI), ()),
        (_weighted("weighted-btc-eth", BTC, 40, ETH), ()),
        (_stable("stable-usdc-dai", USDC, DAI, 2_000_000), ()),
        (concentrated, (Leg(ETH, units(ETH, 10_000)), Leg(USDC, units(USDC, 30_000_000)))),
        (_book("book-btc-usdc", maker), ()),
    )


def _matching(first: AssetId, whole: int, second: AssetId) -> Fraction:
    """Whole units of ``second`` worth ``whole`` of ``first``."""
    return whole * WORTH[first] / WORTH[second]


def _product(name: str, first: AssetId, whole: int, second: AssetId) -> ConstantProductState:
    reserves = (units(first, whole), units(second, _matching(first, whole, second)))
    return ConstantProductState(VenueId(name), (first, second), 90_000, "", reserves, Fraction(3, 1_000))


def _weighted(name: str, first: AssetId, whole: int, second: AssetId) -> WeightedState:
    """Four fifths of the value in the first asset."""
    reserves = (units(first, whole), units(second, _matching(first, whole, second) / 4))
    scaling = tuple(Fraction(10) ** (18 - DECIMALS[asset]) for asset in (first, second))
    return WeightedState(
        VenueId(name),
        (first, second),
        90_000,
        "",
        reserves,
        (Fraction(4, 5), Fraction(1, 5)),
        scaling,
        Fraction(2, 1_000),
    )


def _stable(name: str, first: AssetId, second: AssetId, whole: int) -> StableState:
    return StableState(
        VenueId(name),
        (first, second),
        180_000,
        "",
        (units(first, whole), units(second, whole)),
        tuple(Fraction(10) ** (18 - DECIMALS[asset]) for asset in (first, second)),
        Fraction(200),
        Fraction(4, 10_000),
    )


def _concentrated(name: str, first: AssetId, second: AssetId, fee: Fraction) -> ConcentratedState:
    """Three ranges around the price, the inner ones denser."""
    whole = Fraction(10 ** DECIMALS[second], 10 ** DECIMALS[first]) * WORTH[first] / WORTH[second]
    sqrt_price = isqrt((whole.numerator << 192) // whole.denominator)
    tick, spacing, net, active = tick_at(sqrt_price), 10, dict[int, int](), 0
    middle = tick - tick % spacing
    # Liquidity is √(x·y) in base units: of 300 ETH and their worth.
    base = isqrt(units(first, 300) * units(second, _matching(first, 300, second)))
    for width, times in ((100, 4), (1_000, 2), (10_000, 1)):
        for at, sign in ((middle - width, 1), (middle + spacing + width, -1)):
            net[at] = net.get(at, 0) + sign * times * base
        active += times * base
    return ConcentratedState(
        VenueId(name), (first, second), 110_000, "", sqrt_price, active, tick, tuple(sorted(net.items())), fee
    )


def _book(name: str, maker: bytes) -> OrderBookState:
    """BTC at about 60,000 USDC: lots of 0.001 BTC, ticks of 0.01 USDC a lot, eight prices on each side."""
    lot, tick, middle = units(BTC, Fraction(1, 1_000)), units(USDC, Fraction(1, 100)), 6_000
    levels = range(1, 9)
    return OrderBookState(
        VenueId(name),
        (BTC, USDC),
        80_000,
        "",
        tick,
        lot,
        tuple(RestingOrder(level, maker.hex(), middle - 3 * level, 200 * level) for level in levels),
        tuple(RestingOrder(100 + level, maker.hex(), middle + 3 * level, 200 * level) for level in levels),
        Fraction(1, 10_000),
    )
