"""Cost against size: orders 10² … 10⁶ of a batch, pools 10 … 10⁵ of a route and of a batch; table and plots.

    python -m benchmarks.scaling [--out DIRECTORY] [--repeat N] [--largest SIZE]

Every point is the median of ``--repeat`` warm runs on one thread, and comes with what was certified: the gap of
the route, unrealised over realised utility of the batch. With ``--out`` a Markdown table and two SVG plots go
there; the table names the machine and the date.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from benchmarks import generators
from benchmarks.instance_runs.pools import as_network
from solver.equilibrium.batch import Batch, Pools
from solver.equilibrium.solve import equilibrium
from solver.router.families import route
from solver.router.maximise import maximise
from solver.router.prepare import prepare

T = TypeVar("T")

ORDERS: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
POOLS: Final = (10, 100, 1_000, 10_000, 100_000)
#: Routes go through pools of these kinds: the share of them that are weighted.
KINDS: Final = (("route, constant-product pools", 0.0), ("route, 3 in 10 pools weighted", 0.3))
#: A batch has this many tokens; where pools vary it has so many orders.
TOKENS, FIXED_ORDERS, FIXED_POOLS = 50, 10_000, 1_000


@dataclass(frozen=True, slots=True)
class Point:
    """``certified``: how far from the optimum the answer can be, relative; 0 is exact."""

    what: str
    size: int
    seconds: float
    prepare_seconds: float
    certified: float


def routes(sizes: Sequence[int], repeat: int) -> list[Point]:
    """One order through so many two-token pools; a network is prepared once, as for any number of orders."""
    points = []
    for what, weighted, size in [(what, share, size) for what, share in KINDS for size in sizes]:
        asked = generators.route(size, seed=1, weighted=weighted)
        start = time.perf_counter()
        prepared = prepare(as_network(asked.tokens, asked.pools)[0])
        ready = time.perf_counter() - start
        goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
        found, seconds = median(partial(maximise, prepared, goal), repeat)
        points.append(Point(what, size, seconds, ready, found.gap))
    return points


def batches(orders: Sequence[int], pools: Sequence[int], repeat: int) -> list[Point]:
    """The uniform-price equilibrium from cold, first over orders, then over pools."""
    points = []
    sizes = [("batch by orders", count, FIXED_POOLS, count) for count in orders]
    sizes += [("batch by pools", FIXED_ORDERS, count, count) for count in pools]
    for what, order_count, pool_count, size in sizes:
        batch = as_batch(generators.batch(order_count, TOKENS, pool_count, seed=1))
        found, seconds = median(partial(equilibrium, batch), repeat)
        points.append(Point(what, size, seconds, 0.0, found.unrealised_over_realised))
    return points


def as_batch(drawn: generators.Batch) -> Batch:
    pools = drawn.pools
    return Batch(
        drawn.values,
        drawn.sell,
        drawn.buy,
        drawn.amount,
        drawn.limit,
        drawn.fill_or_kill,
        Pools(pools.a, pools.b, pools.reserves, pools.gamma, pools.weight),
    )


def median(run: Callable[[], T], repeat: int) -> tuple[T, float]:
    """The last answer and the median time, after one run to warm up."""
    found = run()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        found = run()
        times.append(time.perf_counter() - start)
    return found, statistics.median(times)


def machine() -> str:
    """What it was measured on."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, one thread"


def table(points: Sequence[Point]) -> str:
    rows = ["| what | size | time, ms | prepared in, ms | certified within |", "|---|---:|---:|---:|---:|"]
    for point in points:
        prepared = f"{point.prepare_seconds * 1e3:.2f}" if point.prepare_seconds else "–"
        rows.append(
            f"| {point.what} | {point.size:,} | {point.seconds * 1e3:.2f} | {prepared} | {point.certified:.0e} |"
        )
    return "\n".join(rows)


def plot(points: Sequence[Point], title: str, axis: str, path: Path) -> None:
    """Time against size, both logarithmic, one line per kind."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "walras"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for number, what in enumerate(dict.fromkeys(point.what for point in points)):
        line = [(point.size, point.seconds * 1e3) for point in points if point.what == what]
        axes.plot(*zip(*line, strict=True), marker="o", label=what)
        # Figures of the first line stand below it, so that lines that meet do not hide one another's.
        below = number == 0 and len(points) > len(line)
        for size, ms in line:
            place = (0, -14) if below else (0, 7)
            axes.annotate(
                f"{ms:.3g}", (size, ms), textcoords="offset points", xytext=place, ha="center", fontsize=8
            )
    axes.set(xscale="log", yscale="log", xlabel=axis, ylabel="milliseconds", title=title)
    axes.margins(y=0.15)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, metavar="DIRECTORY", help="write scaling.md and plots there")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--largest", type=int, default=10**6, metavar="SIZE")
    options = parser.parse_args(arguments)
    orders = [size for size in ORDERS if size <= options.largest]
    pools = [size for size in POOLS if size <= options.largest]
    routed = routes(pools, options.repeat)
    matched = batches(orders, pools, options.repeat)
    today = datetime.datetime.now(datetime.UTC)
    text = f"Measured on {machine()}; {today:%Y-%m-%d}.\n\n{table([*routed, *matched])}\n"
    sys.stdout.write(text)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "scaling.md").write_text(text, "utf-8")
        by_pools = [*routed, *(point for point in matched if point.what == "batch by pools")]
        plot(by_pools, f"By pools (the batch: {FIXED_ORDERS:,} orders)", "pools", options.out / "by_pools.svg")
        by_orders = [point for point in matched if point.what == "batch by orders"]
        plot(
            by_orders,
            f"By orders ({TOKENS} tokens, {FIXED_POOLS:,} pools)",
            "orders",
            options.out / "by_orders.svg",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
