"""How many solutions a second the verifier judges: 500 signed orders, 100 pool interactions each.

``python -m benchmarks.verify_throughput [--orders N] [--interactions N] [--seconds S]`` builds one
synthetic auction, verifies one solution again and again for S seconds, and prints solutions per
second, the first verification's time (it checks the signatures), and the ratio to a straightforward
recomputation with Fractions of the same solution in the same run, which checks fewer rules.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from random import Random

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, CostModel
from intents.codec import intent_id
from intents.fees import VolumeFee
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from liquidity.registry import open_venue
from settlement.solution import Fill, Interaction, Solution
from settlement.verify import Verifier

NETWORK = bytes(32)
FEE = Fraction(3, 1000)


def synthetic(orders: int, interactions: int, rng: Random) -> tuple[Auction, Solution]:
    """``interactions`` markets, each with its share of sells all routed through one pool."""
    assets: list[AssetInfo] = []
    signed: list[AuctionOrder] = []
    venues: list[ConstantProductState] = []
    fills: list[Fill] = []
    swaps: list[Interaction] = []
    prices: dict[AssetId, int] = {}
    per_market = -(-orders // interactions)
    for market in range(interactions):
        give, want = AssetId(f"give{market}"), AssetId(f"want{market}")
        for asset in (give, want):
            prices[asset] = rng.randint(10**3, 10**6)
            assets.append(AssetInfo(asset, 18, reference_price=prices[asset] * 10**12))
        sold, got = 0, 0
        for _ in range(min(per_market, orders - len(signed))):
            size = rng.randint(10**18, 10**21)
            paid = -(-size * prices[give] // prices[want])
            key = SigningKey.from_seed(rng.randbytes(32))
            intent = Intent(
                NETWORK,
                Owner(OwnerScheme.ED25519, key.public),
                len(signed),
                0,
                10,
                (Leg(give, size * 2),),
                (Leg(want, paid * 19 // 10),),
                Kind.EXACT_IN,
                FillRule(FillMode.PARTIAL),
            )
            policies = (VolumeFee(Fraction(2, 10_000)),) if rng.random() < 0.5 else ()
            signature = sign_intent(key, intent)
            signed.append(AuctionOrder(intent_id(intent), intent, signature, size * 2, policies))
            fills.append(Fill(signed[-1].id, size))
            sold, got = sold + size, got + paid
        if not sold:
            continue
        net = sold * (1 - FEE)
        deep = sold * 1000
        reserve = ceil(Fraction(got * 1002, 1000) * (deep + net) / net)
        pool = ConstantProductState(VenueId(f"pool{market}"), (give, want), 90_000, "", (deep, reserve), FEE)
        venues.append(pool)
        swaps.append(Interaction(pool.id, give, want, sold, open_venue(pool).swap_in(give, want, sold).amount_out))
    auction = Auction("synthetic", NETWORK, 5, tuple(assets), tuple(signed), tuple(venues), CostModel(10**6, 1, 1))
    return auction, Solution("benchmark", 0, prices, tuple(fills), tuple(swaps))


def with_fractions(auction: Auction, solution: Solution) -> int:
    """Trades, pools and conservation as one would first write them; returns the score."""
    orders = {order.id: order for order in auction.orders}
    reserves = {
        pool.id: dict(zip(pool.assets, map(Fraction, pool.reserves), strict=True)) for pool in _pools(auction)
    }
    flow: dict[AssetId, int] = dict.fromkeys((asset.id for asset in auction.assets), 0)
    for swap in solution.interactions:
        held = reserves[swap.venue]
        net = swap.amount_in * (1 - FEE)
        if floor(held[swap.asset_out] * net / (held[swap.asset_in] + net)) != swap.amount_out:
            raise AssertionError("an interaction does not hold")
        held[swap.asset_in] += swap.amount_in
        held[swap.asset_out] -= swap.amount_out
        flow[swap.asset_in] -= swap.amount_in
        flow[swap.asset_out] += swap.amount_out
    score = 0
    for fill in solution.fills:
        order = orders[fill.order]
        give, want = order.intent.give[0], order.intent.want[0]
        at_prices = ceil(fill.executed * Fraction(solution.prices[give.asset], solution.prices[want.asset]))
        withheld = sum(floor(at_prices * policy.factor) for policy in order.policies)
        limit = Fraction(want.amount, give.amount)
        if Fraction(at_prices - withheld, fill.executed) < limit:
            raise AssertionError("a limit is not met")
        flow[give.asset] += fill.executed
        flow[want.asset] -= at_prices
        reference = Fraction(auction.reference_price(want.asset) or 0, 10**18)
        score += floor((at_prices - ceil(fill.executed * limit)) * reference)
    if min(flow.values()) < 0:
        raise AssertionError("something is created")
    return score


def _pools(auction: Auction) -> list[ConstantProductState]:
    return [venue for venue in auction.venues if isinstance(venue, ConstantProductState)]


def per_second(work: Callable[[], object], seconds: float) -> float:
    """Runs of ``work`` per second, over at least ``seconds`` and at least three runs."""
    runs, start = 0, time.perf_counter()
    while runs < 3 or time.perf_counter() - start < seconds:
        work()
        runs += 1
    return runs / (time.perf_counter() - start)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verifier throughput on one synthetic auction.")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--interactions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args(arguments)
    auction, solution = synthetic(options.orders, options.interactions, Random(1))

    verifier = Verifier(auction)
    start = time.perf_counter()
    score = verifier.verify(solution).score.surplus
    first_ms = (time.perf_counter() - start) * 1000
    difference = abs(score - with_fractions(auction, solution))
    ours = per_second(lambda: verifier.verify(solution), options.seconds)
    plain = per_second(lambda: with_fractions(auction, solution), options.seconds)

    print(f"orders {len(solution.fills)}, interactions {len(solution.interactions)}")
    print(f"first verification, signatures included: {first_ms:.1f} ms")
    print(f"verifier:               {ours:8.1f} solutions/s  ({1000 / ours:.2f} ms each)")
    print(f"plain Fractions:        {plain:8.1f} solutions/s  ({1000 / plain:.2f} ms each)")
    print(f"ratio:                  {ours / plain:8.2f}")
    print(f"scores differ by {difference} of {score} (unwinding rounds down once per policy)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
