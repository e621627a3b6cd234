"""What providing liquidity cost and brought.

Loss-versus-rebalancing, J. Milionis, C. Moallemi, T. Roughgarden, A. Zhang, arXiv:2208.06046: a pool is compared
with a portfolio that makes the same changes of holdings at outside prices. Over an auction, with holdings x before
and x′ after its trades and outside prices p at its settlement, that portfolio loses nothing and the pool loses
p·x − p·x′. Order books are no pools and are left out: what makers gain or lose there is in their wealth.
"""

from __future__ import annotations

from typing import Final

from sim.metrics.base import Value, metric
from sim.metrics.statistics import BPS, mean, ratio, sums, total
from sim.metrics.tables import Tables
from sim.recording.rows import VenueRow

#: Kinds of venues that are no pools.
BOOKS: Final = frozenset({"OrderBook", "order_book"})


def rebalancing_loss(value_before: float, value_after: float, fees: float) -> float:
    """Loss-versus-rebalancing of one auction before fees: both values at the outside prices of its settlement,
    ``value_after`` with the ``fees`` that stayed in the venue."""
    return value_before - value_after + fees


def pools(tables: Tables) -> list[VenueRow]:
    """Venues with liquidity that everybody provides alike."""
    return [row for row in tables.venues if row.kind not in BOOKS]


def lvr(tables: Tables) -> Value:
    """Loss-versus-rebalancing of all pools before fees: Σ (p·x − p·x′ + fees) (arXiv:2208.06046)."""
    rows = pools(tables)
    return total(row.lvr for row in rows) if rows else None


def lp_fees(tables: Tables) -> Value:
    """Swap fees that pools kept."""
    rows = pools(tables)
    return total(row.fees for row in rows) if rows else None


def lp_profit(tables: Tables) -> Value:
    """Fees minus loss-versus-rebalancing: what hedged providers are left with."""
    rows = pools(tables)
    return total(row.fees - row.lvr for row in rows) if rows else None


def lp_return_bps(tables: Tables) -> Value:
    """Providers' profit over the run against the mean value they had at stake: Σ (fees − LVR) / mean Σ value."""
    rows = pools(tables)
    stake = mean(list(sums((str(row.auction), row.value_before) for row in rows).values()))
    profit = total(row.fees - row.lvr for row in rows)
    rate = None if stake is None else ratio(profit, stake)
    return None if rate is None else BPS * rate


def lvr_bps_of_volume(tables: Tables) -> Value:
    """Loss-versus-rebalancing against the volume pools traded: compare with their fees in basis points."""
    rows = pools(tables)
    rate = ratio(total(row.lvr for row in rows), total(row.volume for row in rows))
    return None if rate is None else BPS * rate


def venue_volume(tables: Tables) -> Value:
    """The value of what each kind of venue traded."""
    return sums((row.kind, row.volume) for row in tables.venues)


def venue_share(tables: Tables) -> Value:
    """How much of what was traded went over venues, Σ venue volume / Σ fill value; the rest met its like."""
    return ratio(total(row.volume for row in tables.venues), total(row.value for row in tables.fills))


METRICS = (
    metric(lvr, "numeraire", "lower"),
    metric(lp_fees, "numeraire", "higher"),
    metric(lp_profit, "numeraire", "higher"),
    metric(lp_return_bps, "bps", "higher"),
    metric(lvr_bps_of_volume, "bps", "lower"),
    metric(venue_volume, "numeraire", "neither", "kind of venue"),
    metric(venue_share, "share", "neither"),
)
