"""Gossipsub's router without I/O: who is in a topic's mesh, whom a message goes to, what control is answered.

The algorithm is that of the specifications gossipsub v1.0, v1.1 (back-off, no grafting below zero) and v1.2
(IDONTWANT), https://github.com/libp2p/specs/tree/master/pubsub/gossipsub. Ours are the choices they leave open:
ids are hashes of contents, what a full queue refused is offered again by IHAVE, peers in back-off are offered
IHAVE too, and one that newly subscribes is offered what was said lately.

The caller passes the time, tells it of peers and RPCs, and sends what it returns.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from p2p.base import Limits
from p2p.memory import MessageCache, Seen
from p2p.messages import Rpc, Sends
from p2p.scoring import Offence


@dataclass(frozen=True, slots=True)
class MeshParams:
    """Gossipsub's numbers; the defaults are the specification's."""

    degree: int = 6
    degree_low: int = 4
    degree_high: int = 12
    gossip_degree: int = 6
    history_windows: int = 5
    gossip_windows: int = 3
    heartbeat_ms: int = 1_000
    backoff_s: int = 60
    #: Ids in one IHAVE or taken from one peer per heartbeat, asked of one, and answered to one.
    ids_per_heartbeat: int = 5_000
    control_per_heartbeat: int = 256
    #: Only longer messages are worth an IDONTWANT.
    idontwant_bytes: int = 1_024
    #: A neighbour is sent messages to forward once in so long: they have company by then, or it has them.
    forward_ms: int = 50


@dataclass(slots=True)
class _Peer:
    version: int = 11
    topics: set[str] = field(default_factory=set)
    dont_send: dict[bytes, int] = field(default_factory=dict)
    owed: dict[bytes, str] = field(default_factory=dict)
    control: int = 0
    offered: int = 0
    asked: int = 0
    answered: int = 0
    given: set[bytes] = field(default_factory=set)


class Mesh:
    """The router of one node. ``trusted`` says who may be grafted; ``blame`` is told of offences.

    ``anchors`` are in the mesh of every topic they read, whatever its size, and are never shed. Who is ``ours``,
    dialled by this node, is sent its own messages in the mesh or not: strangers that fill a mesh keep nothing in.
    """

    def __init__(
        self,
        params: MeshParams,
        limits: Limits,
        rng: random.Random,
        trusted: Callable[[str], bool],
        blame: Callable[[str, Offence], None],
        anchors: Set[str] = frozenset(),
        ours: Callable[[str], bool] = lambda peer: False,
    ) -> None:
        self._anchors, self._ours = anchors, ours
        self._params, self._limits, self._rng = params, limits, rng
        self._trusted, self._blame = trusted, blame
        self._peers: dict[str, _Peer] = {}
        self._mesh: dict[str, set[str]] = {}
        self._backoff: dict[tuple[str, str], int] = {}
        self.seen = Seen(limits.seen_ms, limits.seen_messages)
        self.cache = MessageCache(params.history_windows, limits.cache_messages, limits.cache_bytes)

    # Peers and topics

    def add_peer(self, peer: str) -> Rpc:
        """A neighbour; the first thing to tell it."""
        self._peers.setdefault(peer, _Peer())
        return Rpc(subscriptions=tuple((True, topic) for topic in sorted(self._mesh)))

    def speaks(self, peer: str, version: int) -> None:
        """A neighbour's version of the protocol is known: 11 or 12."""
        if peer in self._peers:
            self._peers[peer].version = version

    def remove_peer(self, peer: str) -> None:
        self._peers.pop(peer, None)
        for members in self._mesh.values():
            members.discard(peer)

    def join(self, topic: str) -> Sends:
        """Subscribe; what to tell whom."""
        if topic in self._mesh:
            return []
        self._mesh[topic] = set()
        hello = Rpc(subscriptions=((True, topic),))
        return [(peer, hello) for peer in sorted(self._peers)]

    def mesh(self, topic: str) -> tuple[str, ...]:
        return tuple(sorted(self._mesh.get(topic, ())))

    def listeners(self, topic: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, peer in self._peers.items() if topic in peer.topics))

    # Messages

    def route(self, mid: bytes, topic: str, data: bytes, came_from: str | None) -> list[str]:
        """Whom an accepted (or our own) message goes to. It is remembered for those who ask."""
        self.cache.put(mid, topic, data)
        targets = self._mesh.get(topic, set()) - {came_from or ""}
        if came_from is None:
            others = [peer for peer in self.listeners(topic) if peer not in targets and self._trusted(peer)]
            targets |= set(self._some(others, self._params.degree - len(targets)))
            targets |= {peer for peer in others if self._ours(peer)}
        return sorted(peer for peer in targets if mid not in self._peers[peer].dont_send)

    def unwanted(self, mid: bytes, topic: str, size: int, came_from: str) -> Sends:
        """IDONTWANT to the mesh, for a long message that has just come in."""
        if size < self._params.idontwant_bytes:
            return []
        told = Rpc(idontwant=(mid,))
        members = self._mesh.get(topic, set()) - {came_from}
        return [(peer, told) for peer in sorted(members) if self._peers[peer].version >= 12]

    def has(self, peer: str, mid: bytes, now_ms: int) -> None:
        """``peer`` has a message, or is about to: it need not be sent it."""
        known = self._peers.get(peer)
        if known is not None and len(known.dont_send) < self._params.ids_per_heartbeat:
            known.dont_send[mid] = now_ms

    def owe(self, peer: str, mid: bytes, topic: str) -> None:
        """``peer``'s queue had no room for a message: offer it at the next heartbeats."""
        known = self._peers.get(peer)
        if known is not None and len(known.owed) < self._params.ids_per_heartbeat:
            known.owed[mid] = topic

    # What neighbours tell us

    def handle(self, peer: str, rpc: Rpc, now_ms: int) -> list[Rpc]:
        """Answer everything in an RPC but its messages."""
        known = self._peers.get(peer)
        if known is None:
            return []
        control = len(rpc.subscriptions) + len(rpc.graft) + len(rpc.prune) + len(rpc.ihave)
        known.control += control
        if known.control > self._params.control_per_heartbeat:
            self._blame(peer, Offence.FLOOD)
            return []
        answers = [answer for on, topic in rpc.subscriptions if (answer := self._subscribed(peer, on, topic))]
        refused = tuple(
            (topic, self._params.backoff_s) for topic in rpc.graft if not self._grafted(peer, topic, now_ms)
        )
        for topic, backoff_s in rpc.prune:
            self._pruned(peer, topic, backoff_s, now_ms)
        for mid in rpc.idontwant:
            self.has(peer, mid, now_ms)
        wanted = self._offered(known, peer, rpc)
        if wanted or refused:
            answers.append(Rpc(iwant=wanted, prune=refused))
        return answers + self._asked(known, peer, rpc.iwant)

    def _subscribed(self, peer: str, on: bool, topic: str) -> Rpc | None:
        known = self._peers[peer]
        if not on:
            known.topics.discard(topic)
            self._mesh.get(topic, set()).discard(peer)
            return None
        if topic in known.topics:
            return None
        if len(known.topics) >= self._limits.topics:
            self._blame(peer, Offence.FLOOD)
            return None
        known.topics.add(topic)
        if topic not in self._mesh:
            return None
        recent = tuple(self.cache.recent(topic, self._params.history_windows)[: self._params.ids_per_heartbeat])
        graft = (topic,) if self._graftable(peer, topic, self._params.degree) else ()
        if graft:
            self._mesh[topic].add(peer)
        return Rpc(ihave=((topic, recent),) if recent else (), graft=graft) if recent or graft else None

    def _graftable(self, peer: str, topic: str, room: int) -> bool:
        members = self._mesh[topic]
        if peer in members:
            return False
        return peer in self._anchors or (len(members) < room and self._trusted(peer))

    def _grafted(self, peer: str, topic: str, now_ms: int) -> bool:
        """Whether a GRAFT is taken; one for a topic we are not in needs no answer and gets none."""
        if topic not in self._mesh or peer in self._mesh[topic]:
            return True
        if self._backoff.get((peer, topic), 0) > now_ms and peer not in self._anchors:
            self._blame(peer, Offence.FLOOD)
            return False
        if not self._graftable(peer, topic, self._params.degree_high):
            self._back_off(peer, topic, self._params.backoff_s, now_ms)
            return False
        self._mesh[topic].add(peer)
        self._peers[peer].topics.add(topic)
        return True

    def _pruned(self, peer: str, topic: str, backoff_s: int, now_ms: int) -> None:
        if topic in self._mesh:
            self._mesh[topic].discard(peer)
            self._back_off(peer, topic, min(max(backoff_s, 1), 3_600), now_ms)

    def _back_off(self, peer: str, topic: str, seconds: int, now_ms: int) -> None:
        """Kept when the peer is lost, for it may come back; of very many the first is forgotten."""
        self._backoff.pop((peer, topic), None)
        self._backoff[peer, topic] = now_ms + 1_000 * seconds
        if len(self._backoff) > self._limits.backoffs:
            del self._backoff[next(iter(self._backoff))]

    def _offered(self, known: _Peer, peer: str, rpc: Rpc) -> tuple[bytes, ...]:
        """Ids to ask for, of those in IHAVE."""
        wanted: list[bytes] = []
        for topic, mids in rpc.ihave:
            known.offered += len(mids)
            if known.offered > 2 * self._params.ids_per_heartbeat:
                self._blame(peer, Offence.FLOOD)
                break
            if topic in self._mesh:
                wanted += [mid for mid in mids if mid not in self.seen]
        room = max(0, self._params.ids_per_heartbeat - known.asked)
        known.asked += len(wanted[:room])
        return tuple(dict.fromkeys(wanted[:room]))

    def _asked(self, known: _Peer, peer: str, mids: tuple[bytes, ...]) -> list[Rpc]:
        """The messages a peer asks for, one RPC each, and each once between heartbeats: an id is a few bytes."""
        answers: list[Rpc] = []
        for mid in mids:
            known.answered += 1
            if known.answered > self._params.ids_per_heartbeat:
                self._blame(peer, Offence.FLOOD)
                break
            known.owed.pop(mid, None)
            found = self.cache.get(mid)
            if found is not None and mid not in known.given:
                known.given.add(mid)
                answers.append(Rpc(messages=(found,)))
        return answers

    # The heartbeat

    def heartbeat(self, now_ms: int) -> Sends:
        """Mend the meshes, offer what was said lately, forget what is old."""
        sends: Sends = []
        for topic in sorted(self._mesh):
            sends += self._mend(topic, now_ms)
            sends += self._gossip(topic)
        for name, peer in sorted(self._peers.items()):
            if peer.owed:
                sends += [(name, Rpc(ihave=_by_topic(peer.owed)))]
                peer.owed = {mid: topic for mid, topic in peer.owed.items() if self.cache.get(mid) is not None}
            peer.control = peer.offered = peer.asked = peer.answered = 0
            peer.given = set()
            peer.dont_send = {mid: at for mid, at in peer.dont_send.items() if now_ms - at < 3_000}
        self._backoff = {key: until for key, until in self._backoff.items() if until > now_ms}
        self.seen.expire(now_ms)
        self.cache.shift()
        return sends

    def _mend(self, topic: str, now_ms: int) -> Sends:
        members, params = self._mesh[topic], self._params
        shed = [peer for peer in sorted(members) if not self._trusted(peer) and peer not in self._anchors]
        if len(members) - len(shed) > params.degree_high:
            good = [peer for peer in sorted(members) if peer not in shed and peer not in self._anchors]
            shed += self._some(good, len(members) - len(shed) - params.degree)
        members -= set(shed)
        for peer in shed:
            self._back_off(peer, topic, params.backoff_s, now_ms)
        sends: Sends = [(peer, Rpc(prune=((topic, params.backoff_s),))) for peer in shed]
        free = [
            peer
            for peer in self.listeners(topic)
            if self._graftable(peer, topic, params.degree_low) and self._backoff.get((peer, topic), 0) <= now_ms
        ]
        new = [peer for peer in free if peer in self._anchors]
        if len(members) + len(new) < params.degree_low:
            new += self._some([p for p in free if p not in new], params.degree - len(members) - len(new))
        for peer in new:
            members.add(peer)
            sends.append((peer, Rpc(graft=(topic,))))
        return sends

    def _gossip(self, topic: str) -> Sends:
        mids = tuple(self.cache.recent(topic, self._params.gossip_windows)[: self._params.ids_per_heartbeat])
        if not mids:
            return []
        others = [p for p in self.listeners(topic) if p not in self._mesh[topic] and self._trusted(p)]
        chosen = self._some(others, max(self._params.gossip_degree, len(others) // 4))
        return [(peer, Rpc(ihave=((topic, mids),))) for peer in chosen]

    def _some(self, peers: list[str], most: int) -> list[str]:
        return self._rng.sample(peers, min(max(most, 0), len(peers)))


def _by_topic(owed: dict[bytes, str]) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    topics = sorted(set(owed.values()))
    return tuple((topic, tuple(mid for mid, of in owed.items() if of == topic)) for topic in topics)
