"""The orders of a synthetic batch: who gives what, how much, and at what limit."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction

from intents.amounts import MAX_AMOUNT
from intents.auction import AuctionOrder
from intents.codec import intent_id
from intents.fees import VolumeFee
from intents.intent import NEVER, FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from scenarios.market import Market
from scenarios.world import World


def draw_orders(world: World, market: Market, network: bytes, draw: random.Random) -> tuple[AuctionOrder, ...]:
    """``world.orders.count`` signed orders. Ed25519 keys come from the seed: never use them for value."""
    return tuple(_order(world, market, network, number, draw) for number in range(world.orders.count))


def _order(world: World, market: Market, network: bytes, number: int, draw: random.Random) -> AuctionOrder:
    give, want = market.pairs[draw.randrange(len(market.pairs))]
    value = world.orders.size_median * 2.718281828459045 ** draw.gauss(0.0, world.orders.size_sigma)
    slack = draw.gauss(world.orders.slack_bps, world.orders.slack_sigma_bps) / 10_000.0
    sell = draw.random() < world.orders.sell_share
    partial = draw.random() < world.orders.partial_share
    solver_sets_fee = draw.random() < world.orders.solver_fee_share
    # Slack is room for the solver: a seller asks for less, a buyer offers more than the fair value.
    offered = value if sell else value * (1.0 + slack)
    asked = value * (1.0 - slack) if sell else value
    give_amount = _amount(market.base_units(give, offered))
    want_amount = _amount(market.base_units(want, asked))
    key = SigningKey.from_seed(hashlib.sha256(network + number.to_bytes(8, "big")).digest())
    intent = Intent(
        network=network,
        owner=Owner(OwnerScheme.ED25519, key.public),
        nonce=number,
        valid_from=0,
        valid_to=NEVER,
        give=(Leg(market.assets[give].id, give_amount),),
        want=(Leg(market.assets[want].id, want_amount),),
        kind=Kind.EXACT_IN if sell else Kind.EXACT_OUT,
        fill=FillRule(FillMode.PARTIAL if partial else FillMode.FILL_OR_KILL),
        max_fee=give_amount if solver_sets_fee else 0,
    )
    fee_bps = world.orders.volume_fee_bps
    return AuctionOrder(
        id=intent_id(intent),
        intent=intent,
        signature=sign_intent(key, intent),
        remaining=intent.reference_leg.amount,
        policies=(VolumeFee(Fraction(fee_bps, 10_000)),) if fee_bps else (),
        fee_by_solver=solver_sets_fee,
    )


def _amount(units: int) -> int:
    return max(1, min(units, MAX_AMOUNT))
