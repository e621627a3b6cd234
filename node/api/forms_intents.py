"""Forms of intents and of what users hand in."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from node.api.errors import Problem
from node.api.forms import Amount, DamagedForm, Hex
from node.api.forms_auctions import MissedForm, TradeForm
from node.api.forms_quotes import NowForm
from node.chain.blocks import MAX_ITEM_BYTES

#: Intents of one request.
MAX_AT_ONCE = 256
#: Canonical bytes of an item. That digits come in pairs is left to whoever turns them into bytes: a pattern that
#: counts pairs takes as long as a quarter of a signature.
ItemHex = Annotated[
    str,
    Meta(
        pattern="^0x[0-9a-fA-F]+$",
        max_length=2 * MAX_ITEM_BYTES + 2,
        description="canonical bytes of an item, in hex",
    ),
]
SignatureHex = Annotated[str, Meta(pattern="^0x([0-9a-fA-F]{2}){64,65}$", description="64 or 65 bytes in hex")]


class SubmitIntent(Struct, forbid_unknown_fields=True):
    """Either ``item``, or ``intent`` in its JSON form (docs/intents.md) with its owner's ``signature``."""

    item: ItemHex | None = None
    intent: dict[str, Any] | None = None
    signature: SignatureHex | None = None


class SubmitTransaction(Struct, forbid_unknown_fields=True):
    item: ItemHex


class SubmittedForm(Struct):
    """``id`` is the intent's (of a transaction: the item's); ``item`` the item's own id, a hash of its bytes.

    ``state`` is an order state's name, ``received`` while it waits for its block; of a transaction ``received`` or
    ``past``, where its nonce is used already, by it or by another.
    """

    id: Hex
    item: Hex
    state: str


class SubmitIntents(Struct, forbid_unknown_fields=True):
    items: Annotated[list[ItemHex], Meta(min_length=1, max_length=MAX_AT_ONCE)]


class OutcomeForm(Struct):
    """Of one of many: as ``SubmittedForm``, or nothing but the ``problem`` with it."""

    id: Hex | None
    item: Hex | None
    state: str | None
    problem: Problem | None


class OutcomesForm(Struct):
    """In the order in which the items were handed in."""

    results: list[OutcomeForm]


class StepForm(Struct):
    state: str
    auction: int
    height: int
    at_ms: int
    note: str


class AuctionTradeForm(Struct):
    auction: int
    trade: TradeForm


class AuctionMissForm(Struct):
    """The last batch the intent was in and did not fill in, with the first rule that blocked it."""

    auction: int
    missed: MissedForm


class IntentForm(Struct):
    """``when``, ``schedule`` and ``group`` are as the intent itself has them: see schema ``Intent``."""

    intent: Hex
    owner: Hex
    state: str
    give: str
    want: str
    give_max: Amount
    want_min: Amount
    gave: Amount
    got: Amount
    valid_from: int
    valid_to: int
    steps: list[StepForm]
    trades: list[AuctionTradeForm]
    missed: AuctionMissForm | None
    when: dict[str, Any] | None
    schedule: dict[str, Any] | None
    group: str


class IntentsForm(Struct):
    """Newest first; ``next`` goes into ``cursor`` for the page after, null after the last. What is ``damaged`` on
    the node's disk is named and left out."""

    intents: list[IntentForm]
    damaged: list[DamagedForm]
    next: int | None


class ExplainForm(Struct):
    """Why an intent is where it is. ``auction``, ``code`` and ``distance_bps`` are there where a batch left it
    out: the rule that blocked it, and how far its limit is from what would have filled it. ``now`` is about the
    ledger as it stands."""

    intent: Hex
    state: str
    why: str
    code: str
    auction: int | None
    distance_bps: float | None
    now: NowForm
