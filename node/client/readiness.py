"""Whether a node is where its network is: before that, auctions it names may be over, and its prices old."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from node.client.following import POLL_S
from node.client.node_client import NodeClient

#: A node that gets no further is given so long; one that catches up, while it gets on, if no longer than this.
READY_S: Final = 10.0
MOST_S: Final = 600.0


def await_ready(client: NodeClient, told: Callable[[str], None], *, timeout_s: float = READY_S) -> str:
    """Why the node is not ready, though it got no further for ``timeout_s``; empty once it is. ``told`` hears the
    first reason."""
    begun_s = got_on_s = time.monotonic()
    height: int | None = None
    while True:
        status = client.get("/v1/status")
        trouble = "" if status.flag("ready") else status.text_or("trouble", "") or "not ready"
        now_s, reached = time.monotonic(), status.integer("height", low=-1)
        if height is None and trouble:
            told(trouble)
        if reached != height:
            height, got_on_s = reached, now_s
        if not trouble or now_s >= min(got_on_s + timeout_s, begun_s + MOST_S):
            return trouble
        time.sleep(POLL_S)
