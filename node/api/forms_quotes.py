"""Forms of quotes; field names are those of ``node.quoting`` and ``node.explaining``, which say what they mean."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from node.api.forms import Amount, Hex, Ratio

AssetText = Annotated[str, Meta(min_length=1, max_length=64)]


class AskQuote(Struct, forbid_unknown_fields=True):
    """``amount`` base units are of ``give`` for exact_in, of ``want`` for exact_out."""

    give: AssetText
    want: AssetText
    amount: Annotated[str, Meta(pattern="^[0-9]{1,78}$")]
    kind: Literal["exact_in", "exact_out"] = "exact_in"
    slippage_bps: Annotated[int, Meta(ge=0, le=9_999)] = 50


class HopForm(Struct):
    venue: str
    kind: str
    sold: str
    bought: str
    amount_in: Amount
    amount_out: Amount


class QuoteForm(Struct):
    """What one trader alone could have now. ``limit`` is what to ask for in an intent valid until auction
    ``valid_to``; one that asks for no more than ``cleared`` would have been filled at the last clearing prices."""

    give: str
    want: str
    kind: str
    amount_in: Amount
    amount_out: Amount
    price: Ratio
    route: list[HopForm]
    impact_bps: float | None
    against_reference_bps: float | None
    cost: Amount
    limit: Amount
    slippage_bps: int
    cleared: Amount | None
    auction: int
    valid_to: int


class NowForm(Struct):
    """What is in an intent's way on the ledger as it stands (``code`` is empty where nothing is), how far its
    limit is from the best price there is, and what the rest of it could have alone."""

    intent: Hex
    state: str
    code: str
    why: str
    distance_bps: float | None
    best: QuoteForm | None
    auction: int
