"""Limits that move: UniswapX's linear and block curves and exclusivity, 1inch's Dutch auctions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.curves import ExclusiveToAnother, curve_amount, limits_at, linear_decay, relative_decay
from intents.intent import CurvePoint, DutchCurve, Exclusivity, Intent, Kind, Leg, Owner, OwnerScheme
from tests.vectors.registry import Case, LeftOut, covers, load, same

UNISWAPX: Final = "intents/uniswapx_decay_vectors.json"
ONE_INCH: Final = "intents/oneinch_range_dutch_vectors.json"
#: The exclusive window of the rows, whose clock says only inside or after.
WINDOW_END: Final = 100


def sell_intent(want: int, exclusive: Exclusivity | None) -> Intent:
    """A swap that wants ``want``; nothing else of it matters here."""
    give, wanted = Leg(AssetId("give"), 1), Leg(AssetId("want"), want)
    owner = Owner(OwnerScheme.ED25519, bytes(32))
    return Intent(bytes(32), owner, 0, 0, 1_000, (give,), (wanted,), Kind.EXACT_IN, exclusive=exclusive)


def check_linear(row: dict[str, Any]) -> None:
    """The reference's own rule, and our curve through the same two points: it rounds for the owner, the rule
    towards the start."""
    first, last, now = row["decay_start"], row["decay_end"], row["now"]
    start, end, expected = int(row["start_amount"]), int(row["end_amount"]), int(row["expected"])
    same("linear decay", linear_decay(start, end, first, last, now), expected)
    curve = DutchCurve((CurvePoint(first, start), CurvePoint(last, end)))
    least, most = (curve_amount(curve, now, round_up=round_up) for round_up in (False, True))
    same("curve", (least <= expected <= most, most - least <= 1), (True, True))


def check_blocks(row: dict[str, Any]) -> None:
    """A curve of decrements; where its clamp does not bind, our absolute curve says the same."""
    given = row["kind"] == "input"
    blocks, amounts = row["relative_blocks"], list(map(int, row["relative_amounts"]))
    start, begun = int(row["start_amount"]), row["decay_start_block"]
    low, high = (0, int(row["max_amount"])) if given else (int(row["min_amount"]), MAX_PRICE)
    expected = int(row["expected"])
    amount = relative_decay(start, blocks, amounts, begun, row["block"], low=low, high=high, given=given)
    same("relative decay", amount, expected)
    moved = (CurvePoint(begun + at, start - by) for at, by in zip(blocks, amounts, strict=True))
    curve = DutchCurve((CurvePoint(begun, start), *moved))
    absolute = curve_amount(curve, row["block"], round_up=not given)
    same("curve", max(low, min(high, absolute)), expected)


def check_exclusivity(row: dict[str, Any]) -> None:
    """What others than the named solver must pay inside the window."""
    intent = sell_intent(int(row["amount"]), Exclusivity("named", WINDOW_END, row["override_bps"]))
    number = WINDOW_END if row["inside_window"] else WINDOW_END + 1
    solver = "named" if row["caller_is_exclusive"] else "another"
    try:
        wanted = str(limits_at(intent, number, solver).want[0])
    except ExclusiveToAnother:
        wanted = "REJECT"
    same("wanted", wanted, row["expected"])


def check_dutch(row: dict[str, Any]) -> None:
    """The taking amount is what the maker wants: a curve between two times."""
    start, end = int(row["taking_start"]), int(row["taking_end"])
    curve = DutchCurve((CurvePoint(row["start"], start), CurvePoint(row["end"], end)))
    same("taking amount", curve_amount(curve, row["now"], round_up=True), int(row["expected_taking"]))


@covers(UNISWAPX)
def uniswapx(path: Path) -> Iterator[Case]:
    document = load(path)
    for name, check in (
        ("linear", check_linear),
        ("nonlinear", check_blocks),
        ("exclusivity_override", check_exclusivity),
    ):
        for number, row in enumerate(document[name]):
            yield Case(f"{name} {number}", partial(check, row))


@covers(ONE_INCH)
def one_inch(path: Path) -> Iterator[Case | LeftOut]:
    document = load(path)
    for number, row in enumerate(document["dutch"]):
        yield Case(f"dutch {number}", partial(check_dutch, row))
    for number in range(len(document["range"])):
        yield LeftOut(f"range {number}", "range orders, priced by filled volume, are no venue here")
