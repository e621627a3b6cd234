"""What gossip took and what it cost: propagation times, messages and bytes."""

from __future__ import annotations

from sim.metrics.base import Value, metric
from sim.metrics.statistics import mean, quantile, ratio
from sim.metrics.tables import Tables

MS_US = 1_000.0


def propagation_p50_ms(tables: Tables) -> Value:
    """The median over messages of the time after which half of the nodes had one."""
    return _ms(quantile([row.p50_us for row in tables.propagation], 0.5))


def propagation_p99_ms(tables: Tables) -> Value:
    """The median over messages of the time after which 99 of 100 nodes had one."""
    return _ms(quantile([row.p99_us for row in tables.propagation], 0.5))


def propagation_worst_p99_ms(tables: Tables) -> Value:
    """Of 100 messages 99 had reached 99 of 100 nodes within this time."""
    return _ms(quantile([row.p99_us for row in tables.propagation], 0.99))


def propagation_max_ms(tables: Tables) -> Value:
    """The longest that any message took to reach the last node it reached."""
    return _ms(max((row.last_us for row in tables.propagation), default=None))


def reach(tables: Tables) -> Value:
    """Nodes that a message reached, as a share of all nodes (absent ones included), averaged."""
    nodes = len(tables.nodes)
    return mean([row.reached / nodes for row in tables.propagation]) if nodes else None


def _ms(us: float | None) -> float | None:
    return None if us is None else us / MS_US


def messages_per_node(tables: Tables) -> Value:
    """Messages a node sent over the run, on average."""
    return mean([row.messages_out for row in tables.nodes])


def bytes_per_node(tables: Tables) -> Value:
    """Bytes a node sent over the run, on average."""
    return mean([row.bytes_out for row in tables.nodes])


def busiest_node_bytes(tables: Tables) -> Value:
    """Bytes that the busiest node sent and received."""
    return max((float(row.bytes_out + row.bytes_in) for row in tables.nodes), default=None)


def messages_per_intent(tables: Tables) -> Value:
    """Messages sent by all nodes, per intent that traded."""
    return ratio(sum(row.messages_out for row in tables.nodes), len(tables.fills_of)) if tables.nodes else None


def bytes_per_intent(tables: Tables) -> Value:
    """Bytes sent by all nodes, per intent that traded."""
    return ratio(sum(row.bytes_out for row in tables.nodes), len(tables.fills_of)) if tables.nodes else None


def dropped_rate(tables: Tables) -> Value:
    """Messages that never arrived, as a share of those sent."""
    return ratio(sum(row.dropped for row in tables.nodes), sum(row.messages_out for row in tables.nodes))


def duplicate_rate(tables: Tables) -> Value:
    """Messages a node had already, as a share of those it received."""
    return ratio(sum(row.duplicates for row in tables.nodes), sum(row.messages_in for row in tables.nodes))


METRICS = (
    metric(propagation_p50_ms, "ms", "lower"),
    metric(propagation_p99_ms, "ms", "lower"),
    metric(propagation_worst_p99_ms, "ms", "lower"),
    metric(propagation_max_ms, "ms", "lower"),
    metric(reach, "share", "higher"),
    metric(messages_per_node, "messages", "lower"),
    metric(bytes_per_node, "bytes", "lower"),
    metric(busiest_node_bytes, "bytes", "lower"),
    metric(messages_per_intent, "messages", "lower"),
    metric(bytes_per_intent, "bytes", "lower"),
    metric(dropped_rate, "share", "lower"),
    metric(duplicate_rate, "share", "lower"),
)
