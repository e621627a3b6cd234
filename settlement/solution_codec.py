"""Solutions as canonical bytes and as JSON.

JSON: ``{"format": "walras-solution/1", "solver": …, "id": 0, "prices": {asset: "…"}, "fills": […],
"interactions": […]}``. Prices are sorted by asset on the wire, so that one solution has one form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.auction import MAX_ASSETS, MAX_ORDERS
from intents.canonical import Value, pack, read_int, read_list, read_text, unpack
from intents.codec import ASSET
from intents.errors import Duplicate, NonCanonical, TooDeep, TooMany, WrongType, WrongValue
from intents.fields import Fields, kind_of
from intents.intent import MAX_LEGS, IntentId
from intents.schema import Amount, Codec, Integer, Many, Octets, Record, Text
from intents.strict_json import parse_json
from intents.venue_states import VenueId
from settlement.solution import MAX_INTERACTIONS, Fill, Interaction, Solution

FORMAT: Final = "walras-solution/1"
VERSION: Final = 1
MAX_SOLUTION_BYTES: Final = 64 << 20
MAX_CERTIFICATE_BYTES: Final = 4 << 20
MAX_CERTIFICATE_DEPTH: Final = 32
_SOLVER: Final = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Prices:
    """The clearing price vector: sorted pairs on the wire, an object in JSON."""

    def to_wire(self, value: Mapping[AssetId, int]) -> Value:
        return [[asset, _PRICE.to_wire(value[asset])] for asset in sorted(value)]

    def from_wire(self, value: Value, where: str) -> dict[AssetId, int]:
        found: dict[AssetId, int] = {}
        previous = ""
        for item in read_list(value, where, limit=MAX_ASSETS):
            name, price = read_list(item, where, limit=2, length=2)
            asset = ASSET.from_wire(name, where)
            if asset <= previous:
                raise NonCanonical(where)
            previous = asset
            found[asset] = _PRICE.from_wire(price, f"{where}.{asset}")
        return found

    def to_json(self, value: Mapping[AssetId, int]) -> object:
        return {asset: _PRICE.to_json(value[asset]) for asset in sorted(value)}

    def from_json(self, value: object, where: str) -> dict[AssetId, int]:
        entries = Fields({"prices": value}, where).entries("prices", limit=MAX_ASSETS)
        return {
            ASSET.from_json(key, where): _PRICE.from_json(price, f"{where}.{key}") for key, price, _ in entries
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A certificate: JSON of bounded size, carried as canonical text on the wire and not interpreted here.

    Numbers that are not integers travel as decimal text, so that no reader rounds them anew.
    """

    def to_wire(self, value: Mapping[str, object] | None) -> Value:
        return None if value is None else _json_text(_claim(value, "certificate"))

    def from_wire(self, value: Value, where: str) -> dict[str, object] | None:
        if value is None:
            return None
        text = read_text(value, where, limit=MAX_CERTIFICATE_BYTES)
        found = _claim(parse_json(text.encode(), where, max_bytes=4 * MAX_CERTIFICATE_BYTES), where)
        if _json_text(found) != text:
            raise NonCanonical(where)
        return found

    def to_json(self, value: Mapping[str, object] | None) -> object:
        return None if value is None else _claim(value, "certificate")

    def from_json(self, value: object, where: str) -> dict[str, object] | None:
        return None if value is None else _claim(value, where)


def _claim(value: object, where: str) -> dict[str, object]:
    """``value`` with only JSON's exact kinds in it, bounded in depth and size."""
    if not isinstance(value, Mapping):
        raise WrongType(where, "an object", kind_of(value))
    found = {_key(name, where): _plain(item, where, 1) for name, item in value.items()}
    size = len(_json_text(found))
    if size > MAX_CERTIFICATE_BYTES:
        raise TooMany(where, "characters", size, MAX_CERTIFICATE_BYTES)
    return found


def _plain(value: object, where: str, depth: int) -> object:
    if depth > MAX_CERTIFICATE_DEPTH:
        raise TooDeep(where, MAX_CERTIFICATE_DEPTH)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        # A float is read as its shortest decimal, which is what JSON would have carried.
        return str(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, Mapping):
        return {_key(name, where): _plain(item, where, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where, depth + 1) for item in value]
    raise WrongType(where, "null, true, false, a number, text, a list or an object", kind_of(value))


def _key(name: object, where: str) -> str:
    if not isinstance(name, str):
        raise WrongType(where, "text as a key", kind_of(name))
    return name


def _json_text(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _check_solver(name: str, where: str) -> None:
    """A name that prints: it goes into bid names, receipts and tables."""
    if not _SOLVER.fullmatch(name):
        raise WrongValue(where, "1 to 64 printable ASCII characters without spaces", repr(name)[:80])


_PRICE: Final = Amount(high=MAX_PRICE)
_FILL: Final = Record(
    Fill,
    {
        "order": Octets(limit=64, made=IntentId),
        "executed": Amount(),
        "fee": Amount(),
        "gives": Many(Amount(), MAX_LEGS),
        "wants": Many(Amount(), MAX_LEGS),
    },
)
_INTERACTION: Final = Record(
    Interaction,
    {
        "venue": Text(64, VenueId),
        "asset_in": ASSET,
        "asset_out": ASSET,
        "amount_in": Amount(),
        "amount_out": Amount(),
    },
)
_PARTS: Final[dict[str, Codec[Any]]] = {
    "solver": Text(64, check=_check_solver),
    "id": Integer(),
    "prices": Prices(),
    "fills": Many(_FILL, MAX_ORDERS),
    "interactions": Many(_INTERACTION, MAX_INTERACTIONS),
    "gas": Integer(),
    "certificate": Claim(),
}
SOLUTION: Final = Record(Solution, _PARTS)


def encode_solution(solution: Solution) -> bytes:
    """The canonical bytes of ``solution``."""
    fields = SOLUTION.to_wire(solution)
    assert isinstance(fields, list)
    return pack([VERSION, *fields])


def decode_solution(data: bytes, where: str = "solution") -> Solution:
    """The solution in ``data``; anything malformed or not canonical is refused."""
    value = unpack(data, where, limit=MAX_SOLUTION_BYTES)
    version, *fields = read_list(value, where, limit=len(_PARTS) + 1, length=len(_PARTS) + 1)
    if read_int(version, f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(version))
    return SOLUTION.from_wire(fields, where)


def solution_to_json(solution: Solution) -> dict[str, Any]:
    """The native JSON form."""
    return {"format": FORMAT, **SOLUTION.to_json(solution)}


def solution_from_json(document: object, where: str) -> Solution:
    """The inverse of ``solution_to_json``; two fills of one order are left to the verifier to name."""
    fields = Fields(document, where)
    fields.choice("format", (FORMAT,))
    fields.only("format", *_PARTS)
    return SOLUTION.from_fields(fields, where)


def check_distinct_ids(solutions: tuple[Solution, ...], where: str) -> None:
    """Refuse two solutions of one solver under one id."""
    seen: set[tuple[str, int]] = set()
    for solution in solutions:
        key = (solution.solver, solution.id)
        if key in seen:
            raise Duplicate(where, "solution", f"{solution.solver}/{solution.id}")
        seen.add(key)
