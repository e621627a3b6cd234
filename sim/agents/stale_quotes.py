"""What a quote costs its maker, or an agreed price those who trust it, for being out of date.

Somebody who sees the present price trades against a price ``delay_s`` old when the difference exceeds a fee. The
expected gain is that of two options, Black and Scholes: a call struck the fee above, a put struck the fee below.
"""

from __future__ import annotations

import math

from sim.agents.part import BPS


def edge(known: float, shown: float) -> float:
    """How far the price that is known lies above (below: negative) the one shown, as a fraction of the latter."""
    return known / shown - 1.0


def gain(known: float, shown: float, fee: float) -> float:
    """What trading one unit's worth at the shown price earns at the known one; 0 within the fee."""
    return max(0.0, abs(edge(known, shown)) - fee)


def expected_gain(volatility_bps: float, delay_s: float, fee: float) -> float:
    """The mean of ``gain`` for a driftless lognormal price of ``volatility_bps`` per √hour.

    Small delays and no fee: √(2·σ²·delay/π). Half as often looking earns √2 as much each time, so √½ in all."""
    spread = volatility_bps / BPS * math.sqrt(delay_s / 3600.0)
    if spread == 0.0:
        return 0.0
    call = _call(1.0 + fee, spread)
    # Put–call parity: put = call − forward + strike.
    put = _call(1.0 - fee, spread) - fee if fee < 1.0 else 0.0
    return call + max(0.0, put)


def _call(strike: float, spread: float) -> float:
    """E max(S − strike, 0) for S lognormal with mean 1 and log standard deviation ``spread``."""
    d1 = -math.log(strike) / spread + spread / 2.0
    return _normal(d1) - strike * _normal(d1 - spread)


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
