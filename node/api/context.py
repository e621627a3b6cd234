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
#: Questions at once that may have to be worked out; the history works out one at a time.
ASKING: Final = 4
#: Short looks at what is kept, which never wait for those.
LOOKING: Final = 8


@dataclass(frozen=True, slots=True)
class Context:
    node: Served
    settings: ApiSettings
    waiting: Waiting
    hub: Hub
    metrics: Metrics
    asking: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(ASKING))
    looking: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(LOOKING))

    async def ask(self, function: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """What may take a while, in a thread; a node that ends does not wait for it."""
        return await trio.to_thread.run_sync(
            lambda: function(*args, **keywords), abandon_on_cancel=True, limiter=self.asking
        )

    async def look(self, function: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """What reads rows and works nothing out, in a thread: never behind what is worked out for others."""
        return await trio.to_thread.run_sync(
            lambda: function(*args, **keywords), abandon_on_cancel=True, limiter=self.looking
        )
