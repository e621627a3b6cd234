"""An auction in which one owner has two orders and may not have the balance for both."""

from __future__ import annotations

from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance
from intents.codec import intent_id
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from settlement.solution import Fill, Solution

UNIT: Final = 10**18
GIVEN, ONE, TWO = AssetId("given"), AssetId("one"), AssetId("two")


def signed(key: SigningKey, nonce: int, give: Leg, want: Leg, *, partial: bool = False) -> AuctionOrder:
    """A sell of ``give`` for at least ``want``, signed, with nothing of it filled."""
    owner = Owner(OwnerScheme.ED25519, key.public)
    rule = FillRule(FillMode.PARTIAL if partial else FillMode.FILL_OR_KILL)
    intent = Intent(bytes(32), owner, nonce, 0, 10, (give,), (want,), Kind.EXACT_IN, rule)
    return AuctionOrder(intent_id(intent), intent, sign_intent(key, intent), give.amount, (), False)


def one_owner(balance: int) -> tuple[Auction, list[Solution]]:
    """Orders of 100 units each for ``one`` and ``two``, with counterparties, and ``balance`` units to give.

    The first and second solution (worth most and next) fill one order each; the third fills the
    second order's counterparty with a third party.
    """
    owner, maker, other = (SigningKey.from_seed(bytes([n]) * 32) for n in (1, 2, 3))
    size = 100 * UNIT
    orders = (
        signed(owner, 1, Leg(GIVEN, size), Leg(ONE, size * 80 // 100)),
        signed(owner, 2, Leg(GIVEN, size), Leg(TWO, size * 90 // 100)),
        signed(maker, 1, Leg(ONE, size), Leg(GIVEN, size * 80 // 100)),
        signed(maker, 2, Leg(TWO, size), Leg(GIVEN, size * 90 // 100)),
        signed(other, 1, Leg(GIVEN, size), Leg(TWO, size * 95 // 100)),
    )
    auction = Auction(
        name="one-owner",
        network=bytes(32),
        number=5,
        assets=tuple(AssetInfo(asset, 18, reference_price=UNIT) for asset in (GIVEN, ONE, TWO)),
        orders=orders,
        venues=(),
        balances=(Balance(Owner(OwnerScheme.ED25519, owner.public), GIVEN, balance * UNIT),),
    )
    prices = {GIVEN: 1, ONE: 1, TWO: 1}
    pairs = (("first", 0, 2), ("second", 1, 3), ("third", 4, 3))
    return auction, [
        Solution(name, 0, prices, tuple(Fill(orders[i].id, size) for i in (give, take)))
        for name, give, take in pairs
    ]
