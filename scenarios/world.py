"""A world: the parameters of a synthetic market, as typed values with their bounds.

Each field carries its bounds and meaning in ``metadata``, from which the TOML reader
(``scenarios.read``) and the published schema (``scenarios.schema``) are both derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scenarios.declare import number, part, text


class Pattern(StrEnum):
    """Which pairs people trade."""

    UNIFORM = "uniform"  # any two assets
    HUB = "hub"  # most trades against the numeraire
    RING = "ring"  # i → i+1 around rings: coincidences of wants, few of them two-sided
    ONE_SIDED = "one_sided"  # everybody sells the same few assets
    PAIRS = "pairs"  # few pairs, both ways


class Topology(StrEnum):
    """Which assets venues connect."""

    HUB = "hub"  # every asset with the numeraire
    RANDOM = "random"  # random pairs
    SAME_PAIR = "same_pair"  # many venues on the few traded pairs
    NEIGHBOURS = "neighbours"  # i with i+1


@dataclass(frozen=True, slots=True)
class AssetsPart:
    count: int = number(12, 2, 500, "how many assets, the numeraire included")
    decimals: tuple[int, ...] = text((18, 18, 6, 8), "decimals, cycled over the assets")
    price_sigma: float = number(1.5, 0.0, 8.0, "spread of hidden prices (standard deviation of the log)")
    pegged: bool = text(False, "all prices within basis points of one another")
    unpriced_share: float = number(0.0, 0.0, 0.9, "share of assets without a reference price")


@dataclass(frozen=True, slots=True)
class OrdersPart:
    count: int = number(60, 1, 20_000, "orders per batch")
    pattern: Pattern = text(Pattern.UNIFORM, "which pairs people trade")
    ring_length: int = number(4, 2, 16, "assets per ring, for the ring pattern")
    size_median: float = number(5.0, 1e-6, 1e9, "median order size, in whole units of the numeraire")
    size_sigma: float = number(1.0, 0.0, 4.0, "spread of sizes (standard deviation of the log)")
    slack_bps: float = number(40.0, -2_000.0, 5_000.0, "mean room between limit and hidden price")
    slack_sigma_bps: float = number(60.0, 0.0, 5_000.0, "spread of that room")
    sell_share: float = number(0.8, 0.0, 1.0, "share of exact-in orders")
    partial_share: float = number(0.5, 0.0, 1.0, "share of partially fillable orders")
    solver_fee_share: float = number(1.0, 0.0, 1.0, "share of orders whose network fee the solver may set")
    volume_fee_bps: int = number(0, 0, 1_000, "protocol fee on volume")


@dataclass(frozen=True, slots=True)
class VenuesPart:
    topology: Topology = text(Topology.HUB, "which assets venues connect")
    constant_product: int = number(12, 0, 20_000, "constant-product pools")
    weighted: int = number(0, 0, 5_000, "weighted pools")
    stable: int = number(0, 0, 5_000, "stableswap pools (pegged assets only)")
    concentrated: int = number(0, 0, 5_000, "concentrated-liquidity pools")
    order_book: int = number(0, 0, 5_000, "order books")
    depth_median: float = number(500.0, 1e-3, 1e9, "median value of one side, in the numeraire")
    depth_sigma: float = number(1.0, 0.0, 4.0, "spread of depths (standard deviation of the log)")
    mispricing_bps: float = number(10.0, 0.0, 2_000.0, "how far venue prices stray from hidden prices")
    fee_bps: tuple[int, ...] = text((30, 5, 100), "swap fees, cycled over venues")


@dataclass(frozen=True, slots=True)
class CostsPart:
    gas_price_gwei: float = number(15.0, 0.0, 100_000.0, "gas price; 0 makes execution free")


@dataclass(frozen=True, slots=True)
class World:
    """One synthetic market. ``seed`` and the batch's number decide every draw."""

    name: str = text("", "short name: a-z, 0-9 and dashes")
    title: str = text("", "what is special about it, in a line")
    seed: int = number(1, 0, 2**32 - 1, "default seed")
    batches: int = number(3, 1, 10_000, "batches a competition runs by default")
    assets: AssetsPart = part(AssetsPart, "what is traded")
    orders: OrdersPart = part(OrdersPart, "who wants what")
    venues: VenuesPart = part(VenuesPart, "liquidity")
    costs: CostsPart = part(CostsPart, "execution cost")
