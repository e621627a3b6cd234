"""Descriptions of simulations: what is read, what is refused and by which words, changes, layers, claims."""

from __future__ import annotations

import contextlib
import copy
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import (
    InputError,
    MissingField,
    UnknownField,
    Unreadable,
    UsageError,
    WalrasError,
    WrongType,
    WrongValue,
)
from scenarios.errors import OutOfBounds, UnknownScenario
from sim.agents.registry import KINDS
from sim.scenario.catalog import find, names
from sim.scenario.claims import check_claims, judged
from sim.scenario.extending import resolved
from sim.scenario.override import changed
from sim.scenario.parts import Claim, Mechanism, Sign
from sim.scenario.simulation import simulation_from, simulation_from_toml, variants_of
from sim.world.recording import prepared

SMALL: dict[str, Any] = {
    "name": "small",
    "assets": [{"id": "USD", "decimals": 6}, {"id": "ETH", "price": 2000.0}],
    "venues": [{"id": "pool", "assets": ["USD", "ETH"], "depth": 1e6}],
    "agents": [{"kind": "oracle", "name": "oracles"}, {"kind": "retail", "name": "people", "count": 3}],
    "solvers": [{"name": "alpha", "solver": "naive"}],
    "variants": [{"name": "greedy", "set": ["chain.mechanism = greedy"]}],
}


def spoiled(*keys: str | int, value: Any) -> dict[str, Any]:
    """The small simulation with one place changed."""
    found: Any = copy.deepcopy(SMALL)
    at = found
    for key in keys[:-1]:
        at = at.setdefault(key, {}) if isinstance(at, dict) else at[key]
    at[keys[-1]] = value
    return dict(found)


@pytest.mark.parametrize("name", names())
def test_every_shipped_simulation_is_sound(name: str) -> None:
    """Each reads, with its variants and claims."""
    source = find(name)
    variants = prepared(source.document, source.where)
    assert variants["base"].name == name


@pytest.mark.parametrize(
    ("document", "error", "place"),
    [
        (spoiled("naem", value="x"), UnknownField, "small"),
        (spoiled("name", value="No good"), WrongValue, "small: name"),
        (spoiled("chain", "validators", value=0), OutOfBounds, "small: chain.validators"),
        (spoiled("chain", "validators", value=True), WrongType, "small: chain.validators"),
        (spoiled("chain", "mechanism", value="best"), WrongValue, "small: chain.mechanism"),
        (spoiled("agents", 1, "assets", value=["DOGE"]), WrongValue, "small: agents[1].assets"),
        (
            spoiled("agents", 1, value={"kind": "maker", "name": "m", "books": ["pool"]}),
            WrongValue,
            "small: agents[1].books",
        ),
        (
            spoiled("agents", 1, value={"kind": "liquidity-provider", "name": "m", "venues": ["poool"]}),
            WrongValue,
            "small: agents[1].venues",
        ),
        (spoiled("assets", value=[{"id": "USD"}]), WrongValue, "small: assets"),
        (spoiled("assets", 1, "id", value="usd"), WrongValue, "small: assets[1].id"),
        (spoiled("assets", 0, "price", value=2.0), WrongValue, "small: assets[0].price"),
        (spoiled("venues", 0, "assets", value=["USD", "BTC"]), WrongValue, "small: venues[0].assets"),
        (spoiled("venues", 0, "type", value="stable"), WrongValue, "small: venues[0].type"),
        (spoiled("agents", 1, "kind", value="retial"), WrongValue, "small: agents[1].kind"),
        (spoiled("agents", 1, value={"name": "x"}), MissingField, "small: agents[1]"),
        (spoiled("agents", 1, "name", value="oracles"), WrongValue, "small: agents[1]"),
        (spoiled("agents", 1, "count", value="many"), WrongType, "small: agents[1].count"),
        (spoiled("solvers", 0, "solver", value="navie"), WrongValue, "small: solvers[0].solver"),
        (spoiled("network", "nodes", value=1), WrongValue, "small: network.nodes"),
        (
            spoiled("faults", value=[{"kind": "partition", "at_s": at_s, "nodes": [0]} for at_s in (14.0, 5.0)]),
            WrongValue,
            "small: faults",
        ),
        (spoiled("faults", value=[{"kind": "crash", "nodes": [9]}]), WrongValue, "small: faults[0].nodes"),
        (
            spoiled("faults", value=[{"kind": "byzantine", "lie": "censor", "nodes": [0], "victim": "nobody"}]),
            WrongValue,
            "small: faults[0].victim",
        ),
        (spoiled("variants", 0, "name", value="base"), WrongValue, "small: variants.name"),
        (spoiled("seed", value=float("nan")), WrongType, "small: seed"),
        (spoiled("prices", "volatility_bps", value=float("nan")), OutOfBounds, "small: prices.volatility_bps"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    document: dict[str, Any], error: type[InputError], place: str
) -> None:
    """One error per broken rule, at the key that breaks it."""
    with pytest.raises(error) as found:
        variants_of(document, "small")
    assert found.value.where == place


def test_a_typo_is_answered_with_what_was_meant() -> None:
    """Unknown words name their nearest neighbour."""
    with pytest.raises(WrongValue, match='did you mean "retail"'):
        simulation_from(spoiled("agents", 1, "kind", value="retial"), "small")
    with pytest.raises(UnknownScenario, match='did you mean "honest-4"'):
        find("honset-4")


def test_changes_reach_keys_entries_by_name_and_numbers_and_take_out() -> None:
    """What ``--set`` can say."""
    found = changed(
        SMALL,
        ["chain.mechanism = greedy", "solvers.alpha.share=0.25", "agents.1.count = 7", "assets.ETH.price = 1e3"],
    )
    read = simulation_from(found, "small")
    assert (read.chain.mechanism, read.solvers[0].share) == (Mechanism.GREEDY, 0.25)
    assert (read.agents[1].count, read.assets[1].price) == (7, 1000.0)
    assert changed(SMALL, ["solvers.alpha ="])["solvers"] == []
    assert "chain" not in SMALL


@pytest.mark.parametrize(
    "change",
    [
        "chain",
        "=3",
        "chain..x=1",
        "solvers.beta.share=1",
        "name.x.y=1",
        "name = [",
        "q =",
        f"agents.{'9' * 5_000}=1",
    ],
)
def test_a_change_that_cannot_be_made_is_refused_by_name(change: str) -> None:
    """With the words of the change."""
    with pytest.raises(UsageError, match=re.escape(change[:4])):
        changed(SMALL, [change])


def test_a_name_that_no_file_can_have_is_refused_in_words(tmp_path: Path) -> None:
    """One longer than names are is unknown; one with a NUL, which only a file can say, is not readable."""
    with pytest.raises(UnknownScenario):
        find("x" * 300)
    (tmp_path / "s.toml").write_text('extends = "a\\u0000.toml"', encoding="utf-8")
    with pytest.raises(Unreadable, match="no file name"):
        find(str(tmp_path / "s.toml"))


def test_what_extends_another_says_only_what_differs() -> None:
    """Tables are merged, named entries by name, other lists replaced."""
    layers = {
        "base": {**SMALL, "chain": {"validators": 4, "mechanism": "exact"}, "network": {"nodes": 4}},
        "loop": {"extends": "loop"},
    }
    over = {
        "extends": "base",
        "name": "mine",
        "chain": {"mechanism": "greedy"},
        "agents": [{"name": "people", "count": 9}],
    }
    found = resolved(over, "mine", layers.__getitem__)
    assert found["chain"] == {"validators": 4, "mechanism": "greedy"}
    assert [agent["name"] for agent in found["agents"]] == ["oracles", "people"]
    assert found["agents"][1] == {"kind": "retail", "name": "people", "count": 9}
    assert resolved({"extends": "base", "agents": []}, "mine", layers.__getitem__)["agents"] == []
    odd = resolved({"extends": "base", "agents": [{"name": ["people"]}]}, "mine", layers.__getitem__)
    assert odd["agents"] == [{"name": ["people"]}]
    with pytest.raises(WrongValue, match="one of at most 8 scenarios on one another"):
        resolved({"extends": "loop"}, "loop", layers.__getitem__)
    with pytest.raises(WrongType):
        resolved({"extends": 3}, "mine", layers.__getitem__)


@pytest.mark.parametrize(
    ("left", "sign", "right", "times", "holds"),
    [
        ("welfare", Sign.AT_LEAST, "greedy:welfare", 1.0, True),
        ("welfare", Sign.AT_LEAST, "greedy:welfare", 2.0, False),
        ("forks", Sign.EQUAL, "0", 1.0, True),
        ("3", Sign.AT_MOST, "welfare", 1.0, True),
        ("welfare", Sign.AT_MOST, "lp_profit", 1.0, None),
    ],
)
def test_claims_are_true_false_or_undecided(
    left: str, sign: Sign, right: str, times: float, holds: bool | None
) -> None:
    """Held against the figures of their variants; undefined figures decide nothing."""
    measured: dict[str, dict[str, float | None]] = {
        "base": {"welfare": 12.0, "forks": 0.0, "lp_profit": None},
        "greedy": {"welfare": 10.0},
    }
    assert judged([Claim("x", left, sign, right, times)], measured)[0].holds is holds


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim("x", "forks", Sign.EQUAL, "0"), "forks = 0"),
        (Claim("x", "batch_time_p99_s", Sign.AT_MOST, "2", 2.5), "batch_time_p99_s ≤ 5"),
        (Claim("x", "welfare", Sign.AT_LEAST, "greedy:welfare", 0.8), "welfare ≥ 0.8 · greedy:welfare"),
    ],
)
def test_a_verdict_says_what_was_asked(claim: Claim, text: str) -> None:
    """As a formula, so that a reader sees how far a figure is from failing."""
    measured = {"base": {"forks": 0.0, "welfare": 1.0}, "greedy": {"welfare": 1.0}}
    assert judged([claim], measured)[0].test == text


def test_a_claim_about_nothing_is_refused() -> None:
    """Before anything runs."""
    for left in ("wellfare", "nan", "inf"):
        with pytest.raises(WrongValue, match=r"claims\[0\].left"):
            check_claims([Claim("x", left)], ["base"], lambda variant, name: "a metric", "small")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ("wellfare", 'did you mean "welfare"'),
        ("other:welfare", "of a variant that there is: base, greedy"),
        ("solver_profit", "solver_profit.solver"),
        ("welfare.alpha", "a family: it is welfare alone"),
        ("solver_profit.nobody", "of a solver of this world: alpha"),
        ("kind_profit.sandwich", "of a kind of agent of this world: oracle, retail"),
        ("inf", "a finite number"),
    ],
)
def test_a_claim_is_about_what_its_world_has(left: str, words: str) -> None:
    """Or it would be undecided after a long run."""
    claim = {"says": "x", "left": left, "sign": ">=", "right": "0"}
    with pytest.raises(WrongValue, match=re.escape(words)):
        prepared(spoiled("claims", value=[claim]), "small")
    for sound in ("solver_profit.alpha", "greedy:kind_profit.retail", "unfilled_reason.out of the money"):
        prepared(spoiled("claims", value=[claim | {"left": sound}]), "small")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but a Walras error leaves the reader."""
    try:
        simulation_from_toml(data, "bytes")
    except WalrasError:
        pass
    else:
        raise AssertionError("no bytes this short are a simulation")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
FLAT = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from(["kind", "count"]), SCALARS)
NESTED = FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(st.sampled_from([*SMALL, "kind"]), FLAT, max_size=3)


@given(NESTED, st.sampled_from(sorted(SMALL)))
def test_any_value_anywhere_is_read_or_refused(value: Any, key: str) -> None:
    """Whatever stands where something else is expected."""
    with contextlib.suppress(WalrasError):
        variants_of({**SMALL, key: value}, "small")


def test_every_kind_of_agent_can_be_declared_with_a_name_alone() -> None:
    """Defaults are sound."""
    for kind in KINDS:
        document = spoiled("agents", value=[{"kind": kind, "name": "somebody"}])
        assert simulation_from(document, "small").agents[0].name == "somebody"
