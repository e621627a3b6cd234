"""The same decoders under a fuzzer that follows coverage: libFuzzer by way of atheris, where that is installed.

``python -m benchmarks.fuzz_atheris TARGET … [--runs N] [--seed N]``; without TARGET the names are listed. atheris
is no dependency: ``pip install --target DIR atheris`` in a folder of its own, and ``PYTHONPATH=DIR``. Sound inputs
are the first corpus of each; it ends with an error and the input at the first exception that is not declared.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.fuzzing.target import Target

_CODE = ["intents", "node", "p2p", "scenarios", "settlement", "sim", "solver"]
_CORPUS = 500
_LONGEST = 4_096


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed: nothing was fuzzed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, atheris.instrument_imports(include=_CODE):
        from benchmarks.fuzz_decoders import all_targets

        targets = {target.name: target for target in all_targets(Path(folder))}
        if not asked.targets or not targets.keys() >= set(asked.targets):
            print("\n".join(targets))
            return 0
        options = [f"-runs={asked.runs}", f"-seed={asked.seed}", f"-max_len={_LONGEST}"]
        ends = [_fuzzed(atheris, targets[name], Path(folder), options, asked.seed) for name in asked.targets]
    return next((end for end in ends if end), 0)


def _fuzzed(atheris: ModuleType, target: Target, folder: Path, options: Sequence[str], seed: int) -> int:
    """How the fuzzer's process ended: libFuzzer ends it itself, and would leave ``folder`` behind."""

    def read(data: bytes) -> None:
        try:
            target.read(data)
        except target.declared:
            return

    print(f"{target.name}:", flush=True)
    corpus = Path(tempfile.mkdtemp(dir=folder))
    rng = Random(seed)
    for number in range(_CORPUS):
        (corpus / str(number)).write_bytes(target.make(rng)[:_LONGEST])
    child = os.fork()
    if child == 0:
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], read)
        atheris.Fuzz()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
