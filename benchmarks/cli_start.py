"""How long the command line takes to answer ``--help``, as a ratio to an interpreter that does nothing.

``python -m benchmarks.cli_start [--runs N]`` starts both N times in turn and prints medians and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence


def seconds(command: Sequence[str]) -> float:
    """Wall time of one run of ``command``, output thrown away."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args(arguments).runs
    help_command = [sys.executable, "-c", "from node.cli.main import main; main(['--help'])"]
    bare_command = [sys.executable, "-c", "pass"]
    pairs = [(seconds(help_command), seconds(bare_command)) for _ in range(runs)]
    shown, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"walras --help {shown * 1000:.0f} ms   bare interpreter {bare * 1000:.0f} ms   ratio {shown / bare:.1f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
