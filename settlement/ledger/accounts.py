"""Accounts: who holds what. Every asset sums to zero over all of them, always."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from intents.errors import WrongValue
from intents.intent import Owner, OwnerScheme
from intents.remember import remembered
from intents.venue_states import VenueId


class AccountKind(StrEnum):
    """Appended to, never reordered: the position is what is hashed."""

    #: What came in from outside, negative; the mirror of all the rest.
    OUTSIDE = "outside"
    OWNER = "owner"
    VENUE = "venue"
    #: Protocol fees charged by the law.
    FEES = "fees"
    #: What settlements keep because no smaller unit exists.
    ROUNDING = "rounding"
    BOND = "bond"
    #: What solver rewards are paid from and penalties go to.
    REWARDS = "rewards"
    INSURANCE = "insurance"
    #: What passes through a settlement: empty before and after each.
    CLEARING = "clearing"
    #: What validators put up for their votes.
    STAKE = "stake"


class Account(Struct, frozen=True, order=True, gc=False):
    """``holder``: an owner's or bonder's bytes, a venue's id in UTF-8; nothing where there is only one account."""

    kind: AccountKind
    holder: bytes = b""


_SCHEMES: Final = {scheme: bytes([place]) for place, scheme in enumerate(OwnerScheme)}


@remembered(1 << 14)
def account_of(owner: Owner) -> Account:
    """An owner's account: the scheme is part of who they are."""
    return Account(AccountKind.OWNER, _SCHEMES[owner.scheme] + owner.key)


@lru_cache(maxsize=1 << 10)
def bond_of(key: bytes) -> Account:
    return Account(AccountKind.BOND, key)


def account_of_venue(venue: VenueId) -> Account:
    return Account(AccountKind.VENUE, venue.encode())


OUTSIDE = Account(AccountKind.OUTSIDE)
FEES = Account(AccountKind.FEES)
ROUNDING = Account(AccountKind.ROUNDING)
REWARDS = Account(AccountKind.REWARDS)
INSURANCE = Account(AccountKind.INSURANCE)
CLEARING = Account(AccountKind.CLEARING)


def account_named(text: str, where: str) -> Account:
    """The account written "kind:holder", the holder in hex. Raises ``WrongValue``."""
    kind, _, holder = text.partition(":")
    kinds = [member.value for member in AccountKind]
    if kind not in kinds:
        raise WrongValue(where, f"one of {', '.join(kinds)}, a colon and a holder in hex", repr(text[:80]))
    try:
        return Account(AccountKind(kind), bytes.fromhex(holder))
    except ValueError as error:
        raise WrongValue(where, "a holder in hex", repr(holder[:80])) from error
