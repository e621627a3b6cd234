"""Execution quality against outside prices: shortfall, spreads and markouts, weighted by value.

Every fill is read as a sale of what was given, so that pairs without the numeraire count as well: its price is
what it got, and the midpoint is what the same amount was worth elsewhere, both in the asset it wanted, divided by
the midpoint at receipt (1). Spreads are those of Rule 605 (``sim.metrics.spreads``), in basis points of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from sim.metrics.base import Metric, Value, metric
from sim.metrics.spreads import effective_spread, realized_spread
from sim.metrics.statistics import BPS, grouped, total, weighted_mean
from sim.metrics.tables import Tables
from sim.recording.rows import FillRow

SECOND_US: Final = 1_000_000
#: Seconds after a fill at which the midpoint is looked at again.
HORIZONS_S: Final = (1, 5, 30)
_SELL: Final = -1


class Sale(NamedTuple):
    """A fill against prices when its intent was handed in. ``value`` and ``got`` in numeraire at those prices."""

    fill: FillRow
    kind: str
    value: float
    got: float

    @property
    def price(self) -> float:
        """What was got, over what that amount was worth when the intent was handed in."""
        return self.got / self.value


def sales(tables: Tables) -> Iterable[Sale]:
    """All fills whose intent is in the records and whose prices are known."""
    for fill in tables.fills:
        intent = tables.submitted.get(fill.intent)
        if intent is None or min(fill.outside_give, fill.outside_want, fill.value) <= 0:
            continue
        value = fill.value * intent.outside_give / fill.outside_give
        if value > 0:
            yield Sale(fill, intent.kind, value, fill.got_value * intent.outside_want / fill.outside_want)


def midpoint(tables: Tables, sale: Sale, at_us: int) -> float | None:
    """The midpoint at ``at_us``, over that at receipt; ``None`` where outside prices are not recorded so far."""
    fill, intent = sale.fill, tables.submitted[sale.fill.intent]
    give = tables.outside(fill.give, at_us, intent.outside_give)
    want = tables.outside(fill.want, at_us, intent.outside_want)
    if not give or not want or intent.outside_give <= 0:
        return None
    return (give / want) / (intent.outside_give / intent.outside_want)


def shortfall_bps(tables: Tables) -> Value:
    """Implementation shortfall against the outside price when the intent was handed in: 1 − got / value.

    A. Perold, "The Implementation Shortfall", Journal of Portfolio Management 14(3), 1988; the executed part.
    """
    return weighted_mean((BPS * (1.0 - sale.price), sale.value) for sale in sales(tables))


def kind_shortfall_bps(tables: Tables) -> Value:
    """The same for each kind of agent."""
    found: dict[str, list[tuple[float, float]]] = {}
    for sale in sales(tables):
        found.setdefault(sale.kind, []).append((BPS * (1.0 - sale.price), sale.value))
    return {kind: rate for kind, pairs in found.items() if (rate := weighted_mean(pairs)) is not None}


def shortfall_value(tables: Tables) -> Value:
    """What each kind of agent lost against the outside price when it handed in: Σ (value − got)."""
    found = grouped((sale.kind, sale.value - sale.got) for sale in sales(tables))
    return {kind: total(values) for kind, values in found.items()}


def edge_per_s(tables: Tables) -> Value:
    """What each kind of agent gained a second against the outside price when it handed in: Σ (got − value)
    over the time from the first auction's begin to the last settlement."""
    if not tables.auctions:
        return {}
    span_us = max(row.settle_us for row in tables.auctions) - min(row.begun_us for row in tables.auctions)
    found = grouped((sale.kind, sale.got - sale.value) for sale in sales(tables))
    return {kind: total(values) * SECOND_US / span_us for kind, values in found.items()} if span_us > 0 else {}


def effective_spread_bps(tables: Tables) -> Value:
    """Twice the distance of a fill's price from the outside midpoint at receipt (17 CFR 242.600)."""
    return weighted_mean((BPS * effective_spread(_SELL, sale.price, 1.0), sale.value) for sale in sales(tables))


def _later(seconds: int, of: Callable[[Sale, float], float]) -> Callable[[Tables], Value]:
    def value(tables: Tables) -> Value:
        found = []
        for sale in sales(tables):
            mid = midpoint(tables, sale, sale.fill.at_us + seconds * SECOND_US)
            if mid is not None:
                found.append((BPS * of(sale, mid), sale.value))
        return weighted_mean(found)

    return value


def _realized(seconds: int) -> Metric:
    call = _later(seconds, lambda sale, mid: realized_spread(_SELL, sale.price, mid))
    call.__name__ = f"realized_spread_{seconds}s_bps"
    call.__doc__ = f"""Twice the distance of a fill's price from the outside midpoint {seconds} s after it.

    What the other side was left with (17 CFR 242.600), over fills after which prices are recorded that long."""
    return metric(call, "bps", "neither")


def _adverse(seconds: int) -> Metric:
    call = _later(
        seconds,
        lambda sale, mid: effective_spread(_SELL, sale.price, 1.0) - realized_spread(_SELL, sale.price, mid),
    )
    call.__name__ = f"adverse_selection_{seconds}s_bps"
    call.__doc__ = f"""Effective minus realised spread {seconds} s after a fill, over the same fills.

    Twice the way the midpoint went in the trader's favour from receipt on: information, or waiting."""
    return metric(call, "bps", "lower")


def _markout(seconds: int) -> Metric:
    call = _later(seconds, lambda sale, mid: sale.price - mid)
    call.__name__ = f"markout_{seconds}s_bps"
    call.__doc__ = (
        f"""What a trader had got minus what the same was worth {seconds} s later; above 0, a good trade."""
    )
    return metric(call, "bps", "higher")


def kind_markout_5s_bps(tables: Tables) -> Value:
    """Markout at 5 s for each kind of agent: the informed gain by it what the others lose."""
    found: dict[str, list[tuple[float, float]]] = {}
    for sale in sales(tables):
        mid = midpoint(tables, sale, sale.fill.at_us + 5 * SECOND_US)
        if mid is not None:
            found.setdefault(sale.kind, []).append((BPS * (sale.price - mid), sale.value))
    return {kind: rate for kind, pairs in found.items() if (rate := weighted_mean(pairs)) is not None}


METRICS = (
    metric(shortfall_bps, "bps", "lower"),
    metric(kind_shortfall_bps, "bps", "neither", "kind of agent"),
    metric(shortfall_value, "numeraire", "neither", "kind of agent"),
    metric(edge_per_s, "numeraire per s", "neither", "kind of agent"),
    metric(effective_spread_bps, "bps", "lower"),
    *(make(seconds) for make in (_realized, _adverse, _markout) for seconds in HORIZONS_S),
    metric(kind_markout_5s_bps, "bps", "neither", "kind of agent"),
)
