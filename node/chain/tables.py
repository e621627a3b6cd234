"""What the chain itself keeps in the agreed state: the auction's number, seals, validators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Integer, Many, Octets, Record, Text
from node.agreement.validators import MAX_VALIDATORS, Validator, ValidatorSet
from settlement.ledger.admission import OPEN, RATES, USED
from settlement.ledger.bonds import SOLVERS
from settlement.ledger.books import BALANCES
from settlement.ledger.conditions import WATCHED
from settlement.ledger.congestion import GONE, ROOM
from settlement.ledger.execute import NONCES
from settlement.ledger.feeds import AGREED, ASSETS, REPORTS
from settlement.ledger.orders import ORDERS
from settlement.ledger.positions import POOLS, POSITIONS, TICKS
from settlement.ledger.rules import RULES
from settlement.ledger.stakes import STAKE_RULES, STAKES
from settlement.ledger.state import Draft, State, Table
from settlement.ledger.trading import ASKED
from settlement.ledger.venues import SHARES, TOTALS, VENUES


@dataclass(frozen=True, slots=True)
class Chain:
    """``auction`` is the number of the auction under way, ``seed`` the block that fixed its batch."""

    auction: int
    seed: bytes = b""
    auction_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Seals:
    """What a solver has sealed for the auction under way: two different seals are equivocation."""

    seals: tuple[bytes, ...]


_HASH: Final[Octets[bytes]] = Octets(limit=32)
_KEY: Final[Octets[bytes]] = Octets(length=PUBLIC_KEY_BYTES)
CHAIN: Final[Table[str, Chain]] = Table(
    14,
    "chain",
    Text(16),
    Record(
        Chain,
        {"auction": Integer(), "seed": _HASH, "auction_hash": _HASH},
    ),
)
SEALS: Final[Table[bytes, Seals]] = Table(15, "seals", _KEY, Record(Seals, {"seals": Many(_HASH, 2)}))
_VALIDATOR: Final = Record(Validator, {"key": _KEY, "power": Integer(low=0)})
VALIDATORS: Final[Table[str, tuple[Validator, ...]]] = Table(
    16, "validators", Text(16), Many(_VALIDATOR, MAX_VALIDATORS)
)
TABLES: Final[tuple[Table[Any, Any], ...]] = (
    BALANCES,
    ORDERS,
    VENUES,
    TOTALS,
    SHARES,
    RULES,
    SOLVERS,
    NONCES,
    REPORTS,
    AGREED,
    ASSETS,
    USED,
    OPEN,
    CHAIN,
    SEALS,
    VALIDATORS,
    WATCHED,
    STAKES,
    STAKE_RULES,
    ASKED,
    POOLS,
    TICKS,
    POSITIONS,
    RATES,
    ROOM,
    GONE,
)
_ONLY: Final = "chain"


def chain_of(state: State | Draft) -> Chain:
    found = state.get(CHAIN, _ONLY)
    assert found is not None, "a ledger knows its auction from its genesis on"
    return found


def put_chain(draft: Draft, chain: Chain) -> None:
    draft.set(CHAIN, _ONLY, chain)


def validators_of(state: State | Draft) -> ValidatorSet:
    """Those with any power left, in their agreed order."""
    members: tuple[Validator, ...] | None = state.get(VALIDATORS, _ONLY)
    return _set_of(members or ())


@lru_cache(maxsize=256)
def _set_of(members: tuple[Validator, ...]) -> ValidatorSet:
    return ValidatorSet(tuple(member for member in members if member.power))


def put_validators(draft: Draft, members: tuple[Validator, ...]) -> None:
    draft.set(VALIDATORS, _ONLY, members)
