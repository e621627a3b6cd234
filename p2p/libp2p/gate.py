"""Who is let in: lists, bans, how many in all and how many from one subnet. Anchors are exempt from all but the
operator's own list of those refused.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Set

from p2p.base import Limits
from p2p.scoring import Scores

#: Neighbours by address: one operator's machines usually share so many leading bits.
_IPV4_BITS, _IPV6_BITS = 24, 48


class Gate:
    """``allow`` empty means everybody not in ``deny``. ``anchors`` are peer ids."""

    def __init__(
        self, limits: Limits, scores: Scores, allow: Set[str], deny: Set[str], anchors: Set[str] = frozenset()
    ) -> None:
        self._limits, self._scores = limits, scores
        self._allow, self._deny, self.anchors = allow, deny, anchors
        self._subnets: dict[str, str] = {}

    def allowed(self, peer: str, now_ms: int) -> bool:
        """Whether a connection with the peer is wanted at all."""
        if peer in self._deny:
            return False
        if peer in self.anchors:
            return True
        return (not self._allow or peer in self._allow) and not self._scores.banned(peer, now_ms)

    def why_not(self, peer: str, ip: str, connected: int, now_ms: int, *, wanted: bool) -> str:
        """Why a new peer is not let in, in one word that is counted; empty if it is.

        A quarter of the places is for peers that this node itself dials (``wanted``): others never take it.
        """
        if not self.allowed(peer, now_ms):
            return "gated"
        if peer in self.anchors:
            return ""
        places = self._limits.connections - (0 if wanted else self._limits.connections // 4)
        if connected >= places:
            return "too_many_connections"
        subnet = subnet_of(ip)
        alike = Counter(held for name, held in self._subnets.items() if name != peer)
        if subnet and alike[subnet] >= self._limits.connections_per_subnet:
            return "too_many_of_a_subnet"
        return ""

    def entered(self, peer: str, ip: str) -> None:
        subnet = subnet_of(ip)
        if subnet and peer not in self.anchors:
            self._subnets[peer] = subnet

    def left(self, peer: str) -> None:
        self._subnets.pop(peer, None)


def subnet_of(ip: str) -> str:
    """The /24 or /48 an address is in; empty for loopback, where all share one, and for what is no address."""
    try:
        parsed = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return ""
    bits = _IPV4_BITS if parsed.version == 4 else _IPV6_BITS
    return str(ipaddress.ip_network((parsed, bits), strict=False))
