"""The first state: what a network starts from, and the hash that names the network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.canonical import pack
from intents.intent import Leg
from intents.venue_states import VenueState
from node.agreement.validators import Validator
from node.chain.tables import TABLES, Chain, put_chain, put_validators
from node.chain.voters import holder_of
from settlement.ledger import bonds
from settlement.ledger.accounts import OUTSIDE, REWARDS, Account, AccountKind
from settlement.ledger.books import Books
from settlement.ledger.feeds import AGREED, ASSETS, Price
from settlement.ledger.opening import create
from settlement.ledger.rules import Rules, put_rules
from settlement.ledger.stakes import STAKES, Stake, StakeRules, put_stake_rules, stake_of
from settlement.ledger.state import State

_NOBODY: Final = bytes(32)


@dataclass(frozen=True)
class Genesis:
    """``balances`` by account holder; ``venues`` with holdings their state does not tell; ``bonds`` by holder: a
    solver's name and amount; ``rewards`` is what solver rewards are paid from at first."""

    name: str
    rules: Rules
    assets: tuple[AssetInfo, ...]
    validators: tuple[Validator, ...]
    balances: Mapping[bytes, Sequence[Leg]] = field(default_factory=dict)
    venues: tuple[tuple[VenueState, tuple[Leg, ...]], ...] = ()
    bonds: Mapping[bytes, tuple[str, int]] = field(default_factory=dict)
    rewards: int = 0
    staking: StakeRules = StakeRules()


def network_of(genesis: Genesis) -> bytes:
    """The hash of the whole first state, under which everything is signed."""
    state = _build(genesis, _NOBODY)
    return hashlib.sha256(b"walras/genesis/1\0" + pack([genesis.name, state.root])).digest()


def build(genesis: Genesis) -> State:
    """The first state, its rules naming its own network."""
    return _build(genesis, network_of(genesis))


def _build(genesis: Genesis, network: bytes) -> State:
    state = State(TABLES)
    draft = state.draft()
    rules = replace(genesis.rules, network=network)
    put_rules(draft, rules)
    books = Books(draft)
    for info in genesis.assets:
        draft.set(ASSETS, info.id, info)
        if info.reference_price is not None:
            draft.set(AGREED, info.id, Price(info.reference_price, 1))
    for holder, legs in sorted(genesis.balances.items()):
        for leg in legs:
            books.move(OUTSIDE, Account(AccountKind.OWNER, holder), leg.asset, leg.amount, "genesis")
    for venue, holdings in genesis.venues:
        _open(books, venue, holdings)
    for holder, (name, amount) in sorted(genesis.bonds.items()):
        if amount:
            books.move(OUTSIDE, Account(AccountKind.OWNER, holder), rules.numeraire, amount, "genesis")
        bonds.post(books, rules, holder, name, amount)
    if genesis.rewards:
        books.move(OUTSIDE, REWARDS, rules.numeraire, genesis.rewards, "genesis")
    put_validators(draft, genesis.validators)
    _stake(books, genesis, rules)
    put_chain(draft, Chain(auction=1))
    books.check()
    draft.commit()
    return state


def _stake(books: Books, genesis: Genesis, rules: Rules) -> None:
    """The first validators' stakes are there from the beginning, where votes have a price."""
    put_stake_rules(books.draft, genesis.staking)
    for validator in genesis.validators:
        holder, worth = holder_of(validator.key), validator.power * genesis.staking.vote_price
        if worth:
            books.move(OUTSIDE, stake_of(holder), rules.numeraire, worth, "genesis")
        books.draft.set(STAKES, holder, Stake(validator.power, validator.power))


def _open(books: Books, venue: VenueState, holdings: tuple[Leg, ...]) -> None:
    """A venue of nobody's: its shares belong to the outside, and so cannot be withdrawn."""
    found: dict[AssetId, int] = {leg.asset: leg.amount for leg in holdings}
    create(books, venue, OUTSIDE, found)
