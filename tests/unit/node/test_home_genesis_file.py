"""genesis.json: what is written is what is read, and nothing else is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import InputError, WalrasError
from intents.intent import Leg
from intents.signing import SigningKey
from liquidity.registry import open_venue
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.chain.genesis import build, network_of
from node.home.development import ETH, USDC, account, accounts, development_genesis, holder_of
from node.home.genesis_file import GenesisFile, genesis_from_json, genesis_text, genesis_to_json, read_genesis
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES, check_all
from tests.ledgers import genesis as small_genesis

KEYS = [SigningKey.from_seed(bytes([i + 1]) * 32).public for i in range(4)]


def file(validators: int = 1) -> GenesisFile:
    genesis = development_genesis("development", KEYS[:validators], [("walras", KEYS[3])])
    return GenesisFile(genesis, Timeouts(), ("/ip4/127.0.0.1/tcp/1/p2p/12D3",), accounts())


def document(change: Callable[[dict[str, Any]], object] = lambda found: None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(genesis_text(file()))
    change(found)
    return found


def test_home_genesis_round_trip() -> None:
    """Reading what was written gives the very same value, and so the same network."""
    made = file(3)
    again = genesis_from_json(json.loads(genesis_text(made)), "genesis.json")
    assert again == made
    assert network_of(again.genesis) == network_of(made.genesis)


def test_home_genesis_of_tests_round_trip() -> None:
    """So does a genesis with oracles, gateways and rules of its own."""
    valid = replace(small_genesis(), validators=(Validator(KEYS[0], 3), Validator(KEYS[1])))
    made = GenesisFile(valid)
    assert genesis_from_json(genesis_to_json(made), "g") == made


@given(
    amounts=st.dictionaries(st.integers(0, 20), st.integers(1, 2**100), max_size=5),
    powers=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    windows=st.tuples(*(st.integers(1, 3_600_000) for _ in range(3))),
)
def test_home_genesis_any_balances(
    amounts: dict[int, int], powers: list[int], windows: tuple[int, int, int]
) -> None:
    """Any balances, powers and windows survive the file."""
    genesis = replace(
        file().genesis,
        validators=tuple(Validator(key, power) for key, power in zip(KEYS, powers, strict=False)),
        balances={bytes([0, n]): (Leg(ETH, amount), Leg(USDC, 1)) for n, amount in amounts.items()},
    )
    made = GenesisFile(genesis, Timeouts(window_ms=windows))
    assert genesis_from_json(json.loads(genesis_text(made)), "g") == made


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("format", lambda d: d.update(format="walras-genesis/2")),
        ('"validater"; did you mean "validators"', lambda d: d.update(validater=[])),
        ("validators", lambda d: d.pop("validators")),
        ("validators", lambda d: d.update(validators=[])),
        ("validators", lambda d: d["validators"].append(d["validators"][0])),
        ("small order", lambda d: d["validators"][0].update(key="0x" + "00" * 32)),
        ("validators", lambda d: d["validators"][0].update(power=5000)),
        ("assets", lambda d: d["assets"].append(d["assets"][0])),
        ("rules.numeraire", lambda d: d["rules"].update(numeraire="EUR")),
        ("rules.mechanism", lambda d: d["rules"].update(mechanism="luck")),
        ("rules.network", lambda d: d["rules"].update(network="0x" + "11" * 32)),
        ("balances", lambda d: d["balances"].append(d["balances"][0])),
        ("balances[0].legs[0].amount", lambda d: d["balances"][0]["legs"][0].update(amount=str(2**127))),
        ("balances[0].legs[0].amount", lambda d: d["balances"][0]["legs"][0].update(amount="-1")),
        ("starts no network", lambda d: d["assets"].pop()),
        ("bonds[0].amount", lambda d: d["bonds"][0].update(amount="-1")),
        ("starts no network", lambda d: d["venues"].append(d["venues"][0])),
        ("says 0x", lambda d: d.update(rewards="1")),
        ("timeouts.window_ms", lambda d: d["timeouts"].update(window_ms=[1, 2])),
        ("timeouts.window_ms[0]", lambda d: d["timeouts"].update(window_ms=[0, 2, 3])),
        ("development.accounts[0].seed", lambda d: d["development"]["accounts"][0].update(seed="0x11")),
        ("development.accounts", lambda d: d["development"]["accounts"].append(d["development"]["accounts"][0])),
        ("rewards", lambda d: d.update(rewards=1.5)),
    ],
)
def test_home_genesis_refusals(where: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Each defect is refused by name."""
    with pytest.raises(WalrasError) as refused:
        genesis_from_json(document(change), "g.json")
    assert where in str(refused.value)


def test_home_genesis_file_bounds(tmp_path: Path) -> None:
    """A file that is no JSON, or deep, or absent is a typed error."""
    path = tmp_path / "genesis.json"
    for data in (b"", b"[" * 5000, b"\xff", b"{}"):
        path.write_bytes(data)
        with pytest.raises(InputError):
            read_genesis(path)
    with pytest.raises(InputError):
        read_genesis(tmp_path / "none.json")


def test_home_development_market() -> None:
    """The development ledger balances, its venues open and price near the market that is written down."""
    genesis = file().genesis
    state = build(genesis)
    check_all(state)
    for venue, _ in genesis.venues:
        open_venue(venue)
    prices = {"pool-eth-usdc": 3_000, "ticks-eth-usdc": 3_000}
    for venue, _ in genesis.venues:
        if venue.id in prices:
            got = open_venue(venue).swap_in(ETH, USDC, 10**15).amount_out
            assert got == pytest.approx(prices[venue.id] * 1_000, rel=0.005)
    alice = Account(AccountKind.OWNER, holder_of(SigningKey.from_seed(account("alice").seed).public))
    assert state.rows(BALANCES)[alice, ETH] == 100 * 10**18


def test_home_development_kinds() -> None:
    """There is a venue of every kind that a ledger can hold."""
    kinds = {type(venue).__name__ for venue, _ in file().genesis.venues}
    assert kinds == {
        *("ConstantProductState", "WeightedState", "StableState"),
        *("ConcentratedState", "OrderBookState"),
    }
