"""The simulations that ship with Walras, and any other named by its file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from intents.errors import Unreadable
from scenarios.errors import UnknownScenario
from scenarios.records import MAX_TOML_BYTES, toml_document


@dataclass(frozen=True, slots=True)
class Source:
    """A simulation's document, and what errors call the place it is from."""

    document: Mapping[str, Any]
    where: str


def shipped() -> dict[str, Source]:
    """All shipped simulations by name."""
    folder = resources.files("scenarios") / "simulations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): Source(toml_document(file.read_bytes(), file.name), file.name)
        for file in files
    }


def find(name: str) -> Source:
    """The shipped simulation called ``name``, or the one in the file at that path."""
    path = Path(name)
    if name.endswith(".toml") or path.exists():
        return read(path)
    folder = resources.files("scenarios") / "simulations"
    file = folder / f"{name}.toml"
    if "/" not in name and "\\" not in name and file.is_file():
        return Source(toml_document(file.read_bytes(), f"{name}.toml"), f"{name}.toml")
    near = difflib.get_close_matches(name, shipped(), n=1)
    raise UnknownScenario("", name, f'; did you mean "{near[0]}"?' if near else "")


def read(path: Path) -> Source:
    """The simulation in the file at ``path``."""
    try:
        if path.is_dir():
            raise Unreadable(str(path), "is a directory, not a scenario file")
        with path.open("rb") as file:
            data = file.read(MAX_TOML_BYTES + 1)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be read").lower()) from error
    return Source(toml_document(data, str(path)), str(path))
