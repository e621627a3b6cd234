"""The solvers that come with the house, by name, each imported only when asked for."""

from __future__ import annotations

from typing import Final

from intents.errors import UsageError
from intents.near import did_you_mean
from solver.protocol import Solver

NAMES: Final = ("walras", "baseline", "naive", "rings")


def built_in(
    name: str, config: bytes | None = None, where: str = "engine config", *, as_engine: bool = False
) -> Solver:
    """The solver called ``name``, as it competes.

    ``config`` is the text of an engine's TOML (``where`` names it in errors): ``baseline`` with one answers
    exactly as CoW's engine configured so; the others have no settings. ``as_engine`` serves outsiders:
    ``naive`` then answers as CoW's did, buffers and all.
    """
    if name not in NAMES:
        raise UsageError("", f'no solver "{name}"{did_you_mean(name, NAMES)}')
    if name == "baseline":
        from solver.baseline import Baseline, BaselineConfig
        from solver.config import engine_config

        return Baseline(BaselineConfig(engine=engine_config(config, where) if config is not None else None))
    if config is not None:
        from solver.config import nothing_to_configure

        nothing_to_configure(config, where)
    if name == "naive":
        from solver.naive import Naive, NaiveConfig

        return Naive(NaiveConfig(compatibility=as_engine))
    if name == "rings":
        from solver.rings import Rings

        return Rings()
    from solver.flagship import Walras

    return Walras()
