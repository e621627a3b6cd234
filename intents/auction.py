"""The auction: a frozen snapshot that holds everything a verifier needs.

An auction record is complete or it is no record: orders with what remains of them, agreed
reference prices, the integer state of every venue, the cost model, and known balances. Its hash
(see ``intents.auction_codec``) names it; two nodes with equal hashes verify alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from msgspec import Struct

from intents.assets import AssetId, AssetInfo
from intents.fees import FeePolicy
from intents.intent import Intent, IntentId, Owner
from intents.venue_states import VenueId, VenueState

MAX_ORDERS: Final = 2_000_000
MAX_VENUES: Final = 200_000
MAX_ASSETS: Final = 100_000


class AuctionOrder(Struct, frozen=True, gc=False):
    """An intent in the batch.

    ``remaining`` is what may still execute, in units of the intent's reference leg. ``policies``
    apply in list order when charged and are unwound in reverse when scored. ``scored`` is false for
    liquidity orders whose surplus does not count. ``fee_by_solver`` says the solver sets the
    network fee (CoW's limit class); otherwise cost is only subtracted from the solution's score.
    """

    id: IntentId
    intent: Intent
    signature: bytes
    remaining: int
    policies: tuple[FeePolicy, ...] = ()
    fee_by_solver: bool = True
    scored: bool = True


@dataclass(frozen=True, slots=True)
class CostModel:
    """Execution cost in numeraire base units: gas_price · (settlement + fills·trade + Σ venue gas)."""

    gas_price: int = 0
    settlement_gas: int = 0
    trade_gas: int = 0


class Balance(Struct, frozen=True, gc=False):
    owner: Owner
    asset: AssetId
    amount: int


@dataclass(frozen=True)
class Auction:
    """``number`` is the agreed clock that validity is checked against; 0 means none was recorded.

    ``balances`` bind exactly the (owner, asset) pairs they list. ``deadline_ms`` is Unix time in
    milliseconds, kept for round trips with outside engines; nothing agreed depends on it. ``seed``
    breaks ties between bids.
    """

    name: str
    network: bytes
    number: int
    assets: tuple[AssetInfo, ...]
    orders: tuple[AuctionOrder, ...]
    venues: tuple[VenueState, ...]
    costs: CostModel = CostModel()
    balances: tuple[Balance, ...] = ()
    deadline_ms: int = 0
    seed: bytes = b""
    #: Addresses whose just-in-time orders count towards the score, as recorded.
    jit_owners: tuple[bytes, ...] = field(default=())

    @cached_property
    def asset(self) -> Mapping[AssetId, AssetInfo]:
        return {asset.id: asset for asset in self.assets}

    @cached_property
    def order(self) -> Mapping[IntentId, AuctionOrder]:
        return {order.id: order for order in self.orders}

    @cached_property
    def venue(self) -> Mapping[VenueId, VenueState]:
        return {venue.id: venue for venue in self.venues}

    @cached_property
    def balance(self) -> Mapping[tuple[Owner, AssetId], int]:
        return {(balance.owner, balance.asset): balance.amount for balance in self.balances}

    def reference_price(self, asset: AssetId) -> int | None:
        """Numeraire base units per 10^18 base units of ``asset``, or ``None``."""
        info = self.asset.get(asset)
        return info.reference_price if info is not None else None
