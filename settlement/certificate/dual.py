"""Dual prices and their published form.

    {"kind": "pay-as-bid-lp", "bound": "…", "cost_weight": "n/d", "prices": {asset: "n/d", …}}

Prices are in numeraire base units per base unit. An asset that is not listed has the least price that is feasible
(see ``settlement.certificate.bound``), which is what most assets of a sparse batch have: the file stays small.
Numbers are rationals of at most ``MAX_DIGITS`` digits above and below the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from settlement.certificate.errors import MalformedCertificate, TooManyDigits, UnknownPrice
from settlement.certificate.rationals import MAX_DIGITS, fraction_of, text_of

KIND: Final = "pay-as-bid-lp"
#: Digits of a stated bound.
MAX_BOUND_DIGITS: Final = 100


@dataclass(frozen=True)
class DualPrices:
    """``prices`` in numeraire base units per base unit; ``cost_weight`` is λ, the weight of costs."""

    prices: Mapping[AssetId, Fraction]
    cost_weight: Fraction


def dual_to_json(dual: DualPrices, bound: int) -> dict[str, object]:
    """The certificate that publishes ``dual`` and states ``bound``."""
    return {
        "kind": KIND,
        "bound": str(bound),
        "cost_weight": text_of(dual.cost_weight),
        "prices": {asset: text_of(price) for asset, price in sorted(dual.prices.items())},
    }


def dual_from_json(auction: Auction, certificate: Mapping[str, object], where: str) -> DualPrices:
    """The inverse, for assets of ``auction``. Raises ``CertificateError`` where it cannot be read."""
    listed = certificate.get("prices")
    if not isinstance(listed, Mapping):
        raise MalformedCertificate(f"{where}.prices", "an object of asset and price")
    if len(listed) > len(auction.assets):
        raise MalformedCertificate(f"{where}.prices", f"at most {len(auction.assets)} prices, one per asset")
    prices: dict[AssetId, Fraction] = {}
    for asset, text in listed.items():
        place = f"{where}.prices[{str(asset)[:80]}]"
        if asset not in auction.asset:
            raise UnknownPrice(place, str(asset)[:80])
        prices[asset] = _rational(text, place)
    return DualPrices(prices, _rational(certificate.get("cost_weight"), f"{where}.cost_weight"))


def stated_bound(certificate: Mapping[str, object], where: str) -> int | None:
    """The bound a certificate says it proves; ``None`` where it does not say."""
    text = certificate.get("bound")
    if text is None:
        return None
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()):
        raise MalformedCertificate(f"{where}.bound", "a non-negative integer as text")
    if len(text) > MAX_BOUND_DIGITS:
        raise TooManyDigits(f"{where}.bound", len(text), MAX_BOUND_DIGITS)
    return int(text)


def _rational(value: object, where: str) -> Fraction:
    if isinstance(value, str):
        digits = max(len(part) for part in value.split("/"))
        if digits > MAX_DIGITS:
            raise TooManyDigits(where, digits, MAX_DIGITS)
    found = fraction_of(value)
    if found is None:
        raise MalformedCertificate(where, 'a non-negative rational as text, "n/d"')
    return found
