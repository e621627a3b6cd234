"""What docs/intents.md says of intents that wait is so: options are read, the JSON is an intent, codes exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from intents.assets import AssetId
from intents.conditions import AllOf, AnyOf, Below, From, Schedule
from node.client.asking import Terms, group_in, intent_in, schedule_in
from node.client.market import Market
from node.client.when import condition_in
from settlement.ledger.admission import Denial

PAGE: Final = (Path(__file__).parents[3] / "docs" / "intents.md").read_text(encoding="utf-8")
MARKET: Final = Market(bytes(32), 100, {AssetId("ETH"): 18, AssetId("USDC"): 6, AssetId("BTC"): 8}, AssetId("ETH"))


def test_docs_options_are_read() -> None:
    """Every condition, schedule and group that the page writes in full."""
    conditions = [text for text in re.findall(r'--when "([^"]+)"', PAGE) if "…" not in text]
    assert len(conditions) >= 8
    for text in conditions:
        condition_in(text, MARKET)
    assert [schedule_in(text) for text in re.findall(r"--twap (\d+/\d+)", PAGE)] == [Schedule(5, 2)] * 2
    assert {group_in(name) for name in re.findall(r"--oco ([a-z]+)", PAGE)} == {b"mine"}


def test_docs_json_is_an_intent() -> None:
    """With a condition in a condition, a schedule and a group; what is left out is filled in."""
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    found = intent_in(json.loads(block), "page", Terms(b"\x01" * 32), MARKET)
    assert isinstance(found.when, AnyOf)
    assert found.when.parts[0] == condition_in("ETH/USDC <= 2800", MARKET)
    assert isinstance(found.when.parts[1], AllOf)
    assert (found.schedule, found.group) == (Schedule(5, 2), b"mine")
    assert found.valid_to == 100 + 10_000 + 4 * 2


def test_docs_rows_say_the_same_on_both_sides() -> None:
    """A stop is `below`, a time `from`: the option and the JSON of a row mean one thing."""
    assert isinstance(condition_in("BTC <= 19", MARKET), Below)
    assert condition_in("auction >= 120", MARKET) == From(120)
    assert 'a stop, of somebody who holds BTC | `--when "BTC <= 19"` | `"when": {"kind": "below"' in PAGE


@pytest.mark.parametrize("code", sorted(set(re.findall(r"denied\.([a-z_]+)", PAGE))))
def test_docs_codes_are_denials(code: str) -> None:
    """Every code on the page is one that the ledger gives."""
    assert Denial(code)
