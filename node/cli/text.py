"""Plain-text tables and numbers for terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from node.cli.words import one_line

if TYPE_CHECKING:
    from intents.assets import AssetId
    from intents.auction import Auction

WHOLE: Final = 10**18


def table(rows: Sequence[Mapping[str, object]], *, left: Sequence[str] = ()) -> str:
    """Aligned columns headed by the rows' keys; ``left`` names the left-aligned ones."""
    if not rows:
        return ""
    columns = list(rows[0])
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    aligned = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in [columns, *cells]
    ]
    return "\n".join(aligned)


def _cell(value: object) -> str:
    """On one line, whatever a stranger called it."""
    text = str(value)
    return text if text.isprintable() else one_line(text)


def whole(units: int | None) -> str:
    """Numeraire base units as whole units, six significant digits."""
    return "–" if units is None else f"{units / WHOLE:.6g}"


def exactly(units: int | str) -> str:
    """Numeraire base units as whole units, to the last unit: what a file claims can be compared digit by digit."""
    found = int(units)
    whole_units, part = divmod(abs(found), WHOLE)
    fraction = f"{part:018d}".rstrip("0")
    return f"{'-' if found < 0 else ''}{whole_units}{'.' if fraction else ''}{fraction}"


def percent(share: float) -> str:
    return f"{share * 100:.1f}%"


def units(auction: Auction, asset: AssetId, amount: int) -> str:
    """An amount of ``asset`` in whole units with its symbol, six significant digits."""
    info = auction.asset[asset]
    symbol = "".join(c for c in info.symbol if c.isprintable())[:12] or (
        asset if len(asset) <= 12 else f"{asset[:6]}…{asset[-4:]}"
    )
    return f"{amount / 10**info.decimals:.6g} {symbol}"
