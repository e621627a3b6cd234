"""The batch at one price vector, as a program: fixed prices, or prices free to move a little.

At fixed prices p every order inside its limit trades at p_give/p_want, venues trade on their ladders,
every asset must balance, and the objective is the verified net score itself: surplus at reference
prices, less cost, where leftovers count towards cost and no further. That is linear. Letting log prices
move by δ within a small step, with products linearised around the last plan, gives the direction in
which prices should go; a solve at the new fixed prices then makes the step exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from intents.assets import AssetId
from intents.venue_states import VenueId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.plan import Plan, Problem
from solver.flagship.tables import Floats, Places
from solver.protocol import Deadline

#: Prices stay within this of reference prices, in log: a price farther off is a wrong reference, a dust
#: pool or an arbitrage dressed up as price improvement, and no batch should hang on it.
FARTHEST: Final = 0.22
#: Fills and flows smaller than this are none.
NO_FILL: Final = 1e-9
NO_FLOW: Final = 1e-12
#: An order this little outside its limit is at it: prices are fitted to the last hair later.
AT_LIMIT: Final = 1e-11
#: Nodes of a mixed-integer choice.
NODES: Final = 2_000


class Mode(Enum):
    """What becomes of fixed costs and of orders that trade whole or not at all."""

    RELAXED = "relaxed"  # whole orders may be cut, costs are spread over the amounts of the hint
    SWITCHES = "switches"  # a mixed-integer program decides
    FIRM = "firm"  # as relaxed, but whole orders are filled
    GIVEN = "given"  # everything in the problem is on: its costs are paid, whole orders are filled


@dataclass(frozen=True)
class Move:
    """Prices may move by ``step`` in log around ``plan``."""

    plan: Plan
    step: float


def solve_batch(
    problem: Problem,
    prices: Mapping[AssetId, float],
    deadline: Deadline,
    *,
    move: Move | None = None,
    mode: Mode = Mode.RELAXED,
    hint: Plan | None = None,
    share: float = 1.0,
) -> Plan | None:
    """The best plan at ``prices``, or near them with ``move``; ``None`` when there is none.

    When relaxed, fixed costs are spread over the amounts of ``hint``, which makes small users of an
    expensive venue give it up from one round to the next. ``share`` of the time left may be used.
    """
    return _Batch(problem, prices, move, mode, hint).solve(deadline, share)


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
        self.tables = problem.tables
        self.given_prices = prices
        self.prices = self.tables.prices(prices)
        self.move = move
        self.mode = mode
        self.hint = hint
        self.fixed = 0.0  # what has to be spent in any case
        self.program = Program(whole=mode is Mode.SWITCHES)
        self._rows()
        self._orders()
        self._ladders()

    def solve(self, deadline: Deadline, share: float) -> Plan | None:
        if not len(self.who) or not self.program.solve(deadline, share=share, nodes=NODES):
            return None
        orders, ladders, values = self.tables.orders, self.tables.ladders, self.program.values
        filled = values[self.fills]
        fills = {orders.ids[self.who[i]]: min(1.0, float(filled[i])) for i in np.flatnonzero(filled > NO_FILL)}
        used = ladders.flows(values[self.pieces])
        flows = {ladders.names[i]: float(used[i]) for i in np.flatnonzero(used > NO_FLOW)}
        prices = dict(self.given_prices)
        if self.move is not None:
            moved = np.log(self.prices) + values[self.shifts]
            # Only ratios matter: keep in the middle of what is allowed, or all drift to its edge.
            traded = moved[self.tables.traded]
            moved = np.exp(moved - (traded.min() + traded.max()) / 2.0)
            prices |= {self.tables.assets[i]: float(moved[i]) for i in range(len(moved))}
        net = self.program.value - self.fixed - self.problem.market.settlement_cost
        return Plan(fills, flows, prices, net)

    def _rows(self) -> None:
        """Costs, then balances: what comes in less what goes out is left over, and not negative."""
        program, tables, market = self.program, self.tables, self.problem.market
        self.cost = program.row(-INFINITY, market.settlement_cost)
        self.kept = program.row(-INFINITY, 0.0)
        # What leftovers pay of the cost: at most the cost, at most the leftovers.
        covered = program.variable(0.0, INFINITY, 1.0)
        program.add(self.cost, covered, 1.0)
        program.add(self.kept, covered, 1.0)
        none = np.zeros(len(tables.assets))
        self.balance = program.rows(none, none)
        traded = tables.traded  # what only passes through may not stay behind
        nothing = np.zeros(len(traded))
        left = program.variables(nothing, nothing + INFINITY, nothing) + np.arange(len(traded))
        program.add_all(self.balance + traded, left, nothing - 1.0)
        priced = np.array(
            [bool(market.auction.reference_price(tables.assets[asset])) for asset in traded], np.bool_
        )
        program.add_all(np.full(int(priced.sum()), self.kept), left[priced], nothing[priced] - 1.0)
        # Each pair rivals bid for alone is to get as much here; falling short is possible, but dear.
        self.fair: dict[tuple[int, int], int] = {}
        for (give, want), floor in self.problem.floors.items():
            if give in tables.place and want in tables.place:
                row = program.row(floor.score * (1.0 + floor.margin), INFINITY)
                program.add(row, program.variable(0.0, INFINITY, -floor.penalty), 1.0)
                self.fair[tables.place[give], tables.place[want]] = row

    def _spend(self, variables: Places, amounts: Floats) -> None:
        """``variables`` cost ``amounts`` per unit: less in the objective, more that leftovers may cover."""
        for variable, amount in zip(variables.tolist(), amounts.tolist(), strict=True):
            if amount:
                self.program.add_gain(variable, -amount)
                self.program.add(self.cost, variable, -amount)

    def _spend_anyway(self, amount: float) -> None:
        self.fixed += amount
        self.program.raise_row(self.cost, amount)

    def _orders(self) -> None:
        orders, program = self.tables.orders, self.program
        rates = orders.rates(self.prices)
        who = np.flatnonzero(rates >= orders.floor * (1.0 - self._reach()))
        self.who, count = who, len(who)
        rate, size, sells, whole = rates[who], orders.size[who], orders.sells[who], orders.whole[who]
        gain = orders.surplus(rates)[who]
        cost = self.problem.market.trade_cost
        low, spent = np.zeros(count), np.zeros(count)
        if self.mode is Mode.FIRM:
            low = whole.astype(np.float64)
        if self.mode is Mode.GIVEN:
            low = np.where(whole, 1.0, orders.least[who])
            self._spend_anyway(cost * count)
        elif cost and self.mode in (Mode.RELAXED, Mode.FIRM):
            before = np.ones(count) if self.hint is None else orders.amounts(self.hint.fills, 0.0)[who]
            spent = np.where(whole, cost, cost / np.maximum(before, 0.02))
        elif cost:
            spent = np.where(whole, cost, 0.0)
        self.fills = program.variables(low, np.ones(count), gain - spent) + np.arange(count)
        if cost:
            program.add_all(np.full(count, self.cost), self.fills, -spent)
        # Half of the hair withheld stays in hand where the owner is paid, as room for rounding.
        spare = orders.fee[who] / 2.0 + self.problem.room
        given = np.where(sells, size, size / rate * (1.0 - spare))
        got = np.where(sells, size * rate * (1.0 + spare), size)
        program.add_all(self.balance + orders.give[who], self.fills, given)
        program.add_all(self.balance + orders.want[who], self.fills, -got)
        if self.fair:
            self.floored = np.array(
                [self.fair.get(pair, -1) for pair in zip(orders.give.tolist(), orders.want.tolist(), strict=True)],
                np.intp,
            )
            rows = self.floored[who]
            program.add_all(rows[rows >= 0], self.fills[rows >= 0], gain[rows >= 0])
        if self.mode is Mode.SWITCHES:
            self._switch_orders(who, whole, orders.least[who], cost)
        if self.move is not None:
            self._let_move(self.move, rates)

    def _reach(self) -> float:
        """How far outside its limit an order may start: only where all are given and prices can follow."""
        return self.move.step if self.move is not None and self.mode in (Mode.FIRM, Mode.GIVEN) else AT_LIMIT

    def _switch_orders(self, who: Places, whole: np.ndarray, least: Floats, cost: float) -> None:
        """Whole orders are 0 or 1; the others cost their trade, and reach their least fill, or are out."""
        self.program.make_whole(self.fills[whole])
        for i in np.flatnonzero(~whole & ((least > 0.0) | (cost > 0.0))).tolist():
            x, z = int(self.fills[i]), self.program.switch()
            self._tie(z, [x], 1.0)
            if least[i]:
                enough = self.program.row(0.0, INFINITY)
                self.program.add(enough, x, 1.0)
                self.program.add(enough, z, -float(least[i]))
            self._spend(np.array([z]), np.array([cost]))

    def _tie(self, z: int, amounts: list[int], most: float) -> None:
        """The sum of ``amounts`` is at most ``most`` where ``z`` is on, else nothing."""
        on = self.program.row(-INFINITY, 0.0)
        for amount in amounts:
            self.program.add(on, amount, 1.0)
        self.program.add(on, z, -most)

    def _let_move(self, move: Move, rates: Floats) -> None:
        """Terms of price changes, linear around the last plan; the owner's limit must go on holding."""
        orders, program = self.tables.orders, self.program
        now = np.log(self.prices)
        low = np.minimum(0.0, np.maximum(-move.step, -FARTHEST - now))
        high = np.maximum(0.0, np.minimum(move.step, FARTHEST - now))
        self.shifts = program.variables(low, high, np.zeros(len(low))) + np.arange(len(low))
        before = orders.amounts(move.plan.fills, 0.0)[self.who]
        who, before = self.who[before > 0.0], before[before > 0.0]
        rate, size, sells = rates[who], orders.size[who], orders.sells[who]
        give, want = self.shifts[orders.give[who]], self.shifts[orders.want[who]]
        limits = program.rows(np.log(orders.floor[who] / rate), np.full(len(who), INFINITY)) + np.arange(len(who))
        one = np.ones(len(who))
        program.add_all(limits, give, one)
        program.add_all(limits, want, -one)
        # A seller gets more of the wanted asset, a buyer gives less of the given one.
        amount = np.where(sells, size * rate, -size / rate) * before
        gain = np.where(sells, size * rate, size * orders.limit[who] / rate) * before * orders.scores[who]
        rows = self.balance + np.where(sells, orders.want[who], orders.give[who])
        program.add_all(rows, give, -np.abs(amount))
        program.add_all(rows, want, np.abs(amount))
        program.add_gains(give, gain)
        program.add_gains(want, -gain)
        if self.fair:
            floored = self.floored[who]
            some = floored >= 0
            program.add_all(floored[some], give[some], gain[some])
            program.add_all(floored[some], want[some], -gain[some])

    def _ladders(self) -> None:
        ladders, program = self.tables.ladders, self.program
        count = len(ladders.size)
        per_unit = np.zeros(len(ladders.cost))
        if self.mode in (Mode.RELAXED, Mode.FIRM):
            before = ladders.widest
            if self.hint is not None:
                before = np.array([self.hint.flows.get(name, 0.0) for name in ladders.names])
            per_unit = ladders.cost / np.maximum(np.maximum(before, 1e-3 * ladders.widest), 1e-6)
        spent = per_unit[ladders.of]
        self.pieces = program.variables(np.zeros(count), ladders.size, -spent) + np.arange(count)
        program.add_all(self.balance + ladders.into[ladders.of], self.pieces, np.full(count, -1.0))
        program.add_all(self.balance + ladders.out[ladders.of], self.pieces, ladders.rate)
        paid = np.flatnonzero(spent)
        program.add_all(np.full(len(paid), self.cost), self.pieces[paid], -spent[paid])
        if self.mode is Mode.GIVEN:
            self._spend_anyway(float(ladders.cost.sum()))
        elif self.mode is Mode.SWITCHES:
            self._switch_ladders()

    def _switch_ladders(self) -> None:
        """A ladder is paid for or out; of one venue's directions only one is used, as they share reserves."""
        ladders = self.tables.ladders
        directions = Counter(name[0] for name in ladders.names)
        either: dict[VenueId, int] = {}
        for i, name in enumerate(ladders.names):
            venue, cost = VenueId(name[0]), float(ladders.cost[i])
            if not cost and directions[venue] == 1:
                continue
            z = self.program.switch()
            self._tie(z, self.pieces[ladders.of == i].tolist(), float(ladders.widest[i]))
            self._spend(np.array([z]), np.array([cost]))
            if venue not in either:
                either[venue] = self.program.row(-INFINITY, 1.0)
            self.program.add(either[venue], z, 1.0)
