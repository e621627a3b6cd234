"""Gnosis Protocol v1 batches, step by step: seconds, score, proven bound, and what others find in the same run.

    python benchmarks/gpv1.py FILE… [--seconds S] [--json]

Per file: orders and tokens; seconds to parse the file, prepare, search (batch and bound are one search, given S
seconds at most), settle in integers, write the certificate, and apart from those to verify the solution by the law
and to check the certificate in rationals; the verified net score, the bound the certificate proves, the gap
between them, and the score of ``naive`` and ``baseline``. Scores are in whole units of the numeraire.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

# So that it also runs as a script, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.solver_scores import WHOLE
from benchmarks.solver_scores import measure as measure_solver
from intents.formats import load_auction
from settlement.certificate.price_cells import check_cells
from settlement.verify import Verifier
from solver.flagship.market import measure
from solver.flagship.order_only import certificate_of, fits, settle, solve_orders
from solver.flagship.plan import Problem
from solver.protocol import Deadline

T = TypeVar("T")

#: Seconds of search unless told otherwise.
SECONDS: Final = 0.6
#: Seconds for each of the other solvers.
OTHERS: Final = 5.0


@dataclass(frozen=True)
class Row:
    """One file. ``net`` and ``bound`` are ``None`` where nothing trades."""

    file: str
    orders: int
    tokens: int
    parse_s: float
    prepare_s: float
    search_s: float
    settle_s: float
    certificate_s: float
    verify_s: float
    check_s: float
    cells: int
    net: float | None
    bound: float | None
    naive: float
    baseline: float

    @property
    def solved_s(self) -> float:
        """From the parsed auction to a solution with its certificate."""
        return self.prepare_s + self.search_s + self.settle_s + self.certificate_s

    @property
    def gap(self) -> float | None:
        """(bound − net) / bound."""
        return None if not self.bound or self.net is None else 1.0 - self.net / self.bound


class DoesNotFit(Exception):
    """An auction that is no batch of orders alone."""


def run(path: Path, seconds: float) -> Row:
    imported, parse_s = timed(lambda: load_auction(path.read_bytes(), "gpv1"))
    auction = imported.auction
    if not fits(auction):
        raise DoesNotFit(f"{path}: not a batch of sells alone")
    market, prepare_s = timed(lambda: measure(auction, "walras"))
    steps, search_s = timed(lambda: list(solve_orders(market, Deadline.after(seconds))))
    verifier = Verifier(auction)
    solution, net, bound = None, None, None
    settle_s = certificate_s = verify_s = check_s = 0.0
    if steps:
        plan, blocks, _ = steps[-1]
        problem = Problem(market, market.orders, ())
        solution, settle_s = timed(lambda: settle(problem, plan, "walras"))
        claim, certificate_s = timed(lambda: certificate_of(market, blocks))
        proven, check_s = timed(lambda: check_cells(auction, claim))
        bound = None if proven is None else proven / WHOLE
    if solution is not None:
        settled = solution
        verified, verify_s = timed(lambda: verifier.verify(settled))
        net = verified.score.net / WHOLE
    return Row(
        file=path.name,
        orders=len(auction.orders),
        tokens=len(auction.assets),
        parse_s=parse_s,
        prepare_s=prepare_s,
        search_s=search_s,
        settle_s=settle_s,
        certificate_s=certificate_s,
        verify_s=verify_s,
        check_s=check_s,
        cells=sum(len(block.search.nodes) for block in steps[-1][1]) if steps else 0,
        net=net,
        bound=bound,
        naive=measure_solver("naive", auction, verifier, OTHERS).score / WHOLE,
        baseline=measure_solver("baseline", auction, verifier, OTHERS).score / WHOLE,
    )


def timed(step: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    made = step()
    return made, time.perf_counter() - started


HEAD: Final = (
    f"{'file':28}{'orders':>7}{'tokens':>7}{'parse':>8}{'prepare':>8}{'search':>8}{'settle':>8}{'certif.':>8}"
    f"{'solved':>8}{'verify':>8}{'check':>8}{'cells':>6}{'net':>15}{'bound':>15}{'gap':>9}{'naive':>15}{'baseline':>15}"
)


def line(row: Row) -> str:
    seconds = (row.parse_s, row.prepare_s, row.search_s, row.settle_s, row.certificate_s, row.solved_s)
    shown = "".join(f"{value:8.3f}" for value in (*seconds, row.verify_s, row.check_s))
    scores = "".join(f"{'-' if value is None else f'{value:.8g}':>15}" for value in (row.net, row.bound))
    gap = "-" if row.gap is None else f"{row.gap:.1e}"
    others = f"{row.naive:15.8g}{row.baseline:15.8g}"
    return f"{row.file:28}{row.orders:7}{row.tokens:7}{shown}{row.cells:6}{scores}{gap:>9}{others}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of search per file (default {SECONDS})")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    given = parser.parse_args(arguments)
    rows = []
    if not given.json:
        print(HEAD)
    for path in given.files:
        try:
            row = run(path, given.seconds)
        except (OSError, DoesNotFit) as error:
            print(f"error[benchmark.unreadable] {error}", file=sys.stderr)
            return 3
        rows.append(row)
        if not given.json:
            print(line(row), flush=True)
    if given.json:
        shown = [{**asdict(row), "solved_s": row.solved_s, "gap": row.gap} for row in rows]
        json.dump({"search_seconds": given.seconds, "files": shown}, sys.stdout, indent=1)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
