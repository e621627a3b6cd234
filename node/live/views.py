"""Nodes as they are shown: those met, with what they have said of themselves since, and those only heard of."""

from __future__ import annotations

from node.home.peer_id import peer_id
from node.live.directory import Neighbour
from node.live.presence import Known
from node.served import PeerView


def met_view(found: Neighbour, known: Known | None, now_ms: int) -> PeerView:
    """``now_ms`` is Unix time: a connected peer is there now."""
    said = found.hello
    addresses = known.presence.addresses if known is not None else said.addresses
    neighbours = tuple(map(peer_id, known.presence.neighbours)) if known is not None else ()
    height = max(found.height, known.presence.height if known is not None else -1)
    seen_ms = known.seen_ms if known is not None else now_ms
    address = addresses[0] if addresses else ""
    return PeerView(found.peer, said.name, said.role, said.key, address, height, True, neighbours, seen_ms)


def heard_view(known: Known) -> PeerView:
    said = known.presence
    address = said.addresses[0] if said.addresses else ""
    neighbours = tuple(map(peer_id, said.neighbours))
    return PeerView(
        known.peer, said.name, said.role, said.key, address, said.height, False, neighbours, known.seen_ms
    )
