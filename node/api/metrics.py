"""Figures for Prometheus: read from the node when asked, counted here where the node does not.

A registry of its own; ``prometheus_client`` is imported when the interface starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from node.chain.blocks import Phase
from node.served import NodeStatus

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_FAST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_BATCH_S: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 30.0, 60.0)


class Told(Protocol):
    """What figures are read from: a node of any role."""

    def status(self) -> NodeStatus: ...

    def counters(self) -> Mapping[str, int]: ...


class Metrics:
    """``text`` is the exposition; the rest is told by whoever sees it happen."""

    def __init__(self, node: Told) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

        registry = self._registry = CollectorRegistry()
        registry.register(_OfNode(node))
        ProcessCollector(registry=registry)
        route = ("method", "route")
        self._requests = Counter(
            "walras_http_requests", "Requests answered.", (*route, "status"), registry=registry
        )
        self._seconds = Histogram(
            "walras_http_request_seconds", "How long answers took.", route, registry=registry, buckets=_FAST_S
        )
        self._batch = Histogram(
            "walras_batch_seconds", "From one settled auction to the next.", registry=registry, buckets=_BATCH_S
        )
        self._rounds = Counter("walras_extra_rounds", "Rounds that decided nothing.", registry=registry)
        self._blocks = Counter("walras_blocks", "Blocks decided.", ("phase",), registry=registry)
        self._settled = Counter("walras_settled_intents", "Intents that traded.", registry=registry)
        self._streams = Gauge("walras_stream_connections", "WebSockets open now.", registry=registry)
        self._sent = Counter("walras_stream_messages", "Messages to WebSockets.", registry=registry)
        self._closed = Counter("walras_stream_closed", "WebSockets closed.", ("why",), registry=registry)
        self._last_s: float | None = None

    def text(self) -> bytes:
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def block(self, phase: Phase, round: int, settled: int, now_s: float) -> None:
        """A block was decided; ``settled`` intents traded in it."""
        self._blocks.labels(phase.name.lower()).inc()
        self._rounds.inc(round)
        if phase is Phase.SETTLE:
            self._settled.inc(settled)
            if self._last_s is not None:
                self._batch.observe(now_s - self._last_s)
            self._last_s = now_s

    def stream_opened(self) -> None:
        self._streams.inc()

    def stream_sent(self) -> None:
        self._sent.inc()

    def stream_closed(self, why: str) -> None:
        self._streams.dec()
        self._closed.labels(why).inc()


class _OfNode:
    """What the node says of itself at the moment."""

    def __init__(self, node: Told) -> None:
        self._node = node

    def describe(self) -> list[Metric]:
        """Nothing is asked of a node that is only being registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

        status = self._node.status()
        yield InfoMetricFamily(
            "walras_node",
            "Who this is.",
            {"name": status.name, "role": status.role.value, "version": status.version},
        )
        for name, about, value in (
            ("walras_height", "Last decided block.", status.height),
            ("walras_round", "Round of the height under way.", status.round),
            ("walras_auction", "Auction under way.", status.auction),
            ("walras_validators", "Validators with power.", status.validators),
            ("walras_peers", "Peers connected.", status.peers),
            ("walras_waiting_items", "Items that wait for the next batch.", status.waiting),
            ("walras_ready", "Whether the node takes items and is at the head.", int(status.ready)),
            ("walras_start_time_seconds", "When it began, Unix time.", status.started_ms / 1000),
        ):
            yield GaugeMetricFamily(name, about, value)
        yield CounterMetricFamily("walras_acknowledged_items", "Items made durable.", status.acknowledged)
        counted = CounterMetricFamily("walras_counted", "Counted by node and transport.", labels=("what",))
        for name, number in sorted(self._node.counters().items()):
            counted.add_metric((name,), number)
        yield counted
