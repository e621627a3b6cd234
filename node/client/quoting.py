"""Quotes: what one trader alone could have now, and the limit to ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_BPS
from intents.assets import AssetId
from intents.errors import UsageError
from intents.fields import Fields
from node.client.asking import Ask
from node.client.market import Market
from node.client.node_client import NodeClient

SLIPPAGE_BPS: Final = 50
MAX_HOPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Hop:
    venue: str
    sold: AssetId
    bought: AssetId
    amount_in: int
    amount_out: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """``limit`` is the least to want, or of ``exact_out`` the most to give; see ``node.quoting.Quote``."""

    give: AssetId
    want: AssetId
    exact_out: bool
    amount_in: int
    amount_out: int
    limit: int
    impact_bps: float | None
    route: tuple[Hop, ...]


def quote(client: NodeClient, ask: Ask, market: Market, slippage_bps: int) -> tuple[Quoted, Fields]:
    """The node's quote, and its whole document. Raises ``NodeRefused`` where no venues take so much."""
    give, want = market.asset(ask.give), market.asset(ask.want)
    amount, asset = (ask.want_amount, want) if ask.exact_out else (ask.give_amount, give)
    if amount is None or (ask.give_amount is not None and ask.want_amount is not None):
        raise UsageError("quote", "takes one amount: 1 ETH for USDC, or ETH for 2990 USDC")
    fields = client.post(
        "/v1/quotes",
        {
            "give": give,
            "want": want,
            "amount": str(market.units(amount, asset, raw=ask.raw)),
            "kind": "exact_out" if ask.exact_out else "exact_in",
            "slippage_bps": min(max(slippage_bps, 0), MAX_BPS - 1),
        },
    )
    return quoted_in(fields, give, want, ask.exact_out), fields


def filled_in(ask: Ask, found: Quoted) -> Ask:
    """The ask with the quote's limit as its other amount, all in base units."""
    amounts = (found.limit, found.amount_out) if ask.exact_out else (found.amount_in, found.limit)
    return replace(ask, give_amount=str(amounts[0]), want_amount=str(amounts[1]), raw=True)


def quoted_in(fields: Fields, give: AssetId, want: AssetId, exact_out: bool) -> Quoted:
    """The document of a quote, read."""
    return Quoted(
        give,
        want,
        exact_out,
        fields.integer("amount_in", low=1),
        fields.integer("amount_out", low=1),
        fields.integer("limit", low=1),
        float(fields.fraction("impact_bps", low=Fraction(-(10**9)))) if fields.has("impact_bps") else None,
        tuple(
            Hop(
                row.text("venue", limit=64),
                AssetId(row.text("sold", limit=64)),
                AssetId(row.text("bought", limit=64)),
                row.integer("amount_in"),
                row.integer("amount_out"),
            )
            for row in fields.objects("route", limit=MAX_HOPS)
        ),
    )
