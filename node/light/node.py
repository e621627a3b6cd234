"""A light client that runs: it follows headers from full nodes and believes nothing else they say without a
proof."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import trio

from intents.errors import UsageError, WalrasError
from node.catchup.light import Light, Trusted
from node.chain.blocks import phase_of
from node.chain.tables import validators_of
from node.client.node_client import NodeClient
from node.embedded.recovery import verified
from node.history.recording import auction_at
from node.light.chain import LightChain
from node.light.errors import Forked, NoFullNode, NotBelieved
from node.light.proofs import Proven, proven
from node.light.settings import MAX_NODES, LightSettings
from node.light.sources import Source, Sources
from node.light.trust import read_trust, write_trust
from node.served import NodeStatus, PeerView, Role
from settlement.ledger.rules import rules_of
from settlement.ledger.stakes import stake_rules_of
from settlement.ledger.state import State, Table

#: A question is asked of all who may know so often, with a pause: the next block may settle what this one cannot.
_TRIES: Final = 3
_PAUSE_S: Final = 0.5
#: Without a newer header for so long the client says that it is behind.
STALE_S: Final = 60.0
#: How often the newest header is written down.
_WRITE_S: Final = 60.0
#: Pages of checkpoints read from one node at a time: years of daily changes.
_MAX_PAGES: Final = 512


class LightNode:
    """See ``open_light``. All of it is called from its own trio thread."""

    def __init__(self, settings: LightSettings, sources: Sources, chain: LightChain) -> None:
        self._settings, self._sources, self.chain = settings, sources, chain
        self._newest = -1
        self._newest_s = trio.current_time()
        self._written_s = -_WRITE_S
        self._counts: Counter[str] = Counter()
        self._fork: Forked | None = None
        self._started_ms = time.time_ns() // 1_000_000

    @property
    def network(self) -> bytes:
        return self.chain.network

    @property
    def first(self) -> State:
        """The genesis, which tells which assets there are."""
        return self._settings.first

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Follow headers until cancelled."""
        task_status.started()
        try:
            while True:
                await self.poll()
                self._write()
                await trio.sleep(self._settings.poll_s)
        finally:
            self._write(now=True)

    async def poll(self) -> None:
        """Ask everybody once for what is newer."""
        async with trio.open_nursery() as nursery:
            for source in self._sources.ranked():
                nursery.start_soon(self._follow, source)

    async def entry(self, table: Table[Any, Any], key: object) -> Proven:
        """What is proven of an entry, under a header believed here. Raises ``NoFullNode``, and ``Forked`` from the
        moment on in which the validators were caught certifying two blocks of one height."""
        why = "none is left that was not caught lying"
        if self._fork is not None:
            raise self._fork
        for attempt in range(_TRIES):
            for source in self._sources.ranked():
                try:
                    return await self._ask(source, table, key)
                except Forked as error:
                    self._forked(error)
                    raise
                except WalrasError as error:
                    self._failed(source, error)
                    why = str(error)
            if not self._sources.ranked():
                break
            if attempt < _TRIES - 1:
                await trio.sleep(_PAUSE_S)
        raise NoFullNode("", why)

    async def _ask(self, source: Source, table: Table[Any, Any], key: object) -> Proven:
        answer = await self._sources.proof(source, table, key)
        try:
            found = proven(answer, table, key, self.chain)
        except NotBelieved:
            # It may be ahead by a change of validators.
            await self._follow(source)
            found = proven(answer, table, key, self.chain)
        source.answered(found.height)
        self._counts["proofs"] += 1
        return found

    async def _follow(self, source: Source) -> None:
        """Every header it leads on with."""
        try:
            for _ in range(_MAX_PAGES):
                found, more = await self._sources.checkpoints(source, self.chain.height)
                before = self.chain.height
                for checkpoint in found:
                    self._take(source, self.chain.take(checkpoint, source.url))
                if not more or self.chain.height == before:
                    return
        except Forked as error:
            self._forked(error)
        except WalrasError as error:
            self._failed(source, error)

    def _take(self, source: Source, light: Light) -> None:
        height = light.header.height
        source.answered(height)
        if self._newest < height:
            self._newest, self._newest_s = height, trio.current_time()
            self._counts["headers"] += 1

    def _failed(self, source: Source, error: WalrasError) -> None:
        source.failed(error)
        self._counts["lies" if source.barred else "failures"] += 1

    def _forked(self, error: Forked) -> None:
        """There is no telling which of the two is the network's: nothing is believed any more."""
        self._fork = self._fork or error
        self._counts["forks"] += 1

    def _write(self, *, now: bool = False) -> None:
        """What is written is believed at the next start, whether it came by itself or with a proof: never after a
        fork."""
        path, newest, at_s = self._settings.trust, self.chain.newest, trio.current_time()
        if path is None or newest is None or self._fork or (not now and at_s - self._written_s < _WRITE_S):
            return
        write_trust(path, newest)
        self._written_s = at_s

    # Telling

    def trouble(self) -> str:
        """Why it cannot be relied on now, in words; nothing where it can."""
        if self._fork is not None:
            return str(self._fork)
        if not self._sources.ranked():
            return "every full node it knows was caught lying"
        if self.chain.head is None:
            return next((f"{s.url}: {s.trouble}" for s in self._sources.every if s.trouble), "no header yet")
        silent_s = trio.current_time() - self._newest_s
        return f"no newer header for {silent_s:.0f} s" if silent_s > STALE_S else ""

    def status(self) -> NodeStatus:
        height, head, why = self.chain.height, self.chain.head, self.trouble()
        return NodeStatus(
            name=self._settings.name,
            role=Role.LIGHT,
            peer="",
            network=self.network,
            version=_version(),
            height=height,
            round=0,
            auction=auction_at(height + 1),
            phase=phase_of(height + 1),
            root=self.first.root if head is None else head.header.state_root,
            validators=0 if self.chain.trusted is None else len(self.chain.trusted.next),
            waiting=0,
            acknowledged=0,
            peers=sum(not source.barred and not source.failures for source in self._sources.every),
            ready=not why,
            trouble=why,
            started_ms=self._started_ms,
        )

    def peers(self) -> tuple[PeerView, ...]:
        """Itself, and the full nodes by their URLs; those caught lying too."""
        now_ms = time.time_ns() // 1_000_000
        own = PeerView("", self._settings.name, Role.LIGHT, b"", "", self.chain.height, True, (), now_ms)
        others = (
            PeerView("", source.barred, Role.FULL, b"", source.url, source.height, not source.failures, (), now_ms)
            for source in self._sources.every
        )
        return (own, *others)

    def counters(self) -> Mapping[str, int]:
        return dict(sorted(self._counts.items()))


@asynccontextmanager
async def open_light(settings: LightSettings) -> AsyncIterator[LightNode]:
    """A light client that follows headers while the block runs. Raises ``UsageError`` for settings that cannot
    be."""
    if not 1 <= len(settings.nodes) <= MAX_NODES:
        raise UsageError("light.nodes", f"a light client asks 1 to {MAX_NODES} full nodes, here are none or more")
    with ExitStack() as stack:
        clients = [
            stack.enter_context(NodeClient(url, timeout_s=settings.timeout_s))
            for url in dict.fromkeys(settings.nodes)
        ]
        node = LightNode(settings, Sources([Source(client) for client in clients]), _chain(settings))
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(node.run)
                yield node
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as error:
            # The nursery's own task raises nothing: what comes is the block's.
            if len(error.exceptions) > 1:
                raise
            raise error.exceptions[0] from error.exceptions[0].__cause__


def _chain(settings: LightSettings) -> LightChain:
    """Belief begins at the file of the last run, else at the operator's pin, else at the genesis."""
    first, network = settings.first, rules_of(settings.first).network
    trusted = None if settings.trust is None else read_trust(settings.trust, network, verified)
    pin = settings.pin
    if pin is not None and (trusted is None or trusted.height < pin.height):
        trusted = None
    elif trusted is None:
        trusted = Trusted(-1, validators_of(first))
    return LightChain(network, verified, trusted, pin, stake_rules_of(first).evidence_age)


def _version() -> str:
    try:
        return version("walras")
    except PackageNotFoundError:
        return "unknown"
