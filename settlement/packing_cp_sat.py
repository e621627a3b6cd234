"""Set packing by CP-SAT: one worker, a fixed seed, deterministic time, and integers of any size.

CP-SAT refuses coefficients near 2^63, and scores are in wei. So worths are cut into digits, and the
total is maximised from the highest digit down: once the best total H of the leading digits is proven, a
set that is best over all digits has at least H − (m − 1) there, m being the most bids a set can hold
(each loses less than one unit to the cut). That constraint stays, the slack joins the next digit, and
the last round's optimum is the exact one. If a round ends without proof, what it has proven is a bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from settlement.greedy import take
from settlement.mechanism import Bid
from settlement.packing import Packing, Worths, compatible

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

#: Objectives stay below 2^50, far from where CP-SAT or the doubles it reports in lose digits.
OBJECTIVE_BITS: Final = 50


@dataclass(frozen=True, slots=True)
class _Round:
    """``best`` and ``bound`` of the round's objective, and the set that reaches ``best``."""

    best: int
    bound: int
    chosen: tuple[int, ...]


def cp_sat(
    bids: Sequence[Bid],
    worths: Worths,
    max_winners: int,
    max_time: float,
    start: tuple[int, ...] = (),
    known_bound: int | None = None,
) -> Packing:
    """The best compatible subset of ``bids`` (best first) as far as proven in time.

    ``max_time`` per round is in CP-SAT's deterministic units: about seconds, counted alike everywhere. ``start``
    is a compatible set to begin from, by position, ``known_bound`` a bound on the worth of any.
    """
    from ortools.sat.python import cp_model

    most = min(max_winners, len(bids))
    digit_bits = OBJECTIVE_BITS - 2 - most.bit_length()
    base = 1 << digit_bits
    model = cp_model.CpModel()
    choose = _packing_model(model, bids, max_winners)
    places = {bid.name: i for i, bid in enumerate(bids)}

    def worth(subset: tuple[int, ...]) -> int:
        return sum(worths.values[i] for i in subset)

    chosen = max(start, tuple(places[bid.name] for bid in take(bids, max_winners)), key=worth)
    bounds = [sum(sorted(worths.values, reverse=True)[:most])]
    if known_bound is not None:
        bounds.append(known_bound)
    bound = min(bounds) >> worths.shift
    digits = -(-max(worths.values, default=0).bit_length() // digit_bits) or 1
    leading: Any = 0  # the total of the digits before, less ``offset``
    offset = 0
    for place in reversed(range(digits)):
        weights = [value >> (digit_bits * place) & (base - 1) for value in worths.values]
        objective = leading * base + sum(w * x for w, x in zip(weights, choose, strict=True))
        found = _solve(model, objective, choose, chosen, max_time)
        if found is None:
            break
        offset *= base
        chosen = max(chosen, found.chosen, key=worth)
        unit = 1 << digit_bits * place
        bounds.append((offset + found.bound) * unit + most * (unit - 1))
        bound = min(bounds) >> worths.shift
        if found.best < found.bound:
            break
        low = found.best - (most - 1)
        if place and _alone(model, objective, low, choose, chosen, max_time):
            bounds.append(worth(chosen))
            bound = min(bounds) >> worths.shift
            break
        leading = model.new_int_var(0, most - 1, "")
        model.add(objective - low == leading)
        offset += low
    return _packing(bids, chosen, max_winners, bound)


def _alone(
    model: cp_model.CpModel, objective: Any, low: int, choose: list[Any], chosen: tuple[int, ...], max_time: float
) -> bool:
    """Whether no other set reaches ``low``: then ``chosen`` is best whatever the digits to come."""
    from ortools.sat.python import cp_model

    rivals = model.clone()
    mirrored = [rivals.get_bool_var_from_proto_index(x.index) for x in choose]
    rivals.add(objective >= low)
    # Also those that hold all of ``chosen`` and more: bids whose worth is in the digits to come.
    kept = sum(mirrored[i] for i in chosen)
    rivals.add(2 * kept - sum(mirrored) <= len(chosen) - 1)
    rivals.clear_objective()
    rivals.clear_hints()
    solver = _solver(max_time)
    return bool(solver.solve(rivals) == cp_model.INFEASIBLE)


def _packing_model(model: cp_model.CpModel, bids: Sequence[Bid], max_winners: int) -> list[Any]:
    choose = [model.new_bool_var("") for _ in bids]
    users: defaultdict[object, list[Any]] = defaultdict(list)
    for bid, x in zip(bids, choose, strict=True):
        for resource in bid.resources:
            users[resource].append(x)
    for sharing in users.values():
        if len(sharing) > 1:
            model.add_at_most_one(sharing)
    model.add(sum(choose) <= max_winners)
    return choose


def _solve(
    model: cp_model.CpModel, objective: Any, choose: list[Any], hint: tuple[int, ...], max_time: float
) -> _Round | None:
    """Maximise ``objective``; ``None`` when not even one set was found in time."""
    from ortools.sat.python import cp_model

    model.maximize(objective)
    model.clear_hints()
    hinted = set(hint)
    for i, x in enumerate(choose):
        model.add_hint(x, i in hinted)
    solver = _solver(max_time)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    chosen = tuple(i for i, x in enumerate(choose) if solver.value(x))
    return _Round(round(solver.objective_value), round(solver.best_objective_bound), chosen)


def _solver(max_time: float) -> cp_model.CpSolver:
    """One worker, a fixed seed and counted work: the same again each time."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    # Packing is what linear programs are good at: at 500 bids proofs come ten times sooner.
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = max_time
    return solver


def _packing(bids: Sequence[Bid], chosen: tuple[int, ...], max_winners: int, bound: int) -> Packing:
    """Checked in integers: the search is trusted neither for compatibility nor for the value."""
    found = Packing(tuple(bids[i] for i in chosen), bound)
    assert compatible(found.chosen, max_winners), "CP-SAT returned bids that conflict"
    assert found.score <= found.bound, "CP-SAT returned a bound below a set it found"
    return found
