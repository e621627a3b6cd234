"""Exact winner determination: the compatible set of bids worth most, with a certificate.

A set-packing problem over directed pairs, intents and venues. Few bids are searched by branch and
bound in integers; more go to CP-SAT with one worker, a fixed seed and deterministic time, so that every
node finds the same set. CP-SAT takes 64-bit coefficients: larger scores are shifted down, and what the
shift hides is added to the published bound, never to the score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from settlement.fair_filter import fair
from settlement.greedy import take, total
from settlement.mechanism import DEFAULT_MAX_WINNERS, Bid, Certificate, Outcome, check_bids, ranked

#: Up to this many bids branch and bound answers at once; beyond, CP-SAT is faster.
SMALL: Final = 16
#: Sum of scaled scores stays below 2^52, where CP-SAT is at ease.
SCALED_BITS: Final = 52
DETERMINISTIC_TIME: Final = 20.0


@dataclass(frozen=True, slots=True)
class Packing:
    """The chosen bids and a proven upper bound on what any choice could be worth."""

    chosen: tuple[Bid, ...]
    bound: int


@dataclass(frozen=True, slots=True)
class Exact:
    """Maximises the total score over compatible fair bids. References are exact optima without the solver."""

    name: ClassVar[str] = "exact"

    max_winners: int = DEFAULT_MAX_WINNERS

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome:
        check_bids(bids)
        survivors = fair(ranked(bids, seed))
        best = pack(survivors, self.max_winners)
        value = total(best.chosen)
        return Outcome(
            mechanism=self.name,
            fair=tuple(bid.name for bid in survivors),
            winners=tuple(bid.name for bid in best.chosen),
            total=value,
            references={
                solver: total(pack([b for b in survivors if b.solver != solver], self.max_winners).chosen)
                for solver in sorted({bid.solver for bid in best.chosen})
            },
            certificate=Certificate(
                total=value,
                bound=best.bound,
                optimal=best.bound == value,
                greedy_total=total(take(survivors, self.max_winners)),
            ),
        )


def pack(bids: Sequence[Bid], max_winners: int) -> Packing:
    """The most valuable compatible subset of ``bids`` (best first), at most ``max_winners`` of them."""
    if len(bids) <= SMALL:
        return _branch_and_bound(bids, max_winners)
    return _cp_sat(bids, max_winners)


def _branch_and_bound(bids: Sequence[Bid], max_winners: int) -> Packing:
    """Depth-first over the bids in order; a branch is cut when all that is left cannot beat the best."""
    clash = [
        sum(1 << j for j, other in enumerate(bids) if i != j and bid.conflicts(other))
        for i, bid in enumerate(bids)
    ]
    best_value, best_set = 0, 0
    # (next bid, chosen mask, forbidden mask, count, value); bids are few, so the stack is too.
    stack = [(0, 0, 0, 0, 0)]
    while stack:
        index, chosen, forbidden, count, value = stack.pop()
        if value > best_value:
            best_value, best_set = value, chosen
        open_bids = [j for j in range(index, len(bids)) if not forbidden >> j & 1]
        room = max_winners - count
        if not open_bids or not room or value + sum(bids[j].score for j in open_bids[:room]) <= best_value:
            continue
        first = open_bids[0]
        stack.append((first + 1, chosen, forbidden, count, value))
        stack.append(
            (first + 1, chosen | 1 << first, forbidden | clash[first], count + 1, value + bids[first].score)
        )
    return Packing(tuple(bid for i, bid in enumerate(bids) if best_set >> i & 1), best_value)


def _cp_sat(bids: Sequence[Bid], max_winners: int) -> Packing:
    from ortools.sat.python import cp_model

    shift = max(0, total(bids).bit_length() - SCALED_BITS)
    model = cp_model.CpModel()
    choose = [model.new_bool_var("") for _ in bids]
    users: defaultdict[object, list[int]] = defaultdict(list)
    for i, bid in enumerate(bids):
        for resource in (*bid.pairs, *sorted(bid.intents), *((venue,) for venue in sorted(bid.venues))):
            users[resource].append(i)
    for sharing in users.values():
        if len(sharing) > 1:
            model.add_at_most_one([choose[i] for i in sharing])
    model.add(sum(choose) <= max_winners)
    model.maximize(sum((bid.score >> shift) * x for bid, x in zip(bids, choose, strict=True)))
    greedy = {bid.name for bid in take(bids, max_winners)}
    for bid, x in zip(bids, choose, strict=True):
        model.add_hint(x, int(bid.name in greedy))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = DETERMINISTIC_TIME
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        chosen = tuple(take(bids, max_winners))  # the hint alone is always a packing
    else:
        chosen = tuple(bid for bid, x in zip(bids, choose, strict=True) if solver.value(x))
    # Each of at most ``max_winners`` chosen scores lost less than 2^shift to the scaling.
    hidden = (min(max_winners, len(bids)) << shift) - min(max_winners, len(bids)) if shift else 0
    bound = (int(solver.best_objective_bound + 0.5) << shift) + hidden
    value = total(chosen)
    return Packing(chosen, max(value, bound) if shift or status != cp_model.OPTIMAL else value)
