"""Curve exchanges, Balancer v3 queries on chain, and weighted rows computed with forty digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

from intents.assets import AssetId
from intents.venue_states import StableFlavour, StableState, VenueId
from liquidity.balancer_v3 import Side, stable_curves, swap_exact_in, swap_exact_out, weighted_curves
from liquidity.curve import CurveVenue
from liquidity.errors import NothingPaid
from liquidity.fixed_point import MAX_POWER_RELATIVE_ERROR, ONE, power_up, power_up_exact, to_fixed
from liquidity.registry import open_venue
from liquidity.weighted import Power, in_given_out, out_given_in
from tests.vectors.registry import Case, LeftOut, covers, load, same

FILE: Final = "venues/curve_balancer.json"
#: The kinds of pools whose curves are built here.
POOL_TYPES: Final = ("WEIGHTED", "LIQUIDITY_BOOTSTRAPPING", "STABLE")
#: The exact curve and 18-digit arithmetic agree to this share of the result.
WEIGHTED_TOLERANCE: Final = Fraction(1, 10**9)
#: By how much of a balance a power near one may be rounded: its relative error, twice.
POWER_TOLERANCE: Final = Fraction(2 * MAX_POWER_RELATIVE_ERROR, ONE)


def curve_state(row: dict[str, Any]) -> StableState:
    """The pool of one Curve row; its coins are named a, b, c."""
    return StableState(
        id=VenueId("curve"),
        assets=tuple(AssetId(name) for name in "abcdefgh"[: row["n"]]),
        gas=0,
        address="",
        reserves=tuple(map(int, row["balances"])),
        scaling=tuple(Fraction(int(rate), 10**18) for rate in row["rates"]),
        amplification=Fraction(row["A"]),
        fee=Fraction(row["fee_1e10"], 10**10),
        flavour=StableFlavour.CURVE,
    )


def check_curve(row: dict[str, Any]) -> None:
    """Invariant, output before the fee and output after it; the inverse pays at least that output.

    Where the contract pays nothing there is no trade. Without a fee a ``CurveVenue`` may pay a little less.
    """
    state = curve_state(row)
    asset_in, asset_out = state.assets[row["i"]], state.assets[row["j"]]
    amount_in, amount_out = int(row["dx"]), int(row["out"])
    same("invariant", CurveVenue(state).invariant, int(row["D"]))
    gross = int(row["dy_before_fee_xp"]) * 10**18 // int(row["rates"][row["j"]])
    free = CurveVenue(replace(state, fee=Fraction(0)))
    same("output before the fee", free.paid_on_chain(row["i"], row["j"], amount_in), max(gross, 0))
    same("output", CurveVenue(state).paid_on_chain(row["i"], row["j"], amount_in), max(amount_out, 0))
    pool = open_venue(state)
    try:
        paid = pool.swap_in(asset_in, asset_out, amount_in).amount_out
    except NothingPaid:
        same("output", amount_out <= 0, True)
        return
    same("paid", paid <= amount_out if state.fee == 0 else paid == amount_out, True)
    same("bought back", pool.swap_out(asset_in, asset_out, amount_out).amount_out >= amount_out, True)


def check_onchain(pool: dict[str, Any], swap: dict[str, Any]) -> None:
    """A swap as the chain answered it, exact in (kind 0) or exact out; bootstrapping pools are weighted ones."""
    tokens = [token.lower() for token in pool["tokens"]]
    i, j = tokens.index(swap["tokenIn"].lower()), tokens.index(swap["tokenOut"].lower())
    balances = list(map(int, pool["balancesLiveScaled18"]))
    sides = [
        Side(balance, int(scaling), int(rate))
        for balance, scaling, rate in zip(balances, pool["scalingFactors"], pool["tokenRates"], strict=True)
    ]
    if pool["poolType"] == "STABLE":
        exact_in, exact_out = stable_curves(int(pool["amp"]), balances, i, j)
    else:
        weights = list(map(int, pool["weights"]))
        exact_in, exact_out = weighted_curves(sides[i], weights[i], sides[j], weights[j])
    fee, amount = int(pool["swapFee"]), int(swap["amountRaw"])
    if swap["swapKind"] == 0:
        result = swap_exact_in(sides[i], sides[j], fee, amount, exact_in)
    else:
        result = swap_exact_out(sides[i], sides[j], fee, amount, exact_out)
    same("result", result, int(swap["outputRaw"]))


def check_weighted(row: dict[str, Any], power: Power) -> None:
    """The pool never pays more nor asks less than the exact curve, and is within a billionth of it, and of
    the balance what its power may be off."""
    balance_in, weight_in, balance_out, weight_out = (
        to_fixed(Fraction(str(row[name]))) for name in ("bal_in", "w_in", "bal_out", "w_out")
    )
    if "amount_out" in row:
        exact = Fraction(str(row["amount_in"])) * ONE
        amount = to_fixed(Fraction(str(row["amount_out"])))
        asked = in_given_out(balance_in, weight_in, balance_out, weight_out, amount, power)
        most = exact * (1 + WEIGHTED_TOLERANCE) + balance_in * POWER_TOLERANCE
        same(f"{asked} asked", exact <= asked <= most, True)
    else:
        exact = Fraction(str(row["out"])) * ONE
        amount = to_fixed(Fraction(str(row["amount_in"])))
        paid = out_given_in(balance_in, weight_in, balance_out, weight_out, amount, power)
        least = exact * (1 - WEIGHTED_TOLERANCE) - balance_out * POWER_TOLERANCE
        same(f"{paid} paid", least <= paid <= exact, True)


@covers(FILE)
def cases(path: Path) -> Iterator[Case | LeftOut]:
    document = load(path)
    for number, row in enumerate(document["curve_stableswap"]):
        yield Case(f"Curve {number}", partial(check_curve, row))
    for name, recorded in document["balancer_v3_onchain"].items():
        pool = recorded["pool"]
        for number, swap in enumerate(recorded["swaps"]):
            if pool["poolType"] not in POOL_TYPES:
                yield LeftOut(f"{name} swap {number}", f"pools of type {pool['poolType']} are no venue here")
            elif "hook" in pool:
                yield LeftOut(f"{name} swap {number}", "pools whose hooks set the fee are no venue here")
            else:
                yield Case(f"{name} swap {number}", partial(check_onchain, pool, swap))
        for number in range(len(recorded.get("adds", ())) + len(recorded.get("removes", ()))):
            yield LeftOut(f"{name} liquidity change {number}", "providing liquidity is no trade")
    for number, row in enumerate(document["balancer_weighted_hand"]):
        for version, power in (("v0", power_up), ("v3Plus", power_up_exact)):
            yield Case(f"weighted {number} {version}", partial(check_weighted, row, power))
