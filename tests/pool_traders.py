"""Intents of the campaign's owners, of any network: a little below its pool's price, both ways by turns."""

from __future__ import annotations

from intents.intent import NEVER, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import sign_intent
from node.chain.items import Submission, encode_item
from sim.campaign_market import WHOLE, A, B, owners


def intent(network: bytes, number: int) -> bytes:
    """The item; each owner's nonces are its own."""
    key = owners()[number % len(owners())]
    give, want = ((A, WHOLE), (B, 48 * WHOLE // 100)) if number % 2 else ((B, WHOLE), (A, 19 * WHOLE // 10))
    owner = Owner(OwnerScheme.ED25519, key.public)
    made = Intent(network, owner, number, 0, NEVER, (Leg(*give),), (Leg(*want),), Kind.EXACT_IN)
    return encode_item(Submission(made, sign_intent(key, made)))
