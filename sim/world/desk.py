"""A desk: one part of the population at its node. What ``sim.agents.base.Desk`` promises, kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, Protocol

from intents.assets import AssetId, AssetInfo
from intents.codec import intent_id
from intents.errors import WalrasError
from intents.intent import FillMode, FillRule, Intent, IntentId, Leg, Owner, OwnerScheme
from intents.signing import SigningKey
from intents.venue_states import VenueId, VenueState
from node.chain.app import ChainApp
from node.chain.blocks import Phase
from node.chain.items import Submission, encode_item
from node.chain.reading import own_item, read_item
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.execute import NONCES
from settlement.ledger.feeds import price_of
from settlement.ledger.rules import rules_of
from settlement.ledger.transactions import Action, Cancel, Transaction
from settlement.ledger.venues import SHARES, TOTALS, VENUES
from sim.agents.base import Offer
from sim.kernel import Kernel
from sim.world.accounts import holder_of, units

#: The newest intents of others that an agent is shown.
MAX_OVERHEARD: Final = 256


class Place(Protocol):
    """The world as a desk sees it."""

    kernel: Kernel
    numeraire: AssetId

    def app(self, node: int) -> ChainApp:
        """The ledger that users of ``node`` look at."""

    def submit(self, node: int, item: bytes) -> None:
        """Hand an item to a node; raises a ``WalrasError`` where it refuses."""

    def outside(self, asset: AssetId, ahead_us: int = 0) -> float:
        """The price elsewhere, now or so much later."""

    def offered(
        self, desk: AtNode, number: IntentId, intent: Intent, owner: int, purpose: str, refused: str
    ) -> None:
        """For the record."""


class AtNode:
    """Implements ``Desk``. ``kind`` is what sort of agent sits here; ``keys`` and ``nodes`` are its accounts'."""

    def __init__(
        self,
        place: Place,
        name: str,
        kind: str,
        nodes: Sequence[int],
        anchor: int,
        keys: Sequence[SigningKey],
        assets: Sequence[AssetInfo],
    ) -> None:
        self.place, self.name, self.kind, self.nodes, self.keys = place, name, kind, nodes, keys
        #: Whose ledger it looks at, whichever of its accounts it acts for.
        self.anchor = anchor
        self.owners = len(keys)
        self.holders = [holder_of(key) for key in keys]
        self.numeraire = place.numeraire
        self.assets: Mapping[AssetId, AssetInfo] = {info.id: info for info in assets}
        self.mine: dict[IntentId, tuple[int, Intent]] = {}
        self._intents = [0] * self.owners
        #: Nonces of the transactions under way, by account.
        self._under_way: list[set[int]] = [set() for _ in keys]

    # Looking

    @property
    def now_us(self) -> int:
        return self.place.kernel.now_us

    @property
    def auction(self) -> int:
        """While an auction is being sealed and settled, what comes in is for the next one."""
        app = self._app
        return app.auction if app.height % len(Phase) == Phase.SETTLE else app.auction + 1

    def stream(self, name: str) -> Random:
        return self.place.kernel.stream(f"agent/{self.name}/{name}")

    def after(self, delay_us: int, call: Callable[..., None], *arguments: Any) -> None:
        self.place.kernel.after(max(0, delay_us), call, *arguments)

    def outside(self, asset: AssetId) -> float:
        return self.place.outside(asset)

    def ahead(self, asset: AssetId, horizon_us: int) -> float:
        return self.place.outside(asset, horizon_us)

    def agreed(self, asset: AssetId) -> float | None:
        app = self._app
        value = price_of(app.state, rules_of(app.state), asset, app.auction)
        if value is None:
            return None
        return value / 1e18 * 10.0 ** (self.assets[asset].decimals - self.assets[self.numeraire].decimals)

    def venues(self) -> Mapping[VenueId, VenueState]:
        return self._app.state.rows(VENUES)

    def balance(self, asset: AssetId, owner: int = 0) -> int:
        return self._app.state.get(BALANCES, (Account(AccountKind.OWNER, self.holders[owner]), asset)) or 0

    def holder(self, owner: int = 0) -> bytes:
        return self.holders[owner]

    def shares(self, venue: VenueId, owner: int | None = None) -> int:
        state = self._app.state
        if owner is None:
            total = state.get(TOTALS, venue)
            return 0 if total is None else total.total
        return state.get(SHARES, (venue, self.holders[owner])) or 0

    def units(self, asset: AssetId, whole: float) -> int:
        return units(whole, self.assets[asset])

    def whole(self, asset: AssetId, amount: int) -> float:
        return amount / 10.0 ** self.assets[asset].decimals

    def overheard(self) -> Sequence[tuple[IntentId, Leg, Leg]]:
        app = self._app
        found = []
        for data in reversed(app.waiting[Phase.BATCH].values()):
            item = read_item(data, app.network)
            if isinstance(item, Submission):
                number = intent_id(item.intent)
                if number not in self.mine:
                    found.append((number, item.intent.give[0], item.intent.want[0]))
                    if len(found) == MAX_OVERHEARD:
                        break
        return found[::-1]

    # Acting

    def offer(self, offer: Offer, owner: int = 0) -> IntentId | None:
        intent, refused = self._intent(offer, owner), ""
        number = intent_id(intent)
        try:
            self.place.submit(self.nodes[owner], own_item(self.keys[owner], intent))
            self.mine[number] = (owner, intent)
        except WalrasError as error:
            refused = error.code
        self.place.offered(self, number, intent, owner, offer.purpose, refused)
        return None if refused else number

    def signed(self, offer: Offer, owner: int = 0) -> bytes:
        return own_item(self.keys[owner], self._intent(offer, owner))

    def _intent(self, offer: Offer, owner: int) -> Intent:
        key, nonce = self.keys[owner], self._intents[owner]
        self._intents[owner] += 1
        return Intent(
            self._app.network,
            Owner(OwnerScheme.ED25519, key.public),
            nonce,
            0,
            self.auction + offer.lasts - 1,
            (offer.give,),
            (offer.want,),
            offer.kind,
            FillRule(FillMode.FILL_OR_KILL if offer.whole else FillMode.PARTIAL),
            when=offer.when,
            schedule=offer.schedule,
            group=offer.group,
        )

    def raw(self, item: bytes, owner: int = 0) -> bool:
        try:
            self.place.submit(self.nodes[owner], item)
        except WalrasError:
            return False
        return True

    def cancel(self, intents: Sequence[IntentId], owner: int = 0) -> None:
        if intents:
            self.transact(Cancel(tuple(intents)), owner)

    def transact(self, action: Action, owner: int = 0) -> None:
        key, under_way = self.keys[owner], self._under_way[owner]
        nonce = self._app.state.get(NONCES, self.holders[owner]) or 0
        while nonce in under_way:
            nonce += 1
        bare = Transaction(key.public, nonce, action)
        signed = Transaction(key.public, nonce, action, key.sign(bare.signed(self._app.network)))
        if self.raw(encode_item(signed), owner):
            under_way.add(nonce)

    def batched(self, auction: int) -> None:
        """A block has taken what was waiting. The nonce of a refused transaction is to be used again, or nothing
        after it ever takes effect; one that came too late for the block is still under way. Intents that are over
        are forgotten."""
        self._under_way = self._waiting()
        self.mine = {number: found for number, found in self.mine.items() if found[1].valid_to >= auction}

    def _waiting(self) -> list[set[int]]:
        """Nonces of the own transactions that the next block can take, by account."""
        app, found = self._app, {holder: set[int]() for holder in self.holders}
        for data in app.waiting[Phase.BATCH].values():
            item = read_item(data, app.network)
            if isinstance(item, Transaction) and item.holder in found:
                found[item.holder].add(item.nonce)
        return list(found.values())

    @property
    def _app(self) -> ChainApp:
        return self.place.app(self.anchor)
