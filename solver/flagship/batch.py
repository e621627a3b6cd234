"""The batch at one price vector, as a program: fixed prices, or prices free to move a little.

At fixed prices p every order inside its limit trades at p_give/p_want, venues trade on their ladders,
every asset must balance, and the objective is the verified net score itself: surplus at reference
prices, less cost, where leftovers count towards cost and no further. That is linear. Letting log prices
move by δ within a small step, with products linearised around the last plan, gives the direction in
which prices should go; a solve at the new fixed prices then makes the step exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from intents.assets import AssetId
from intents.intent import IntentId
from intents.venue_states import VenueId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.market import Order
from solver.flagship.plan import Plan, Problem, order_surplus

#: Prices stay within this of reference prices, in log: a price farther off is a wrong reference, a dust
#: pool or an arbitrage dressed up as price improvement, and no batch should hang on it.
FARTHEST: Final = 0.22


#: How much more than a rival's bid a pair is planned to get: its share of the batch's cost comes off.
FAIR_MARGIN: Final = 1.03
#: What missing a floor costs per unit missed, against a gain of one per unit of surplus.
SHORT_PENALTY: Final = 2.0


class Mode(Enum):
    """What becomes of fixed costs and of orders that trade whole or not at all."""

    RELAXED = "relaxed"  # whole orders may be cut, costs are spread over the amounts of the hint
    SWITCHES = "switches"  # a mixed-integer program decides
    GIVEN = "given"  # everything in the problem is on: its costs are paid, whole orders are filled


@dataclass(frozen=True)
class Move:
    """Prices may move by ``step`` in log around ``plan``."""

    plan: Plan
    step: float


def solve_batch(
    problem: Problem,
    prices: Mapping[AssetId, float],
    *,
    move: Move | None = None,
    mode: Mode = Mode.RELAXED,
    hint: Plan | None = None,
    seconds: float = 5.0,
    nodes: int = 20_000,
) -> Plan | None:
    """The best plan at ``prices``, or near them with ``move``; ``None`` when there is none.

    When relaxed, fixed costs are spread over the amounts of ``hint``, which makes small users of an
    expensive venue give it up from one round to the next.
    """
    return _Batch(problem, prices, move, mode, hint).solve(seconds, nodes)


class _Batch:
    """One program under construction."""

    def __init__(
        self,
        problem: Problem,
        prices: Mapping[AssetId, float],
        move: Move | None,
        mode: Mode,
        hint: Plan | None,
    ) -> None:
        self.problem = problem
        self.prices = prices
        self.move = move
        self.mode = mode
        self.hint = hint
        self.program = Program(whole=mode is Mode.SWITCHES)
        self.traded = {asset for order in problem.orders for asset in (order.give, order.want)}
        self.by_id = {order.id: order for order in problem.orders}
        self.rows: dict[AssetId, Any] = {}
        self.fills: dict[IntentId, Any] = {}
        self.flows: dict[tuple[str, AssetId, AssetId], list[Any]] = {}
        self.shifts: dict[AssetId, Any] = {}
        self.cost = self.program.row(-INFINITY, problem.market.settlement_cost)
        self.kept = self.program.row(-INFINITY, 0.0)
        # What leftovers pay of the cost: at most the cost, at most the leftovers.
        self.covered = self.program.variable(0.0, INFINITY, 1.0)
        self.cost.SetCoefficient(self.covered, 1.0)
        self.kept.SetCoefficient(self.covered, 1.0)
        self.fair: dict[tuple[AssetId, AssetId], Any] = {}
        self._fairness()
        self._orders()
        self._ladders()

    def solve(self, seconds: float, nodes: int) -> Plan | None:
        if not self.fills or not self.program.solve(seconds=seconds, nodes=nodes):
            return None
        fills = {
            order: min(1.0, x.solution_value()) for order, x in self.fills.items() if x.solution_value() > 1e-9
        }
        flows = {
            name: total
            for name, pieces in self.flows.items()
            if (total := sum(y.solution_value() for y in pieces)) > 1e-12
        }
        prices = dict(self.prices)
        for asset, shift in self.shifts.items():
            prices[asset] = prices.get(asset, 1.0) * math.exp(shift.solution_value())
        net = self.program.value - self.problem.market.settlement_cost
        return Plan(fills, flows, prices, net)

    def _row(self, asset: AssetId) -> Any:
        """The balance of ``asset``: what comes in less what goes out is left over, and not negative."""
        if asset not in self.rows:
            made = self.program.row(0.0, 0.0)
            if asset in self.traded:  # what only passes through may not stay behind
                left = self.program.variable(0.0, INFINITY)
                made.SetCoefficient(left, -1.0)
                if self.problem.market.auction.reference_price(asset):
                    self.kept.SetCoefficient(left, -1.0)
            self.rows[asset] = made
        return self.rows[asset]

    def _spend(self, variable: Any, amount: float) -> None:
        """``variable`` costs ``amount`` per unit: less in the objective, more that leftovers may cover."""
        if amount:
            objective = self.program._objective
            objective.SetCoefficient(variable, objective.GetCoefficient(variable) - amount)
            self.cost.SetCoefficient(variable, -amount)

    def _fairness(self) -> None:
        """Each pair rivals bid for alone is to get as much here; falling short is possible, but dear."""
        for pair, floor in self.problem.floors.items():
            self.fair[pair] = self.program.row(floor * FAIR_MARGIN, INFINITY)
            short = self.program.variable(0.0, INFINITY, -SHORT_PENALTY)
            self.fair[pair].SetCoefficient(short, 1.0)

    def _orders(self) -> None:
        for order in self.problem.orders:
            rate = self.problem.rate(order, self.prices)
            if rate < order.floor * (1.0 - self._reach()):
                continue
            gain = order_surplus(order, rate)
            x = self._fill(order, gain)
            self.fills[order.id] = x
            if (order.give, order.want) in self.fair:
                self.fair[order.give, order.want].SetCoefficient(x, gain)
            # Half of the hair withheld stays in hand where the owner is paid, as room for rounding.
            spare = order.fee / 2.0
            given = order.size if order.sells else order.size / rate * (1.0 - spare)
            got = order.size * rate * (1.0 + spare) if order.sells else order.size
            self._row(order.give).SetCoefficient(x, given)
            self._row(order.want).SetCoefficient(x, -got)
            self._trade_cost(order, x)
            if self.move is not None:
                self._let_move(order.id, x)

    def _reach(self) -> float:
        """How far outside its limit an order may start: only where all are given and prices can follow."""
        return self.move.step if self.move is not None and self.mode is Mode.GIVEN else 0.0

    def _fill(self, order: Order, gain: float) -> Any:
        if self.mode is Mode.GIVEN:
            return self.program.variable(1.0 if order.whole else order.least, 1.0, gain)
        return self.program.switch(gain) if order.whole else self.program.variable(0.0, 1.0, gain)

    def _trade_cost(self, order: Order, x: Any) -> None:
        cost = self.problem.market.trade_cost
        if self.mode is Mode.GIVEN:
            self._spend(self.program.variable(1.0, 1.0), cost)
        elif self.mode is Mode.SWITCHES and not order.whole and (cost or order.least):
            z = self.program.switch()
            self._tie(z, [x], 1.0)
            if order.least:
                enough = self.program.row(0.0, INFINITY)
                enough.SetCoefficient(x, 1.0)
                enough.SetCoefficient(z, -order.least)
            self._spend(z, cost)
        else:
            before = self.hint.fills.get(order.id, 0.0) if self.hint is not None else 1.0
            self._spend(x, cost if order.whole else cost / max(before, 0.02))

    def _tie(self, z: Any, amounts: list[Any], most: float) -> None:
        """The sum of ``amounts`` is at most ``most`` where ``z`` is on, else nothing."""
        on = self.program.row(-INFINITY, 0.0)
        for amount in amounts:
            on.SetCoefficient(amount, 1.0)
        on.SetCoefficient(z, -most)

    def _let_move(self, order_id: IntentId, x: Any) -> None:
        """Terms of price changes, linear around the last plan; the owner's limit must go on holding."""
        assert self.move is not None
        order = self.by_id[order_id]
        before = self.move.plan.fills.get(order_id, 0.0)
        if before <= 0.0:
            return
        rate = self.problem.rate(order, self.prices)
        give, want = self._shift(order.give), self._shift(order.want)
        limit = self.program.row(math.log(order.floor / rate), INFINITY)
        limit.SetCoefficient(give, 1.0)
        limit.SetCoefficient(want, -1.0)
        objective = self.program._objective
        if order.sells:  # more is got of the wanted asset
            row, gain = self._row(order.want), order.size * rate * before
            amount = -gain
        else:  # less is given of the given asset
            row, gain = self._row(order.give), order.size * order.limit / rate * before
            amount = -order.size / rate * before
        gain *= order.scores
        for shift, sign in ((give, 1.0), (want, -1.0)):
            row.SetCoefficient(shift, row.GetCoefficient(shift) + sign * amount)
            objective.SetCoefficient(shift, objective.GetCoefficient(shift) + sign * gain)
            fair = self.fair.get((order.give, order.want))
            if fair is not None:
                fair.SetCoefficient(shift, fair.GetCoefficient(shift) + sign * gain)

    def _shift(self, asset: AssetId) -> Any:
        assert self.move is not None
        if asset not in self.shifts:
            now = math.log(self.prices.get(asset, 1.0))
            low = min(0.0, max(-self.move.step, -FARTHEST - now))
            high = max(0.0, min(self.move.step, FARTHEST - now))
            self.shifts[asset] = self.program.variable(low, high)
        return self.shifts[asset]

    def _ladders(self) -> None:
        directions = Counter(ladder.venue.state.id for ladder in self.problem.ladders)
        either: dict[VenueId, Any] = {}  # of one venue's directions only one may be used: reserves are shared
        for ladder in self.problem.ladders:
            into, out = self._row(ladder.asset_in), self._row(ladder.asset_out)
            widest = sum(size for size, _ in ladder.pieces)
            pieces = []
            before = self.hint.flows.get(ladder.name, 0.0) if self.hint is not None else widest
            spread = self.mode is Mode.RELAXED
            per_unit = ladder.cost / max(before, 1e-3 * widest, 1e-6) if spread else 0.0
            for size, rate in ladder.pieces:
                y = self.program.variable(0.0, size)
                into.SetCoefficient(y, -1.0)
                out.SetCoefficient(y, rate)
                self._spend(y, per_unit)
                pieces.append(y)
            if self.mode is Mode.GIVEN:
                self._spend(self.program.variable(1.0, 1.0), ladder.cost)
            elif self.mode is Mode.SWITCHES and (ladder.cost or directions[ladder.venue.state.id] > 1):
                z = self.program.switch()
                self._tie(z, pieces, widest)
                self._spend(z, ladder.cost)
                venue = ladder.venue.state.id
                if venue not in either:
                    either[venue] = self.program.row(-INFINITY, 1.0)
                either[venue].SetCoefficient(z, 1.0)
            self.flows[ladder.name] = pieces
