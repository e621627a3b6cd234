"""Instance files at the edge of what their formats allow: run, and judged rightly."""

from __future__ import annotations

import numpy as np

from benchmarks.instance_runs import batch, gas_aware


def test_pools_that_trade_without_any_order() -> None:
    """What pools trade among themselves is summed in fractions of units, though no order brings any."""
    rng = np.random.default_rng(1)
    pools = [[k % 3, (k + 1) % 3, *rng.uniform(900, 1100, 2).tolist(), 0.5, 1.0] for k in range(12)]
    (row,) = batch.run({"instances": [{"T": 3, "external_prices": [1.0] * 3, "orders": [], "pools": pools}]})
    assert row.more["exact"]
    assert row.violations == 0


def test_pools_that_lack_a_token() -> None:
    """One that lacks a token is left alone; an answer that trades with it breaks a rule."""
    pools = [[0, 1, 1e3, 1e3, 0.5, 1.0], [0, 1, 0.0, 5.0, 0.5, 1.0], [1, 0, 0.0, 0.0, 0.5, 1.0]]
    instance = {"T": 2, "external_prices": [1.0, 1.0], "orders": [[0, 1, 10.0, 0.9]], "pools": pools}
    (row,) = batch.run({"instances": [instance]})
    assert row.violations == 0
    assert row.value > 0
    through_each = np.array([[1.0, -0.5], [1.0, -0.5], [1.0, -0.5]])
    assert batch._invariants_lost(batch._batch(instance).pools, through_each).tolist() == [False, True, True]


def test_routes_past_pools_that_lack_a_token() -> None:
    """A pool with nothing to give is not used, which breaks no rule."""
    pools = [[0, 1, 1e6, 1e6, 0.5, 0.997], [0, 1, 0.0, 1e6, 0.5, 0.997], [0, 1, 0.0, 0.0, 0.5, 0.997]]
    asked = {"n_tokens": 2, "pools": pools, "token_in": 0, "token_out": 1, "amount_in": 1e3}
    costly = {**asked, "price_out": 1.0, "cost_per_pool": 1.0}
    (row,) = gas_aware.run({"instances": [costly]})
    assert row.violations == 0
    assert row.more["pools"] == [0]
    assert row.value > 990
