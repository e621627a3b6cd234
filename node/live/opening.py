"""Opening a live node: its files, its network if it has one, and everything closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import trio

from intents.errors import WalrasError
from node.chain.memo import Memo
from node.chain.tables import validators_of
from node.embedded.recovery import recovered, verified
from node.errors import CannotListen
from node.history.rebuilding import mend
from node.history.store import HistoryStore
from node.live.errors import NoNetwork, WrongRole
from node.live.identity import self_of
from node.live.marks import Marks
from node.live.node import LiveNode
from node.live.settings import LiveSettings
from node.live.wire import ANSWER_BYTES, FRAME_BYTES, MESSAGE_BYTES
from node.served import Role
from node.storage.store import Store
from p2p.base import Transport
from settlement.ledger.rules import rules_of

#: For what is under way to be written when the node ends.
_GRACE_S = 1.5
#: Accepted packs that wait to be taken in.
_HANDLER_QUEUE = 128


@asynccontextmanager
async def open_live(settings: LiveSettings) -> AsyncIterator[LiveNode]:
    """A node that runs while the block does. A failing disk ends the block.

    Raises a ``WalrasError``: a ``StorageError``, ``LostStore``, ``CannotListen``, ``NoNetwork``, ``WrongRole``.
    """
    _check(settings)
    try:
        async with AsyncExitStack() as stack:
            node = await _opened(settings, stack)
            async with trio.open_nursery() as nursery:
                await nursery.start(node.run)
                try:
                    yield node
                finally:
                    node.stop()
                    with trio.move_on_after(_GRACE_S) as grace:
                        grace.shield = True
                        await node.wait()
                    node.abandon()
                    nursery.cancel_scope.cancel()
    except BaseExceptionGroup as error:
        raise _only(error) from error


async def _opened(settings: LiveSettings, stack: AsyncExitStack) -> LiveNode:
    network = rules_of(settings.first).network
    me = self_of(settings, network)
    marks = None
    if settings.key is not None:
        marks = Marks(settings.store, settings.key.public)
        marks.before_opening()
    store = stack.enter_context(Store(settings.store, settings.first))
    nonce = None
    if marks is not None:
        nonce = marks.opened(alone=len(validators_of(settings.first)) == 1)
    history = stack.enter_context(HistoryStore(settings.history))
    if settings.history is not None:
        await trio.to_thread.run_sync(mend, history, settings.first, store.height(), store.decision, verified)
    found = recovered(
        store,
        settings.timeouts,
        settings.key,
        settings.solver,
        keeping=settings.keeping,
        pin=settings.pin,
        nonce=nonce,
        memo=Memo(1),
    )
    transport = await _transport(settings, stack)
    return LiveNode(settings, me, store, history, found, marks if nonce is not None else None, transport)


async def _transport(settings: LiveSettings, stack: AsyncExitStack) -> Transport | None:
    if settings.transport is None:
        return None
    # libp2p takes most of a second to import: whoever is alone does without.
    from p2p.base import AddressInUse, P2PError
    from p2p.libp2p.transport import open_transport

    limits = replace(
        settings.transport.limits,
        message_bytes=MESSAGE_BYTES,
        frame_bytes=FRAME_BYTES,
        responses=ANSWER_BYTES,
        handler_queue=_HANDLER_QUEUE,
    )
    try:
        opened: Transport = await stack.enter_async_context(
            open_transport(replace(settings.transport, seed=settings.seed, limits=limits))
        )
    except (P2PError, BaseExceptionGroup) as error:
        leaves = list(_leaves(error))
        if not all(isinstance(leaf, P2PError) for leaf in leaves):
            raise
        first = leaves[0]
        if isinstance(first, AddressInUse):
            raise CannotListen("network", first.address, first.reason) from error
        raise NoNetwork("", str(first)) from error
    return opened


def _check(settings: LiveSettings) -> None:
    if (settings.role is Role.VALIDATOR) != (settings.key is not None):
        raise WrongRole(
            "", f"a {settings.role.value} {'without' if settings.key is None else 'with'} a validator's key"
        )
    if settings.role is Role.SOLVER and settings.solver is None:
        raise WrongRole("", "a solver without a solver's key")
    if settings.role is Role.LIGHT:
        raise WrongRole("", "a light client follows headers alone: node.light")


def _only(error: BaseException) -> BaseException:
    """The one error in it, or the first if all are expected."""
    leaves = list(_leaves(error))
    return leaves[0] if len(leaves) == 1 or all(isinstance(leaf, WalrasError) for leaf in leaves) else error


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error
