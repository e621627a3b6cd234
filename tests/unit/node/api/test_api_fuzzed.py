"""schemathesis over the whole document, a few examples each; ``benchmarks.api_fuzz`` does the same at length."""

from __future__ import annotations

import pytest
import trio

from benchmarks.api_fuzz import fuzz
from node.api import routing
from node.api.operations import OPERATIONS
from tests.unit.node.api.desk import FAST, TOKEN, opened


async def test_no_server_errors_no_unauthenticated_writes_nothing_undocumented() -> None:
    """Right and wrong requests to every operation, with the token and without."""
    async with opened(FAST) as desk:
        items = ["0x" + desk.item().hex() for _ in range(20)]
        await desk.writer.post("/v1/intents/batch", json={"items": items})
        await desk.until(6)
        report = await trio.to_thread.run_sync(fuzz, desk.url, TOKEN, 2, 1)
        assert report.failures == []
        assert report.good
        assert report.operations == len(OPERATIONS)
        assert report.requests > 2 * len(OPERATIONS)
        assert report.by_status[401] > 0


async def test_a_mistake_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that fails, one that is not as documented, and a gate that lets writers in: each is reported."""
    async with opened() as desk:

        def fails() -> None:
            raise RuntimeError("a mistake")

        monkeypatch.setattr(desk.node, "peers", fails)
        monkeypatch.setattr(routing, "shows_token", lambda headers, token: True)
        report = await trio.to_thread.run_sync(
            fuzz, desk.url, TOKEN, 2, 1, {"GET /v1/peers", "POST /v1/intents/batch"}
        )
        assert report.server_errors > 0
        assert report.unauthorised_writes > 0
        assert not report.good
