"""Certificates by cells of price space: what they prove holds for everything the law accepts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder, Balance
from intents.fees import SurplusFee, VolumeFee
from intents.records import replace
from settlement.certificate.blocks import blocks
from settlement.certificate.cells import BITS, Cell, rounded_up
from settlement.certificate.price_cells import KIND, applies, check_cells
from settlement.certificate.rationals import fraction_of, text_of
from settlement.errors import LawError
from settlement.solution import Fill, Solution
from settlement.verify import Verifier
from tests.solver_worlds import auction, pool, swap

NAMES = ("A", "B", "C")
#: A tenth: large enough that rounding it down matters to orders of a few units.
TENTH = (VolumeFee(Fraction(1, 10)),)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
@settings(max_examples=200, deadline=None)
def test_blocks_are_those_of_networkx(arcs: list[tuple[int, int]]) -> None:
    """Biconnected components of the pairs within strongly connected components."""
    pairs = [(AssetId(str(a)), AssetId(str(b))) for a, b in arcs if a != b]
    graph: nx.DiGraph[AssetId] = nx.DiGraph(pairs)
    component = {a: k for k, found in enumerate(nx.strongly_connected_components(graph)) for a in found}
    inside = nx.Graph([(a, b) for a, b in pairs if component[a] == component[b]])
    expected = [sorted(str(asset) for asset in found) for found in nx.biconnected_components(inside)]
    assert [list(map(str, block)) for block in blocks(pairs)] == sorted(expected)


@st.composite
def small_auctions(draw: st.DrawFn) -> Auction:
    """Up to four orders of a few units between three assets, at most two of one owner, some with a fee."""
    orders: list[AuctionOrder] = []
    for number in range(1, draw(st.integers(2, 4)) + 1):
        give, want = draw(st.permutations(NAMES))[:2]
        policies = draw(st.sampled_from(((), TENTH)))
        sell, buy = draw(st.integers(1, 12)), draw(st.integers(1, 12))
        order = swap(number, give, sell, want, buy, partial=True, policies=policies)
        orders.append(replace(order, remaining=draw(st.integers(1, sell))))
    first, last = orders[0], orders[-1]
    orders[-1] = replace(last, intent=replace(last.intent, owner=first.intent.owner))
    held = Balance(first.intent.owner, first.intent.give[0].asset, draw(st.integers(1, 15)))
    made = auction(orders, balances=[held])
    prices = {name: draw(st.sampled_from((0, PRICE_SCALE // 3, PRICE_SCALE, 5 * PRICE_SCALE))) for name in NAMES}
    return replace(made, assets=tuple(replace(a, reference_price=prices[a.id]) for a in made.assets))


def best_score(batch: Auction) -> int:
    """The best net score over small integer prices and all fills, by the law itself."""
    best = 0
    verifier = Verifier(batch)
    for prices in product(range(1, 5), repeat=len(NAMES)):
        vector = {AssetId(name): price for name, price in zip(NAMES, prices, strict=True)}
        for fills in fillings(batch, vector):
            traded = {
                leg.asset
                for f in fills
                for leg in (*batch.order[f.order].intent.give, *batch.order[f.order].intent.want)
            }
            kept = {asset: price for asset, price in vector.items() if asset in traded}
            try:
                best = max(best, verifier.verify(Solution("s", 0, kept, fills)).score.net)
            except LawError:
                continue
    return best


def fillings(batch: Auction, prices: dict[AssetId, int]) -> Iterator[tuple[Fill, ...]]:
    """All ways to fill the orders that pay out whole units: others are rounded up, which nobody could pay for."""
    ranges = []
    for order in batch.orders:
        give, want = (prices[order.intent.give[0].asset], prices[order.intent.want[0].asset])
        ranges.append([0] + [n for n in range(1, order.remaining + 1) if n * give % want == 0])
    for amounts in product(*ranges):
        fills = tuple(Fill(o.id, n) for o, n in zip(batch.orders, amounts, strict=True) if n)
        if fills and conserved(batch, prices, amounts):
            yield fills


def conserved(batch: Auction, prices: dict[AssetId, int], amounts: tuple[int, ...]) -> bool:
    net = dict.fromkeys(prices, 0)
    for order, amount in zip(batch.orders, amounts, strict=True):
        give, want = order.intent.give[0].asset, order.intent.want[0].asset
        net[give] += amount
        net[want] -= amount * prices[give] // prices[want]
    return all(value >= 0 for value in net.values())


def claim_for(batch: Auction, draw: random.Random) -> dict[str, object]:
    """Any cuts and any prices: whatever they are, what they prove must hold."""
    listed = []
    for assets in blocks((o.intent.give[0].asset, o.intent.want[0].asset) for o in batch.orders):
        cells: list[dict[str, object]] = []
        todo = [draw.randint(0, 3)]
        while todo:
            depth = todo.pop()
            if depth:
                a, b = draw.sample(assets, 2)
                cells.append({"cut": [a, b, f"{draw.randint(1, 9)}/{draw.randint(1, 9)}"]})
                todo += [depth - 1, draw.randint(0, depth - 1)]
            else:
                least = [Fraction(batch.reference_price(asset) or 0, PRICE_SCALE) for asset in assets]
                cells.append({"prices": [text_of(p + Fraction(draw.randint(0, 8), 3)) for p in least]})
        listed.append({"assets": list(assets), "cells": cells})
    return {"kind": KIND, "blocks": listed}


@given(small_auctions(), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_nothing_lawful_scores_more(batch: Auction, seed: int) -> None:
    """The bound of any cuts and prices is at least the best score found by trying everything small."""
    bound = check_cells(batch, claim_for(batch, random.Random(seed)))
    assert bound is not None
    assert bound >= best_score(batch)


def test_a_cut_at_the_marginal_limit_proves_more() -> None:
    """Two orders with a fee: 300 if each could be paid its own price, at one price not quite."""
    batch = auction(
        [
            swap(1, "A", 400 * 10**6, "B", 200 * 10**6, partial=True, policies=(VolumeFee(Fraction(1, 1000)),)),
            swap(2, "B", 200 * 10**6, "A", 100 * 10**6, partial=True, policies=(VolumeFee(Fraction(1, 1000)),)),
        ]
    )
    loose = check_cells(batch, {"kind": KIND, "blocks": []})
    cells = [
        {"cut": ["B", "A", "1998/1000"]},
        {"prices": ["1/2", "1/1"]},
        {"prices": ["1/1", "1999/1000"]},
    ]
    tight = check_cells(batch, {"kind": KIND, "blocks": [{"assets": ["A", "B"], "cells": cells}]})
    assert loose == pytest.approx(300 * 10**6, abs=10)
    assert tight == pytest.approx(2998 * 10**5, abs=10)
    fills = (Fill(batch.orders[0].id, 3996 * 10**5), Fill(batch.orders[1].id, 200 * 10**6))
    found = Verifier(batch).verify(Solution("s", 0, {AssetId("A"): 1000, AssetId("B"): 1998}, fills))
    assert found.score.net == pytest.approx(2998 * 10**5, abs=10)


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "other"},
        {"blocks": "none"},
        {"blocks": [{"assets": "AB"}]},
        {"blocks": [{"assets": ["A", "B"], "cells": []}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"prices": ["1/1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"prices": ["1/1", "-1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"prices": ["1/0", "1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"cut": ["A", "B", "1/1"]}, {"prices": ["1", "1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"cut": ["A", "C", "1/1"]}] + 2 * [{"prices": ["1", "1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"cut": ["A", "B", "0/1"]}] + 2 * [{"prices": ["1", "1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": 2 * [{"prices": ["1", "1"]}]}]},
        {"blocks": [{"assets": ["A", "B"], "cells": [{"prices": ["1/2", "1/2"]}]}]},
    ],
)
def test_malformed_certificates_prove_nothing(broken: dict[str, object]) -> None:
    """Another kind, parts missing or too many, no such asset, and prices below reference prices at any rate."""
    batch = auction([swap(1, "A", 10, "B", 5, partial=True), swap(2, "B", 10, "A", 5, partial=True)])
    assert check_cells(batch, {"kind": KIND, "blocks": [], **broken}) is None


def test_a_block_without_a_claim_is_bounded_at_reference_prices() -> None:
    """Leaving blocks out proves less, never nothing."""
    batch = auction([swap(1, "A", 10, "B", 5, partial=True), swap(2, "B", 10, "A", 5, partial=True)])
    assert check_cells(batch, {"kind": KIND, "blocks": []}) == 10


def test_only_batches_of_plain_sells_are_bounded() -> None:
    """With venues, network fees or fees on surplus payouts need not be exact."""
    order = swap(1, "A", 10, "B", 5, partial=True)
    assert applies(auction([order]))
    assert not applies(auction([order], [pool("p", "A", 100, "B", 100)]))
    assert not applies(auction([swap(1, "A", 10, "B", 5, partial=True, max_fee=3)]))
    assert not applies(auction([replace(order, policies=(SurplusFee(Fraction(1, 2), Fraction(1)),))]))


def test_cells_follow_what_bounds_imply() -> None:
    """A ratio through a third price is bounded by the product; contradictions empty the cell."""
    a, b, c = (AssetId(name) for name in NAMES)
    cell = Cell().narrowed(a, b, Fraction(2)).narrowed(b, c, Fraction(3))
    assert cell.most(a, c) == 6
    assert not cell.narrowed(c, a, Fraction(1, 6)).empty
    assert cell.narrowed(c, a, Fraction(1, 7)).empty


@given(st.fractions(min_value=Fraction(1, 10**60), max_value=10**60))
def test_rounding_up_keeps_the_value_inside(value: Fraction) -> None:
    """A rounded bound is no smaller and hardly larger."""
    rounded = rounded_up(value)
    assert value <= rounded <= value * (1 + Fraction(1, 1 << (BITS - 2)))


@given(st.fractions(min_value=0, max_value=10**30))
def test_rationals_survive_as_text(value: Fraction) -> None:
    assert fraction_of(text_of(value)) == value
