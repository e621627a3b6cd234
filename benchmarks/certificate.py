"""How long it takes to check a certificate: integers against plain fractions, on markets drawn and recorded.

``python -m benchmarks.certificate [FILE…] [--rounds N] [--json]`` evaluates dual prices (reference prices moved
by up to two percent, seeded) for 500 orders with 100 constant-product pools, 10,000 orders without venues, and
each auction FILE, N times; the least CPU time counts. Beside it stands the same sum written plainly with
``fractions.Fraction``, for orders and constant-product pools, and how far the bound lies above it: by no more than
rounding, but for protocol fees and shared balances, which the plain sum leaves out. ``bytes`` is the size of the
certificate.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isqrt
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.verify_throughput import synthetic
from intents.assets import AssetId
from intents.auction import Auction
from intents.curves import limits_at
from intents.formats import load_auction
from intents.intent import Kind
from intents.venue_states import ConstantProductState
from settlement.certificate.bound import certify, evaluate, least_prices
from settlement.certificate.dual import DualPrices

ONE = Fraction(1)
#: Fractional bits of square roots in the plain evaluation.
ROOT_BITS = 64


def moved_prices(auction: Auction, seed: int) -> DualPrices:
    """Feasible prices as a solver would publish them: 44 significant bits over a power of two."""
    draw = Random(seed)
    least = least_prices(auction, ONE)
    prices: dict[AssetId, Fraction] = {}
    for asset, price in least.items():
        wanted = (price or Fraction(1)) * (1 + Fraction(draw.randint(1, 2000), 100_000))
        shift = max(0, 44 + wanted.denominator.bit_length() - wanted.numerator.bit_length())
        prices[asset] = Fraction(-(-(wanted.numerator << shift) // wanted.denominator), 1 << shift)
    return DualPrices(prices, ONE)


def plain(auction: Auction, dual: DualPrices) -> Fraction | None:
    """The bound as one would write it down, in fractions; ``None`` where there are other venues."""
    prices, costs = least_prices(auction, dual.cost_weight) | dict(dual.prices), auction.costs
    gas = dual.cost_weight * costs.gas_price
    total = -gas * costs.settlement_gas
    for order in auction.orders:
        intent = order.intent
        if order.remaining == 0 or (auction.number and not intent.valid_from <= auction.number <= intent.valid_to):
            continue
        if order.scored and any(auction.reference_price(leg.asset) is None for leg in intent.want):
            continue
        limits = limits_at(intent, auction.number, intent.exclusive.solver if intent.exclusive else "")
        part = Fraction(order.remaining, limits.want[0] if intent.kind is Kind.EXACT_OUT else limits.give[0])
        gives = sum(prices[leg.asset] * part * most for leg, most in zip(intent.give, limits.give, strict=True))
        wants = sum(prices[leg.asset] * part * least for leg, least in zip(intent.want, limits.want, strict=True))
        total += max(Fraction(0), gives - wants - gas * costs.trade_gas)
    for state in auction.venues:
        if not isinstance(state, ConstantProductState):
            return None
        total += max(Fraction(0), _pool_gain(state, prices) - gas * state.gas)
    return total


def _pool_gain(state: ConstantProductState, prices: dict[AssetId, Fraction]) -> Fraction:
    best = Fraction(0)
    for i, j in ((0, 1), (1, 0)):
        out = prices[state.assets[j]] * state.reserves[j]
        into = prices[state.assets[i]] * state.reserves[i] / (1 - state.fee)
        if out > into:
            product = out * into
            root = Fraction(isqrt(product.numerator * product.denominator << 2 * ROOT_BITS), product.denominator)
            best = max(best, out + into - 2 * root / (1 << ROOT_BITS))
    return best


def least_seconds(work: Callable[[], object], rounds: int) -> float:
    """The least CPU time of this thread over ``rounds`` runs."""
    taken = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


def measured(name: str, auction: Auction, rounds: int) -> dict[str, Any]:
    dual = moved_prices(auction, seed=1)
    bound, reference = evaluate(auction, dual), plain(auction, dual)
    text = json.dumps(certify(auction, dual))
    least = json.dumps(certify(auction, DualPrices({}, ONE)))
    return {
        "market": name,
        "orders": len(auction.orders),
        "venues": len(auction.venues),
        "assets": len(auction.assets),
        "check_ms": 1e3 * least_seconds(lambda: evaluate(auction, dual), rounds),
        "fractions_ms": None if reference is None else 1e3 * least_seconds(lambda: plain(auction, dual), rounds),
        "above_fractions": None if not reference else float(bound / reference) - 1.0,
        "bytes": len(text),
        "bytes_least": len(least),
    }


def markets(files: Sequence[str]) -> list[tuple[str, Auction]]:
    pooled, _ = synthetic(500, 100, Random(1))
    alone, _ = synthetic(10_000, 100, Random(2))
    read = [(Path(file).name, load_auction(Path(file).read_bytes(), file).auction) for file in files]
    return [("drawn, with pools", pooled), ("drawn, orders alone", replace(alone, venues=())), *read]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="auctions in any format that walras reads")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = [measured(name, auction, options.rounds) for name, auction in markets(options.files)]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        slow = row["fractions_ms"]
        ratio = "" if slow is None else f", fractions {slow:.1f} ms ({slow / row['check_ms']:.1f} times)"
        print(
            f"{row['market']}: {row['orders']} orders, {row['venues']} venues, {row['assets']} assets: "
            f"{row['check_ms']:.1f} ms{ratio}; {row['bytes']} bytes, {row['bytes_least']} at least prices"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
