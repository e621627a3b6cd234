"""Uniswap v3: whole swaps over pools, prices of ticks, and single swap steps."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from intents.assets import AssetId
from intents.venue_states import ConcentratedState, VenueId
from liquidity.concentrated import ConcentratedVenue
from liquidity.errors import MathOutOfRange
from liquidity.swap_math import swap_step
from liquidity.tick_math import MAX_TICK, MIN_TICK, sqrt_price_at, tick_at
from liquidity.ticks import Position, tick_table, ticks_of
from tests.vectors.registry import Case, covers, load, same

FILE = "venues/uniswap_v3_swaps.json"
PIPS = 1_000_000
#: What the reference passes for "swap until the limit".
UNLIMITED = 2**255 - 1


def pool_state(pool: dict[str, Any]) -> ConcentratedState:
    """The state a recorded pool of the vectors starts in; assets are "token0" and "token1"."""
    positions = [Position(lower, upper, int(liquidity)) for lower, upper, liquidity in pool["positions"]]
    ticks, liquidity = ticks_of(positions, pool["tick"])
    return ConcentratedState(
        id=VenueId(pool["pool"]),
        assets=(AssetId("token0"), AssetId("token1")),
        gas=0,
        address="",
        sqrt_price=int(pool["sqrt_price"]),
        liquidity=liquidity,
        tick=pool["tick"],
        ticks=ticks,
        fee=Fraction(pool["fee"], PIPS),
    )


def check_swap(pool: dict[str, Any], swap: dict[str, Any]) -> None:
    """The pool walk ends at the recorded price and tick with the recorded amounts and fee growth."""
    state = pool_state(pool)
    venue = ConcentratedVenue(state)
    zero_for_one = swap["zero_for_one"]
    amount = UNLIMITED if swap["amount"] is None else int(swap["amount"])
    limit = None if swap["limit"] is None else int(swap["limit"])
    try:
        walk = venue.walk(zero_for_one, amount, limit)
    except MathOutOfRange as error:
        same("refused", "square-root price limit" in error.what, "error" in swap)
        return
    same("refused", False, "error" in swap)
    amount0, amount1 = int(swap["amount0"]), int(swap["amount1"])
    amount_in, amount_out = (amount0, -amount1) if zero_for_one else (amount1, -amount0)
    same("amount in", walk.amount_in, amount_in)
    same("amount out", walk.amount_out, amount_out)
    same("tick", walk.tick, swap["tick_after"])
    same("square-root price", walk.sqrt_price, int(swap["sqrt_after"]))
    same("fee growth", walk.fee_growth, int(swap["fee_growth_x128"]))


def check_spacing(pool: dict[str, Any]) -> None:
    """The spacing implied by the fee is the pool's own."""
    same("tick spacing", tick_table(pool_state(pool)).spacing, pool["tick_spacing"])


def check_tick(tick: int, sqrt_price: int) -> None:
    """A tick's price, and back; the greatest tick's is the first that no pool reaches."""
    same("price", sqrt_price_at(tick), sqrt_price)
    if tick < MAX_TICK:
        same("tick", tick_at(sqrt_price), tick)
    if tick > MIN_TICK:
        same("tick just below", tick_at(sqrt_price - 1), tick - 1)


def check_step(step: dict[str, Any]) -> None:
    """One step's amounts, fee and (where recorded) price."""
    done = swap_step(
        int(step["p"]), int(step["target"]), int(step["L"]), int(step["rem"]), Fraction(step["fee"], PIPS)
    )
    same("amount in", done.amount_in, int(step["amount_in"]))
    same("amount out", done.amount_out, int(step["amount_out"]))
    same("fee", done.fee, int(step["fee_amount"]))
    if "sqrt_next" in step:
        same("square-root price", done.price, int(step["sqrt_next"]))


@covers(FILE)
def cases(path: Path) -> Iterator[Case]:
    document = load(path)
    for pool in document["pools"]:
        yield Case(f"{pool['pool']} / spacing", partial(check_spacing, pool))
        for swap in pool["swaps"]:
            yield Case(f"{pool['pool']} / {swap['test']}", partial(check_swap, pool, swap))
    for tick, sqrt_price in document["tick_to_sqrt"]:
        yield Case(f"tick {tick}", partial(check_tick, tick, int(sqrt_price)))
    for number, step in enumerate(document["swap_steps"]):
        yield Case(f"swap step {number}", partial(check_step, step))
