"""What must hold in every world of a campaign, told from what its nodes said, decided and hold at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from intents.codec import intent_id
from intents.intent import IntentId
from node.agreement.messages import Message, Seen
from node.agreement.validators import ValidatorSet
from node.chain.app import Applied
from node.chain.blocks import Phase, phase_of
from node.chain.items import Submission, item_id
from node.chain.reading import read_item
from node.machine import Commit
from settlement.ledger.books import check_all
from settlement.ledger.errors import Unbalanced
from settlement.ledger.orders import ORDERS
from sim.cluster import Cluster, Member
from sim.solver_penalties import wrong_penalties


@dataclass(frozen=True, slots=True)
class Violation:
    """What went wrong in the world of ``seed``."""

    seed: int
    kind: str
    detail: str


class Witness:
    """Notes what nodes say they hold and what they decide, as they do it, until all have decided height ``last``.

    ``guilty`` are not to be believed, ``wiped`` lose their disks; ``committed`` is called after each decision.
    """

    def __init__(
        self,
        cluster: Cluster,
        guilty: frozenset[int],
        wiped: Collection[int],
        last: int,
        committed: Callable[[Member, Commit], None] = lambda member, commit: None,
    ) -> None:
        self.cluster, self.guilty, self.wiped, self.last = cluster, guilty, wiped, last
        self._then = committed
        self.honest = [i for i in range(len(cluster.genesis.validators)) if i not in guilty]
        self.validators: dict[int, ValidatorSet] = {0: cluster.members[0].machine.app.validators}
        self.held: dict[int, dict[bytes, frozenset[bytes]]] = {}
        self.applied: dict[int, Applied] = {}
        self.forks: list[int] = []
        self._ids: dict[int, bytes] = {}
        self._trace = hashlib.sha256()
        self._behind = set(self.honest)
        cluster.said = self._said
        cluster.committed = self._committed

    @property
    def trace(self) -> str:
        """A hash over every decision of every node, with its time."""
        return self._trace.hexdigest()[:16]

    @property
    def done(self) -> bool:
        """Whether every honest validator has decided the last height."""
        return not self._behind

    def _said(self, member: Member, said: Message) -> None:
        if type(said) is Seen and member.index in self.honest:
            key = member.machine.key
            assert key is not None
            self.held.setdefault(said.height, {}).setdefault(key, frozenset(said.ids))

    def _committed(self, member: Member, commit: Commit) -> None:
        height, number = commit.height, commit.certificate.block
        place = b"%d %d %d " % (self.cluster.kernel.now_us, member.index, height)
        self._trace.update(place + number)
        self._then(member, commit)
        if member.index not in self.honest:
            return
        if height not in self.applied:
            self.applied[height] = commit.applied
            self.validators[height + 1] = member.machine.app.validators
            self._ids[height] = number
        elif self._ids[height] != number:
            self.forks.append(height)
        if height >= self.last:
            self._behind.discard(member.index)
            if not self._behind:
                self.cluster.kernel.halt()


def violations(seed: int, witness: Witness, acknowledged: Mapping[IntentId, int]) -> list[Violation]:
    """All that is wrong, in a fixed order."""
    found = [
        *(("fork", f"height {height}") for height in witness.forks),
        *_stalls(witness),
        *_states(witness),
        *_false_evidence(witness),
        *_omissions(witness),
        *_lost(witness, acknowledged),
        *(("penalty", detail) for detail in wrong_penalties(witness.cluster, witness.applied)),
    ]
    return [Violation(seed, kind, detail) for kind, detail in found]


def _stalls(witness: Witness) -> Iterator[tuple[str, str]]:
    if not witness.done:
        yield "stall", f"heights {[witness.cluster.members[i].disk.height for i in witness.honest]}"


def _states(witness: Witness) -> Iterator[tuple[str, str]]:
    """Books that add up; one state per height everywhere."""
    roots: dict[int, bytes] = {}
    for index in witness.honest:
        app = witness.cluster.members[index].machine.app
        try:
            check_all(app.state)
        except Unbalanced as error:
            yield "conservation", str(error)
        if roots.setdefault(app.height, app.state.root) != app.state.root:
            yield "state", f"height {app.height} at {index}"


def _false_evidence(witness: Witness) -> Iterator[tuple[str, str]]:
    """Nobody is accused or punished who kept to the protocol."""
    cluster = witness.cluster
    for index, accused in cluster.accused:
        if cluster.index[accused.key] not in witness.guilty and index in witness.honest:
            yield "false-evidence", f"{index} accuses {cluster.index[accused.key]}"
    for height, applied in witness.applied.items():
        for key in applied.effects.ruling.slashed:
            if cluster.index[key] not in witness.guilty:
                yield "false-evidence", f"{cluster.index[key]} is slashed at height {height}"


def _omissions(witness: Witness) -> Iterator[tuple[str, str]]:
    """What every honest validator said it held when its window closed is in the block."""
    keys = {witness.cluster.genesis.validators[i].key for i in witness.guilty}
    for height, applied in witness.applied.items():
        said = witness.held.get(height, {})
        honest = [member.key for member in witness.validators[height].members if member.key not in keys]
        if not honest or any(key not in said for key in honest):
            continue
        common = frozenset.intersection(*(said[key] for key in honest))
        left_out = common - {item_id(item) for item in applied.block.items}
        if left_out:
            yield "inclusion", f"height {height} lacks {min(left_out).hex()[:16]}"


def _lost(witness: Witness, acknowledged: Mapping[IntentId, int]) -> Iterator[tuple[str, str]]:
    """An intent that a node acknowledged is on the ledger or waits there, unless the node lost its disk."""
    members = witness.cluster.members
    state = members[witness.honest[0]].machine.app.state
    for intent, index in acknowledged.items():
        if (
            index in witness.honest
            and index not in witness.wiped
            and state.get(ORDERS, intent) is None
            and not _waits(members[index], intent)
        ):
            yield "lost-intent", f"{intent.hex()[:16]} at {index}"


def _waits(member: Member, intent: IntentId) -> bool:
    app = member.machine.app
    items = (read_item(item, app.network) for item in app.waiting[Phase.BATCH].values())
    return any(isinstance(item, Submission) and intent_id(item.intent) == intent for item in items)


def settled(witness: Witness) -> int:
    """Trades that were settled."""
    found = 0
    for height, applied in witness.applied.items():
        settlement = applied.effects.settlement
        if phase_of(height) is Phase.SETTLE and settlement is not None:
            found += sum(len(winner.trades) for winner in settlement.settled)
    return found
