"""What a run ran on: the versions and the machine's kind, as far as results can depend on them."""

from __future__ import annotations

import platform as machine
from importlib import metadata
from typing import Final

#: Distributions whose version can change a figure.
LIBRARIES: Final = ("walras", "numpy", "scipy", "ortools", "networkx", "polars", "matplotlib", "cryptography")


def versions() -> dict[str, str]:
    """Version by name, Python's included."""
    found = {"python": machine.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def platform() -> str:
    """Operating system, processor and Python implementation; nothing that names the machine."""
    return f"{machine.system()} {machine.machine()} {machine.python_implementation()}"
