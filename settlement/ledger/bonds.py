"""Bonds: what solvers put up to take part, and lose for not keeping to the protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from intents.schema import Integer, Octets, Record, Text
from settlement.ledger.accounts import REWARDS, Account, AccountKind, bond_of
from settlement.ledger.books import Books
from settlement.ledger.errors import BadName, BelowMinimum, NameTaken, StillLocked
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, Table
from settlement.penalties import Fault, penalty

#: As in solutions and receipts: one under another name would make every receipt with it unreadable.
_NAME: Final = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Bonded:
    """A solver known by its key. ``leaving_at``: the auction its bond is free at, 0 while it takes part.

    ``idle_until``: it may not commit before that auction.
    """

    name: str
    leaving_at: int = 0
    idle_until: int = 0


SOLVERS: Final[Table[bytes, Bonded]] = Table(
    7,
    "solvers",
    Octets(limit=128),
    Record(Bonded, {"name": Text(64), "leaving_at": Integer(), "idle_until": Integer()}),
)


def post(books: Books, rules: Rules, holder: bytes, name: str, amount: int) -> None:
    """Move ``amount`` of the numeraire into the bond; the first post registers the solver."""
    if not _NAME.fullmatch(name):
        raise BadName("ledger", name)
    for other, solver in sorted(books.draft.rows(SOLVERS).items()):
        if solver.name == name and other != holder:
            raise NameTaken("ledger", name)
    source = Account(AccountKind.OWNER, holder)
    books.move(source, bond_of(holder), rules.numeraire, amount, "bond posted")
    known = books.draft.get(SOLVERS, holder)
    books.draft.set(SOLVERS, holder, Bonded(name, 0, known.idle_until if known else 0))


def leave(books: Books, rules: Rules, holder: bytes, now: int) -> None:
    """Take part no more; the bond is free ``unbond_after`` auctions from now."""
    known = books.draft.get(SOLVERS, holder)
    if known is None:
        raise BelowMinimum("ledger", "a bond", 0, 1)
    books.draft.set(SOLVERS, holder, Bonded(known.name, now + rules.unbond_after, known.idle_until))


def release(books: Books, rules: Rules, holder: bytes, now: int) -> None:
    """Take back the whole bond, once it is free."""
    known = books.draft.get(SOLVERS, holder)
    if known is None:
        raise BelowMinimum("ledger", "a bond", 0, 1)
    if known.leaving_at == 0 or now < known.leaving_at:
        raise StillLocked("ledger", known.leaving_at or now + rules.unbond_after, now)
    amount = books.balance(bond_of(holder), rules.numeraire)
    if amount:
        books.move(bond_of(holder), Account(AccountKind.OWNER, holder), rules.numeraire, amount, "bond released")
    books.draft.set(SOLVERS, holder, None)


def may_commit(draft: Draft, books: Books, rules: Rules, holder: bytes, now: int) -> bool:
    """Whether the solver is bonded enough, staying and not idle."""
    known = draft.get(SOLVERS, holder)
    return (
        known is not None
        and known.leaving_at == 0
        and known.idle_until <= now
        and books.balance(bond_of(holder), rules.numeraire) >= rules.min_bond
    )


def committing(draft: Draft, books: Books, rules: Rules, now: int) -> dict[bytes, int]:
    """The bonds of those who may commit, by account: at least 1, where the rules ask for none."""
    return {
        holder: max(1, books.balance(bond_of(holder), rules.numeraire))
        for holder in draft.rows(SOLVERS)
        if may_commit(draft, books, rules, holder, now)
    }


def slash(books: Books, rules: Rules, holder: bytes, faults: list[Fault], now: int, idle_for: int) -> int:
    """Take the penalty of every fault, rates over the bond before any, at most all of it; returns the sum."""
    bond = books.balance(bond_of(holder), rules.numeraire)
    amount = min(bond, sum(penalty(fault, bond, rules.penalties) for fault in faults))
    if amount:
        books.move(bond_of(holder), REWARDS, rules.numeraire, amount, "slashed")
    known = books.draft.get(SOLVERS, holder)
    if known is not None and faults:
        books.draft.set(SOLVERS, holder, Bonded(known.name, known.leaving_at, now + idle_for))
    return amount
