"""What an agent is: somebody with accounts at a node, who looks, thinks in its own time, and trades.

An agent sees what its desk shows: the outside price, the agreed prices, and venues as the last block its node has
decided left them. It acts through signed intents and transactions like anybody else. All randomness comes from the
desk's streams and all waiting goes through its clock, so the same seed gives the same life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from intents.assets import AssetId, AssetInfo
from intents.conditions import Condition, Schedule
from intents.intent import IntentId, Kind, Leg
from intents.venue_states import VenueId, VenueState
from settlement.ledger.transactions import Action


@dataclass(frozen=True, slots=True)
class Offer:
    """What becomes an intent once the desk has signed it. Amounts in base units. ``lasts`` auctions from the one
    under way (1: this one only). ``purpose`` is for the records: why it was made."""

    give: Leg
    want: Leg
    kind: Kind = Kind.EXACT_IN
    whole: bool = False
    lasts: int = 1
    when: Condition | None = None
    schedule: Schedule | None = None
    group: bytes = b""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """What one of the agent's intents traded in a settled auction. Amounts in base units."""

    intent: IntentId
    owner: int
    gave: Leg
    got: Leg


@dataclass(frozen=True, slots=True)
class Settled:
    """An auction has been settled, as the agent's node sees it."""

    auction: int
    fills: Sequence[Fill]


class Desk(Protocol):
    """One agent's window on the world. It has ``owners`` accounts with keys of their own, numbered from 0."""

    name: str
    owners: int
    numeraire: AssetId
    assets: Mapping[AssetId, AssetInfo]

    @property
    def now_us(self) -> int:
        """Virtual time since the start."""

    @property
    def auction(self) -> int:
        """The number of the auction that an intent handed in now can be in at the earliest."""

    def stream(self, name: str) -> Random:
        """A random stream of this agent's own."""

    def after(self, delay_us: int, call: Callable[..., None], *arguments: Any) -> None:
        """Call later; what was planned for after the end of the run does not happen."""

    def outside(self, asset: AssetId) -> float:
        """The price elsewhere, now: whole numeraire units per whole unit."""

    def ahead(self, asset: AssetId, horizon_us: int) -> float:
        """The price elsewhere as it will be so much later: what informed traders know. For none else's eyes."""

    def agreed(self, asset: AssetId) -> float | None:
        """The ledger's agreed price in the same unit; ``None`` where there is none or it is stale."""

    def venues(self) -> Mapping[VenueId, VenueState]:
        """Liquidity as of the last decided block."""

    def balance(self, asset: AssetId, owner: int = 0) -> int:
        """Base units on the ledger."""

    def holder(self, owner: int = 0) -> bytes:
        """The account's name on the ledger; in hexadecimal it owns its quotes on order books."""

    def shares(self, venue: VenueId, owner: int | None = None) -> int:
        """Shares of a pool: this owner's, or without one all there are."""

    def units(self, asset: AssetId, whole: float) -> int:
        """Base units of ``whole`` whole units, rounded down."""

    def whole(self, asset: AssetId, units: int) -> float:
        """Whole units, as a float."""

    def offer(self, offer: Offer, owner: int = 0) -> IntentId | None:
        """Sign and hand in; ``None`` where the node refused it (it is recorded with its reason)."""

    def signed(self, offer: Offer, owner: int = 0) -> bytes:
        """The item that ``offer`` would hand in, signed with a nonce of its own, and not handed in."""

    def raw(self, item: bytes) -> bool:
        """Hand in any bytes, as spammers do; whether the node took them."""

    def cancel(self, intents: Sequence[IntentId], owner: int = 0) -> None:
        """Ask for these to trade no more."""

    def transact(self, action: Action, owner: int = 0) -> None:
        """Sign and hand in a transaction: quotes, liquidity, transfers, price reports."""

    def overheard(self) -> Sequence[tuple[IntentId, Leg, Leg]]:
        """Intents of others that gossip has brought to this agent's node and no block has taken yet: what a
        searcher reads. Bounded; the newest last."""


class Agent(Protocol):
    """Somebody in the population. Both calls may plan further ones through the desk."""

    def start(self, desk: Desk) -> None:
        """The world begins."""

    def settled(self, desk: Desk, news: Settled) -> None:
        """An auction is over."""
