"""Figures: what is counted, that it is text Prometheus reads, and that the dashboard asks for nothing else."""

from __future__ import annotations

import json
import re
from importlib import resources

from prometheus_client.parser import text_string_to_metric_families

from node.api.metrics import Metrics
from tests.unit.node.api.desk import FAST, opened
from tests.unit.node.api.websocket import stream

#: Names in PromQL that are no metrics but functions, keywords and labels.
_METRIC = re.compile(r"\b(?:walras|process)_[a-z_]+\b")


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


async def test_figures_of_a_node_at_work() -> None:
    """They agree with the node's status, the history and what was asked of the interface."""
    async with opened(FAST) as desk, stream(desk) as client:
        await client.subscribe("blocks")
        items = ["0x" + desk.item().hex() for _ in range(20)]
        await desk.writer.post("/v1/intents/batch", json={"items": items})
        await desk.client.get("/v1/auctions/7777")
        await desk.client.get("/nowhere/at/all")
        await desk.until(9)
        while (await client.hear("event"))["data"]["height"] < 8:
            pass
        answer = await desk.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        found, status = samples(answer.text), desk.node.status()
        assert found["walras_height"][()] >= 9
        assert found["walras_acknowledged_items_total"][()] <= status.acknowledged
        assert found["walras_acknowledged_items_total"][()] >= 20
        assert found["walras_blocks_total"][("phase", "batch"),] >= 3
        rows = (await desk.client.get("/v1/auctions")).json()["auctions"]
        assert 0 < found["walras_settled_intents_total"][()] <= sum(row["filled"] for row in rows)
        assert found["walras_batch_seconds_count"][()] >= 1
        assert found["walras_stream_connections"][()] == 1
        assert found["walras_stream_messages_total"][()] >= 9
        assert found["walras_counted_total"][("what", "decisions"),] >= 9
        requests = found["walras_http_requests_total"]
        assert requests[("method", "POST"), ("route", "/v1/intents/batch"), ("status", "202")] == 1
        assert requests[("method", "GET"), ("route", "/v1/auctions/{number}"), ("status", "404")] == 1
        assert requests[("method", "GET"), ("route", "other"), ("status", "404")] == 1
        assert found["walras_http_request_seconds_count"][("method", "GET"), ("route", "other")] == 1
        assert found["process_resident_memory_bytes"][()] > 0


async def test_names_are_by_convention_and_the_dashboard_knows_only_these() -> None:
    """Counters end in _total, durations in _seconds; every metric the dashboard names is in the figures."""
    async with opened(FAST) as desk:
        await desk.until(6)
        async with stream(desk):
            pass
        while "walras_stream_closed_total{" not in (text := (await desk.client.get("/metrics")).text):
            pass
        names = set(samples(text))
        for family in text_string_to_metric_families(text):
            assert re.fullmatch(r"(walras|process)_[a-z_]+", family.name)
            assert family.documentation
            assert not re.search(r"_(ms|milliseconds|kb|minutes)$", family.name)
        shipped = resources.files("node.api").joinpath("grafana.json").read_bytes()
        assert (await desk.client.get("/v1/grafana.json")).content == shipped
        board = json.loads(shipped)
        asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
        asked += [item.get("definition", "") for item in board["templating"]["list"]]
        used = {name for expression in asked for name in _METRIC.findall(expression)}
        assert used <= names, used - names
        assert len(used) >= 20
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


async def test_routes_are_few_whatever_is_asked() -> None:
    """Labels come from the table of operations: paths and methods of strangers do not make new ones."""
    async with opened() as desk:
        for number in range(30):
            await desk.client.get(f"/v1/auctions/{number}")
            await desk.client.get(f"/{number}")
            await desk.client.request(f"M{number}", "/v1/status")
        labels = samples((await desk.client.get("/metrics")).text)["walras_http_requests_total"]
        assert len(labels) <= 5


async def test_interfaces_do_not_share_a_registry() -> None:
    """Two in one process count for themselves."""
    async with opened() as one, opened() as two:
        await one.client.get("/v1/status")
        text = (await two.client.get("/metrics")).text
        assert 'route="/v1/status"' not in text
        assert isinstance(Metrics(one.node).text(), bytes)
