"""``genesis.json``: what a network starts from, as a file that people read and nodes share.

An object with ``"format": "walras-genesis/1"``. Amounts are decimal text, keys and account holders 0x-prefixed,
assets and venues as in auction files. ``network`` is the hash it makes, and is compared when there. ``bootstrap``
and ``timeouts`` are advice to nodes, and ``development`` a warning: the hash covers none of the three.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from intents.amounts import MAX_AMOUNT
from intents.auction import MAX_ASSETS, MAX_VENUES
from intents.auction_codec import ASSET_INFO
from intents.codec import LEG
from intents.errors import Duplicate, WalrasError, WrongValue
from intents.fields import Fields
from intents.intent import Leg
from intents.keys import PUBLIC_KEY_BYTES, check_public_key
from intents.schema import Amount, Flag, Integer, Many, Octets, Record, Text
from intents.strict_json import parse_json
from intents.venue_codec import VENUE
from intents.venue_states import VenueState
from node.agreement.timeouts import Timeouts
from node.agreement.validators import MAX_POWER, MAX_VALIDATORS, Validator
from node.chain.genesis import Genesis, network_of
from node.home.errors import BadGenesis
from node.home.secrets import SECRET_BYTES
from node.inputs import read_file
from settlement.ledger.rules import RULES, Rules
from settlement.ledger.stakes import STAKE_RULES, StakeRules
from settlement.mechanism import mechanism_names

FORMAT: Final = "walras-genesis/1"
MAX_GENESIS_BYTES: Final = 32 << 20
MAX_HOLDERS: Final = 100_000
MAX_LEGS: Final = MAX_ASSETS
MAX_BOOTSTRAP: Final = 64
MAX_ACCOUNTS: Final = 64
#: An hour: no step of an agreement waits longer.
MAX_WAIT_MS: Final = 3_600_000
#: Agreed blocks of one auction: to collect, to solve, to reveal.
WINDOWS: Final = 3
_NOBODY: Final = bytes(32)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DevelopmentAccount:
    """An account whose secret everybody knows: for networks where nothing is worth anything."""

    name: str
    seed: bytes


@dataclass(frozen=True)
class GenesisFile:
    """The file as a value. ``accounts`` are there in development networks alone."""

    genesis: Genesis
    timeouts: Timeouts = Timeouts()
    bootstrap: tuple[str, ...] = ()
    accounts: tuple[DevelopmentAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class _Holding:
    holder: bytes
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    venue: VenueState
    holdings: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bond:
    holder: bytes
    name: str
    amount: int


_HOLDER: Final[Octets[bytes]] = Octets(limit=128)
_LEGS: Final = Many(LEG, MAX_LEGS)
_WAIT: Final = Integer(low=1, high=MAX_WAIT_MS)
_VALIDATORS: Final = Many(
    Record(Validator, {"key": Octets(length=PUBLIC_KEY_BYTES), "power": Integer(low=1, high=MAX_POWER)}),
    MAX_VALIDATORS,
    1,
)
_ASSETS: Final = Many(ASSET_INFO, MAX_ASSETS, 1)
_BALANCES: Final = Many(Record(_Holding, {"holder": _HOLDER, "legs": _LEGS}), MAX_HOLDERS)
_VENUES: Final = Many(Record(_Opened, {"venue": VENUE, "holdings": _LEGS}), MAX_VENUES)
_BONDS: Final = Many(Record(_Bond, {"holder": _HOLDER, "name": Text(64), "amount": Amount()}), MAX_HOLDERS)
_TIMEOUTS: Final = Record(
    Timeouts,
    {
        "window_ms": Many(_WAIT, WINDOWS, WINDOWS),
        "propose_ms": _WAIT,
        "vote_ms": _WAIT,
        "propose_step_ms": _WAIT,
        "vote_step_ms": _WAIT,
        "early": Flag(),
    },
)
_BOOTSTRAP: Final[Many[str]] = Many(Text(256), MAX_BOOTSTRAP)
_ACCOUNTS: Final = Many(
    Record(DevelopmentAccount, {"name": Text(64), "seed": Octets(length=SECRET_BYTES)}), MAX_ACCOUNTS
)
_FIELDS: Final = (
    *("format", "network", "name", "rules", "staking", "timeouts", "assets", "validators", "balances", "venues"),
    *("bonds", "rewards", "bootstrap", "development"),
)
#: Said in every file that holds published secrets.
WARNING: Final = "anybody can sign for these accounts: their secrets are published. For development alone"


def genesis_to_json(file: GenesisFile) -> dict[str, Any]:
    """The inverse of ``genesis_from_json``; what is at its default is left out."""
    genesis = file.genesis
    rules = dict(RULES.value.to_json(replace(genesis.rules, network=_NOBODY)))  # type: ignore[call-overload]
    del rules["network"]
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": genesis.name,
        "network": "0x" + network_of(genesis).hex(),
        "rules": rules,
        "staking": STAKE_RULES.value.to_json(genesis.staking),
        "timeouts": {**_TIMEOUTS.to_json(file.timeouts), "window_ms": list(file.timeouts.window_ms)},
        "bootstrap": _BOOTSTRAP.to_json(file.bootstrap),
        "validators": _VALIDATORS.to_json(genesis.validators),
        "assets": _ASSETS.to_json(genesis.assets),
        "balances": _BALANCES.to_json(
            tuple(_Holding(holder, tuple(legs)) for holder, legs in genesis.balances.items())
        ),
        "venues": _VENUES.to_json(tuple(_Opened(venue, holdings) for venue, holdings in genesis.venues)),
        "bonds": _BONDS.to_json(
            tuple(_Bond(holder, name, amount) for holder, (name, amount) in genesis.bonds.items())
        ),
        "rewards": str(genesis.rewards),
    }
    if file.accounts:
        document["development"] = {"warning": WARNING, "accounts": _ACCOUNTS.to_json(file.accounts)}
    return {name: value for name, value in document.items() if value not in ([], {})}


def genesis_from_json(document: object, where: str) -> GenesisFile:
    """The file's value, checked: every key, sum and reference, and that it builds.

    Raises an ``InputError`` that names the field; ``BadGenesis`` where each is right and no state comes of them.
    """
    fields = Fields(document, where).only(*_FIELDS)
    fields.choice("format", (FORMAT,))
    made = GenesisFile(
        Genesis(
            name=fields.text("name", limit=128),
            rules=_rules(fields),
            assets=_part(fields, "assets", _ASSETS, ()),
            validators=_part(fields, "validators", _VALIDATORS, ()),
            balances=_by_holder(fields, "balances", _BALANCES, lambda row: row.legs),
            venues=_venues(fields),
            bonds=_by_holder(fields, "bonds", _BONDS, lambda row: (row.name, row.amount)),
            rewards=fields.integer_or("rewards", 0, high=MAX_AMOUNT),
            staking=_part(fields, "staking", STAKE_RULES.value, StakeRules()),
        ),
        _part(fields, "timeouts", _TIMEOUTS, Timeouts()),
        _part(fields, "bootstrap", _BOOTSTRAP, ()),
        _accounts(fields),
    )
    _check(made, fields)
    return made


def read_genesis(path: Path) -> GenesisFile:
    """The genesis file at ``path``."""
    return genesis_from_json(
        parse_json(read_file(path, limit=MAX_GENESIS_BYTES), str(path), max_bytes=MAX_GENESIS_BYTES), str(path)
    )


def genesis_text(file: GenesisFile) -> str:
    return json.dumps(genesis_to_json(file), indent=2, ensure_ascii=False) + "\n"


def _rules(fields: Fields) -> Rules:
    given = fields.child("rules")
    if "network" in given.document:
        raise WrongValue(given.at("network"), "set in a genesis file: it is the file's hash", "a value")
    rules: Rules = RULES.value.from_json({**given.document, "network": "0x" + _NOBODY.hex()}, given.where)
    return rules


def _venues(fields: Fields) -> tuple[tuple[VenueState, tuple[Leg, ...]], ...]:
    rows: tuple[_Opened, ...] = _part(fields, "venues", _VENUES, ())
    return tuple((row.venue, row.holdings) for row in rows)


def _part(fields: Fields, name: str, codec: Any, default: T) -> T:
    """The field, or its default where it is missing and may be."""
    if name not in fields.document and name not in ("assets", "validators"):
        return default
    found: T = codec.from_json(fields.raw(name), fields.at(name))
    return found


def _by_holder(fields: Fields, name: str, codec: Any, value: Callable[[Any], T]) -> dict[bytes, T]:
    rows: tuple[Any, ...] = _part(fields, name, codec, ())
    _distinct((row.holder for row in rows), fields.at(name), "holder")
    return {row.holder: value(row) for row in rows}


def _accounts(fields: Fields) -> tuple[DevelopmentAccount, ...]:
    if not fields.has("development"):
        return ()
    given = fields.child("development").only("warning", "accounts")
    found: tuple[DevelopmentAccount, ...] = _ACCOUNTS.from_json(given.raw("accounts"), given.at("accounts"))
    _distinct((account.name for account in found), given.at("accounts"), "name")
    return found


def _check(file: GenesisFile, fields: Fields) -> None:
    genesis = file.genesis
    for number, validator in enumerate(genesis.validators):
        check_public_key(validator.key, f"{fields.at('validators')}[{number}]")
    _distinct((validator.key for validator in genesis.validators), fields.at("validators"), "key")
    _distinct((info.id for info in genesis.assets), fields.at("assets"), "id")
    power = sum(validator.power for validator in genesis.validators)
    if power > MAX_POWER:
        raise WrongValue(fields.at("validators"), f"at most {MAX_POWER} votes in all", str(power))
    if genesis.rules.numeraire not in {info.id for info in genesis.assets}:
        raise WrongValue(fields.at("rules.numeraire"), "one of the assets", repr(genesis.rules.numeraire))
    if genesis.rules.mechanism not in mechanism_names():
        raise WrongValue(
            fields.at("rules.mechanism"), f"one of {', '.join(mechanism_names())}", repr(genesis.rules.mechanism)
        )
    try:
        network = network_of(genesis)
    except WalrasError as error:
        raise BadGenesis(fields.where, f"starts no network: {error}") from error
    if fields.has("network"):
        said = fields.hex("network", length=32)
        if said != network:
            raise BadGenesis(
                fields.at("network"), f"says 0x{said.hex()[:16]}…, the file makes 0x{network.hex()[:16]}…"
            )


def _distinct(values: Iterable[Hashable], where: str, what: str) -> None:
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise Duplicate(where, what, value.hex() if isinstance(value, bytes) else str(value))
        seen.add(value)
