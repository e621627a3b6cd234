"""Winner determination: of bids that share orders, the set worth most in all, with a proven bound.

An instance has ``bids`` = [[orders, score], …]; ``ref`` holds the optimum as CP-SAT and SCIP found it. What is
asked is given to the mechanism's own packing, as bids that take intents.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.instance_runs.row import Row
from intents.assets import AssetId
from intents.intent import IntentId
from settlement.mechanism import Bid, ranked
from settlement.packing import compatible, pack


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        bids = ranked(read(instance["bids"]), b"")
        start = time.perf_counter()
        found = pack(bids, len(bids), b"")
        seconds = time.perf_counter() - start
        ref = instance.get("ref", {})
        known = ref.get("scip", ref.get("cpsat"))
        orders = instance.get("n_orders", len({order for taken, _ in instance["bids"] for order in taken}))
        yield Row(
            f"{number}: {len(bids)} bids, {orders} orders",
            float(found.score),
            None if known is None else float(known),
            float(found.bound),
            seconds,
            0 if compatible(found.chosen, len(bids)) else 1,
            {"optimal": found.optimal, "winners": len(found.chosen)},
        )


def read(bids: Sequence[Sequence[Any]]) -> list[Bid]:
    """Every bid trades a pair of its own, so that only its orders conflict."""
    return [
        Bid(
            name=f"{number}",
            solver=f"{number}",
            score=int(score),
            pairs={(AssetId(f"{number}"), AssetId("out")): int(score)},
            intents=frozenset(IntentId(int(order).to_bytes(4, "big")) for order in orders),
        )
        for number, (orders, score) in enumerate(bids)
    ]
