"""The trading state: who may still take on what. Guardians ask for it; a price gone stale asks by itself.

ACTIVE takes every intent. Under REDUCING nobody takes on more of anything but the numeraire: an intent is taken,
and goes into a batch, only where all it wants is numeraire, so that owners can get out and nobody gets in. HALTED
takes no intents and batches none. What is an owner's can always leave: cancels, withdrawals, transfers, liquidity
taken out and bonds are never stopped; new venues, liquidity and quotes are, unless trading is ACTIVE.

An asset whose agreed price has gone stale, on a ledger with oracles, is under REDUCING by itself: no intent may
want it until there is a price again. An asset that never had a price has no feed that could fail it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from intents.assets import AssetId
from intents.intent import Intent
from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Choice, Octets
from settlement.ledger.errors import NotAGuardian
from settlement.ledger.feeds import AGREED
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table


class TradingState(StrEnum):
    """From lax to strict. Appended to, never reordered."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


_STRICTNESS: Final = list(TradingState)
#: What each guardian asks for; those who ask for nothing ask for ACTIVE.
ASKED: Final[Table[bytes, TradingState]] = Table(
    32, "trading", Octets(length=PUBLIC_KEY_BYTES), Choice(TradingState)
)


def ask(draft: Draft, rules: Rules, guardian: bytes, trading: TradingState) -> None:
    """Keep a guardian's word. Raises ``NotAGuardian``."""
    if guardian not in rules.guardians:
        raise NotAGuardian("ledger", guardian.hex())
    draft.set(ASKED, guardian, None if trading is TradingState.ACTIVE else trading)


def trading_of(state: State | Draft, rules: Rules) -> TradingState:
    """As strict as at least ``least_guardians`` ask: fewer can neither stop trading nor keep it stopped."""
    if not rules.guardians:
        return TradingState.ACTIVE
    asked = [state.get(ASKED, guardian) or TradingState.ACTIVE for guardian in rules.guardians]
    strictest = sorted(asked, key=_STRICTNESS.index, reverse=True)
    least = rules.least_guardians
    return strictest[least - 1] if least <= len(strictest) else TradingState.ACTIVE


def may_want(state: State | Draft, rules: Rules, intent: Intent, trading: TradingState, now: int) -> bool:
    """Whether the state of trading, and of prices, lets the intent take on what it wants."""
    if trading is TradingState.HALTED:
        return False
    reducing = trading is TradingState.REDUCING
    if not reducing and not rules.oracles:
        return True
    return not any(
        leg.asset != rules.numeraire and (reducing or stale(state, rules, leg.asset, now)) for leg in intent.want
    )


def stale(state: State | Draft, rules: Rules, asset: AssetId, now: int) -> bool:
    """Whether the asset had an agreed price that is now too old. Without oracles prices do not age."""
    found = state.get(AGREED, asset)
    return bool(rules.oracles) and found is not None and now - found.at > rules.stale_after
