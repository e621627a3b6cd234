"""Peer ids from identity keys, as libp2p writes them, without importing libp2p."""

from __future__ import annotations

from typing import Final

#: Multihash "identity" (0) of 36 bytes: the protobuf {Type: Ed25519, Data: 32 bytes} (libp2p, peer-ids).
_PREFIX: Final = bytes([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])


def peer_id(public: bytes) -> str:
    """The base58 id of an Ed25519 public key of 32 bytes."""
    from base58 import b58encode

    return str(b58encode(_PREFIX + public).decode("ascii"))
