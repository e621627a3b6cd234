"""Runs files of solver instances and prints, per instance, what was found beside the reference.

    python benchmarks/instances.py FILE… [--json] [--only N]

A file is a JSON object with a ``format`` line that says what is asked and a list of ``instances``. Printed per
instance: value found, reference value, relative difference, proven bound, seconds, violations. With ``--json``
stdout holds exactly one document. Exit code 1 when an answer breaks a constraint, 3 when a file cannot be read.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

# So that it also runs as a script, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.instance_runs.row import Row, Runner

#: How a format line starts or what it must mention, and the module (with a ``run``) that knows the format.
FORMATS: Final = (
    ("maximise c.Psi", "arbitrage"),
    ("cost_per_pool", "gas_aware"),
    ("maximise out of token_out", "routing"),
    ("prices fixed", "fixed_price"),
    ("all fill-or-kill", "fill_or_kill"),
    ("uniform-price equilibrium", "batch"),
    ("reference equilibrium prices", "batch_by_seed"),
    ("set packing", "winners"),
)


class UnreadableFile(Exception):
    """A file that is no instance file; the text says which and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--only", type=int, metavar="N", help="the first N instances of each file")
    options = parser.parse_args(arguments)
    results: list[dict[str, Any]] = []
    broken = 0
    for path in options.files:
        try:
            document = read(path)
            runner = runner_of(document, path)
        except UnreadableFile as error:
            print(f"error[benchmark.unreadable] {error}", file=sys.stderr)
            return 3
        if options.only is not None:
            document = {**document, "instances": document["instances"][: options.only]}
        if not options.json:
            print(f"{path.name}\n{HEAD}")
        rows = []
        try:
            for row in runner(document):
                rows.append(row)
                broken += row.violations
                if not options.json:
                    print(line(row), flush=True)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            reason = f"{type(error).__name__}: {str(error)[:200]}"
            print(f"error[benchmark.unreadable] {path}: instance {len(rows)}: {reason}", file=sys.stderr)
            return 3
        results.append({"file": path.name, "instances": [row.to_json() for row in rows]})
    if options.json:
        json.dump({"files": results}, sys.stdout, indent=1)
        print()
    return 1 if broken else 0


def read(path: Path) -> Mapping[str, Any]:
    """The document, checked as far as every format needs."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("instances"), list):
        raise UnreadableFile(f'{path}: expected an object with "format" and "instances"')
    return document


def runner_of(document: Mapping[str, Any], path: Path) -> Runner:
    said = str(document.get("format"))
    for mention, module in FORMATS:
        if mention in said:
            runner: Runner = importlib.import_module(f"benchmarks.instance_runs.{module}").run
            return runner
    raise UnreadableFile(f"{path}: no known format: {said[:100]!r}")


COLUMNS: Final = ("value", "reference", "difference", "bound", "seconds", "violations")
HEAD: Final = f"{'instance':34}" + "".join(f"{column:>18}" for column in COLUMNS)


def line(row: Row) -> str:
    apart = row.relative_difference
    figures = [
        f"{row.value:.10g}",
        "-" if row.reference is None else f"{row.reference:.10g}",
        "-" if apart is None else f"{apart:.1e}",
        "-" if row.bound is None else f"{row.bound:.10g}",
        f"{row.seconds:.4f}",
        str(row.violations),
    ]
    return f"{row.name:34}" + "".join(f"{figure:>18}" for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
