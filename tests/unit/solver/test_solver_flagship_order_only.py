"""Batches of orders alone through the flagship: what it finds verifies, and its certificate holds and is close."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.auction import Auction, Balance
from intents.fees import SurplusFee, VolumeFee
from intents.formats import load_auction
from intents.intent import Kind
from intents.records import replace
from settlement.certificate.kinds import prove
from settlement.certificate.price_cells import check_cells
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship.market import measure
from solver.flagship.order_only import Batch, batches, fits
from solver.flagship.solve import Walras
from solver.protocol import Deadline
from tests.shared import shared
from tests.solver_worlds import ONE, auction, pool, swap

FEE = (VolumeFee(Fraction(1, 1000)),)


def drawn(seed: int, orders: int, assets: int) -> Auction:
    """Orders around hidden prices, some of one owner with a balance for fewer, and prices off by up to a third."""
    draw = random.Random(seed)
    price = [draw.lognormvariate(0.0, 2.0) for _ in range(assets)]
    made = []
    for number in range(1, orders + 1):
        give, want = draw.sample(range(assets), 2)
        sell = draw.lognormvariate(0.0, 1.0) / price[give]
        buy = sell * price[give] / price[want] * draw.lognormvariate(0.0, 0.05)
        made.append(
            swap(number, f"T{give}", int(sell * ONE), f"T{want}", int(buy * ONE), partial=True, policies=FEE)
        )
    owner = made[0].intent.owner
    made = [replace(o, intent=replace(o.intent, owner=owner)) if n % 5 == 0 else o for n, o in enumerate(made)]
    held = [Balance(owner, AssetId(f"T{k}"), int(0.5 / price[k] * ONE)) for k in range(assets)]
    batch = auction(made, balances=held)
    known = {AssetId(f"T{k}"): int(price[k] * draw.uniform(0.75, 1.33) * ONE) for k in range(assets)}
    return replace(batch, assets=tuple(replace(a, reference_price=known[a.id]) for a in batch.assets))


def solved(batch: Auction, units: int = 300_000) -> list[Batch]:
    return list(batches(measure(batch, "walras"), Verifier(batch), "walras", Deadline.work(units)))


def settled(found: list[Batch]) -> list[Verified]:
    return [batch.verified for batch in found if batch.verified is not None]


@pytest.mark.parametrize("seed", range(5))
def test_the_certificate_holds_and_is_close(seed: int) -> None:
    """The proven bound is above the score of the batch found, by little."""
    batch = drawn(seed, 60, 4)
    found = solved(batch)
    assert found
    assert found[-1].proof is not None
    bound = check_cells(batch, found[-1].proof)
    assert bound is not None
    nets = [each.score.net for each in settled(found)]
    assert nets[-1] <= bound <= nets[-1] * 1.1
    assert nets == sorted(nets)


def test_a_budget_of_work_gives_the_same_answer_again() -> None:
    batch = drawn(7, 80, 5)
    assert solved(batch) == solved(batch)


def test_other_batches_are_left_to_the_general_search() -> None:
    """Venues, buys, orders filled whole or not at all, fees on surplus, network fees: none of them fits."""
    order = swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True, policies=FEE)
    assert fits(auction([order]))
    for other in (
        auction([order], [pool("p", "A", ONE, "B", ONE)]),
        auction([swap(1, "A", 10, "B", 9, kind=Kind.EXACT_OUT, partial=True)]),
        auction([swap(1, "A", 10, "B", 9)]),
        auction([swap(1, "A", 10, "B", 9, partial=True, max_fee=1)]),
        auction([replace(order, policies=(SurplusFee(Fraction(1, 2), Fraction(1)),))]),
        auction([replace(order, scored=False)]),
    ):
        assert not fits(other)


def test_nothing_to_trade_is_an_honest_empty_answer() -> None:
    """No orders, one order, orders one way, limits that do not meet."""
    one = swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True)
    same = swap(2, "A", 10 * ONE, "B", 9 * ONE, partial=True)
    apart = swap(3, "B", 10 * ONE, "A", 20 * ONE, partial=True)
    for orders in ([], [one], [one, same], [one, same, apart]):
        assert list(Walras().solve(auction(orders), Deadline.after(1.0))) == []


def test_disconnected_markets_are_solved_together() -> None:
    """Two pairs that share no asset, and one that shares an asset with neither its orders nor its value."""
    orders = [
        swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True),
        swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True),
        swap(3, "C", 10 * ONE, "D", 8 * ONE, partial=True),
        swap(4, "D", 10 * ONE, "C", 8 * ONE, partial=True),
        swap(5, "B", 5 * ONE, "C", 1 * ONE, partial=True),
    ]
    batch = auction(orders)
    last = settled(solved(batch))[-1]
    assert {trade.order for trade in last.trades} == {order.id for order in orders[:4]}
    assert last.score.net == pytest.approx(6 * ONE, rel=1e-4)


def test_a_coarse_asset_elsewhere_costs_nothing() -> None:
    """Units of C are worth as much as the other pair's orders: those settle as exactly as without it."""
    orders = [
        swap(1, "A", 3 * ONE // 7, "B", 2 * ONE // 7, partial=True),
        swap(2, "B", 3 * ONE // 7, "A", 2 * ONE // 7, partial=True),
        swap(3, "C", 10, "D", 8 * ONE, partial=True),
        swap(4, "D", 10 * ONE, "C", 8, partial=True),
    ]
    batch = auction(orders)
    assets = tuple(replace(a, reference_price=ONE * ONE) if a.id == "C" else a for a in batch.assets)
    scores = settled(solved(replace(batch, assets=assets)))[-1].score.pairs
    assert {AssetId("C"), AssetId("D")} < {give for give, _ in scores}
    fine = sum(score for pair, score in scores.items() if AssetId("A") in pair)
    assert fine == pytest.approx(2 * ONE / 7, rel=1e-5)


def test_amounts_from_one_unit_to_the_most_there_are() -> None:
    """A thousandth of a wei's worth beside 2^126, limits that cross by 111 times: valid, and the bound holds."""
    orders = [
        swap(1, "A", 2**126, "B", 2**119, partial=True),
        swap(2, "B", 2**126, "A", 2**119, partial=True),
        swap(3, "A", 1, "B", 1, partial=True),
        swap(4, "B", 111 * ONE, "A", ONE, partial=True),
    ]
    batch = auction(orders)
    last = solved(batch)[-1]
    assert last.proof is not None
    bound = check_cells(batch, last.proof)
    assert bound is not None
    assert last.verified is not None
    assert bound * 0.99 <= last.verified.score.net <= bound


@pytest.mark.parametrize(
    ("name", "least", "gap"),
    [
        ("5292563", 32.1, 0.06),
        ("instance_1", 25.8, 0.02),
        ("touched_du", 0.00307, 0.02),
        ("token_pair_1_1_3", 4.98598, 1e-4),
        ("token_pair_3_7", 72.41, 1e-3),
        ("token_pair_6_7", 16.14, 1e-3),
    ],
)
def test_recorded_batches(name: str, least: float, gap: float) -> None:
    """Recorded batches with wrong or no reference prices: at least what was found before, and a bound close by."""
    batch = load_auction(shared(f"data/gpv1/{name}.json").read_bytes(), "gpv1").auction
    last = solved(batch, 600_000)[-1]
    assert last.proof is not None
    bound = check_cells(batch, last.proof)
    assert bound is not None
    assert last.verified is not None
    net = last.verified.score.net
    assert net / ONE >= least
    assert net <= bound <= net * (1.0 + gap)


def test_the_flagship_publishes_batch_and_proof() -> None:
    """Its last whole batch carries a certificate that proves at least its score."""
    batch = drawn(11, 60, 4)
    answers: dict[int, Solution] = {}
    for solution in Walras().solve(batch, Deadline.after(3.0)):
        answers[solution.id] = solution
    whole = answers[0]
    assert whole.certificate is not None
    proof = prove(batch, whole.certificate)
    assert proof.claim is None
    assert 0 < Verifier(batch).verify(whole).score.net <= proof.bound
