"""What a way to cheat is, and the ways to change one thing in a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from intents.assets import AssetId
from intents.codec import intent_id
from intents.records import replace
from intents.signing import sign_intent
from settlement.errors import LawError
from settlement.solution import Fill, Interaction
from tests.batches import ROLES, Batch

Apply = Callable[[Batch, Random], Batch]


@dataclass(frozen=True)
class Operator:
    """``apply`` makes a valid batch invalid in one respect; the law must answer with exactly ``error``."""

    name: str
    apply: Apply
    error: type[LawError]


OPERATORS: Final[list[Operator]] = []


def refused_by(error: type[LawError]) -> Callable[[Apply], Apply]:
    """Register a way to cheat under its function's name."""

    def register(apply: Apply) -> Apply:
        OPERATORS.append(Operator(apply.__name__, apply, error))
        return apply

    return register


def with_fill(batch: Batch, role: str, **changes: Any) -> Batch:
    fills = tuple(
        replace(fill, **changes) if name == role else fill
        for name, fill in zip(ROLES, batch.solution.fills, strict=True)
    )
    return replace(batch, solution=replace(batch.solution, fills=fills))


def with_order(batch: Batch, role: str, **changes: Any) -> Batch:
    """Another order in its place, its fill following a changed id."""
    orders = tuple(
        replace(order, **changes) if name == role else order
        for name, order in zip(ROLES, batch.auction.orders, strict=True)
    )
    changed = replace(batch, auction=replace(batch.auction, orders=orders))
    return with_fill(changed, role, order=changes["id"]) if "id" in changes else changed


def with_intent(batch: Batch, role: str, **changes: Any) -> Batch:
    """The owner signed other terms: a new id and a good signature."""
    order = batch.order(role)
    intent = replace(order.intent, **changes)
    return with_order(
        batch, role, intent=intent, id=intent_id(intent), signature=sign_intent(batch.keys[order.id], intent)
    )


def with_interaction(batch: Batch, index: int, **changes: Any) -> Batch:
    swaps = list(batch.solution.interactions)
    swaps[index] = replace(swaps[index], **changes)
    return with_interactions(batch, swaps)


def with_interactions(batch: Batch, interactions: list[Interaction]) -> Batch:
    return replace(batch, solution=replace(batch.solution, interactions=tuple(interactions)))


def with_price(batch: Batch, asset: str, price: Any) -> Batch:
    prices = {**batch.solution.prices, AssetId(asset): price}
    return with_prices(batch, prices)


def with_prices(batch: Batch, prices: Mapping[AssetId, int]) -> Batch:
    return replace(batch, solution=replace(batch.solution, prices=prices))


def with_fills(batch: Batch, fills: tuple[Fill, ...]) -> Batch:
    return replace(batch, solution=replace(batch.solution, fills=fills))


def any_swap(batch: Batch, rng: Random) -> int:
    return rng.randrange(len(batch.solution.interactions))


def any_role(rng: Random) -> str:
    return rng.choice(ROLES)


def price(batch: Batch, asset: str) -> int:
    return batch.solution.prices[AssetId(asset)]
