"""Numerics run on one thread, whichever room of the house loads NumPy first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Asks the OpenBLAS that NumPy brought along; its names carry prefixes and suffixes that differ between wheels.
ASK = """
import ctypes, importlib, sys
importlib.import_module(sys.argv[1])
import numpy
with open("/proc/self/maps") as maps:
    paths = {line.split()[-1] for line in maps if "openblas" in line}
for path in paths:
    library = ctypes.CDLL(path)
    for start in ("scipy_openblas", "openblas"):
        for end in ("64_", ""):
            if asked := getattr(library, f"{start}_get_num_threads{end}", None):
                print(asked())
"""


def threads(module: str, **environment: str) -> set[str]:
    """What every OpenBLAS that a fresh process has loaded after importing ``module`` says."""
    inherited = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    asked = subprocess.run(
        [sys.executable, "-c", ASK, module],
        env=inherited | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(asked.stdout.split())


@pytest.fixture(scope="module", autouse=True)
def openblas() -> None:
    """Skips where nothing would take more threads than one."""
    if not sys.platform.startswith("linux") or threads("numpy") <= {"1"}:
        pytest.skip("no OpenBLAS here that would take more than one thread")


@pytest.mark.parametrize("module", ["solver.router.maximise", "sim.network.topology", "node.cli.main"])
def test_numpy_is_loaded_with_one_thread(module: str) -> None:
    """In a hosted solver, in a simulation and behind the command line."""
    assert threads(module) == {"1"}


def test_whoever_sets_the_variable_has_their_way() -> None:
    """A solver of one's own on many cores may want them."""
    assert threads("solver.router.maximise", OPENBLAS_NUM_THREADS="2") == {"2"}
