"""The books: every movement is an entry from one account to another, so nothing is made or lost.

Double entry holds by construction, and is checked all the same after every transition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from intents.assets import AssetId
from intents.codec import ASSET
from intents.schema import Choice, Octets, Pair, Record, SignedAmount
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.errors import NotPositive, Overdrawn, Unbalanced
from settlement.ledger.state import Draft, State, Table

ACCOUNT: Final = Record(Account, {"kind": Choice(AccountKind), "holder": Octets(limit=128)})
#: Base units held, by account and asset; zero balances are not kept. Totals from outside may be large.
BALANCES: Final[Table[tuple[Account, AssetId], int]] = Table(
    1, "balances", Pair(ACCOUNT, ASSET), SignedAmount(bound=2**160)
)

#: The outside is owed what came in; clearing pays before it is paid, and ends every settlement at zero.
BELOW_ZERO: Final = frozenset({AccountKind.OUTSIDE, AccountKind.CLEARING})


class Entry(Struct, frozen=True, gc=False):
    """``amount`` base units of ``asset`` leave ``source`` and reach ``target``; ``why`` is for readers."""

    source: Account
    target: Account
    asset: AssetId
    amount: int
    why: str


class Books:
    """Balances of a draft, and the entries made on it."""

    __slots__ = ("draft", "entries")

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.entries: list[Entry] = []

    def balance(self, account: Account, asset: AssetId) -> int:
        return self.draft.get(BALANCES, (account, asset)) or 0

    def move(self, source: Account, target: Account, asset: AssetId, amount: int, why: str) -> None:
        """Raises ``Overdrawn`` where ``source`` holds less; only ``BELOW_ZERO`` accounts may go below zero."""
        if amount <= 0:
            raise NotPositive("ledger", asset, amount)
        held = self.balance(source, asset)
        if held < amount and source.kind not in BELOW_ZERO:
            raise Overdrawn("ledger", f"{source.kind}:{source.holder.hex()}", asset, held, amount)
        self._put(source, asset, held - amount)
        self._put(target, asset, self.balance(target, asset) + amount)
        self.entries.append(Entry(source, target, asset, amount, why))

    def check(self) -> None:
        """Raises ``Unbalanced`` where an asset's changes do not cancel, or something stays in clearing."""
        totals: dict[AssetId, int] = {}
        for (account, asset), after in self.draft.changes(BALANCES).items():
            if account.kind is AccountKind.CLEARING and after:
                raise Unbalanced("ledger.clearing", asset, after)
            moved = (after or 0) - (self.draft.base.get(BALANCES, (account, asset)) or 0)
            totals[asset] = totals.get(asset, 0) + moved
        _all_zero(totals)

    def _put(self, account: Account, asset: AssetId, amount: int) -> None:
        self.draft.set(BALANCES, (account, asset), amount or None)


def check_all(state: State) -> None:
    """Every asset sums to zero over the whole state. Raises ``Unbalanced``."""
    totals: dict[AssetId, int] = {}
    for (_, asset), amount in state.rows(BALANCES).items():
        totals[asset] = totals.get(asset, 0) + amount
    _all_zero(totals)


def _all_zero(totals: Mapping[AssetId, int]) -> None:
    for asset, total in sorted(totals.items()):
        if total:
            raise Unbalanced("ledger", asset, total)
