"""Assets: what can be given and wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NewType

#: 1 to 64 printable ASCII characters without spaces; Ethereum tokens are lower-case 0x addresses.
AssetId = NewType("AssetId", str)

MAX_ASSET_ID_LENGTH: Final = 64
MAX_DECIMALS: Final = 36


@dataclass(frozen=True, slots=True)
class AssetInfo:
    """One asset as an auction knows it.

    ``reference_price`` is in numeraire base units per 10^18 base units of the asset; ``None`` when
    nobody agreed on one, and then no surplus in this asset can be scored. ``buffer`` is what the
    settlement itself holds and ``trusted`` whether a venue leg may be replaced by that buffer
    (internalised, CIP-2); both come with recorded auctions and bind nobody here.
    """

    id: AssetId
    decimals: int
    symbol: str = ""
    reference_price: int | None = None
    buffer: int = 0
    trusted: bool = False
