"""Order books taken as the steps they are: the small program's conditions, and the same routes as by ramps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mixed_networks import mixed
from solver.router.dual import dual_of, evaluate, first_guess
from solver.router.interior import best_step, interior
from solver.router.kinks import RAMPED, follow
from solver.router.levels import Levels
from solver.router.maximise import maximise
from solver.router.model import Model, settled, without_circles
from solver.router.prepare import prepare
from solver.router.stepwise import applies, stepwise

GAP = 1e-9


def drawn(seed: int, tokens: int, count: int) -> Model:
    """A connected network of venues with random stiffness, something left over, and levels on either side."""
    rng = np.random.default_rng(seed)
    curvature = np.zeros((tokens, tokens))
    for a in range(1, tokens):
        b, weight = int(rng.integers(0, a)), float(rng.lognormal(5, 1))
        curvature[[a, b], [a, b]] += weight
        curvature[[a, b], [b, a]] -= weight
    held = np.zeros(tokens, bool)
    held[0] = True
    out = rng.integers(0, tokens, count)
    paid = (out + rng.integers(1, tokens, count)) % tokens
    levels = Levels(tokens, out, paid, np.zeros(count), np.ones(count))
    left = np.where(held, 0.0, rng.normal(0, 3, tokens))
    return Model(left, curvature, held, levels, rng.normal(0, 0.01, count), rng.lognormal(0, 1, count))


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(0, 40))
def test_the_best_step_leaves_nothing_over(seed: int, tokens: int, count: int) -> None:
    """Nothing is left of any token, whole levels gain, empty ones lose, and those between do neither."""
    model = drawn(seed, tokens, count)
    step = best_step(model, None, 1.0)
    assert step is not None
    moved = model.values * (step.parts - model.whole)
    left = model.left + model.curvature @ step.change + model.levels.spread(moved, moved)
    size = float(np.abs(model.left).sum() + model.values.sum())
    assert np.abs(left[~model.held]).max() <= 1e-9 * size
    assert step.change[0] == 0.0
    after = model.gains + model.levels.along(step.change)
    assert ((step.parts >= 0.0) & (step.parts <= 1.0)).all()
    assert (after[step.parts > 0.0] >= -1e-9).all()
    assert (after[step.parts < 1.0] <= 1e-9).all()


def test_a_good_start_needs_no_second_method() -> None:
    """From the answer itself, and from one level put wrong, the exact method alone finds it again."""
    model = drawn(5, 6, 30)
    step = best_step(model, None, 1.0)
    assert step is not None
    wrong = step.parts.copy()
    wrong[0] = 1.0 - np.round(wrong[0])
    for start in (step.parts, wrong):
        again = settled(model, start)
        assert again is not None
        assert np.allclose(again.parts, step.parts, atol=1e-9)


def test_levels_in_a_circle_never_all_lie_between() -> None:
    """Three levels of one pair at different rates: their gains cannot all be nothing, and the step is found."""
    curvature = np.array([[2.0, -2.0], [-2.0, 2.0]])
    levels = Levels(2, np.array([1, 1, 1]), np.array([0, 0, 0]), np.zeros(3), np.ones(3))
    held = np.array([True, False])
    model = Model(np.array([0.0, -5e-3]), curvature, held, levels, np.array([-1e-3, -1.1e-3, -1.2e-3]), np.ones(3))
    asking = np.ones(3, bool)
    assert without_circles(model, np.zeros(3, bool), asking, np.array([1.0, 3.0, 2.0])) == [1]
    step = settled(model, np.zeros(3))
    assert step is not None
    assert step.parts == pytest.approx([3e-3, 0.0, 0.0])
    assert step.change == pytest.approx([0.0, 1e-3])


def test_the_interior_method_tells_which_levels_lie_between() -> None:
    """Near enough that the exact method only has to end it."""
    model = drawn(7, 6, 40)
    near, step = interior(model), best_step(model, None, 1.0)
    assert near is not None
    assert step is not None
    assert np.allclose(near.parts, step.parts, atol=1e-2)
    assert np.allclose(near.change, step.change, atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_steps_and_ramps_find_the_same_route(seed: int) -> None:
    """Bound and trades of either end within the gap that was asked, in a third of the evaluations."""
    network = mixed(300, seed)
    prepared = prepare(network.network)
    dual = dual_of(prepared, network.goal)
    assert applies(dual)
    stepped = stepwise(dual, first_guess(dual), GAP)
    assert stepped is not None
    found, ramped = follow(dual, first_guess(dual), GAP)
    bound = evaluate(dual, stepped.found.point.y).value
    assert abs(bound - evaluate(dual, found.point.y).value) <= 2 * GAP * bound
    routing = maximise(prepared, network.goal, gap=GAP)
    assert 0.0 <= routing.gap <= GAP
    assert routing.iterations <= 25
    assert evaluate(ramped, found.point.y, RAMPED).value <= bound * (1 + 2 * GAP)


def test_floors_are_left_to_ramps() -> None:
    """Where several tokens are worth something prices have floors, which steps know nothing of."""
    network = mixed(60, 1)
    worth = network.goal.worth.copy()
    worth[1] = 1e-3
    prepared = prepare(network.network)
    dual = dual_of(prepared, type(network.goal)(worth, network.goal.given))
    assert not applies(dual)
    assert maximise(prepared, type(network.goal)(worth, network.goal.given)).gap <= GAP
