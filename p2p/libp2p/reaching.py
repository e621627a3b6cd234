"""Reaching an address: names by the machine's own resolver, and in words why an address was not reached.

The library asks name servers itself: names of the hosts file, of the local network, `localhost` are unknown to it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import trio
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.security.noise.exceptions import PeerIDMismatchesPubkey
from libp2p.transport.exceptions import OpenConnectionError
from multiaddr import Multiaddr

_FAMILIES = {"dns": socket.AF_UNSPEC, "dns4": socket.AF_INET, "dns6": socket.AF_INET6}
#: Of a name's addresses so many are tried, the last for as long as the dial may take.
_ADDRESSES, _EACH_S = 3, 0.9
#: A name server that does not answer holds a thread for long, and others of this process need threads too.
_LOOKUPS = 8
#: Exceptions deep that a reason is looked for.
_DEPTH = 16


def by_own_names(dial: Callable[[Multiaddr], Any]) -> Callable[[Multiaddr], Any]:
    """A TCP transport's ``dial`` that looks names up as every other program of the machine does."""
    lookups = trio.CapacityLimiter(_LOOKUPS)

    async def dial_named(address: Multiaddr) -> Any:
        kind = next(iter(address.protocols())).name
        if kind not in _FAMILIES:
            return await dial(address)
        name, port = str(address.value_for_protocol(kind)), int(str(address.value_for_protocol("tcp")))
        try:
            found = await trio.to_thread.run_sync(
                lambda: socket.getaddrinfo(name, port, _FAMILIES[kind], socket.SOCK_STREAM),
                abandon_on_cancel=True,
                limiter=lookups,
            )
            return RawConnection(TrioTCPStream(await _first([str(ip[0]) for *_, ip in found], port)), True)
        except (OSError, UnicodeError) as error:
            raise OpenConnectionError(f"{address}: {error}") from error

    return dial_named


async def _first(ips: list[str], port: int) -> trio.SocketStream:
    *others, last = list(dict.fromkeys(ips))[:_ADDRESSES]
    for ip in others:
        try:
            with trio.fail_after(_EACH_S):
                return await trio.open_tcp_stream(ip, port)
        except (OSError, trio.TooSlowError):
            continue
    return await trio.open_tcp_stream(last, port)


def why_not_reached(error: BaseException) -> str:
    """What went wrong, in the words of whoever knew best."""
    at: BaseException | None = error
    for _ in range(_DEPTH):
        match at:
            case None:
                break
            case trio.TooSlowError():
                return "no answer"
            case socket.gaierror():
                return "no such name, or no name server answers"
            case PeerIDMismatchesPubkey():
                return f"peer {str(at).rpartition('=')[2]} is there in its place"
            case OSError(errno=int(number)):
                return os.strerror(number).lower()
            case BaseExceptionGroup(exceptions=(first, *_)):
                at = first
            case _:
                error, at = at, at.__cause__ or at.__context__
    return str(error) or type(error).__name__
