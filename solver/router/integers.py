"""A routing carried out on the exact venues, in integers: tokens one after the other, each spent as planned.

The plan says in which proportions every token is spent. What an exact venue does not take (whole lots, the end of
its liquidity) is offered to the venues after it, curves last; what nobody takes is left over. Nothing is spent
that has not come in, so a token's turn comes when all that leads to it is done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.errors import InsufficientLiquidity, TradeRatioExceeded, VenueError
from liquidity.registry import open_venue
from liquidity.venue import Swap, Venue
from settlement.solution import Interaction
from solver.router.families import Floats
from solver.router.venues import Market

#: Plans that spend less of a token than this leave the rest on purpose.
SPENT: Final = 1 - 1e-6
#: What is tried, of an amount that a venue refuses, and into how many trades one too large is cut.
LESS: Final = (1 - 1e-12, 1 - 1e-9, 1 - 1e-6, 1 - 1e-3, 0.5)
CUTS: Final = (2, 4, 8, 16)
#: Sweeps over the tokens where trades go round in cycles, before a last one; without cycles that one is enough.
SWEEPS: Final = 48


@dataclass(frozen=True, slots=True)
class Arc:
    """One planned trade: ``amount`` of token ``tail`` for token ``head`` on a venue."""

    venue: VenueId
    tail: int
    head: int
    amount: float


@dataclass(frozen=True, slots=True)
class Executed:
    """``left``: (per token) what is left over, the output among it."""

    interactions: tuple[Interaction, ...]
    left: tuple[int, ...]


def plan(market: Market, flows: Sequence[Floats], prices: Floats, rank: Floats) -> list[Arc]:
    """Trades of two tokens each. A venue that takes and gives several is filled from both ends by ``rank``."""
    arcs = []
    for family, ids, flow in zip(market.network.families, market.ids, flows, strict=True):
        token, values = family.slot_token, flow * prices[family.slot_token]
        order = np.argsort(family.slot_venue, kind="stable")
        ends = np.cumsum(np.bincount(family.slot_venue, minlength=family.venues))
        for name, slots in zip(ids, np.split(order, ends[:-1]), strict=True):
            paid = sorted((slot for slot in slots if flow[slot] < 0.0), key=lambda slot: rank[token[slot]])
            got = sorted((slot for slot in slots if flow[slot] > 0.0), key=lambda slot: rank[token[slot]])
            shares = _matched([float(-values[s]) for s in paid], [float(values[s]) for s in got])
            for i, j, share in shares:
                amount = min(float(-flow[paid[i]]) * share, float(MAX_AMOUNT))
                arcs.append(Arc(name, int(token[paid[i]]), int(token[got[j]]), amount))
    return arcs


def _matched(paid: list[float], got: list[float]) -> list[tuple[int, int, float]]:
    """(which paid, which got, part of the paid): the north-west corner of a transport between equal totals."""
    if not paid or not got:
        return []
    total = math.fsum(got)
    wants = [value * math.fsum(paid) / total if total > 0.0 else 0.0 for value in got]
    found, j, room = [], 0, wants[0]
    for i, value in enumerate(paid):
        left = value
        while left > 0.0:
            take = left if j == len(wants) - 1 else min(left, room)
            if take > 1e-12 * value:
                found.append((i, j, take / value))
            left, room = left - take, room - take
            if room <= 0.0 and j < len(wants) - 1:
                j, room = j + 1, wants[j + 1]
    return found


def execute(market: Market, arcs: Sequence[Arc], rank: Floats, give: int, want: int, amount: int) -> Executed:
    """Spend at most ``amount`` of token ``give`` along ``arcs``."""
    states: dict[VenueId, VenueState] = {}
    left = [0] * len(market.tokens)
    left[give] = amount
    by_tail: dict[int, list[Arc]] = {}
    for arc in arcs:
        by_tail.setdefault(arc.tail, []).append(arc)
    planned = {token: sum(int(arc.amount) for arc in out) for token, out in by_tail.items()}
    interactions: list[Interaction] = []
    spent = dict.fromkeys(by_tail, 0)
    sweeps = SWEEPS if _upwards(by_tail, rank) else 0
    for number in range(sweeps + 1):
        before = len(interactions)
        if number == sweeps:
            # What is still under way is brought down to the end, or whither it gets.
            by_tail = {t: [arc for arc in out if rank[arc.head] > rank[arc.tail]] for t, out in by_tail.items()}
        for token in sorted(by_tail, key=lambda token: rank[token]):
            offer = left[token] if token != want else 0
            if token == give and planned[token] < SPENT * (spent[token] + offer):
                offer = min(offer, planned[token] - spent[token])
            spent[token] += _spend(market, states, by_tail[token], offer, interactions, left)
        if len(interactions) == before:
            break
    return Executed(tuple(interactions), tuple(left))


def _upwards(by_tail: Mapping[int, Sequence[Arc]], rank: Floats) -> bool:
    """Whether a trade leads back to a token whose turn has been."""
    return any(rank[arc.head] <= rank[arc.tail] for arcs in by_tail.values() for arc in arcs)


def _spend(
    market: Market,
    states: dict[VenueId, VenueState],
    arcs: Sequence[Arc],
    offer: int,
    interactions: list[Interaction],
    left: list[int],
) -> int:
    """Split ``offer`` over ``arcs``; what has been spent."""
    rest, weight = offer, sum(int(arc.amount) for arc in arcs)
    for arc in sorted(arcs, key=lambda arc: (_rigid(market.venues[arc.venue].state), arc.amount, arc.venue)):
        share = int(arc.amount)
        if share <= 0 or rest <= 0:
            continue
        part = rest if share >= weight else rest * share // weight
        weight -= share
        tail, head = market.tokens[arc.tail], market.tokens[arc.head]
        state = states.get(arc.venue, market.venues[arc.venue].state)
        for swap in trade(open_venue(state), tail, head, part):
            states[arc.venue] = swap.state
            interactions.append(Interaction(arc.venue, tail, head, swap.amount_in, swap.amount_out))
            rest -= swap.amount_in
            left[arc.tail] -= swap.amount_in
            left[arc.head] += swap.amount_out
    return offer - rest


def _rigid(state: VenueState) -> int:
    """Venues that end come first, so that curves can take what they leave."""
    match state:
        case OrderBookState() | LimitOrderState():
            return 0
        case ConcentratedState():
            return 1
        case ConstantProductState() | StableState() | WeightedState():
            return 2


def trade(venue: Venue, asset_in: AssetId, asset_out: AssetId, amount: int) -> list[Swap]:
    """Swaps of at most ``amount``, as much of it as the venue takes; none where it takes nothing."""
    if amount <= 0:
        return []
    try:
        return [_swap(venue, asset_in, asset_out, amount)]
    except TradeRatioExceeded:
        return _in_parts(venue, asset_in, asset_out, amount)
    except InsufficientLiquidity as error:
        smaller = [error.available] if 0 < error.available < amount else []
    except VenueError:
        smaller = []
    for size in [*smaller, *(int(amount * part) for part in LESS)]:
        try:
            return [_swap(venue, asset_in, asset_out, size)]
        except VenueError:
            continue
    return []


def _in_parts(venue: Venue, asset_in: AssetId, asset_out: AssetId, amount: int) -> list[Swap]:
    """The least number of equal parts that the venue takes one after the other, or what it takes of the most."""
    done: list[Swap] = []
    for cuts in CUTS:
        done, here, rest = [], venue, amount
        for number in range(cuts, 0, -1):
            part = rest // number
            try:
                swap = _swap(here, asset_in, asset_out, part)
            except VenueError:
                break
            done.append(swap)
            here, rest = open_venue(swap.state), rest - part
        if len(done) == cuts:
            break
    return done


def _swap(venue: Venue, asset_in: AssetId, asset_out: AssetId, amount: int) -> Swap:
    swap = venue.swap_in(asset_in, asset_out, amount)
    if isinstance(venue.state, OrderBookState):
        # What buys no further lot would stay with the book.
        least = venue.quote_out(asset_in, asset_out, swap.amount_out)
        if least < amount:
            return venue.swap_in(asset_in, asset_out, least)
    return swap
