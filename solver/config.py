"""The TOML a CoW baseline engine is configured with, read as it is.

Keys: ``chain-id`` or ``weth`` (one of them), ``base-tokens``, ``max-hops``, ``max-partial-attempts``,
``native-token-price-estimation-amount``, and optionally ``solution-gas-offset`` and
``uni-v3-node-url``. Unknown keys are refused. Source: cowprotocol/services,
crates/solvers/src/infra/config/baseline.rs and config/example.baseline.toml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.errors import Malformed, MissingField, WrongValue
from intents.fields import Fields, hex_bytes
from intents.strict_toml import toml_in

#: Wrapped native tokens by chain id (CoW's contract registry, WETH9).
WRAPPED_NATIVE: Final = {
    1: "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    10: "0x4200000000000000000000000000000000000006",
    56: "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c",
    100: "0xe91d153e0b41518a2ce8dd3d7944fa863463a97d",
    137: "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270",
    8453: "0x4200000000000000000000000000000000000006",
    9745: "0x6100e367285b01f48d07953803a2d8dca5d19873",
    42161: "0x82af49447d8a07e3bd95bd0d56f35241523fbab1",
    43114: "0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7",
    57073: "0x4200000000000000000000000000000000000006",
    59144: "0xe5d7c2a44ffddf6b295a15c148167daaaf5cf34f",
    11155111: "0xfff9976782d46cc05630d1f6ebab18b2324d6b14",
}
#: Settling one trade, without its interactions: contract call, trade, two token transfers (CoW).
DEFAULT_GAS_OFFSET: Final = 7_365 + 44_000 + 2 * 27_513
MAX_CONFIG_BYTES: Final = 64 * 1024
MAX_BASES: Final = 64
MAX_HOPS: Final = 8
MAX_ATTEMPTS: Final = 128
#: As test records quote a configuration: "NAME.toml: key=value, key=value", or "engine (none)".
_QUOTED: Final = re.compile(r"\s*(?:[\w./-]+\.toml:(?P<pairs>[^\n]*)|\w+ \(none\))\s*")
_KEYS: Final = (
    "chain-id",
    "weth",
    "base-tokens",
    "max-hops",
    "max-partial-attempts",
    "solution-gas-offset",
    "native-token-price-estimation-amount",
    "uni-v3-node-url",
)


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What the TOML says. ``bases`` include the wrapped native token, which always is one.

    ``solution_gas_offset`` (gas units, may be negative) is added to a route's gas. A token without a
    reference price is priced by what buying ``native_estimate`` base units of ``native`` costs.
    ``concentrated`` says whether a node for Uniswap v3 quotes is named; we need none to quote them, but
    without one CoW's engine leaves these pools out.
    """

    native: AssetId
    bases: tuple[AssetId, ...]
    max_hops: int
    max_partial_attempts: int
    native_estimate: int
    solution_gas_offset: int = DEFAULT_GAS_OFFSET
    concentrated: bool = False


def engine_config(data: bytes, where: str) -> EngineConfig:
    """Read the TOML in ``data``; raises an ``InputError`` naming the key."""
    document = _document(data, where)
    fields = Fields(document, where).only(*_KEYS)
    native = _native(fields)
    bases = [
        AssetId("0x" + hex_bytes(item, at, length=20).hex())
        for item, at in fields.items("base-tokens", limit=MAX_BASES)
    ]
    return EngineConfig(
        native=native,
        bases=tuple(dict.fromkeys([*bases, native])),
        max_hops=fields.integer("max-hops", high=MAX_HOPS),
        max_partial_attempts=fields.integer("max-partial-attempts", high=MAX_ATTEMPTS),
        native_estimate=fields.integer("native-token-price-estimation-amount", low=1),
        solution_gas_offset=fields.integer_or(
            "solution-gas-offset", DEFAULT_GAS_OFFSET, low=-MAX_AMOUNT, high=MAX_AMOUNT
        ),
        concentrated=fields.has("uni-v3-node-url") and bool(fields.text("uni-v3-node-url")),
    )


def nothing_to_configure(data: bytes, where: str) -> None:
    """For engines without settings: the file must be TOML and say nothing."""
    Fields(_document(data, where), where).only()


def _document(data: bytes, where: str) -> dict[str, object]:
    if len(data) > MAX_CONFIG_BYTES:
        raise Malformed(where, f"more than {MAX_CONFIG_BYTES} bytes of TOML")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 text at byte {error.start}") from error
    quoted = _QUOTED.fullmatch(text)
    return toml_in(text, where) if quoted is None else _one_line(quoted["pairs"], where)


def _one_line(pairs: str | None, where: str) -> dict[str, object]:
    """The pairs of a configuration quoted on one line: an inline table without its braces."""
    found: dict[str, object] = toml_in(f"quoted = {{{pairs or ''}}}", where)["quoted"]
    return found


def _native(fields: Fields) -> AssetId:
    if fields.has("weth"):
        if fields.has("chain-id"):
            raise WrongValue(fields.at("weth"), "allowed together with chain-id", "a second native token")
        return AssetId("0x" + fields.hex("weth", length=20).hex())
    if not fields.has("chain-id"):
        raise MissingField(fields.where, "chain-id")
    chain = fields.integer("chain-id")
    if chain not in WRAPPED_NATIVE:
        raise WrongValue(fields.at("chain-id"), "a chain whose wrapped native token is known", str(chain))
    return AssetId(WRAPPED_NATIVE[chain])
