"""The code's codecs in the notation of docs/wire.md: what the document must say."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

from intents.amounts import MAX_AMOUNT
from intents.auction import MAX_ASSETS
from intents.codec import ASSET, INTENT, TERMS
from intents.schema import Many, OneOf, Optional, Pair, Record
from intents.schema_values import Amount, Choice, Flag, Integer, Octets, Ratio, SignedAmount, Text
from node.agreement.wire import MESSAGE
from node.catchup.wire import PEER_MESSAGE
from node.chain.blocks import BODY, HEADER
from node.chain.items import ITEM
from node.live import wire
from settlement.solution_codec import _PRICE, MAX_CERTIFICATE_BYTES, SOLUTION, Claim, Prices

_INT_MAX = 2**63 - 1
#: Names in the document where the class's own would mislead.
_NAMES = {"_Body": "BlockBody"}
#: Choices by their first member.
_CHOICES = {
    "intent": "Item",
    "vote": "Message",
    "deposit": "Action",
    "constant_product": "Venue",
    "above": "Condition",
}


class Writer:
    """Names every record met on the way."""

    def __init__(self) -> None:
        self.forms: dict[str, str] = {}

    def add(self, name: str, codec: Any) -> None:
        self.forms[name] = self._one_of(codec) if isinstance(codec, OneOf) else self._text(codec)

    def _text(self, codec: Any) -> str:
        if codec is TERMS:
            codec = INTENT
        match codec:
            case Record():
                return self._record(codec)
            case OneOf():
                return self._name_of(codec)
            case Many():
                low = f"{codec.least}.." if codec.least else ".."
                if codec.least == codec.limit:
                    low = ""
                return f"list({self._text(codec.item)}, {low}{number(codec.limit)})"
            case Pair():
                return f"[{self._text(codec.first)}, {self._text(codec.second)}]"
            case Optional():
                return self._text(codec.item) + "?"
            case Prices():
                return f"list([asset: {_leaf(ASSET)}, price: {_leaf(_PRICE)}], ..{MAX_ASSETS})"
            case Claim():
                return f"text(..{MAX_CERTIFICATE_BYTES})?"
            case _:
                return _leaf(codec)

    def _record(self, codec: Record[Any]) -> str:
        name = _NAMES.get(codec.kind.__name__, codec.kind.__name__)
        if name not in self.forms:
            self.forms[name] = ""  # a condition may hold conditions
            parts = [f"{field}: {self._text(part)}" for field, part in codec.parts.items()]
            short = len(parts) - len(codec._tail)
            body = ", ".join(parts[:short]) + ("; " + ", ".join(parts[short:]) if codec._tail else "")
            self.forms[name] = f"[{body}]"
        return name

    def _one_of(self, codec: OneOf) -> str:
        members = [f"{place} {name}: {self._text(codec.records[name])}" for place, name in enumerate(codec.names)]
        return "{" + " | ".join(members) + "}"

    def _name_of(self, codec: OneOf) -> str:
        name = "Lie" if list(codec.names) == ["vote", "proposal"] else _CHOICES[codec.names[0]]
        if name not in self.forms:
            self.forms[name] = ""
            self.forms[name] = self._one_of(codec)
        return name


def _leaf(codec: Any) -> str:
    match codec:
        case Integer():
            low = number(codec.low) if codec.low else ""
            high = "" if codec.high == _INT_MAX else number(codec.high)
            return f"int({low}..{high})" if low or high else "int"
        case Amount():
            low = number(codec.low) if codec.low else ""
            high = "" if codec.high == MAX_AMOUNT else number(codec.high)
            return f"amount({low}..{high})" if low or high else "amount"
        case SignedAmount():
            return "signed"
        case Ratio():
            return "ratio" if codec.high != Fraction(1) else "ratio(..1)"
        case Flag():
            return "bool"
        case Text():
            return f"text(..{codec.limit})"
        case Octets():
            return f"bytes({codec.length})" if codec.length is not None else f"bytes(..{number(codec.limit)})"
        case Choice():
            return _enum(codec.kind)
    if hasattr(codec, "kind"):
        return _enum(codec.kind)
    return "Condition"


def _enum(kind: type[StrEnum] | type[IntEnum]) -> str:
    return f"enum({', '.join(member.name.lower() for member in kind)})"


def number(value: int) -> str:
    """As the document writes it: powers of two and one less as such."""
    for size in (31, 63, 64, 127, 128, 160, 256):
        if value in (2**size, 2**size - 1):
            return f"2^{size}" + ("-1" if value == 2**size - 1 else "")
        if value == -(2**size):
            return f"-2^{size}"
    return str(value)


def written() -> dict[str, str]:
    """Every form of the wire, by name."""
    writer = Writer()
    for name, codec in (("Item", ITEM), ("Message", MESSAGE), ("PeerMessage", PEER_MESSAGE)):
        writer.add(name, codec)
    for record in (HEADER, BODY, SOLUTION, wire._HELLO, wire._PRESENCE, wire._OFFER):
        writer._text(record)
    return writer.forms
