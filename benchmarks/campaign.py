"""What a world of the fault campaign costs: processor time, by how many validators it has.

``python -m benchmarks.campaign [--seeds N] [--first-seed S] [--rounds N] [--json]`` runs the same worlds again and
again in one process, of each the best time, with a memo shared by a world's nodes and without (``plain``: each
works everything out itself). ``a_second`` is worlds per second of one process that has a core for itself.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from sim.campaign import run_world, settle_in


def best_ms(seeds: Sequence[int], rounds: int, plain: bool) -> dict[int, tuple[int, float]]:
    """By seed the validators of its world, and the least processor time it took, in milliseconds."""
    found: dict[int, tuple[int, float]] = {}
    for _ in range(rounds):
        for seed in seeds:
            began = time.process_time()
            world = run_world(seed, plain=plain)
            took_ms = (time.process_time() - began) * 1000
            assert not world.violations, seed
            found[seed] = (world.nodes, min(took_ms, found.get(seed, (0, took_ms))[1]))
    return found


def summary(shared: dict[int, tuple[int, float]], plain: dict[int, tuple[int, float]]) -> list[dict[str, object]]:
    """A row for all worlds, and one for each number of validators."""
    rows: list[dict[str, object]] = []
    for nodes in (None, *sorted({count for count, _ in shared.values()})):
        chosen = [seed for seed, (count, _) in shared.items() if nodes in (None, count)]
        took_ms = sum(shared[seed][1] for seed in chosen) / len(chosen)
        plain_ms = sum(plain[seed][1] for seed in chosen) / len(chosen)
        rows.append(
            {
                "validators": "all" if nodes is None else nodes,
                "worlds": len(chosen),
                "ms": round(took_ms, 2),
                "a_second": round(1000 / took_ms, 1),
                "plain_ms": round(plain_ms, 2),
                "times_plain": round(plain_ms / took_ms, 2),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    # What is read and made once belongs to no world.
    run_world(options.first_seed)
    settle_in()
    rows = summary(best_ms(seeds, options.rounds, plain=False), best_ms(seeds, options.rounds, plain=True))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
