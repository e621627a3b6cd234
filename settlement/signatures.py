"""Which orders their owners really signed, each checked once per auction.

The id of a native intent is the hash of its terms, so the signature covers every term. A recorded
order's id is its uid: where a wallet's signature came with it, the signature is checked against
the uid's digest, yet the terms in the record are not bound by it; with or without one, such an
order counts as *unsigned* and every report says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from intents.auction import AuctionOrder
from intents.codec import intent_id
from intents.errors import WalrasError
from intents.intent import IntentId, OwnerScheme
from intents.signing import verify_signature
from settlement.errors import BadSignature, IdMismatch

#: A CoW uid: 32-byte digest, 20-byte owner, 4-byte validTo.
_UID_BYTES: Final = 56
#: Orders whose ids and signatures were found to hold before they came into this process: these very objects.
_signed: Final[dict[int, AuctionOrder]] = {}


def count_as_signed(orders: Iterable[AuctionOrder]) -> None:
    """From now on these orders, and no others, count as checked: for one who was handed them by whoever checked
    them, and whose word binds nobody."""
    _signed.clear()
    _signed.update((id(order), order) for order in orders)


class SignatureBook:
    """Remembers which orders passed, for as long as an auction is judged."""

    def __init__(self) -> None:
        self._proven: dict[IntentId, bool] = {}

    def is_proven(self, order: AuctionOrder, where: str) -> bool:
        """True when the terms are signed, False for a recorded order. Else ``IdMismatch`` or ``BadSignature``."""
        proven = self._proven.get(order.id)
        if proven is None:
            proven = self._proven[order.id] = _check(order, where)
        return proven


def _check(order: AuctionOrder, where: str) -> bool:
    owner = order.intent.owner
    if owner.scheme is OwnerScheme.RECORDED:
        return False
    recorded = owner.scheme is OwnerScheme.EIP712 and len(order.id) == _UID_BYTES
    if id(order) in _signed:
        return not recorded
    if not recorded:
        computed = intent_id(order.intent)
        if computed != order.id:
            raise IdMismatch(where, computed.hex(), order.id.hex())
    try:
        verify_signature(order.intent, order.id, order.signature, where)
    except WalrasError as error:
        raise BadSignature(where, str(owner), str(error)) from error
    return not recorded
