"""The outside prices of a world, step by step from a seed.

Prices change every ``step_ms`` and stand still in between, so the path is the same whoever looks and whenever, and
runs that differ in anything else see the same prices. Over a step every law is exact: no discretisation error.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from intents.errors import WrongValue
from sim.prices.declared import Law, Moves, PricesPart
from sim.prices.gaussian import Matrix, cholesky, covariance

HOUR_US: Final = 3_600_000_000
BPS: Final = 10_000.0
#: Log prices are shown no further than this from zero: beyond it nobody can tell them from nothing or everything.
MAX_LOG: Final = 60.0
#: How far ahead anybody may look.
MAX_AHEAD_US: Final = 600_000_000


class PriceProcess:
    """Prices of assets in whole numeraire units. The first of ``starts`` is the numeraire."""

    def __init__(self, part: PricesPart, starts: Mapping[str, float], stream: Callable[[str], Random]) -> None:
        """Each asset draws from streams of its own. Raises ``WrongValue`` where correlations contradict or an
        asset is unknown."""
        self.numeraire, *assets = starts
        self._assets = assets
        self._moves = moves_of(part, assets)
        self._pegs = [math.log(starts[asset]) for asset in assets]
        #: Log prices: as shown now, those already made of later steps, and the last ones made.
        self._shown = list(self._pegs)
        self._future: deque[list[float]] = deque()
        self._logs = list(self._pegs)
        self._step_us = part.step_ms * 1000
        self._steps = 0
        hours = self._step_us / HOUR_US
        self._mixing = mixing(part, assets, hours)
        self._drifts = [_drift(moves, hours) for moves in self._moves]
        self._kept = [math.exp(-_reversion(moves) * hours) for moves in self._moves]
        self._volatilities = [_volatility(moves) for moves in self._moves]
        self._normals = [stream(f"prices/{asset}") for asset in assets]
        self._jumps = [stream(f"prices/{asset}/jumps") for asset in assets]
        self._jump_rates = [m.jumps_per_hour * hours if m.law is Law.JUMPS else 0.0 for m in self._moves]
        self._shocks = _shocks(part, assets, self._step_us)
        self._prices: Mapping[str, float] = dict(starts)

    def at(self, now_us: int) -> Mapping[str, float]:
        """Every asset's price at ``now_us``, which never goes back. Read only."""
        target = now_us // self._step_us
        if target < self._steps:
            raise ValueError(f"prices at step {target} after step {self._steps}")
        if target > self._steps:
            while self._steps < target:
                self._steps += 1
                self._shown = self._future.popleft() if self._future else self._next(self._steps)
            self._prices = self._whole(self._shown)
        return self._prices

    def ahead(self, now_us: int, horizon_us: int) -> Mapping[str, float]:
        """Prices as they will be ``horizon_us``, at most ``MAX_AHEAD_US``, later; the path stays the same."""
        self.at(now_us)
        further = (now_us + min(horizon_us, MAX_AHEAD_US)) // self._step_us - self._steps
        while len(self._future) < further:
            self._future.append(self._next(self._steps + len(self._future) + 1))
        return self._whole(self._future[further - 1] if further > 0 else self._shown)

    def _whole(self, logs: Sequence[float]) -> Mapping[str, float]:
        return {
            self.numeraire: 1.0,
            **{
                asset: math.exp(max(-MAX_LOG, min(MAX_LOG, log)))
                for asset, log in zip(self._assets, logs, strict=True)
            },
        }

    def _next(self, step: int) -> list[float]:
        """Log prices at ``step``, the one after the last that was made."""
        normals = [rng.gauss(0.0, 1.0) for rng in self._normals]
        for i, row in enumerate(self._mixing):
            move = 0.0
            for weight, normal in zip(row, normals, strict=False):
                move += weight * normal
            away = (self._logs[i] - self._pegs[i]) * self._kept[i]
            self._logs[i] = self._pegs[i] + away + self._drifts[i] + self._volatilities[i] * move
            if self._jump_rates[i]:
                self._logs[i] += _jump(self._moves[i], self._jump_rates[i], self._jumps[i])
        for i, move in self._shocks.get(step, ()):
            self._logs[i] += move
        return list(self._logs)


def moves_of(part: PricesPart, assets: Sequence[str]) -> list[Moves]:
    """By which law each asset moves. Raises ``WrongValue`` for an asset that is not there."""
    own = {moves.asset: moves for moves in part.own}
    named = [*own, *(name for pair in part.pairs for name in (pair.first, pair.second))]
    for name in [*named, *(shock.asset for shock in part.shocks if shock.asset)]:
        if name not in assets:
            raise WrongValue("prices", f"an asset besides the numeraire ({', '.join(assets)})", repr(name))
    return [own.get(asset, part) for asset in assets]


def mixing(part: PricesPart, assets: Sequence[str], hours: float) -> Matrix:
    """Rows that turn independent normals into one step's moves, each row as long as it need be."""
    place = {asset: i for i, asset in enumerate(assets)}
    correlations = [[1.0 if a == b else part.correlation for b in assets] for a in assets]
    for pair in part.pairs:
        i, j = place[pair.first], place[pair.second]
        if i == j:
            raise WrongValue("prices.pairs", "two different assets", repr(pair.first))
        correlations[i][j] = correlations[j][i] = pair.correlation
    reversions = [_reversion(moves) for moves in moves_of(part, assets)]
    lower = cholesky(covariance(correlations, reversions, hours))
    if lower is None:
        raise WrongValue("prices.correlation", "correlations that can hold together", str(part.correlation))
    return [row[: i + 1] for i, row in enumerate(lower)]


def _volatility(moves: Moves) -> float:
    return 0.0 if moves.law is Law.CONSTANT else moves.volatility_bps / BPS


def _reversion(moves: Moves) -> float:
    return moves.reversion_per_hour if moves.law is Law.PEGGED else 0.0


def _drift(moves: Moves, hours: float) -> float:
    """What a step adds to the log price, so that the expected price grows by the declared drift."""
    if moves.law not in (Law.GBM, Law.JUMPS):
        return 0.0
    mean = moves.drift_bps / BPS - (moves.volatility_bps / BPS) ** 2 / 2
    if moves.law is Law.JUMPS:
        spread = moves.jump_sigma_bps / BPS
        mean -= moves.jumps_per_hour * math.expm1(moves.jump_mean_bps / BPS + spread * spread / 2)
    return mean * hours


def _jump(moves: Moves, expected: float, rng: Random) -> float:
    """The sum of a step's jumps in the log price: their number is Poisson, by waiting times."""
    moved = 0.0
    left = expected - rng.expovariate(1.0)
    while left > 0.0:
        moved += rng.gauss(moves.jump_mean_bps, moves.jump_sigma_bps) / BPS
        left -= rng.expovariate(1.0)
    return moved


def _shocks(part: PricesPart, assets: Sequence[str], step_us: int) -> dict[int, list[tuple[int, float]]]:
    """By step: which asset's log price moves by how much."""
    found: dict[int, list[tuple[int, float]]] = {}
    for shock in part.shocks:
        step = max(1, -(-int(shock.at_s * 1_000_000) // step_us))
        for i, asset in enumerate(assets):
            if shock.asset in ("", asset):
                found.setdefault(step, []).append((i, math.log1p(shock.move_bps / BPS)))
    return found
