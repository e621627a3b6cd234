"""A proof that no solution to an auction can score more: dual prices, and their evaluation in rationals.

For any prices π ≥ 0 and any weight λ in 0 … 1 of costs, weak duality bounds the net score of every lawful
solution, whether or not it keeps to one price per pair:

    net ≤ Σ over orders  max(0, worth of filling it at π − λ·cost of a trade)
        + Σ over venues  max(0, most that trades on it gain at π − λ·its cost)
        − λ·cost of settling

provided that π ≥ reference price where a scored seller may be handed more of an asset, and π ≥ λ·reference
price where leftovers may pay for cost. Evaluating the right side needs nothing but the auction and π, so
nobody has to believe how π was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.errors import WalrasError
from intents.intent import Kind
from settlement.certificate import price_cells
from solver.flagship.conjugates import most_gain

KIND: Final = "pay-as-bid-lp"
#: Digits of a numerator or denominator in a certificate.
MAX_DIGITS: Final = 120
#: Terms are rounded up to this fraction of the numeraire's base unit before they are added.
GRAIN: Final = 1 << 40
#: Unwinding a protocol fee may round up by this many units of the surplus asset.
FEE_ROUNDING: Final = 2


@dataclass(frozen=True)
class DualPrices:
    """``prices`` in numeraire base units per base unit, 0 where not listed; ``cost_weight`` is λ."""

    prices: Mapping[AssetId, Fraction]
    cost_weight: Fraction


def certify(auction: Auction, dual: DualPrices) -> dict[str, object] | None:
    """The certificate to publish with a solution, or ``None`` when ``dual`` proves nothing."""
    bound = evaluate(auction, dual)
    if bound is None:
        return None
    return {
        "kind": KIND,
        "bound": str(bound),
        "cost_weight": _text(dual.cost_weight),
        "prices": {asset: _text(price) for asset, price in sorted(dual.prices.items()) if price},
    }


def check_bound(auction: Auction, certificate: Mapping[str, object]) -> int | None:
    """The bound that ``certificate`` proves, in the numeraire's base units, whatever bound it states.

    ``None`` where it proves nothing: another kind, malformed, or prices that are no feasible dual.
    """
    if certificate.get("kind") == price_cells.KIND:
        return price_cells.check_cells(auction, certificate)
    listed = certificate.get("prices")
    weight = _fraction(certificate.get("cost_weight"))
    if certificate.get("kind") != KIND or not isinstance(listed, Mapping) or weight is None:
        return None
    prices: dict[AssetId, Fraction] = {}
    for asset, text in listed.items():
        price = _fraction(text)
        if asset not in auction.asset or price is None:
            return None
        prices[asset] = price
    return evaluate(auction, DualPrices(prices, weight))


def evaluate(auction: Auction, dual: DualPrices) -> int | None:
    """The right side of the inequality, rounded up; ``None`` where ``dual`` is not feasible."""
    prices = {asset.id: dual.prices.get(asset.id, Fraction(0)) for asset in auction.assets}
    weight = dual.cost_weight
    if not 0 <= weight <= 1 or not _feasible(auction, prices, weight):
        return None
    gas = weight * auction.costs.gas_price
    total = -_grains(gas * auction.costs.settlement_gas)
    for order in auction.orders:
        offer = offer_of(order, auction)
        if offer is not None:
            total += _grains(max(Fraction(0), offer.worth(prices) - gas * auction.costs.trade_gas))
    for state in auction.venues:
        gain = most_gain(state, prices)
        if gain is None:
            return None
        total += _grains(max(Fraction(0), gain - gas * state.gas))
    return max(0, -(-total // GRAIN))


def _feasible(auction: Auction, prices: Mapping[AssetId, Fraction], weight: Fraction) -> bool:
    """Whether leftovers and surplus handed out are worth no more at reference prices than at ``prices``."""
    handed = {leg.asset for order in auction.orders if order.scored for leg in order.intent.want}
    for asset in auction.assets:
        reference = Fraction(asset.reference_price or 0, PRICE_SCALE)
        if prices[asset.id] < (reference if asset.id in handed else weight * reference):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Offer:
    """What filling an order whole, as far as it remains, brings and takes at its limit, in base units.

    ``saved`` is the score, in the numeraire, of a buy that gives nothing at all; ``rounding`` what unwinding
    protocol fees may add to a score.
    """

    gives: tuple[tuple[AssetId, Fraction], ...]
    wants: tuple[tuple[AssetId, Fraction], ...]
    saved: Fraction | None
    rounding: Fraction

    def worth(self, prices: Mapping[AssetId, Fraction]) -> Fraction:
        """The most that filling it, wholly or in part, adds at ``prices``; linear, so at an end."""
        gives = sum((prices[asset] * amount for asset, amount in self.gives), Fraction(0))
        wants = sum((prices[asset] * amount for asset, amount in self.wants), Fraction(0))
        most = gives if self.saved is None else max(gives, self.saved)
        return most - wants + self.rounding


def offer_of(order: AuctionOrder, auction: Auction) -> Offer | None:
    """``None`` for an order that no lawful solution fills."""
    intent, number = order.intent, auction.number
    if order.remaining == 0 or (number and not intent.valid_from <= number <= intent.valid_to):
        return None
    references = [auction.reference_price(leg.asset) for leg in intent.want]
    if order.scored and None in references:
        return None
    try:
        limits = limits_at(intent, number, intent.exclusive.solver if intent.exclusive else "")
    except WalrasError:
        return None
    bought = intent.kind is Kind.EXACT_OUT
    whole = limits.want[0] if bought else limits.give[0]
    if whole == 0:
        return None
    part = Fraction(order.remaining, whole)
    rounding = sum((Fraction(FEE_ROUNDING * (price or 0), PRICE_SCALE) for price in references), Fraction(0))
    saved = None
    if bought and order.scored:
        saved = part * Fraction((references[0] or 0) * limits.want[0], PRICE_SCALE)
        rounding *= Fraction(limits.want[0], max(1, limits.give[0]))
    return Offer(
        gives=tuple((leg.asset, part * most) for leg, most in zip(intent.give, limits.give, strict=True)),
        wants=tuple((leg.asset, part * least) for leg, least in zip(intent.want, limits.want, strict=True)),
        saved=saved,
        rounding=rounding * len(order.policies),
    )


def _grains(value: Fraction) -> int:
    """Rounded up."""
    return -(-value.numerator * GRAIN // value.denominator)


def _text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _fraction(value: object) -> Fraction | None:
    """A non-negative "n/d", or ``None``."""
    if not isinstance(value, str) or len(value) > 2 * MAX_DIGITS + 1:
        return None
    parts = value.split("/")
    if not 1 <= len(parts) <= 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numerator, denominator = int(parts[0]), int(parts[1]) if len(parts) == 2 else 1
    if denominator == 0 or max(len(part) for part in parts) > MAX_DIGITS:
        return None
    return Fraction(numerator, denominator)
