"""Clusters for tests of what happens between nodes over time: late joiners, changing validators, lost disks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from intents.intent import Leg
from intents.signing import SigningKey
from node.agreement.effects import Broadcast
from node.agreement.messages import Vote
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.catchup.library import Keeping
from node.catchup.light import Pin
from node.catchup.messages import Chunk, Links, Manifest, PeerMessage, WantChunk
from node.catchup.snapshot import chunk_hash
from node.chain.genesis import Genesis
from node.effects import Effect
from settlement.ledger.stakes import StakeRules
from sim.cluster import Cluster, Crash, Member
from sim.kernel import Kernel
from sim.links import LinkModel
from sim.links import Links as Network
from tests.ledgers import WHOLE, A, B, genesis, holder

TIMEOUTS = Timeouts((100, 150, 100), 300, 150, 100, 100, early=False)
VALIDATORS = [SigningKey.from_seed(bytes([0x10 + i]) * 32) for i in range(4)]
CANDIDATES = [SigningKey.from_seed(bytes([0x20 + i]) * 32) for i in range(2)]
#: Votes of each validator at first.
VOTES = 3
LOSSY = LinkModel(loss=0.1, slow=0.05, copies=0.05)


def staked(rules: StakeRules | None = None, power: int = VOTES) -> Genesis:
    """Four validators with votes they paid for, and two others with money."""
    people = {holder(key): (Leg(A, 1000 * WHOLE), Leg(B, 10 * WHOLE)) for key in (*VALIDATORS, *CANDIDATES)}
    return replace(
        genesis(),
        validators=tuple(Validator(key.public, power) for key in VALIDATORS),
        balances=people,
        staking=rules or StakeRules(vote_price=WHOLE, evidence_age=60),
    )


@dataclass
class World:
    """A cluster under the faults of its seed until ``faulty_us``, and every vote that was sent in it."""

    seed: int
    genesis: Genesis
    faulty_us: int = 6_000_000
    crashes: float = 0.002
    followers: int = 1
    candidates: Sequence[bytes] = ()
    keeping: Keeping = Keeping(snapshot_every=2, keep_decisions=6)
    pin: Pin | None = None

    def __post_init__(self) -> None:
        self.kernel = Kernel(self.seed)
        self.rng: Random = self.kernel.stream("test")
        network = Network(self.kernel, LOSSY, self.faulty_us)
        nodes = len(self.genesis.validators)
        self.cluster = Cluster(
            self.kernel,
            network,
            self.genesis,
            TIMEOUTS,
            followers=self.followers,
            candidates=self.candidates,
            keeping=self.keeping,
            pins={nodes: self.pin} if self.pin is not None else None,
        )
        self.votes: dict[tuple[bytes, int, int, int], set[bytes | None]] = {}
        self.cluster.watch = self._listen
        self.cluster.hazard = self._hazard if self.crashes else None

    @property
    def members(self) -> list[Member]:
        return self.cluster.members

    def run(self, until_us: int) -> None:
        self.kernel.run(until_us)

    def height(self) -> int:
        return max(member.machine.app.height for member in self.members)

    def equivocations(self) -> list[tuple[bytes, int, int, int]]:
        return [place for place, blocks in self.votes.items() if len(blocks) > 1]

    def _listen(self, member: Member, effect: Effect) -> None:
        if isinstance(effect, Broadcast) and isinstance(effect.message, Vote):
            vote, key = effect.message, member.machine.key
            assert key is not None
            place = (key, vote.height, vote.round, int(vote.ballot))
            self.votes.setdefault(place, set()).add(vote.block)

    def _hazard(self, member: Member, effect: Effect) -> None:
        late = member.index >= len(self.genesis.validators)
        if not late and self.kernel.now_us < self.faulty_us and self.rng.random() < self.crashes:
            self.kernel.after(self.rng.randint(10_000, 1_000_000), self.cluster.restart, member.index)
            raise Crash


class Liar:
    """Distorts what peer ``index`` says of the past, in one of the ways of ``LIES``."""

    def __init__(self, index: int, lie: str) -> None:
        self.index, self.lie = index, lie
        self.told = 0
        self._oldest: Manifest | None = None
        self._chunks: dict[int, bytes] = {}

    def __call__(self, member: Member, target: int, message: PeerMessage) -> Iterable[PeerMessage]:
        if member.index != self.index:
            return (message,)
        found = self._lie(member, message)
        self.told += found != (message,)
        return found

    def _lie(self, member: Member, message: PeerMessage) -> tuple[PeerMessage, ...]:
        match message, self.lie:
            case Chunk(), "corrupt chunks":
                return (replace(message, data=message.data[:-1] + bytes([message.data[-1] ^ 1])),)
            case Chunk(), "silence":
                return ()
            case Manifest(), "forged certificate":
                certificate = message.checkpoint.certificate
                votes = tuple((sender, b"\0" * 32) for sender, _ in certificate.votes)
                return (self._certified(message, replace(certificate, votes=votes)),)
            case Manifest(), "too few votes":
                certificate = message.checkpoint.certificate
                return (self._certified(message, replace(certificate, votes=certificate.votes[:1])),)
            case Manifest(), "another state":
                spoilt = [self._spoilt(member, index) for index in range(len(message.chunks))]
                return (replace(message, chunks=tuple(map(chunk_hash, spoilt))),)
            case Chunk(), "another state":
                return (replace(message, data=self._spoilt(member, message.index)),)
            case Manifest(), "stale":
                self._oldest = self._oldest or message
                return (self._oldest,)
            case Links(), "no links":
                return (Links(()),)
            case _:
                return (message,)

    @staticmethod
    def _certified(manifest: Manifest, certificate: object) -> Manifest:
        return replace(manifest, checkpoint=replace(manifest.checkpoint, certificate=certificate))  # type: ignore[arg-type]

    def _spoilt(self, member: Member, index: int) -> bytes:
        """A chunk of a state in which somebody has one unit more, its hash as announced."""
        found = member.machine.past.library.offer()
        assert found is not None
        chunk = member.machine.past.library.chunk(WantChunk(found.checkpoint.certificate.height, index))
        assert chunk is not None
        return chunk.data[:-1] + bytes([chunk.data[-1] ^ 1])


LIES = (
    "corrupt chunks",
    "silence",
    "forged certificate",
    "too few votes",
    "another state",
    "stale",
    "no links",
)
