"""What answers are made from: the node, the settings, who streams, what is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import trio

from node.api.settings import ApiSettings
from node.api.waiting import Waiting
from node.served import Served

if TYPE_CHECKING:
    from node.api.hub import Hub
    from node.api.metrics import Metrics


P = ParamSpec("P")
T = TypeVar("T")
#: Questions to the history at once. It works out one at a time; a second may read what is at hand meanwhile.
ASKING: Final = 4


@dataclass(frozen=True, slots=True)
class Context:
    node: Served
    settings: ApiSettings
    waiting: Waiting
    hub: Hub
    metrics: Metrics
    asking: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(ASKING))

    async def ask(self, function: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """What may take a while, in a thread; a node that ends does not wait for it."""
        return await trio.to_thread.run_sync(
            lambda: function(*args, **keywords), abandon_on_cancel=True, limiter=self.asking
        )
