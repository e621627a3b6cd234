"""TCP links between processes that a test can hold, slow and cut, each direction by itself.

A link listens on a free loopback port and passes bytes on to another. Held bytes are not lost: they wait, as
they would in a kernel that retransmits into a cut cable, and go on when the link is let go. All links of a
``Links`` run in one trio thread; what a test calls is plain and may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

import trio

#: Read at once, and so the most that waits in a link beside the kernel's buffers.
CHUNK_BYTES = 65_536
#: How long a target may take to accept.
CONNECT_S = 5.0


class Way(Enum):
    """``THERE`` runs from whoever dialled the link to its target."""

    THERE = "there"
    BACK = "back"


@dataclass(eq=False)
class Link:
    """One port in front of another. Change it through its ``Links``."""

    target: int
    port: int = 0
    delay_s: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(Way, 0.0))
    passing: dict[Way, trio.Event] = field(default_factory=dict)
    refusing: bool = False
    scopes: set[trio.CancelScope] = field(default_factory=set)
    carried_bytes: int = 0

    def __post_init__(self) -> None:
        for way in Way:
            self.passing[way] = trio.Event()
            self.passing[way].set()

    async def serve(self, client: trio.SocketStream) -> None:
        """One connection, until either side is done with it or the link is cut."""
        with trio.CancelScope() as scope:
            self.scopes.add(scope)
            try:
                if not self.refusing:
                    await self._join(client)
            except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                pass
            finally:
                self.scopes.discard(scope)
                await trio.aclose_forcefully(client)

    async def _join(self, client: trio.SocketStream) -> None:
        await self.passing[Way.THERE].wait()
        with trio.fail_after(CONNECT_S):
            server = await trio.open_tcp_stream("127.0.0.1", self.target)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, Way.THERE, client, server, nursery.cancel_scope)
                nursery.start_soon(self._carry, Way.BACK, server, client, nursery.cancel_scope)
        finally:
            await trio.aclose_forcefully(server)

    async def _carry(
        self, way: Way, source: trio.SocketStream, sink: trio.SocketStream, both: trio.CancelScope
    ) -> None:
        try:
            while data := await source.receive_some(CHUNK_BYTES):
                await trio.sleep(self.delay_s[way])
                await self.passing[way].wait()
                self.carried_bytes += len(data)
                await sink.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        await self.passing[way].wait()  # a goodbye does not get through a held link either
        both.cancel()


class Links:
    """Any number of links, in a thread of their own. Made by ``open_links``."""

    def __init__(self) -> None:
        self._token: trio.lowlevel.TrioToken | None = None
        self._nursery: trio.Nursery | None = None
        self._started = threading.Event()

    def add(self, target: int) -> Link:
        """A link to that port of this machine; its own port is free until now."""
        link = Link(target)

        async def listen() -> None:
            assert self._nursery is not None
            listeners = await self._nursery.start(partial(trio.serve_tcp, link.serve, 0, host="127.0.0.1"))
            link.port = listeners[0].socket.getsockname()[1]

        trio.from_thread.run(listen, trio_token=self._token)
        return link

    def hold(self, link: Link, *ways: Way) -> None:
        """Nothing passes in these directions (none named: neither) until ``let_go``. Idempotent."""

        def change() -> None:
            for way in ways or Way:
                if link.passing[way].is_set():
                    link.passing[way] = trio.Event()

        self._now(change)

    def let_go(self, link: Link) -> None:
        """Both directions pass again, what was held first."""
        self._now(lambda: [event.set() for event in link.passing.values()])

    def slow(self, link: Link, delay_s: float, *ways: Way) -> None:
        """Each chunk waits so long before it goes on."""
        self._now(lambda: link.delay_s.update(dict.fromkeys(ways or Way, delay_s)))

    def cut(self, link: Link) -> None:
        """Connections break and new ones are refused until ``mend``."""

        def change() -> None:
            link.refusing = True
            for scope in link.scopes:
                scope.cancel()

        self._now(change)

    def mend(self, link: Link) -> None:
        self._now(lambda: setattr(link, "refusing", False))

    def _now(self, change: Callable[[], object]) -> None:
        trio.from_thread.run_sync(change, trio_token=self._token)

    async def _run(self) -> None:
        async with trio.open_nursery() as nursery:
            self._token, self._nursery = trio.lowlevel.current_trio_token(), nursery
            self._started.set()
            await trio.sleep_forever()

    def _stop(self) -> None:
        assert self._nursery is not None
        self._nursery.cancel_scope.cancel()


@contextmanager
def open_links() -> Iterator[Links]:
    """Links that pass while the block runs; afterwards no socket and no thread is left."""
    links = Links()
    thread = threading.Thread(target=trio.run, args=(links._run,), name="links", daemon=True)
    thread.start()
    links._started.wait()
    try:
        yield links
    finally:
        links._now(links._stop)
        thread.join()
