"""What a solver seals: all it found, or as much of the best of it as one item may hold."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.canonical import Value, pack, read_bytes, read_list, unpack
from intents.intent import IntentId
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase, phase_of
from node.chain.items import MAX_SOLUTION_BYTES, Reveal, decode_item
from node.effects import Gossip
from node.machine import Machine
from node.solving import SolverKey, fitting, sealed, sitting_out
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Fill, Solution
from settlement.solution_codec import decode_solution
from tests.ledgers import SOLVER
from tests.unit.node.test_chain_solver_faults import chain

SECRET = b"s" * 32


def solution(number: int, fills: int) -> Solution:
    rng = Random(f"{number}/{fills}")
    found = sorted(rng.randbytes(32) for _ in range(fills))
    return Solution("me", number, {AssetId("A"): 1}, tuple(Fill(IntentId(one), 10**15) for one in found))


def numbers(encoded: list[bytes]) -> list[int]:
    return [decode_solution(data, "solution").id for data in encoded]


def test_what_fits_is_sealed_whole() -> None:
    """In the order in which it was found."""
    assert numbers(fitting([solution(number, 3) for number in (2, 0, 1)])) == [2, 0, 1]


def test_of_too_much_the_widest_is_sealed_and_opens() -> None:
    """Three large answers do not fit one item: the widest goes, small ones beside it, and the seal opens."""
    key = SigningKey.from_seed(SECRET)
    found = [solution(0, 12_000), solution(1, 14_000), solution(2, 5), solution(3, 12_800)]
    both = sealed(b"n" * 32, SolverKey(key.public, SECRET, key.sign), 1, found)
    assert both is not None
    reveal = decode_item(both[1])
    assert isinstance(reveal, Reveal)
    packed = read_list(unpack(reveal.solutions, "reveal", limit=MAX_SOLUTION_BYTES), "reveal", limit=256)
    assert numbers([read_bytes(one, "reveal", limit=MAX_SOLUTION_BYTES) for one in packed]) == [1, 2]


def test_nothing_that_fits_is_nothing_to_say() -> None:
    """A single answer larger than an item is not sent: opening it would cost the bond."""
    key = SigningKey.from_seed(SECRET)
    assert sealed(b"n" * 32, SolverKey(key.public, SECRET, key.sign), 1, [solution(0, 24_000)]) is None


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("found", [(), None])
def test_who_found_nothing_says_so(early: bool, found: tuple[()] | None) -> None:
    """Where windows run whole, too: else the batch would count as too large. Who ran out of time says that."""
    app = chain()
    timeouts = replace(Timeouts(), early=early)
    key = SolverKey(SOLVER.public, SOLVER.public, SOLVER.sign)
    node = Machine(app, timeouts, SOLVER.sign, SOLVER.public, lambda height: None, key)
    node.start()
    said = [one.item for one in node.solved(app.auction, found) if isinstance(one, Gossip)]
    assert said == [sitting_out(app.network, key, app.auction, out_of_time=found is None)]


@pytest.mark.parametrize("found", [(), (solution(0, 3),)])
def test_who_has_no_bond_says_nothing(found: tuple[Solution, ...]) -> None:
    """Others pass nothing on that comes together with a word nobody takes."""
    app, other = chain(), SigningKey.from_seed(b"unbonded" * 4)
    key = SolverKey(other.public, SECRET, other.sign)
    node = Machine(app, Timeouts(), SOLVER.sign, SOLVER.public, lambda height: None, key)
    node.start()
    assert node.solved(app.auction, found) == []


@pytest.mark.parametrize("found", [(), None, (solution(0, 3),)])
def test_who_answers_after_the_seals_says_nothing(found: tuple[Solution, ...] | None) -> None:
    """Nobody would take it: neither once what was sealed is opened, nor at the next auction."""
    app = chain()
    key = SolverKey(SOLVER.public, SECRET, SOLVER.sign)
    node = Machine(app, Timeouts(), SOLVER.sign, SOLVER.public, lambda height: None, key)
    node.start()
    assert node.solved(app.auction + 1, found) == []
    node.agreement.height = next(height for height in range(9) if phase_of(height) is Phase.SETTLE)
    assert node.solved(app.auction, found) == []
    node.agreement.height -= 1
    assert node.solved(app.auction, found)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=8), st.integers(0, 300))
def test_never_over_the_bounds(widths: list[int], small: int) -> None:
    """Whatever was found, what is sealed is within both bounds, and the widest that fits at all is in it."""
    found = [solution(number, width) for number, width in enumerate([*widths, *[1] * small])]
    chosen = fitting(found)
    assert len(pack(list[Value](chosen))) <= MAX_SOLUTION_BYTES
    assert len(chosen) <= MAX_SOLUTIONS_PER_SOLVER
    assert not found or max(len(decode_solution(data, "").fills) for data in chosen) == max(
        len(one.fills) for one in found
    )
