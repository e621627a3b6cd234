"""``baseline``: every order alone, through its best single path.

A partial order that cannot be filled whole is tried at half the size, and half again. The network fee
is gas times gas price, in the sell asset, where the solver sets it. Nothing is split and no two
orders share a venue. Reference: cowprotocol/services, crates/solvers/src/domain/solver/baseline.rs.

With an ``EngineConfig`` it answers exactly as CoW's engine would, gas constants included; without one
it competes here: costs as the auction's cost model has them, and only what the law accepts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from intents.amounts import MAX_AMOUNT, PRICE_SCALE, mul_div_floor
from intents.assets import AssetId
from intents.auction import Auction
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    StableState,
    VenueState,
    WeightedState,
)
from settlement.solution import Fill, Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.asks import Ask, lawful_asks, recorded_asks
from solver.config import EngineConfig
from solver.protocol import Deadline
from solver.routing import Market, Route, Router
from solver.vetting import lawful_bids, vetted

#: What finding a route costs, in units of work.
WORK_PER_ROUTE: Final = 300
#: How many of the best connected assets stand between others when no configuration names any.
DEFAULT_BASES: Final = 5


@dataclass(frozen=True, slots=True)
class BaselineConfig:
    """``engine`` makes it CoW's engine and then overrides the others.

    ``best_first`` takes the orders in the order of what they could gain at marginal prices, not as the auction
    has them: the same answers, the valuable ones early.
    """

    max_hops: int = 2
    max_partial_attempts: int = 5
    best_first: bool = False
    engine: EngineConfig | None = None


class Baseline:
    name = "baseline"

    def __init__(self, config: BaselineConfig | None = None) -> None:
        self.config = config or BaselineConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """One solution per order that can be filled, its id the order's place in the auction."""
        engine = self.config.engine
        if engine is not None:
            return _solutions(recorded_asks(auction), _AsEngine(auction, engine), deadline)
        return vetted(auction, self._candidates(auction, deadline), deadline)

    def bids(self, auction: Auction, verifier: Verifier, deadline: Deadline) -> Iterable[Verified]:
        """What ``solve`` finds when it competes, with what the law makes of it."""
        return lawful_bids(verifier, self._candidates(auction, deadline), deadline)

    def _candidates(self, auction: Auction, deadline: Deadline) -> Iterator[Sequence[Solution]]:
        terms, asks = _AtHome(auction, self.config), lawful_asks(auction, self.name)
        if self.config.best_first:
            asks = sorted(asks, key=lambda ask: (-terms.potential(ask), ask.place))
        for solution in _solutions(asks, terms, deadline):
            yield (solution,)


class _AsEngine:
    """Costs and routes as CoW's engine reckons them."""

    def __init__(self, auction: Auction, engine: EngineConfig) -> None:
        self.auction, self.engine = auction, engine
        self.attempts = engine.max_partial_attempts
        without = () if engine.concentrated else (ConcentratedState,)
        self.router = Router(Market(auction, engine_gas, without), engine.bases, engine.max_hops)

    def route(self, ask: Ask, divisor: int) -> Route | None:
        sell, buy = ask.sell_amount // divisor, ask.buy_amount // divisor
        if not sell or not buy:
            return None
        if ask.exact_out:
            return self.router.buy(ask.sell, ask.buy, buy, sell)
        return self.router.sell(ask.sell, ask.buy, sell, buy)

    def gas(self, route: Route) -> int:
        return route.gas + self.engine.solution_gas_offset

    def fee(self, ask: Ask, route: Route) -> int | None:
        """Gas cost in the sell asset; nothing where no price can be found; ``None`` for an absurd one."""
        price = self.auction.reference_price(ask.sell)
        if price is None:
            price = PRICE_SCALE if ask.sell == self.engine.native else self._estimate(ask.sell)
        if price is None:
            return 0
        if price < 1:
            return None
        return max(0, self.gas(route) * self.auction.costs.gas_price) * PRICE_SCALE // price

    def _estimate(self, asset: AssetId) -> int | None:
        """Native base units per 10^18 of ``asset``, from what a set amount of the native token costs.

        In doubles, as the engine computes it; 0 stands for a price it cannot represent.
        """
        estimate = self.engine.native_estimate
        route = self.router.buy(asset, self.engine.native, estimate, MAX_AMOUNT)
        if route is None:
            return None
        price = 1e18 * (float(estimate) / float(route.amount_in))
        return int(price) if 1.0 <= price < 2.0**256 else 0


class _AtHome:
    """Costs as the auction's own cost model has them, fees within what owners signed."""

    def __init__(self, auction: Auction, config: BaselineConfig) -> None:
        self.auction = auction
        self.attempts = config.max_partial_attempts
        self.router = Router(Market(auction, lambda state: state.gas), best_connected(auction), config.max_hops)

    def route(self, ask: Ask, divisor: int) -> Route | None:
        """The best path net of gas for the ``divisor``-th part; ``None`` below the order's minimum."""
        sell, buy = ask.sell_amount // divisor, ask.buy_amount // divisor
        if not sell or not buy or (buy if ask.exact_out else sell) < ask.min_fill:
            return None
        if ask.exact_out:
            return self.router.buy(ask.sell, ask.buy, buy, sell, self._gas_price(ask.sell))
        return self.router.sell(ask.sell, ask.buy, sell, buy, self._gas_price(ask.buy))

    def gas(self, route: Route) -> int:
        return route.gas + self.auction.costs.settlement_gas + self.auction.costs.trade_gas

    def fee(self, ask: Ask, route: Route) -> int:
        """The cost in the sell asset, at most the signed maximum pro rata; what is not covered is scored."""
        worth, scale = self._gas_price(ask.sell)
        order, intent = ask.order, ask.order.intent
        full, most = intent.reference_leg.amount, intent.max_fee
        if not order.fee_by_solver or not most:
            return 0
        cost = mul_div_floor(self.gas(route), worth, scale)
        if ask.exact_out:
            return min(cost, mul_div_floor(most, min(route.amount_out, ask.buy_amount), full))
        # fee/max_fee ≤ filled/full, where filled is the routed amount and the fee, or all there is.
        whole = mul_div_floor(most, ask.sell_amount, full)
        routed = mul_div_floor(most, route.amount_in, full - most) if most < full else whole
        return min(cost, whole, routed)

    def potential(self, ask: Ask) -> float:
        """What the order could gain at the marginal prices of its best path, in the numeraire."""
        router = self.router
        paths = router.market.paths(ask.sell, ask.buy, router.bases, router.max_hops)
        if not paths:
            return 0.0
        if ask.exact_out:
            gained, asset = ask.sell_amount - ask.buy_amount / paths[0][0], ask.sell
        else:
            gained, asset = ask.sell_amount * paths[0][0] - ask.buy_amount, ask.buy
        return gained * (self.auction.reference_price(asset) or 0)

    def _gas_price(self, asset: AssetId) -> tuple[int, int]:
        """One unit of gas in base units of ``asset``, as (numerator, denominator)."""
        price = self.auction.reference_price(asset)
        return (self.auction.costs.gas_price * PRICE_SCALE, price) if price else (0, 1)


def best_connected(auction: Auction) -> tuple[AssetId, ...]:
    """The assets that most venues trade, ties in the auction's order of assets."""
    count = Counter(asset for venue in auction.venues for asset in venue.assets)
    ranked = sorted((asset.id for asset in auction.assets if count[asset.id]), key=lambda asset: -count[asset])
    return tuple(ranked[:DEFAULT_BASES])


def engine_gas(state: VenueState) -> int:
    """What CoW's baseline charges per hop, whatever the request says (crates/liquidity-sources)."""
    match state:
        case ConstantProductState():
            return 60_000
        case WeightedState():
            return 100_000
        case StableState():
            return 183_520
        case ConcentratedState():
            return 106_000
        case LimitOrderState():
            return 66_358
        case _:
            return state.gas


def _solutions(asks: Iterable[Ask], terms: _AsEngine | _AtHome, deadline: Deadline) -> Iterator[Solution]:
    for ask in asks:
        if deadline.passed:
            return
        for attempt in range(terms.attempts if ask.partial else 1):
            deadline.spend(WORK_PER_ROUTE)
            route = terms.route(ask, 1 << attempt)
            solution = _single(ask, route, terms) if route is not None else None
            if solution is not None:
                yield solution
                break


def _single(ask: Ask, route: Route, terms: _AsEngine | _AtHome) -> Solution | None:
    """The order filled by its route, the fee taken out; ``None`` where its limit does not bear it.

    Clearing prices are the total bought and the total sold less the fee. A sell whose fee does not fit
    beside the routed amount executes less and pays out in proportion; the rest is left over.
    """
    set_fee = terms.fee(ask, route)
    if set_fee is None:
        return None
    fee = set_fee if ask.order.fee_by_solver else 0
    if ask.exact_out:
        sold, bought = route.amount_in + fee, min(route.amount_out, ask.buy_amount)
        executed = filled = bought
        whole = ask.buy_amount
    else:
        sold = min(route.amount_in + fee, ask.sell_amount)
        executed = sold - fee
        bought = mul_div_floor(executed, route.amount_out, route.amount_in) if executed > 0 else 0
        filled, whole = sold, ask.sell_amount
    if executed <= 0 or bought <= 0 or ask.sell_amount * bought < ask.buy_amount * sold:
        return None
    if filled > whole or (filled < whole and not ask.partial):
        return None
    return Solution(
        solver=Baseline.name,
        id=ask.place,
        prices={ask.sell: bought, ask.buy: sold - fee},
        fills=(Fill(ask.order.id, executed, fee),),
        interactions=route.hops,
        gas=max(0, terms.gas(route)),
    )
