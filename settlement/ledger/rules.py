"""What a network agrees on at genesis: its assets, who may bring value in, costs, bonds and the mechanism."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from intents.auction import CostModel
from intents.codec import ASSET
from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Amount, Integer, Many, Octets, Ratio, Record, Text
from settlement.ledger.state import Draft, State, Table
from settlement.penalties import PenaltyRates
from settlement.rewards import RewardCaps

MAX_GATEWAYS: Final = 64


@dataclass(frozen=True, slots=True)
class Rules:
    """Amounts in numeraire base units unless an asset is named; durations in auctions.

    ``gateways`` are the keys that may credit deposits. ``max_orders`` is the most intents of one batch, the rest
    wait. ``min_bond`` is what a solver must have bonded to commit, ``unbond_after`` how long a released bond
    stays liable.

    Prices: ``oracles`` are the keys whose updates count, at least ``least_reports`` of them and none older than
    ``stale_after``; from one auction to the next a price moves by at most ``max_move_bps``. An intent whose limit
    lies further than ``band_bps`` from the agreed prices, in its owner's disfavour, is a mistake and denied.

    Pre-trade limits: per owner at most ``max_open_per_owner`` intents rest and ``max_new_per_owner`` are taken in
    one auction; what an intent gives is worth between ``min_notional`` and ``max_notional`` (0: no bound);
    a remainder worth less ends its order.
    ``guardians`` are the keys with a say in the trading state: it is as strict as ``least_guardians`` of them ask.
    ``venue_price`` is what opening a venue by transaction costs: every auction carries all of them.
    """

    network: bytes
    numeraire: AssetId
    gateways: tuple[bytes, ...] = ()
    mechanism: str = "exact"
    max_winners: int = 50
    max_orders: int = 10_000
    costs: CostModel = CostModel()
    caps: RewardCaps = RewardCaps()
    penalties: PenaltyRates = PenaltyRates()
    min_bond: int = 0
    unbond_after: int = 10
    oracles: tuple[bytes, ...] = ()
    least_reports: int = 1
    stale_after: int = 5
    max_move_bps: int = 5_000
    band_bps: int = 5_000
    max_open_per_owner: int = 1_000
    max_new_per_owner: int = 1_000
    min_notional: int = 0
    max_notional: int = 0
    guardians: tuple[bytes, ...] = ()
    least_guardians: int = 1
    venue_price: int = 0


_GAS: Final = Amount()
_RATE: Final = Ratio(high=Fraction(1))
RULES: Final[Table[str, Rules]] = Table(
    6,
    "rules",
    Text(16),
    Record(
        Rules,
        {
            "network": Octets(length=32),
            "numeraire": ASSET,
            "gateways": Many(Octets(length=PUBLIC_KEY_BYTES), MAX_GATEWAYS),
            "mechanism": Text(32),
            "max_winners": Integer(low=1),
            "max_orders": Integer(low=1),
            "costs": Record(CostModel, {"gas_price": _GAS, "settlement_gas": _GAS, "trade_gas": _GAS}),
            "caps": Record(RewardCaps, {"low": Amount(), "high": Amount()}),
            "penalties": Record(
                PenaltyRates, {"no_reveal": _RATE, "invalid_reveal": _RATE, "equivocation": _RATE}
            ),
            "min_bond": Amount(),
            "unbond_after": Integer(),
            "oracles": Many(Octets(length=PUBLIC_KEY_BYTES), MAX_GATEWAYS),
            "least_reports": Integer(low=1),
            "stale_after": Integer(),
            "max_move_bps": Integer(),
            "band_bps": Integer(),
            "max_open_per_owner": Integer(),
            "max_new_per_owner": Integer(),
            "min_notional": Amount(),
            "max_notional": Amount(),
            "guardians": Many(Octets(length=PUBLIC_KEY_BYTES), MAX_GATEWAYS),
            "least_guardians": Integer(low=1),
            "venue_price": Amount(),
        },
    ),
)
_ONLY: Final = "rules"


def rules_of(state: State | Draft) -> Rules:
    found = state.get(RULES, _ONLY)
    assert found is not None, "a ledger has rules from its genesis on"
    return found


def put_rules(draft: Draft, rules: Rules) -> None:
    draft.set(RULES, _ONLY, rules)
