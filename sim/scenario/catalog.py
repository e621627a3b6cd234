"""The simulations that ship with Walras, and any other named by its file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from intents.errors import Unreadable, WalrasError
from intents.near import did_you_mean
from intents.strict_toml import MAX_TOML_BYTES, parse_toml
from scenarios.errors import UnknownScenario
from sim.scenario.extending import resolved

#: Keys that only a simulation's file has, no world's.
SIMULATION_KEYS: Final = frozenset({"chain", "network", "agents", "solvers", "faults", "claims", "extends"})


@dataclass(frozen=True, slots=True)
class Source:
    """A simulation's document, and what errors call the place it is from."""

    document: Mapping[str, Any]
    where: str


def names() -> list[str]:
    """The shipped simulations."""
    files = (resources.files("scenarios") / "simulations").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def find(name: str) -> Source:
    """The shipped simulation called ``name``, or the one in the file at that path; with what it extends."""
    path = Path(name)
    if name.endswith(".toml") or os.path.exists(name):  # which is no error where there can be no such file
        return _whole(_read(path), str(path), path.parent)
    return _whole(_shipped(name), f"{name}.toml", None)


def keys(name: str) -> set[str]:
    """What the file at that path says by itself; nothing where it cannot be read."""
    try:
        return set(_read(Path(name)))
    except WalrasError:
        return set()


def _whole(document: Mapping[str, Any], where: str, folder: Path | None) -> Source:
    """What a file extends is shipped, or beside it."""

    def load(name: str) -> Mapping[str, Any]:
        if folder is not None and name.endswith(".toml"):
            return _read(folder / name)
        return _shipped(name)

    return Source(resolved(document, where, load), where)


def _shipped(name: str) -> Mapping[str, Any]:
    known = names()
    if name not in known:
        raise UnknownScenario("", name, did_you_mean(name, known))
    file = resources.files("scenarios") / "simulations" / f"{name}.toml"
    return parse_toml(file.read_bytes(), file.name)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.is_dir():
            raise Unreadable(str(path), "is a directory, not a scenario file")
        with path.open("rb") as file:
            data = file.read(MAX_TOML_BYTES + 1)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be read").lower()) from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(str(path), "is no file name") from error
    return parse_toml(data, str(path))
