"""Whether an intent makes sense by itself: every rule that needs nothing but the intent."""

from __future__ import annotations

import re
from typing import Final

from intents.amounts import MAX_BPS, check_amount
from intents.assets import MAX_ASSET_ID_LENGTH
from intents.conditions import check_condition
from intents.errors import Duplicate, TooMany, WrongValue
from intents.intent import (
    MAX_CURVE_POINTS,
    MAX_LEGS,
    NEVER,
    DutchCurve,
    FillMode,
    Intent,
    Kind,
    Leg,
    OwnerScheme,
)
from intents.keys import check_public_key

NETWORK_BYTES: Final = 32
MAX_OVERRIDE_BPS: Final = 10 * MAX_BPS
_ASSET = re.compile(rf"[!-~]{{1,{MAX_ASSET_ID_LENGTH}}}")
_SOLVER = re.compile(r"[!-~]{1,64}")
_ADDRESS_BYTES: Final = 20
_MAX_RECORDED_KEY: Final = 64


def check_intent(intent: Intent, where: str = "intent") -> Intent:
    """Return ``intent`` if it is consistent, else raise an ``InputError`` naming the field."""
    if len(intent.network) != NETWORK_BYTES:
        raise WrongValue(f"{where}.network", f"{NETWORK_BYTES} bytes", f"{len(intent.network)} bytes")
    _check_owner(intent, where)
    check_amount(intent.nonce, f"{where}.nonce", high=NEVER)
    check_amount(intent.valid_to, f"{where}.valid_to", high=NEVER)
    check_amount(intent.valid_from, f"{where}.valid_from", high=intent.valid_to)
    _check_legs(intent, where)
    _check_fill(intent, where)
    if intent.curve is not None:
        _check_curve(intent, intent.curve, f"{where}.curve")
    if intent.exclusive is not None:
        if not _SOLVER.fullmatch(intent.exclusive.solver):
            raise WrongValue(f"{where}.exclusive.solver", "a solver's name", repr(intent.exclusive.solver[:80]))
        check_amount(intent.exclusive.until, f"{where}.exclusive.until", high=NEVER)
        check_amount(intent.exclusive.override_bps, f"{where}.exclusive.override_bps", high=MAX_OVERRIDE_BPS)
    check_amount(intent.max_fee, f"{where}.max_fee", high=intent.give[0].amount)
    if intent.when is not None:
        check_condition(intent.when, f"{where}.when")
    if intent.schedule is not None and intent.fill.mode is FillMode.FILL_OR_KILL:
        raise WrongValue(f"{where}.schedule", "absent for fill-or-kill", f"{intent.schedule.parts} parts")
    return intent


def check_asset_id(asset: str, where: str) -> str:
    """Return ``asset`` if it is 1 to 64 printable ASCII characters without spaces."""
    if not _ASSET.fullmatch(asset):
        raise WrongValue(where, f"1 to {MAX_ASSET_ID_LENGTH} printable characters", repr(asset[:80]))
    return asset


def _check_owner(intent: Intent, where: str) -> None:
    key, place = intent.owner.key, f"{where}.owner"
    match intent.owner.scheme:
        case OwnerScheme.ED25519:
            check_public_key(key, place)
        case OwnerScheme.EIP712:
            if len(key) != _ADDRESS_BYTES:
                raise WrongValue(place, f"an address of {_ADDRESS_BYTES} bytes", f"{len(key)} bytes")
        case OwnerScheme.RECORDED:
            if not 1 <= len(key) <= _MAX_RECORDED_KEY:
                raise WrongValue(place, f"1 to {_MAX_RECORDED_KEY} bytes", f"{len(key)} bytes")


def _check_legs(intent: Intent, where: str) -> None:
    for name, legs in (("give", intent.give), ("want", intent.want)):
        _check_side(legs, f"{where}.{name}")
    assets = [leg.asset for leg in (*intent.give, *intent.want)]
    if len(set(assets)) != len(assets):
        twice = next(asset for asset in assets if assets.count(asset) > 1)
        raise Duplicate(where, "asset", twice)
    if intent.kind is not Kind.BASKET:
        for name, legs in (("give", intent.give), ("want", intent.want)):
            if len(legs) != 1:
                raise WrongValue(f"{where}.{name}", f"one leg for {intent.kind}", f"{len(legs)} legs")


def _check_side(legs: tuple[Leg, ...], where: str) -> None:
    if not legs:
        raise WrongValue(where, "at least one leg", "none")
    if len(legs) > MAX_LEGS:
        raise TooMany(where, "legs", len(legs), MAX_LEGS)
    for i, leg in enumerate(legs):
        check_asset_id(leg.asset, f"{where}[{i}].asset")
        check_amount(leg.amount, f"{where}[{i}].amount", low=1)


def _check_fill(intent: Intent, where: str) -> None:
    high = intent.reference_leg.amount if intent.fill.mode is FillMode.PARTIAL else 0
    check_amount(intent.fill.min_fill, f"{where}.fill.min_fill", high=high)


def _check_curve(intent: Intent, curve: DutchCurve, where: str) -> None:
    if not intent.is_swap:
        raise WrongValue(where, "absent for a basket", f"{len(curve.points)} points")
    if not curve.points:
        raise WrongValue(where, "at least one point", "none")
    if len(curve.points) > MAX_CURVE_POINTS:
        raise TooMany(where, "points", len(curve.points), MAX_CURVE_POINTS)
    hard = intent.give[0].amount if intent.kind is Kind.EXACT_OUT else intent.want[0].amount
    previous = -1
    for i, point in enumerate(curve.points):
        check_amount(point.at, f"{where}.points[{i}].at", low=previous + 1, high=NEVER)
        previous = point.at
        # The leg stays the hard bound: a curve can only be kinder to the owner than the leg is.
        if intent.kind is Kind.EXACT_OUT:
            check_amount(point.amount, f"{where}.points[{i}].amount", low=1, high=hard)
        else:
            check_amount(point.amount, f"{where}.points[{i}].amount", low=hard)
