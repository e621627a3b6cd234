"""Prices as people say them: so much of QUOTE for one whole BASE, of a pair BASE/QUOTE or of one ASSET.

The ledger's prices are of one asset each, in numeraire base units per 10^18 base units. They make the price of a
pair of which one side is the numeraire: ETH/USDC, on a ledger that counts in ETH, is that of USDC the other way
round. Exact fractions throughout; what becomes an integer is rounded as the caller says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import Final

from intents.amounts import MAX_PRICE, PRICE_SCALE
from intents.assets import AssetId
from intents.errors import UsageError

MAX_DIGITS: Final = 80
#: Of a price shown to people.
SHOWN_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """``inverted``: the numeraire is the base, so the pair's price is one over that of ``asset``."""

    asset: AssetId
    inverted: bool


@dataclass(frozen=True, slots=True)
class Denomination:
    """What the ledger counts in, how many decimals assets have, and what they are worth where that is known: by
    which a pair is told one way round or the other, and nothing else."""

    numeraire: AssetId
    decimals: Mapping[AssetId, int]
    prices: Mapping[AssetId, int] = field(default_factory=dict)

    def unit_price(self, asset: AssetId) -> Fraction:
        """The ledger's price where one whole unit is worth one whole numeraire."""
        return Fraction(PRICE_SCALE * 10 ** self.decimals[self.numeraire], 10 ** self.decimals[asset])

    def price_in(self, pair: Pair, value: int) -> Fraction:
        """The ledger's price of the pair's asset, in the pair's own terms. ``value`` is above zero."""
        whole = value / self.unit_price(pair.asset)
        return 1 / whole if pair.inverted else whole

    def ledger_price(self, pair: Pair, price: Fraction) -> Fraction:
        """The inverse of ``price_in``, not rounded. ``price`` is above zero."""
        return (1 / price if pair.inverted else price) * self.unit_price(pair.asset)

    def name(self, pair: Pair) -> str:
        sides = (self.numeraire, pair.asset) if pair.inverted else (pair.asset, self.numeraire)
        return "/".join(sides)

    def shorter(self, asset: AssetId, value: int) -> Pair:
        """The way round in which the ledger's price is said whole rather than rounded, or in fewer digits."""

        def ease(way: Pair) -> tuple[bool, int, bool]:
            said = digits(self.price_in(way, value))
            read = self.ledger_price(way, Fraction(said))
            return value not in (floor(read), ceil(read)), len(said.strip("0.")), way.inverted

        return min((Pair(asset, False), Pair(asset, True)), key=ease)

    def shown(self, asset: AssetId, value: int) -> str:
        """The price the ledger has, both ways round."""
        if asset not in self.decimals or value <= 0:
            return f"{value} numeraire base units per 10^18"
        plain, other = (
            f"{self.name(pair)} {digits(self.price_in(pair, value))}"
            for pair in (Pair(asset, False), Pair(asset, True))
        )
        return f"{plain} ({other})"


def pair_in(text: str, where: str, known: Denomination, asset_of: Callable[[str], AssetId]) -> Pair:
    """From ASSET or BASE/QUOTE; ``asset_of`` finds an asset by what a user calls it. Raises ``UsageError``."""
    base, slash, quote = text.partition("/")
    first, second = asset_of(base), asset_of(quote) if slash else known.numeraire
    if first == second:
        raise UsageError(
            where, f"{text[:80]}: prices are in {known.numeraire}: say against which asset, as {first}/…"
        )
    if second == known.numeraire:
        return Pair(first, False)
    if first == known.numeraire:
        return Pair(second, True)
    raise UsageError(
        where,
        f"{text[:80]}: agreed prices are each of one asset in {known.numeraire}: "
        f"say {first}/{known.numeraire} or {known.numeraire}/{second}",
    )


def number_in(text: str, where: str) -> Fraction:
    """A decimal number above zero, exactly. Raises ``UsageError``."""
    try:
        found = Decimal(text) if len(text) <= MAX_DIGITS else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0 or abs(found.adjusted()) > MAX_DIGITS:
        raise UsageError(where, f"a decimal number above zero, not {text[:40]!r}")
    return Fraction(found)


def check_price(value: int, text: str, where: str) -> int:
    """Returns the ledger's price. Raises ``UsageError`` where it has no room for it."""
    if not 0 < value <= MAX_PRICE:
        raise UsageError(where, f"{text[:80]}: beyond what a price on the ledger can be")
    return value


def digits(value: Fraction) -> str:
    """As a decimal number of at most ``SHOWN_DIGITS`` significant digits."""
    with localcontext() as context:
        context.prec = SHOWN_DIGITS
        return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
