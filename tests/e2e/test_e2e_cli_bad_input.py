"""Bad auction files, as a user meets them: one clear line, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import USDC, WETH, cow_auction, pool, refused, walras, write

Change = Callable[[dict[str, Any]], object]


def first_order(**fields: object) -> Change:
    return lambda auction: auction["orders"][0].update(fields)


#: What is spoilt in the good auction, the code it gives, and what its one line must name.
SPOILT: dict[str, tuple[Change, str, str]] = {
    "negative amount": (first_order(sellAmount="-1"), "input.amount-out-of-range", "orders[0].sellAmount: -1"),
    "amount of 10^80": (first_order(buyAmount="1" + "0" * 80), "input.amount-out-of-range", "orders[0].buyAmount"),
    "fractional amount": (first_order(sellAmount=1.5), "input.wrong-type", "orders[0].sellAmount"),
    "unknown token": (first_order(buyToken="0x" + "d" * 40), "input.unknown-asset", "0x" + "d" * 40),
    "empty auction": (lambda auction: auction.update(orders=[]), "auction.empty", "holds no orders"),
    "only an expired order": (
        lambda auction: auction.update(orders=[{**auction["orders"][0], "validTo": 1}]),
        "auction.empty",
        "expired",
    ),
    "pool of one token": (
        lambda auction: auction["liquidity"].append(pool(2, {WETH: "5"})),
        "venue.too-few-assets",
        "liquidity[1]",
    ),
    "duplicate order": (
        lambda auction: auction["orders"].append(auction["orders"][0]),
        "input.duplicate",
        "appears twice",
    ),
    "order missing a field": (lambda auction: auction["orders"][1].pop("kind"), "input.missing-field", '"kind"'),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_wrong_in_an_auction_is_named(name: str, tmp_path: Path) -> None:
    """One wrong place in an otherwise good file is one line with the place, and exit code 3."""
    change, code, words = SPOILT[name]
    document = cow_auction()
    change(document)
    file = write(tmp_path / "auction.json", document)
    message = refused(walras("auction", "show", file, "--json"), code)
    assert message.startswith(f"{file}: ")
    assert words in message


GOOD = json.dumps(cow_auction())
TEXTS = {
    "truncated": (GOOD[: len(GOOD) // 2], "input.malformed", "not JSON"),
    "NaN": (GOOD.replace('"decimals": 18', '"decimals": NaN', 1), "input.malformed", "NaN"),
    "no JSON at all": ("orders, please", "input.malformed", "not JSON"),
    "empty file": ("", "input.malformed", "no value"),
    "bottomless nesting": ("[" * 200_000, "input.too-deep", "nested deeper"),
    "escape codes": ('{"format": "\\u001b[2J\\nerror[fake] x"}', "input.malformed", "walras-auction/1"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_that_is_no_auction_is_refused(name: str, tmp_path: Path) -> None:
    """Text that cannot be read as an auction is one line that says why."""
    text, code, words = TEXTS[name]
    ended = walras("auction", "show", write(tmp_path / "auction.json", text))
    assert words in refused(ended, code)
    assert "\x1b" not in ended.err


def test_pools_without_reserves_are_left_out_with_a_warning(tmp_path: Path) -> None:
    """A drained pool stops nothing: it is left out, and one warning line says which."""
    document = cow_auction()
    document["liquidity"].append(pool(2, {WETH: "0", USDC: "5"}))
    ended = walras("auction", "show", write(tmp_path / "auction.json", document), "--json")
    assert (ended.code, len(ended.warnings)) == (0, 1)
    assert "empty reserve: id 2" in ended.warnings[0]
    assert ended.document["venues"] == {"count": 1, "by_kind": {"constant_product": 1}}


def test_an_expired_order_is_left_out_with_a_warning(tmp_path: Path) -> None:
    """An expired order among live ones is left out, and one warning line says which."""
    document = cow_auction()
    document["orders"][1]["validTo"] = 1
    ended = walras("auction", "show", write(tmp_path / "auction.json", document), "--json")
    assert (ended.code, len(ended.warnings), ended.document["orders"]["count"]) == (0, 1, 2)
    assert "orders[1] (valid to 1)" in ended.warnings[0]


def test_a_native_auction_with_a_drained_pool_is_refused(tmp_path: Path) -> None:
    """A native auction is complete by definition: a pool with a zero reserve is an error there."""
    good = walras("auction", "import", write(tmp_path / "cow.json", cow_auction()))
    document = good.document
    document["venues"][0]["reserves"][0] = "0"
    message = refused(walras("auction", "show", write(tmp_path / "native.json", document)), "venue.empty-reserve")
    assert "venues[0].reserves" in message


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A file of 200 MB is refused by its size."""
    file = tmp_path / "huge.json"
    file.touch()
    os.truncate(file, 200_000_000)
    assert "200000000 bytes" in refused(walras("auction", "solve", file, "-s", "rings"), "input.unreadable")
    assert "200000000 bytes" in refused(walras("auction", "verify", file), "input.unreadable")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A directory and a file that is not there are told apart."""
    assert "is a directory" in refused(walras("auction", "show", tmp_path), "input.unreadable")
    missing = walras("auction", "import", tmp_path / "missing.json")
    assert "no such file" in refused(missing, "input.unreadable")


def test_binary_files_are_refused_as_such(tmp_path: Path) -> None:
    """Every command that reads JSON says of a binary file that it is one."""
    file = tmp_path / "a.out"
    file.write_bytes(b"\x7fELF\x02\x01\x01\0\0[[[[" + bytes(range(256)) * 40)
    good = write(tmp_path / "good.json", cow_auction())
    for arguments in (("show", file), ("rank", file), ("verify", file), ("verify", good, file)):
        assert "binary file" in refused(walras("auction", *arguments), "input.malformed")


def test_competing_over_bad_files_names_each_once(tmp_path: Path) -> None:
    """With none left the first is the error and the others warnings; with one left all are warnings."""
    first, second = write(tmp_path / "1.json", "{"), write(tmp_path / "2.json", "[]")
    alone = walras("compete", "naive", "-a", first)
    assert str(first) in refused(alone, "input.malformed")
    assert alone.warnings == []
    both = walras("compete", "naive", "-a", first, "-a", second)
    assert str(first) in refused(both, "input.malformed")
    assert [str(second) in line for line in both.warnings] == [True]
