"""Batches of orders alone: no venues, no costs, sells that may be filled in part, whose only fees are on volume.

There the score does not depend on prices but through who may trade, and a search over cells of price space finds
the best batch together with a proof (``solver.circulation``). Each block of assets is searched on its own: value
circulates within blocks, and prices of one block bind another only by their scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction
from intents.fees import VolumeFee
from intents.intent import IntentId, Kind
from settlement.certificate.blocks import blocks
from settlement.certificate.price_cells import KIND, check_cells
from settlement.certificate.rationals import text_of
from settlement.errors import LawError
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.circulation.book import Book, Floats, Places, part, rescaled, typical_log_prices
from solver.circulation.branch import Search
from solver.flagship.circulation import settle_on_lattice
from solver.flagship.market import Market
from solver.flagship.plan import Plan, Problem
from solver.protocol import Deadline

#: Searched until best and bound are this close, or this many cells are looked at in a block.
GAP: Final = 1e-4
MOST_CELLS: Final = 2_000
#: Dual prices below this, in numeraire base units per base unit, are published as nothing.
LEAST_PRICE: Final = 1e-25
#: A dual price this close to the reference price, in proportion, is it.
AT_REFERENCE: Final = 1e-11
#: A plan this much better than the last one settled is settled at once.
WORTH_SETTLING: Final = 0.02
#: What a cell costs in units of work, and more for every order, as measured.
PER_CELL: Final = 2_000.0
PER_ORDER: Final = 3.0
#: Larger batches leave it to whoever reads their certificate to evaluate it.
MOST_EVALUATED: Final = 2_000
#: A plan is better when it is by this share.
BETTER: Final = 1e-6


@dataclass(frozen=True)
class Batch:
    """A batch that verifies, and a certificate for the whole auction with the last, also where nothing trades."""

    verified: Verified | None
    proof: Mapping[str, object] | None


@dataclass(frozen=True)
class Block:
    """One block's search: its assets, its orders' places in the market, the log prices amounts are measured at."""

    assets: tuple[AssetId, ...]
    orders: Places
    typical: Floats
    search: Search


def fits(auction: Auction) -> bool:
    """Whether ``auction`` is one of orders alone, as this module understands it."""
    return (
        not auction.venues
        and not auction.costs.gas_price
        and all(
            order.intent.kind is Kind.EXACT_IN
            and order.intent.partial
            and order.scored
            and not (order.fee_by_solver and order.intent.max_fee)
            and all(isinstance(policy, VolumeFee) for policy in order.policies)
            for order in auction.orders
        )
    )


def batches(market: Market, verifier: Verifier, solver: str, deadline: Deadline) -> Iterator[Batch]:
    """Batches that verify, each better than the last; the last comes with a proof. None where none could be."""
    best: Verified | None = None
    settled = 0.0
    problem = Problem(market, market.orders, ())
    for plan, found, last in solve_orders(market, deadline):
        # Settling costs as much as a few steps of the search: only what is well worth it, and the last.
        if plan.net > settled * (1.0 + (BETTER if last else WORTH_SETTLING)):
            settled = plan.net
            batch = _verified(verifier, settle(problem, plan, solver))
            if batch is not None and (best is None or batch.score.net > best.score.net):
                best = batch
                if not last:
                    yield Batch(best, None)
        if last:
            yield Batch(best, certificate_of(market, found))


def settle(problem: Problem, plan: Plan, solver: str) -> Solution | None:
    """The plan in integers, part by part where parts share no asset: each has a lattice of its own."""
    parts: list[Solution] = []
    for assets in _parts(problem, plan):
        orders = tuple(order for order in problem.orders if order.give in assets and order.want in assets)
        part = settle_on_lattice(replace(problem, orders=orders), plan, solver, 0)
        if part is not None:
            parts.append(part)
    if not parts:
        return None
    prices = {asset: price for part in parts for asset, price in part.prices.items()}
    return Solution(solver, 0, prices, tuple(fill for part in parts for fill in part.fills))


def _parts(problem: Problem, plan: Plan) -> list[set[AssetId]]:
    """Groups of assets that the plan's fills connect."""
    groups: list[set[AssetId]] = []
    for pair in dict.fromkeys((order.give, order.want) for order in problem.orders if order.id in plan.fills):
        joined = [group for group in groups if not group.isdisjoint(pair)]
        groups = [group for group in groups if group.isdisjoint(pair)] + [set(pair).union(*joined)]
    return groups


def _verified(verifier: Verifier, solution: Solution | None) -> Verified | None:
    if solution is None:
        return None
    try:
        return verifier.verify(solution)
    except LawError:
        return None


def solve_orders(market: Market, deadline: Deadline) -> Iterator[tuple[Plan, list[Block], bool]]:
    """Better and better plans with the searches behind them, until the gap is closed or the deadline.

    With each whether it is the last.
    """
    found = _blocks(market, deadline)
    if not found:
        return
    reported, spent = -1.0, 0
    while True:
        looked = sum(len(block.search.nodes) + block.search.steps for block in found)
        deadline.spend((looked - spent) * (PER_CELL + PER_ORDER * len(market.orders)))
        spent = looked
        value = math.fsum(block.search.best.value for block in found)
        going = [block for block in found if not block.search.done]
        over = math.fsum(block.search.bound for block in found) <= value * (1.0 + GAP)
        over |= not going or deadline.passed or looked >= MOST_CELLS
        if value > reported * (1.0 + BETTER) or over:
            reported = value
            yield plan_of(market, found), found, over
        if over:
            return
        max(going, key=lambda block: block.search.bound - block.search.best.value).search.step()


def certificate_of(market: Market, found: Sequence[Block]) -> dict[str, object]:
    """The searches' cells as a certificate. It states its bound where evaluating one takes no time to speak of."""
    claim: dict[str, object] = {"kind": KIND, "blocks": [_claim_of(market, block) for block in found]}
    if len(market.orders) > MOST_EVALUATED:
        return claim
    bound = check_cells(market.auction, claim)
    return claim if bound is None else {**claim, "bound": str(bound)}


def _claim_of(market: Market, block: Block) -> dict[str, object]:
    """A block's cells, each before its parts: cuts at rates of base units, prices in numeraire base units."""
    order = sorted(range(len(block.assets)), key=lambda place: block.assets[place])
    units = np.array([market.unit[asset] for asset in block.assets])
    scale = block.typical + np.log(units)  # from log prices of the search to those of base units
    cells: list[dict[str, object]] = []
    waiting = [0]
    while waiting:
        number = waiting.pop()
        if number in block.search.cuts:
            cut, below, above = block.search.cuts[number]
            rate = Fraction(math.exp(cut.at + scale[cut.a] - scale[cut.b]))
            cells.append({"cut": [block.assets[cut.a], block.assets[cut.b], text_of(rate)]})
            waiting += [above, below]
        else:
            dual = block.search.nodes[number].dual * np.exp(block.typical)
            cells.append({"prices": [text_of(_price(market, block.assets[i], float(dual[i]))) for i in order]})
    return {"assets": [block.assets[place] for place in order], "cells": cells}


def _price(market: Market, asset: AssetId, measured: float) -> Fraction:
    """A price per measured unit in numeraire base units per base unit; 1 is the reference price, exactly."""
    reference = market.auction.reference_price(asset)
    if reference and abs(measured - 1.0) < AT_REFERENCE:
        return Fraction(reference, PRICE_SCALE)
    price = measured * market.unit[asset] * market.whole
    return Fraction(price) if price > LEAST_PRICE else Fraction(0)


def _blocks(market: Market, deadline: Deadline) -> list[Block]:
    """The blocks of the market's assets, each with its search begun at typical and at reference prices."""
    book, assets = _book(market)
    number = {asset: place for place, asset in enumerate(assets)}
    typical = typical_log_prices(book)
    value = book.most * np.exp(typical)[book.give]
    volume = np.minimum(
        np.bincount(book.give, weights=value, minlength=len(assets)),
        np.bincount(book.want, weights=value, minlength=len(assets)),
    )
    found = []
    for block in blocks((order.give, order.want) for order in market.orders):
        # What trades most stands first: other prices are placed relative to it.
        members = sorted((number[asset] for asset in block), key=lambda place: (-volume[place], place))
        smaller, orders = part(book, members)
        begun = Search(rescaled(smaller, typical[members]), GAP, lambda: deadline.passed)
        begun.begin([np.zeros(len(members)), -typical[members]])
        found.append(Block(tuple(assets[place] for place in members), orders, typical[members], begun))
    return found


def _book(market: Market) -> tuple[Book, list[AssetId]]:
    """The market's orders as arrays, and the assets in the order of their numbers."""
    assets = sorted({asset for order in market.orders for asset in (order.give, order.want)})
    number = {asset: place for place, asset in enumerate(assets)}
    held = {(balance.owner, balance.asset): balance.amount for balance in market.auction.balances}
    accounts: dict[object, int] = {}
    balance: list[float] = []
    account = []
    for order in market.orders:
        key = (order.record.intent.owner, order.give)
        if key not in accounts:
            accounts[key] = len(accounts)
            balance.append(held[key] * market.unit[order.give] if key in held else np.inf)
        account.append(accounts[key])
    give = np.array([number[order.give] for order in market.orders], dtype=np.int64)
    want = np.array([number[order.want] for order in market.orders], dtype=np.int64)
    limit = np.array([order.limit for order in market.orders])
    unit = np.array([market.unit[asset] for asset in assets])
    worth = np.array([1.0 if market.auction.reference_price(asset) else 0.0 for asset in assets])
    shared, of = np.array(balance), np.array(account, dtype=np.int64)
    most = np.minimum([order.size for order in market.orders], shared[of])
    # Whoever gives anything gets a base unit at least, which bounds absurd limits.
    floor = np.maximum([order.floor for order in market.orders], unit[want] / np.maximum(most, LEAST_PRICE))
    book = Book(
        assets=len(assets),
        give=give,
        want=want,
        most=most,
        limit=limit,
        floor=np.log(floor),
        gain=worth[give] - worth[want] * limit,
        account=of,
        held=shared,
        worth=worth,
    )
    return book, assets


def plan_of(market: Market, found: Sequence[Block]) -> Plan:
    """The best flows of all blocks as one plan: blocks that share an asset are brought to one scale."""
    fills: dict[IntentId, float] = {}
    log_price: dict[AssetId, float] = {}
    waiting = list(found)
    while waiting:
        block = next((b for b in waiting if any(asset in log_price for asset in b.assets)), waiting[0])
        waiting.remove(block)
        mine = dict(zip(block.assets, (block.search.best.price + block.typical).tolist(), strict=True))
        shift = next((log_price[asset] - mine[asset] for asset in block.assets if asset in log_price), 0.0)
        log_price |= {asset: value + shift for asset, value in mine.items()}
        given = block.search.best.given / np.exp(block.typical)[block.search.book.give]
        for place, amount in zip(block.orders.tolist(), given.tolist(), strict=True):
            if amount > 0.0:
                order = market.orders[place]
                fills[order.id] = min(1.0, amount / order.size)
    prices = {asset: float(np.exp(value)) for asset, value in log_price.items()}
    return Plan(fills, {}, prices, math.fsum(block.search.best.value for block in found))
