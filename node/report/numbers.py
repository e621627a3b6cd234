"""How figures are shown in reports: digits that matter, thousands apart, a true minus."""

from __future__ import annotations

import math
from typing import Final

NOTHING: Final = "–"


def number(value: float | None, digits: int = 4) -> str:
    """So many significant digits, thousands apart; whole numbers in full up to a billion."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    if float(value).is_integer() and abs(value) < 1e9:
        return _signed(f"{abs(value):,.0f}", value)
    if not 1e-4 <= abs(value) < 1e12:
        return _signed(f"{abs(value):.{digits - 1}e}", value)
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return _signed(f"{abs(value):,.{places}f}", value)


def _signed(text: str, value: float) -> str:
    return ("−" if value < 0 else "") + text.replace(",", "\u202f")
