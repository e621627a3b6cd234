"""Plain-text tables and numbers for terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

WHOLE: Final = 10**18


def table(rows: Sequence[Mapping[str, object]], *, left: Sequence[str] = ()) -> str:
    """Aligned columns headed by the rows' keys; ``left`` names the left-aligned ones."""
    if not rows:
        return ""
    columns = list(rows[0])
    cells = [[str(row[column]) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    aligned = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in [columns, *cells]
    ]
    return "\n".join(aligned)


def whole(units: int | None) -> str:
    """Numeraire base units as whole units, six significant digits."""
    return "–" if units is None else f"{units / WHOLE:.6g}"


def percent(share: float) -> str:
    return f"{share * 100:.1f}%"
