"""Fields of CoW's JSON: as ours, but amounts may also be hexadecimal and addresses in either case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.check import check_asset_id
from intents.errors import WrongType
from intents.fields import Fields, integer, kind_of

#: CoW's code writes decimal text and reads 0x-prefixed text of up to 256 bits as well.
_HEXADECIMAL: Final = re.compile(r"0[xX][0-9a-fA-F]{1,64}")


class CowFields(Fields):
    """One object of a CoW document."""

    __slots__ = ()

    def integer(self, name: str, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
        """A JSON integer, or decimal or 0x-prefixed text, within ``low .. high``."""
        value = self.raw(name)
        if isinstance(value, str) and _HEXADECIMAL.fullmatch(value):
            value = int(value, 16)
        return integer(value, self.at(name), low=low, high=high)

    def objects(self, name: str, *, limit: int) -> Iterator[Fields]:
        return (CowFields(item, where) for item, where in self.items(name, limit=limit))

    def child(self, name: str) -> Fields:
        return CowFields(self.raw(name), self.at(name))


def asset_id(value: object, where: str) -> AssetId:
    """A token address; hexadecimal is lower-cased so that spellings do not matter."""
    if not isinstance(value, str):
        raise WrongType(where, "a token address in text", kind_of(value))
    return AssetId(check_asset_id(value.lower() if value[:2] in ("0x", "0X") else value, where))
