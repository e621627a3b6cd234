"""One swap and one auction, spelled out, that the unit tests here vary."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.codec import intent_id
from intents.fees import PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId

NETWORK = bytes(range(32))
KEY = SigningKey.from_seed(bytes(32))
A, B, C, D = (AssetId(name) for name in "ABCD")
SWAP = Intent(
    network=NETWORK,
    owner=Owner(OwnerScheme.ED25519, KEY.public),
    nonce=7,
    valid_from=10,
    valid_to=20,
    give=(Leg(A, 1_000),),
    want=(Leg(B, 2_000),),
    kind=Kind.EXACT_IN,
    fill=FillRule(FillMode.PARTIAL, 100),
    max_fee=5,
)
BASKET = replace(SWAP, give=(Leg(A, 1_000), Leg(C, 1)), want=(Leg(B, 2_000), Leg(D, 3)), kind=Kind.BASKET)
POOL = ConstantProductState(VenueId("pool"), (A, B), 90_000, "", (10**6, 10**6), Fraction(3, 1000))


def signed(intent: Intent, **changes: Any) -> AuctionOrder:
    """``intent`` signed by ``KEY``, all of it remaining."""
    order = AuctionOrder(intent_id(intent), intent, sign_intent(KEY, intent), intent.reference_leg.amount)
    return replace(order, **changes)


POLICIES = (
    SurplusFee(Fraction(1, 2), Fraction(1, 100)),
    PriceImprovementFee(Fraction(1, 3), Fraction(1), Quote(1_000, 2_100, 3)),
    VolumeFee(Fraction(1, 1000)),
)
AUCTION = Auction(
    name="example",
    network=NETWORK,
    number=12,
    assets=(AssetInfo(A, 18, "a", 10**18), AssetInfo(B, 6), AssetInfo(C, 0, trusted=True), AssetInfo(D, 36)),
    orders=(signed(SWAP, policies=POLICIES), signed(BASKET, remaining=400)),
    venues=(POOL,),
    costs=CostModel(1, 2, 3),
    balances=(Balance(SWAP.owner, A, 10**9),),
    deadline_ms=1_700_000_000_000,
    seed=b"seed",
    jit_owners=(bytes(20),),
)
