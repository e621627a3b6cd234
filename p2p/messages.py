"""One RPC of gossipsub as a value, and the id of a message. The protobuf is in ``p2p.libp2p.rpc``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rpc:
    """What neighbours tell each other. Ids are 32 bytes; back-offs are seconds."""

    subscriptions: tuple[tuple[bool, str], ...] = ()
    messages: tuple[tuple[str, bytes], ...] = ()
    ihave: tuple[tuple[str, tuple[bytes, ...]], ...] = ()
    iwant: tuple[bytes, ...] = ()
    graft: tuple[str, ...] = ()
    prune: tuple[tuple[str, int], ...] = ()
    idontwant: tuple[bytes, ...] = ()


#: (peer, what to tell it), in order.
Sends = list[tuple[str, Rpc]]


def message_id(topic: str, data: bytes) -> bytes:
    """SHA-256 of ``topic ‖ 0x00 ‖ data``.

    The topic is in it because a message is judged by its topic's validator: were the id that of the data alone,
    sending a good message under a wrong topic first would make it seen, and so lost, under the right one.
    """
    return hashlib.sha256(topic.encode() + b"\x00" + data).digest()
