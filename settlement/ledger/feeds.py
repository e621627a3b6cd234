"""The agreed price feed: the median of what oracles report, kept from going stale and from jumping.

One agreed price per asset and auction, in numeraire base units per 10^18 base units: the auction's reference
prices, and what an intent's limit is compared with before it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.amounts import MAX_BPS, MAX_PRICE, PRICE_SCALE, mul_div_ceil, mul_div_floor
from intents.assets import AssetId, AssetInfo
from intents.auction_codec import ASSET_INFO
from intents.codec import ASSET
from intents.intent import Leg
from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Amount, Integer, Octets, Pair, Record
from settlement.ledger.errors import NotAnOracle
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table


@dataclass(frozen=True, slots=True)
class Price:
    """``value`` as reported at auction ``at``; of an agreed price, by all the reports that it needs."""

    value: int
    at: int


_PRICE: Final = Record(Price, {"value": Amount(high=MAX_PRICE), "at": Integer()})
REPORTS: Final[Table[tuple[AssetId, bytes], Price]] = Table(
    9, "reports", Pair(ASSET, Octets(length=PUBLIC_KEY_BYTES)), _PRICE
)
AGREED: Final[Table[AssetId, Price]] = Table(10, "prices", ASSET, _PRICE)
ASSETS: Final[Table[AssetId, AssetInfo]] = Table(11, "assets", ASSET, ASSET_INFO)


def report(draft: Draft, rules: Rules, oracle: bytes, prices: Sequence[Leg], now: int) -> None:
    """Keep an oracle's latest word on each asset that the ledger knows."""
    if oracle not in rules.oracles:
        raise NotAnOracle("ledger", oracle.hex())
    for leg in prices:
        if draft.get(ASSETS, leg.asset) is not None:
            draft.set(REPORTS, (leg.asset, oracle), Price(min(leg.amount, MAX_PRICE), now))


def agree(draft: Draft, rules: Rules, now: int) -> None:
    """Set the prices of auction ``now`` from the reports there are."""
    for asset in sorted(draft.rows(ASSETS)):
        if asset == rules.numeraire:
            draft.set(AGREED, asset, Price(PRICE_SCALE, now))
            continue
        fresh = [
            found
            for oracle in rules.oracles
            if (found := draft.get(REPORTS, (asset, oracle))) is not None and now - found.at <= rules.stale_after
        ]
        if len(fresh) >= rules.least_reports:
            # The lower median: of an even number, an actual report all the same.
            median = sorted(found.value for found in fresh)[(len(fresh) - 1) // 2]
            # As old as the reports it needs, so that no price outlives what it was made of.
            at = sorted((found.at for found in fresh), reverse=True)[rules.least_reports - 1]
            draft.set(AGREED, asset, Price(_held_back(draft.get(AGREED, asset), median, rules), at))


def price_of(state: State | Draft, rules: Rules, asset: AssetId, now: int) -> int | None:
    """The agreed price, or ``None`` where there is none or it is stale. The numeraire's is what it is."""
    if asset == rules.numeraire:
        return PRICE_SCALE
    found = state.get(AGREED, asset)
    return None if found is None or now - found.at > rules.stale_after else found.value


def value_of(state: State | Draft, rules: Rules, legs: Iterable[Leg], now: int) -> int | None:
    """What the legs are worth at the agreed prices, rounded down; ``None`` where one has no price."""
    worth = 0
    for leg in legs:
        price = price_of(state, rules, leg.asset, now)
        if price is None:
            return None
        worth += leg.amount * price
    return worth // PRICE_SCALE


def _held_back(last: Price | None, value: int, rules: Rules) -> int:
    """``value``, moved no further from the last agreed price than the rules allow."""
    if last is None or last.value == 0:
        return value
    least = mul_div_ceil(last.value, max(0, MAX_BPS - rules.max_move_bps), MAX_BPS)
    most = mul_div_floor(last.value, MAX_BPS + rules.max_move_bps, MAX_BPS)
    return max(least, min(most, value))
