"""The pay-as-bid bound: what dual prices prove about every lawful solution, in exact integers.

For any prices π ≥ 0 and any weight λ in 0 … 1 of costs, weak duality bounds the net score of every lawful
solution, whether or not it keeps to one price per pair, and of any set of solutions that can be settled together:

    net ≤ Σ over orders  max(0, worth of filling it at π − λ·cost of a trade)
        + Σ over venues  max(0, most that trades on it gain at π − λ·its cost)
        − λ·cost of settling

provided that π ≥ reference price where a scored order may be handed more of an asset, and π ≥ λ·reference price
where leftovers may pay for cost. Orders that draw on one balance share it: those worth most per unit come first.
Whole orders count as if they could be filled in part, so where there are some this is an upper bound only.

Evaluating the right side needs nothing but the auction and π, so nobody has to believe how π was found. Prices are
counted in units of a power of two, rounded up, which are prices as good as any others; every term is rounded up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction
from settlement.certificate.dual import DualPrices, dual_to_json
from settlement.certificate.errors import CertificateError, PriceTooLow, WeightOutOfRange
from settlement.certificate.gains import most_gain
from settlement.certificate.offers import Offer, Offers, offers_of

#: Every price has at least this many significant bits.
PRICE_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Scaled:
    """Prices in 2^−``shift`` of the numeraire's base unit per base unit; ``weight`` is λ."""

    prices: Mapping[AssetId, int]
    shift: int
    weight: Fraction

    def cost(self, gas: int, gas_price: int) -> int:
        """λ·cost, rounded down."""
        return (self.weight.numerator * gas * gas_price << self.shift) // self.weight.denominator


def certify(auction: Auction, dual: DualPrices) -> dict[str, object] | None:
    """The certificate to publish with a solution, or ``None`` when ``dual`` proves nothing."""
    try:
        bound = evaluate(auction, dual)
    except CertificateError:
        return None
    least = least_prices(auction, dual.cost_weight)
    kept = {asset: price for asset, price in dual.prices.items() if price != least[asset]}
    return dual_to_json(DualPrices(kept, dual.cost_weight), bound)


def evaluate(auction: Auction, dual: DualPrices, where: str = "certificate") -> int:
    """The right side of the inequality, in numeraire base units, rounded up.

    Raises ``CertificateError`` where ``dual`` is not feasible.
    """
    scaled = feasible(auction, dual, where)
    costs = auction.costs
    total = -scaled.cost(costs.settlement_gas, costs.gas_price)
    total += _orders(offers_of(auction), scaled, scaled.cost(costs.trade_gas, costs.gas_price))
    for state in auction.venues:
        gain = most_gain(state, scaled.prices)
        if gain > 0:
            total += max(0, gain - scaled.cost(state.gas, costs.gas_price))
    return max(0, -(-total >> scaled.shift))


def least_prices(auction: Auction, weight: Fraction) -> dict[AssetId, Fraction]:
    """The least feasible price of every asset: what a unit handed out, or left over, counts in the score."""
    handed = {leg.asset for order in auction.orders if order.scored for leg in order.intent.want}
    return {
        asset.id: Fraction(asset.reference_price or 0, PRICE_SCALE) * (1 if asset.id in handed else weight)
        for asset in auction.assets
    }


def feasible(auction: Auction, dual: DualPrices, where: str) -> Scaled:
    """All prices, unlisted ones at their least. Raises ``PriceTooLow`` and ``WeightOutOfRange``."""
    weight = dual.cost_weight
    if not 0 <= weight <= 1:
        raise WeightOutOfRange(f"{where}.cost_weight", str(weight)[:80])
    prices = least_prices(auction, weight)
    for asset, price in dual.prices.items():
        if price < prices[asset]:
            raise PriceTooLow(f"{where}.prices[{asset}]", str(price), str(prices[asset]))
        prices[asset] = price
    shift = PRICE_BITS + max(
        (price.denominator.bit_length() - price.numerator.bit_length() for price in prices.values() if price),
        default=0,
    )
    shift = max(PRICE_BITS, shift)
    whole = {asset: -(-(price.numerator << shift) // price.denominator) for asset, price in prices.items()}
    return Scaled(whole, shift, weight)


def _orders(offers: Offers, scaled: Scaled, cost: int) -> int:
    """What the orders add, each net of what its trade costs."""
    total = 0
    sharing: defaultdict[object, list[tuple[Offer, int]]] = defaultdict(list)
    for offer in offers.orders:
        fixed, worth = _worth(offer, scaled, cost)
        total += fixed
        if worth and offer.account in offers.balances:
            sharing[offer.account].append((offer, worth))
        else:
            total += worth
    for account, drawn in sharing.items():
        total += _shared(drawn, offers.balances[account])  # type: ignore[index]
    return total


def _worth(offer: Offer, scaled: Scaled, cost: int) -> tuple[int, int]:
    """What any fill adds, and what a whole one adds besides, in proportion for less; both at least 0."""
    prices = scaled.prices
    each = sum(prices[asset] * amount for asset, amount in offer.gives)
    each -= sum(prices[asset] * amount for asset, amount in offer.wants)
    fixed = -cost
    if offer.rounding:
        fixed += -(-(offer.rounding << scaled.shift) // PRICE_SCALE)
    if each <= 0:
        return max(0, fixed), 0
    return max(0, fixed), max(0, -(-each * offer.part // offer.whole) + min(0, fixed))


def _shared(drawn: list[tuple[Offer, int]], balance: int) -> int:
    """What orders on one ``balance`` add: those worth most per unit given come first, the last in part."""
    total = 0
    asked = [(Fraction(offer.gives[0][1] * offer.part, offer.whole), worth) for offer, worth in drawn]
    left = Fraction(balance)
    if sum(amount for amount, _ in asked) <= left:
        return sum(worth for _, worth in asked)
    for amount, worth in sorted(asked, key=lambda item: item[1] / item[0] if item[0] else item[1], reverse=True):
        if amount <= left:
            total += worth
            left -= amount
        else:
            share = left / amount
            total += -(-worth * share.numerator // share.denominator)
            break
    return total
