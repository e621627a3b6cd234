"""A libp2p host of TCP, Noise and Yamux alone, with py-libp2p 0.8.1's defects at this level repaired.

Repaired here: an exception in a stream handler ended the whole host; an inbound connection's slot and task were
kept until the host closed; a stream to a peer that was gone dialled it anew, wherever it had once said it was,
past bans and back-off; streams were heard of peers that were not let in; a listener shared a taken port in
silence; a window was a matter of trust (``bounds.py``); a frame took two reads of the socket and six turns of the
scheduler (``quick.py``), and passed through six objects that each read their part in a loop (``sealed.py``); names
were asked of name servers alone (``reaching.py``).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import trio
from libp2p import create_yamux_muxer_option, new_host
from libp2p.crypto.x25519 import create_new_key_pair as new_noise_key
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.exceptions import SwarmException
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from multiaddr import Multiaddr

from p2p.base import AddressInUse, BadAddress, Limits
from p2p.buckets import KeyedBuckets
from p2p.clock import monotonic_ms
from p2p.libp2p.bounds import bound_connection, forget_stream
from p2p.libp2p.gate import subnet_of
from p2p.libp2p.identity import key_pair
from p2p.libp2p.quick import QuickSocket, ReadAhead
from p2p.libp2p.reaching import by_own_names

_log = logging.getLogger(__name__)
#: For handshakes; on a busy machine each of their steps waits for its turn at the other side.
_UPGRADE_S = 6.0
_SUBNETS = 1_024


async def anybody(peer: str) -> bool:
    """Lets everybody in."""
    return True


def build_host(
    seed: bytes,
    limits: Limits,
    count: Callable[[str], None],
    let_in: Callable[[str], Awaitable[bool]] = anybody,
) -> Any:
    """A host that listens to nobody yet.

    ``count`` is told the name of every failure caught; no stream is heard of a peer that is not ``let_in``.
    """
    keys = key_pair(seed)
    host = new_host(
        key_pair=keys,
        sec_opt={NOISE: Noise(keys, noise_privkey=new_noise_key().private_key)},
        muxer_opt=create_yamux_muxer_option(),
        connection_config=ConnectionConfig(
            # One more than ours: ours is counted where the peer is known, and says why.
            max_connections=2 * limits.connections,
            high_watermark=2 * limits.connections,
            low_watermark=0,
            min_connections=0,
            max_connections_per_peer=1,
            inbound_upgrade_timeout=_UPGRADE_S,
            outbound_upgrade_timeout=_UPGRADE_S,
        ),
    )
    network: Any = host.get_network()
    network.retry_config = RetryConfig(max_retries=0)
    network.set_stream_handler(_guarded(network.common_stream_handler, count, let_in))
    # Below its low-water mark, even at none, the library dials whom it has heard of; here the supervisor does.
    network.auto_connector.maybe_connect = _nothing
    network.dial_peer = _not_connected
    for transport in network.transport_manager.get_transports():
        transport.dial = by_own_names(transport.dial)
    _prepare(network.upgrader, count)
    _release_inbound(network, limits, count)
    return host


def _prepare(upgrader: Any, count: Callable[[str], None]) -> None:
    """Every connection's bytes are read in large pieces from its first on, and what it may hold is bounded."""
    secure, multiplex = upgrader.upgrade_security, upgrader.upgrade_connection

    async def upgrade_security(connection: Any, *rest: Any) -> Any:
        connection.stream = ReadAhead(QuickSocket(connection.stream))
        return await secure(connection, *rest)

    async def upgrade_connection(*rest: Any) -> Any:
        muxed = await multiplex(*rest)
        bound_connection(muxed, count)
        return muxed

    upgrader.upgrade_security, upgrader.upgrade_connection = upgrade_security, upgrade_connection


async def _nothing() -> None:
    return None


async def _not_connected(peer: Any) -> Any:
    """In place of dialling: whom to dial, and where, the supervisor knows."""
    raise SwarmException(f"not connected with {peer}")


def _guarded(
    handler: Callable[[Any], Awaitable[None]],
    count: Callable[[str], None],
    let_in: Callable[[str], Awaitable[bool]],
) -> Callable[[Any], Any]:
    """A stream handler that fails alone. The library accepts streams before it tells of their connection."""

    async def guarded(stream: Any) -> None:
        try:
            if await let_in(str(stream.muxed_conn.peer_id)):
                await handler(stream)
            else:
                count("stream_refused")
                await reset(stream)
        except Exception as error:
            count("stream_handler_failed")
            _log.info("a stream failed: %r", error)
            await reset(stream)
        finally:
            if stream.muxed_stream.closed:
                forget_stream(stream.muxed_stream)

    return guarded


def _release_inbound(network: Any, limits: Limits, count: Callable[[str], None]) -> None:
    """Handle an inbound connection until *it* closes, where the library waits for the host to."""
    slots = trio.CapacityLimiter(2 * limits.connections)
    arrivals: KeyedBuckets[str] = KeyedBuckets(limits.arrivals_per_s, limits.arrivals_burst, _SUBNETS)

    async def handle(raw: Any, listener: Any) -> None:
        subnet = subnet_of((raw.get_remote_address() or ("", 0))[0])
        if subnet and not arrivals.take(subnet, 1, monotonic_ms() * 1_000):
            count("inbound_too_often")
            return
        try:
            slots.acquire_on_behalf_of_nowait(raw)
        except trio.WouldBlock:
            count("inbound_refused")
            return
        try:
            muxed = await network.upgrade_inbound_raw_conn(RawConnection(raw, False), listener)
            await muxed.event_closed.wait()
        except Exception as error:
            count("inbound_failed")
            _log.info("an inbound connection failed: %r", error)
        finally:
            slots.release_on_behalf_of(raw)
            with trio.move_on_after(1) as scope:
                scope.shield = True
                await _quietly(raw.close)

    network._handle_inbound_connection = handle


async def _quietly(close: Callable[[], Awaitable[Any]]) -> None:
    try:
        await close()
    except Exception as error:
        _log.debug("closing: %r", error)


async def reset(stream: Any) -> None:
    """Reset a stream whatever state it is in, and be back within a second; what was unread on it is gone."""
    with trio.move_on_after(1) as scope:
        scope.shield = True
        await _quietly(stream.reset)
    forget_stream(stream.muxed_stream)


async def finish(stream: Any) -> None:
    """Say no more on a stream, if there is one, and be back within a second; what was said can still be read."""
    if stream is not None:
        with trio.move_on_after(1) as scope:
            scope.shield = True
            await _quietly(stream.close)


def address(text: str) -> tuple[str | None, Multiaddr]:
    """The peer id in a multiaddr, if it names one, and the address.

    Raises:
        BadAddress
    """
    try:
        parsed = Multiaddr(text)
        names = [protocol.name for protocol in parsed.protocols()]
        peer = parsed.value_for_protocol("p2p") if "p2p" in names else None
        if len(names) < 2 or names[0] not in ("ip4", "ip6", "dns", "dns4", "dns6") or names[1] != "tcp":
            raise BadAddress(f"{text}: not of the form /ip4/ADDRESS/tcp/PORT")
    except BadAddress:
        raise
    except Exception as error:
        raise BadAddress(f"{text}: {error}") from error
    return peer, parsed


def refuse_taken(text: str) -> None:
    """The library shares a port that is listened on with whoever has it; here that is an error.

    Raises:
        AddressInUse, BadAddress
    """
    _, parsed = address(text)
    first = next(iter(parsed.protocols())).name
    host, port = str(parsed.value_for_protocol(first)), int(str(parsed.value_for_protocol("tcp")))
    family = socket.AF_INET6 if first in ("ip6", "dns6") else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressInUse(text, (error.strerror or str(error)).lower()) from error
