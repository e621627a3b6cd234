"""What a trade would get right now from the ledger's venues, and what to ask for in an intent.

A quote is what one trader alone could have: the better of the best single path and a route split over venues, both
in exact integers. A batch gives at least that where solvers do their work, and more where others want the
opposite. Pure functions of a ledger state; they only look things up in it, so a thread may ask while the node goes
on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from intents.amounts import MAX_AMOUNT, MAX_BPS, PRICE_SCALE, mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.errors import InputError, WalrasError
from intents.intent import Kind
from intents.venue_states import VenueState
from node.chain.tables import chain_of
from node.history.base import History
from node.quote_routes import Hop, best_hops, near, net, snapshot
from settlement.best_route import RouteBook
from settlement.ledger.feeds import ASSETS, price_of
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.state import State
from settlement.ledger.venues import VENUES

#: How much worse than quoted a suggested limit lets a trade be, and for how many auctions it stays open.
SLIPPAGE_BPS: Final = 50
AUCTIONS: Final = 10
#: The price before is that of so small a part of the amount, where that part still buys this many units.
_PART: Final = 1_000
_RESOLVED: Final = 100_000
#: So many of the latest auctions are searched for clearing prices.
_LOOK_BACK: Final = 20


@dataclass(eq=False)
class QuoteError(WalrasError):
    code: ClassVar[str] = "quote"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class BadQuote(InputError):
    """The question makes no sense."""

    code: ClassVar[str] = "quote.question"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class NoMarket(QuoteError):
    code: ClassVar[str] = "quote.no-market"
    text: ClassVar[str] = "no venues take {amount} base units from {give} to {want}"

    amount: int
    give: str
    want: str


@dataclass(frozen=True, slots=True)
class Quote:
    """``kind`` says which of ``amount_in`` and ``amount_out``, in base units, was asked for; the other is found.

    ``price``: base units of ``want`` per one of ``give``. ``impact_bps``: how far that is below the price of a
    tiny trade; ``against_reference_bps``: how far above (below: negative) agreed prices; both ``None`` where
    unknown. ``cost``: what a settlement of its own would cost, in ``want`` for exact in, in ``give`` for exact
    out, at agreed prices. ``limit``: for an intent, the least to want (exact in) or most to give (exact out),
    ``slippage_bps`` beyond the quote after cost. ``cleared``: what the same amount came to at the last clearing
    prices, ``None`` where this pair has none: an intent asking no more than that would have been filled.
    ``valid_to``: a suggestion.
    """

    give: AssetId
    want: AssetId
    kind: Kind
    amount_in: int
    amount_out: int
    price: Fraction
    route: tuple[Hop, ...]
    impact_bps: float | None
    against_reference_bps: float | None
    cost: int
    limit: int
    slippage_bps: int
    cleared: int | None
    auction: int
    valid_to: int


def quote(
    state: State,
    give: AssetId,
    want: AssetId,
    amount: int,
    kind: Kind,
    *,
    clearing: Mapping[AssetId, int] | None = None,
    slippage_bps: int = SLIPPAGE_BPS,
) -> Quote:
    """The best there is for ``amount`` base units, of ``give`` for exact in, of ``want`` for exact out.

    ``clearing`` are the prices of the last batch (``clearing_prices``). Takes milliseconds, once the first split
    route has loaded the router. Raises ``BadQuote`` and ``NoMarket``.
    """
    _check(state, give, want, amount, kind, slippage_bps)
    rules, now = rules_of(state), chain_of(state).auction
    venues = near(dict(state.rows(VENUES)), give, want)
    hops, gas = best_hops(venues, give, want, amount, kind)
    if not hops:
        raise NoMarket("", amount, give, want)
    exact_in = kind is Kind.EXACT_IN
    amount_in = amount if exact_in else net(hops, give, sold=True)
    amount_out = amount if not exact_in else net(hops, want, sold=False)
    money = want if exact_in else give
    cost = _cost(state, rules, money, now, gas)
    return Quote(
        give=give,
        want=want,
        kind=kind,
        amount_in=amount_in,
        amount_out=amount_out,
        price=Fraction(amount_out, amount_in),
        route=hops,
        impact_bps=_impact(venues, give, want, amount_in, amount_out),
        against_reference_bps=_against_reference(state, rules, give, want, amount_in, amount_out, now),
        cost=cost,
        limit=_limit(amount_out - cost if exact_in else amount_in + cost, slippage_bps, exact_in),
        slippage_bps=slippage_bps,
        cleared=_cleared(clearing or {}, give, want, amount, exact_in),
        auction=now,
        valid_to=now + AUCTIONS,
    )


def clearing_prices(history: History) -> Mapping[AssetId, int]:
    """Those of the latest auction in which anything traded; nothing where that is long ago."""
    for row in history.auctions(None, _LOOK_BACK).rows:
        if row.filled:
            found = history.auction(row.number)
            return {} if found is None else dict(found.prices)
    return {}


def _check(state: State, give: AssetId, want: AssetId, amount: int, kind: Kind, slippage_bps: int) -> None:
    for name, asset in (("give", give), ("want", want)):
        if state.get(ASSETS, asset) is None:
            raise BadQuote(name, f"the ledger knows no asset {asset[:64]!r}")
    if give == want:
        raise BadQuote("want", f"{give} is both given and wanted")
    if not 1 <= amount <= MAX_AMOUNT:
        raise BadQuote("amount", f"an amount of {amount} is not within 1 … {MAX_AMOUNT}")
    if kind is Kind.BASKET:
        raise BadQuote("kind", "exact_in or exact_out; baskets have no quotes")
    if not 0 <= slippage_bps < MAX_BPS:
        raise BadQuote("slippage_bps", f"{slippage_bps} is not within 0 … {MAX_BPS - 1}")


def _impact(
    venues: tuple[VenueState, ...], give: AssetId, want: AssetId, amount_in: int, amount_out: int
) -> float | None:
    small = RouteBook(snapshot(venues)).sell(give, want, max(1, amount_in // _PART))
    if small is None or small.amount_out < _RESOLVED:
        return None
    before = Fraction(small.amount_out, small.amount_in)
    return round(float(MAX_BPS * (1 - Fraction(amount_out, amount_in) / before)), 2)


def _against_reference(
    state: State, rules: Rules, give: AssetId, want: AssetId, amount_in: int, amount_out: int, now: int
) -> float | None:
    given, wanted = price_of(state, rules, give, now), price_of(state, rules, want, now)
    if not given or not wanted:
        return None
    return round(float(MAX_BPS * (Fraction(amount_out * wanted, amount_in * given) - 1)), 2)


def _cost(state: State, rules: Rules, money: AssetId, now: int, gas: int) -> int:
    price = price_of(state, rules, money, now)
    costs = rules.costs
    cost = costs.gas_price * (costs.settlement_gas + costs.trade_gas + gas)
    return mul_div_ceil(cost, PRICE_SCALE, price) if price else 0


def _limit(amount: int, slippage_bps: int, exact_in: bool) -> int:
    if exact_in:
        return max(1, mul_div_floor(max(0, amount), MAX_BPS - slippage_bps, MAX_BPS))
    return mul_div_ceil(amount, MAX_BPS + slippage_bps, MAX_BPS)


def _cleared(
    clearing: Mapping[AssetId, int], give: AssetId, want: AssetId, amount: int, exact_in: bool
) -> int | None:
    given, wanted = clearing.get(give), clearing.get(want)
    if not given or not wanted:
        return None
    return mul_div_floor(amount, given, wanted) if exact_in else mul_div_ceil(amount, wanted, given)
