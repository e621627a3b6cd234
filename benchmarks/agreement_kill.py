"""What killing one validator of four does to batch times, in virtual time: exact, and the same on any machine.

``python -m benchmarks.agreement_kill [--batches N] [--json]`` runs four validators and a solver's node on links of
one fixed delay, with an intent every quarter second and answers within 50 ms, takes the time of N batches, kills
one validator, and takes N more. It prints the mean of both, their ratio and the worst batch, with windows that end
early and with whole ones.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

from benchmarks.agreement_phases import Hops
from intents.auction import Auction
from intents.intent import NEVER, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import sign_intent
from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase, phase_of
from node.chain.items import Submission, encode_item
from node.machine import Commit
from settlement.solution import Solution
from sim.campaign_market import WHOLE, A, B, genesis_of, owners, solvers, solving
from sim.cluster import Cluster, Member
from sim.kernel import Kernel

VALIDATORS, KILLED, WATCHED = 4, 2, 0
HOPS_MS = (5, 50)
SOLVER = "naive"
SOLVING_US = 50_000
INTENT_EVERY_US = 250_000
#: More, and their owners would have nothing left to sell.
INTENTS = 600


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds. ``ratio``: the mean batch with one validator dead over the mean before."""

    hop_ms: int
    early: bool
    before_s: float
    killed_s: float
    ratio: float
    worst_s: float


def measure(hop_ms: int, early: bool, batches: int) -> Row:
    kernel = Kernel(1)
    genesis = genesis_of(VALIDATORS)
    # The others of the campaign's market, which do not keep to the protocol, have no bond here.
    bonds = {holder: bond for holder, bond in genesis.bonds.items() if bond[0] == SOLVER}
    cluster = Cluster(
        kernel,
        Hops(kernel, hop_ms * 1000),
        replace(genesis, bonds=bonds),
        Timeouts(early=early),
        solvers={VALIDATORS: (solvers()[SOLVER], _answer)},
        followers=1,
    )
    ends_us: list[int] = []

    def committed(member: Member, commit: Commit) -> None:
        if member.index == WATCHED and phase_of(commit.height) is Phase.SETTLE:
            ends_us.append(kernel.now_us)

    cluster.committed = committed
    network = cluster.members[WATCHED].machine.app.network
    for number in range(INTENTS):
        kernel.at(number * INTENT_EVERY_US, cluster.submit, WATCHED, _intent(network, number))
    cluster.start()
    kernel.run(10**12, lambda: len(ends_us) > batches)
    cluster.crash(KILLED)
    kernel.run(10**12, lambda: len(ends_us) > 2 * batches)
    lengths_s = [(later - sooner) / 1e6 for sooner, later in pairwise(ends_us)]
    before, killed = lengths_s[:batches], lengths_s[batches:]
    before_s, killed_s = statistics.fmean(before), statistics.fmean(killed)
    return Row(hop_ms, early, before_s, killed_s, killed_s / before_s, max(killed))


def _answer(auction: Auction) -> tuple[Sequence[Solution], int]:
    solutions, _ = solving(SOLVER)(auction)
    return solutions, SOLVING_US


def _intent(network: bytes, number: int) -> bytes:
    """An order somewhat below the pool's price, in both directions by turns."""
    key = owners()[number % len(owners())]
    give, want = ((A, WHOLE), (B, 48 * WHOLE // 100)) if number % 2 else ((B, WHOLE), (A, 19 * WHOLE // 10))
    owner = Owner(OwnerScheme.ED25519, key.public)
    intent = Intent(network, owner, number, 0, NEVER, (Leg(*give),), (Leg(*want),), Kind.EXACT_IN)
    return encode_item(Submission(intent, sign_intent(key, intent)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(hop_ms, early, options.batches) for early in (True, False) for hop_ms in HOPS_MS]
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print("hop  windows  before  killed  ratio  worst")
    for row in rows:
        print(
            f"{row.hop_ms:3}  {'early' if row.early else 'whole':7}  {row.before_s:5.2f}s  {row.killed_s:5.2f}s"
            f"  {row.ratio:5.2f}  {row.worst_s:4.2f}s"
        )


if __name__ == "__main__":
    main()
