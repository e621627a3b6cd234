"""Conditional intents: when an intent may trade, how much of it by when, and which others end with it.

A condition is looked at once per batch, on the agreed prices of that batch; once it held, it has held for good (a
stop order that was triggered stays triggered). Prices are in numeraire base units per 10^18 base units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from intents.amounts import MAX_BPS, MAX_PRICE
from intents.assets import MAX_ASSET_ID_LENGTH, AssetId
from intents.canonical import Value
from intents.errors import TooMany, WrongValue
from intents.schema import Amount, Flag, Integer, Many, Octets, OneOf, Record, Text

#: Of one condition tree, and of one node's parts.
MAX_NODES: Final = 16
MAX_DEPTH: Final = 4
MAX_PARTS: Final = 1024
#: Auctions between two parts of a schedule.
MAX_EVERY: Final = 1_000_000
MAX_GROUP_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Above:
    """The price of ``asset`` is at least ``price``: a take-profit of a holder."""

    asset: AssetId
    price: int


@dataclass(frozen=True, slots=True)
class Below:
    """The price of ``asset`` is at most ``price``: a stop of a holder."""

    asset: AssetId
    price: int


@dataclass(frozen=True, slots=True)
class Trailing:
    """The price is ``bps`` away from its best since the intent came: below its highest, or ``rising`` above its
    lowest."""

    asset: AssetId
    bps: int
    rising: bool = False


@dataclass(frozen=True, slots=True)
class From:
    """It is auction ``auction`` or later."""

    auction: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The owner's intent ``intent`` has been filled whole."""

    intent: bytes


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


Condition = Above | Below | Trailing | From | Filled | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Schedule:
    """Time-weighted: of the whole, ⌊k/parts⌋ parts may have traded after k steps of ``every`` auctions."""

    parts: int
    every: int


class _Nested:
    """A condition inside a condition. Depth is bounded by the border (``MAX_NESTING``) and then by ``check``."""

    def to_wire(self, value: Condition) -> Value:
        return CONDITION.to_wire(value)

    def from_wire(self, value: Value, where: str) -> Condition:
        found: Condition = CONDITION.from_wire(value, where)
        return found

    def to_json(self, value: Condition) -> object:
        return CONDITION.to_json(value)

    def from_json(self, value: object, where: str) -> Condition:
        found: Condition = CONDITION.from_json(value, where)
        return found


_PARTS: Final[dict[str, Any]] = {"parts": Many(_Nested(), MAX_NODES, 1)}
_ASSET: Final = Text(MAX_ASSET_ID_LENGTH, AssetId)
_PRICED: Final[dict[str, Any]] = {"asset": _ASSET, "price": Amount(low=1, high=MAX_PRICE)}
#: Appended to, never reordered.
CONDITION: Final = OneOf(
    {
        "above": Record(Above, _PRICED),
        "below": Record(Below, _PRICED),
        "trailing": Record(Trailing, {"asset": _ASSET, "bps": Integer(low=1, high=MAX_BPS), "rising": Flag()}),
        "from": Record(From, {"auction": Integer()}),
        "filled": Record(Filled, {"intent": Octets(length=32)}),
        "all": Record(AllOf, _PARTS),
        "any": Record(AnyOf, _PARTS),
    }
)
SCHEDULE: Final = Record(
    Schedule, {"parts": Integer(low=2, high=MAX_PARTS), "every": Integer(low=1, high=MAX_EVERY)}
)


def check_condition(condition: Condition, where: str) -> None:
    """Bounded in nodes and depth. Raises ``TooMany`` or ``WrongValue``."""
    level, nodes = [condition], 0
    for depth in range(MAX_DEPTH + 1):
        if not level:
            return
        if depth == MAX_DEPTH:
            raise WrongValue(where, f"at most {MAX_DEPTH} deep", "deeper")
        nodes += len(level)
        if nodes > MAX_NODES:
            raise TooMany(where, "conditions", nodes, MAX_NODES)
        level = [part for node in level if isinstance(node, AllOf | AnyOf) for part in node.parts]


def trailing_of(condition: Condition) -> list[Trailing]:
    """The trailing parts of a condition, in its own order: each watches one price."""
    if isinstance(condition, AllOf | AnyOf):
        return [found for part in condition.parts for found in trailing_of(part)]
    return [condition] if isinstance(condition, Trailing) else []


def allowed(schedule: Schedule, whole: int, since: int, now: int) -> int:
    """How much of ``whole`` may have traded by auction ``now``; the rest comes with the last part. Rounds down."""
    steps = min(schedule.parts, 1 + max(0, now - since) // schedule.every)
    return whole * steps // schedule.parts
