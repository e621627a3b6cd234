"""Cheating with who signed what, and with what is withheld."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from intents.auction import AuctionOrder
from intents.codec import intent_id
from intents.fees import PriceImprovementFee, Quote, SurplusFee
from intents.intent import Intent, Leg, Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from settlement import errors as law
from tests.batches import Batch
from tests.tampering.operator import (
    any_role,
    refused_by,
    with_fill,
    with_order,
)


@refused_by(law.BadSignature)
def one_bit_of_a_signature(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    signature = bytearray(batch.order(role).signature)
    signature[rng.randrange(64)] ^= 1 << rng.randrange(8)
    return with_order(batch, role, signature=bytes(signature))


@refused_by(law.BadSignature)
def a_signature_cut_short(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    return with_order(batch, role, signature=batch.order(role).signature[: rng.randrange(64)])


@refused_by(law.BadSignature)
def signed_by_somebody_else(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    thief = SigningKey.from_seed(rng.randbytes(32))
    return with_order(batch, role, signature=sign_intent(thief, batch.order(role).intent))


@refused_by(law.BadSignature)
def another_owner_under_an_old_signature(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    owner = Owner(OwnerScheme.ED25519, SigningKey.from_seed(rng.randbytes(32)).public)
    intent = replace(batch.order(role).intent, owner=owner)
    return with_order(batch, role, intent=intent, id=intent_id(intent))


@refused_by(law.BadSignature)
def a_kinder_limit_under_an_old_signature(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    intent = _kinder(batch.order(role))
    return with_order(batch, role, intent=intent, id=intent_id(intent))


@refused_by(law.IdMismatch)
def a_kinder_limit_under_an_old_id(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    return with_order(batch, role, intent=_kinder(batch.order(role)))


def _kinder(order: AuctionOrder) -> Intent:
    want = order.intent.want
    return replace(order.intent, want=(Leg(want[0].asset, want[0].amount - 1), *want[1:]))


@refused_by(law.FeeNotAllowed)
def a_fee_where_none_is_allowed(batch: Batch, rng: Random) -> Batch:
    role = rng.choice(("whole", "counter", "split", "basket", "charged"))
    fee = rng.randint(1, 1000)
    return with_fill(batch, role, executed=batch.fill(role).executed - fee, fee=fee)


@refused_by(law.FeeAboveMaximum)
def a_fee_one_unit_over_the_maximum(batch: Batch, rng: Random) -> Batch:
    fill = batch.fill("paying")
    return with_fill(batch, "paying", executed=fill.executed - 1, fee=fill.fee + 1)


@refused_by(law.BadFeePolicy)
def a_policy_that_takes_everything(batch: Batch, rng: Random) -> Batch:
    return with_order(batch, "charged", policies=(SurplusFee(Fraction(1), Fraction(1)),))


@refused_by(law.PolicyNotForBaskets)
def a_quote_for_a_basket(batch: Batch, rng: Random) -> Batch:
    policy = PriceImprovementFee(Fraction(1, 2), Fraction(1, 100), Quote(1000, 1000, 1))
    return with_order(batch, "basket", policies=(policy,))
