"""Conditions and schedules in words: as ``node.client.when`` reads them, and what they stand at now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from intents.amounts import MAX_BPS
from intents.assets import AssetId
from intents.conditions import Above, AllOf, AnyOf, Below, Condition, Filled, From, Schedule, Trailing
from node import trails
from node.pair_prices import Denomination, digits

#: What is added to a part, such as how near it is.
Told = Callable[[Condition], str]
_NAMED: Final = 32


def condition_words(condition: Condition, known: Denomination, told: Told = lambda part: "") -> str:
    """In the words of ``walras intent submit --when``, with what ``told`` says of each part that is no list."""
    match condition:
        case AllOf(parts):
            return " and ".join(_inner(part, known, told) for part in parts)
        case AnyOf(parts):
            return " or ".join(_inner(part, known, told) for part in parts)
    said = told(condition)
    return f"{_plain(condition, known)}{f' [{said}]' if said else ''}"


def _inner(part: Condition, known: Denomination, told: Told) -> str:
    words = condition_words(part, known, told)
    return f"({words})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else words


def _plain(condition: Condition, known: Denomination) -> str:
    match condition:
        case Above(asset, price):
            return _threshold(asset, price, known, above=True)
        case Below(asset, price):
            return _threshold(asset, price, known, above=False)
        case Trailing():
            pair, bps, rises = trails.told(condition, known)
            return f"{known.name(pair)} {'rises' if rises else 'falls'} {bps} bps"
        case From(auction):
            return f"auction >= {auction}"
        case Filled(intent):
            return f"filled 0x{intent.hex()}"
    raise AssertionError("lists of conditions are told part by part")


def _threshold(asset: AssetId, price: int, known: Denomination, *, above: bool) -> str:
    if asset not in known.decimals:
        return f"{asset} {'>=' if above else '<='} {price} numeraire base units per 10^18"
    pair = known.shorter(asset, price)
    sign = ">=" if above != pair.inverted else "<="
    return f"{known.name(pair)} {sign} {digits(known.price_in(pair, price))}"


def trail_level(trail: Trailing, best: int) -> int:
    """The price at which a trailing part holds, rounded away from where the best one is."""
    if trail.rising:
        return -(-best * (MAX_BPS + trail.bps) // MAX_BPS)
    return best * (MAX_BPS - trail.bps) // MAX_BPS


def seen_as(condition: Above | Below | Trailing, known: Denomination, price: int) -> str:
    """A price in the terms in which ``condition`` is told."""
    if condition.asset not in known.decimals or price <= 0:
        return str(price)
    if isinstance(condition, Trailing):
        pair, _, _ = trails.told(condition, known)
    else:
        pair = known.shorter(condition.asset, condition.price)
    return digits(known.price_in(pair, price))


def schedule_words(schedule: Schedule) -> str:
    return f"in {schedule.parts} parts, one every {schedule.every} auction{'s' if schedule.every > 1 else ''}"


def group_name(group: bytes) -> str:
    """As it was named, where it was in plain characters; in hex otherwise."""
    plain = group.isascii() and b" " not in group and len(group) <= _NAMED and group.decode("ascii").isprintable()
    return group.decode("ascii") if plain else f"0x{group.hex()}"
