"""Engine TOML: as CoW's engines are configured, refused by key where it is wrong."""

from __future__ import annotations

import pytest

from intents.errors import InputError, Malformed, MissingField, UnknownField, UsageError, WrongValue
from solver.config import DEFAULT_GAS_OFFSET, WRAPPED_NATIVE, engine_config, nothing_to_configure
from solver.registry import built_in

GOOD = """
chain-id = "1"
base-tokens = ["0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"]
max-hops = 1
max-partial-attempts = 5
native-token-price-estimation-amount = "100000000000000000"
"""


def test_reads_every_key_and_lists_the_native_token_among_the_bases() -> None:
    """The wrapped native token of the chain always is a base token, addresses are lower case."""
    config = engine_config(GOOD.encode(), "c.toml")
    assert config.native == WRAPPED_NATIVE[1]
    assert config.bases == ("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", WRAPPED_NATIVE[1])
    assert (config.max_hops, config.max_partial_attempts, config.native_estimate) == (1, 5, 10**17)
    assert (config.solution_gas_offset, config.concentrated) == (DEFAULT_GAS_OFFSET, False)
    assert DEFAULT_GAS_OFFSET == 106_391


def test_optional_keys_override_the_defaults() -> None:
    """A gas offset may be negative; naming a node admits concentrated pools."""
    more = GOOD + 'solution-gas-offset = -5\nuni-v3-node-url = "http://localhost:8545"\n'
    config = engine_config(more.encode(), "c.toml")
    assert (config.solution_gas_offset, config.concentrated) == (-5, True)


def test_a_native_token_may_be_named_instead_of_a_chain() -> None:
    """``weth`` stands for chains whose wrapped token nobody registered."""
    own = GOOD.replace('chain-id = "1"', f'weth = "0x{"Ab" * 20}"')
    assert engine_config(own.encode(), "c.toml").native == "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (GOOD.replace("max-hops", "max-hop"), UnknownField, 'did you mean "max-hops"?'),
        (GOOD.replace("max-hops = 1", ""), MissingField, '"max-hops" is missing'),
        (GOOD.replace("max-hops = 1", "max-hops = 1.5"), InputError, "max-hops"),
        (GOOD.replace("max-hops = 1", "max-hops = -1"), InputError, "max-hops"),
        (GOOD.replace('chain-id = "1"', 'chain-id = "31337"'), WrongValue, "chain-id"),
        (GOOD.replace('chain-id = "1"', ""), MissingField, "chain-id"),
        (GOOD + f'weth = "0x{"00" * 20}"\n', WrongValue, "weth"),
        (GOOD.replace("0xA0b8", "0xA0"), InputError, "base-tokens[0]"),
        ("max-hops =", Malformed, "not TOML"),
        ("max-hops = 1\nmax-hops = 2", Malformed, "not TOML"),
        (GOOD + "# " + "x" * 70_000, Malformed, "bytes"),
    ],
)
def test_each_mistake_is_named(text: str, error: type[InputError], says: str) -> None:
    """Whatever is wrong is refused with the file, the key and the reason."""
    with pytest.raises(error) as caught:
        engine_config(text.encode(), "c.toml")
    assert str(caught.value).startswith("c.toml")
    assert says in str(caught.value)


def test_text_that_is_no_utf8_is_refused() -> None:
    """TOML is UTF-8."""
    with pytest.raises(Malformed, match="UTF-8"):
        engine_config(b"\xff", "c.toml")


def test_engines_without_settings_refuse_any() -> None:
    """An empty file is fine, a key is not."""
    nothing_to_configure(b"# nothing\n", "c.toml")
    with pytest.raises(UnknownField):
        built_in("rings", b"max-hops = 1", "c.toml")


def test_an_unknown_solver_suggests_the_nearest() -> None:
    """Names are few, so a typo can be corrected."""
    with pytest.raises(UsageError, match='did you mean "baseline"'):
        built_in("baselin")
