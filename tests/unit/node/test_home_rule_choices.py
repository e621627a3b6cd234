"""What whoever makes a network says of its rules is in its genesis, or refused before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from intents.errors import UsageError
from intents.signing import SigningKey
from node.home.development import account, development_genesis
from node.home.genesis_file import read_genesis
from node.home.networks import NetworkPlan, network
from node.home.paths import Home
from node.home.rule_choices import AS_USUAL, choices_in, ruled

USUAL = development_genesis("development", (b"v" * 32,))


def key(name: str) -> bytes:
    return SigningKey.from_seed(account(name).seed).public


def test_rules_are_in_the_genesis_of_all_homes(tmp_path: Path) -> None:
    """Of a network of two: oracles and guardians, more than half of whom decide, and rules by name."""
    changes = ("band_bps=1000", "min_notional=5", 'max_notional="7"', "mechanism=greedy", "least_guardians=1")
    choices = choices_in(("alice", "bob"), ("carol", "dave", f"ed25519:{'ab' * 32}"), changes)
    network(tmp_path, NetworkPlan(2, rules=choices))
    for name in ("v0", "v1"):
        rules = read_genesis(Home(tmp_path / name).genesis).genesis.rules
        assert (rules.oracles, rules.least_reports) == ((key("alice"), key("bob")), 2)
        assert (rules.guardians[0], rules.guardians[2]) == (key("carol"), b"\xab" * 32)
        assert rules.least_guardians == 1
        assert (rules.band_bps, rules.min_notional, rules.max_notional) == (1000, 5, 7)
        assert rules.mechanism == "greedy"


def test_rules_are_as_usual_otherwise() -> None:
    """Who says nothing changes nothing."""
    assert ruled(USUAL, AS_USUAL) == USUAL
    assert choices_in((), (), ()) == AS_USUAL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("band_bp=1", 'did you mean "band_bps"'),
        ("network=1", 'no rule "network"'),
        ("band_bps", "NAME=VALUE"),
        ("band_bps=x", "band_bps: expected an integer"),
        ("band_bps=-1", "outside"),
        ("min_notional=-1", "min_notional"),
        ("oracles=3", "oracles: expected a list"),
        ("mechanism=best", "mechanism is one of"),
        ("numeraire=XYZ", "numeraire is one of ETH"),
        ("caps=" + "[" * 9_000, "caps"),
        ("name=" + "x" * 10_001, "NAME=VALUE"),
    ],
)
def test_rules_that_cannot_be_are_refused(change: str, said: str) -> None:
    """With the rule's name and what would do."""
    with pytest.raises(UsageError, match="--rule") as caught:
        ruled(USUAL, choices_in((), (), (change,)))
    assert said in str(caught.value)


@pytest.mark.parametrize("names", [("alise",), ("ed25519:00",), ("ed25519:" + "zz" * 32,), ("bob", "bob")])
def test_oracles_that_cannot_be_are_refused(names: tuple[str, ...]) -> None:
    """Who is no account and no key, or the same twice."""
    with pytest.raises(UsageError, match="--oracle"):
        choices_in(names, (), ())
