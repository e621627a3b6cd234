"""The law: a solution recomputed from signed intents and the snapshot alone. Nothing is believed.

Why is the whole solution void when one fill breaks a rule? Prices, conservation and score tie all
fills together; a solution with one part removed is another solution, which nobody proposed.
"""

from __future__ import annotations

from intents.auction import Auction
from settlement.baskets import settle_basket
from settlement.checks import check_live, check_prices, check_shape, filled_orders
from settlement.conservation import BalanceBook, flows_of, leftovers_of
from settlement.errors import WorthNothing
from settlement.fill_rules import check_fee, check_fill
from settlement.leftovers import check_leftovers
from settlement.replay import VenueBook
from settlement.scoring import score_solution
from settlement.signatures import SignatureBook
from settlement.solution import Solution
from settlement.swaps import bounds_of, settle_swap
from settlement.verified import Trade, Verified


class Verifier:
    """Judges any number of solutions to one auction; signatures and venues are opened once."""

    def __init__(self, auction: Auction) -> None:
        self.auction = auction
        self._signatures = SignatureBook()
        self._venues = VenueBook(auction)
        self._balances = BalanceBook(auction)

    def verify(self, solution: Solution) -> Verified:
        """Everything the law derives from ``solution``, or the first rule it breaks as a ``LawError``."""
        verified = self.recompute(solution)
        score = verified.score
        if score.net <= 0:
            raise WorthNothing("score", score.net, score.surplus, score.uncovered)
        return verified

    def recompute(self, solution: Solution) -> Verified:
        """As ``verify``, without asking that the net score be positive: for reports on void bids."""
        check_shape(solution)
        check_prices(solution.prices, self.auction)
        trades, unsigned = self._trades(solution)
        venues_after = self._venues.replay(solution.interactions)
        flows = flows_of(trades, solution.interactions)
        leftovers = leftovers_of(flows)
        check_leftovers(leftovers, flows, trades, solution.interactions, solution.prices)
        self._balances.check(trades)
        score = score_solution(self.auction, trades, solution.interactions, leftovers)
        return Verified(solution, trades, score, leftovers, flows.protocol_fees, venues_after, unsigned)

    def _trades(self, solution: Solution) -> tuple[tuple[Trade, ...], int]:
        """Every fill as the trade it makes, and how many of them rest on unsigned records."""
        trades, unsigned = [], 0
        for where, fill, order in filled_orders(solution, self.auction):
            check_live(order.intent, self.auction, where)
            unsigned += not self._signatures.is_proven(order, where)
            filled = check_fill(order, fill, where)
            check_fee(order, fill, filled, where)
            bounds = bounds_of(order, self.auction, solution.solver, where)
            settle = settle_swap if order.intent.is_swap else settle_basket
            trades.append(settle(order, fill, filled, bounds, solution.prices, self.auction, where))
        return tuple(trades), unsigned
