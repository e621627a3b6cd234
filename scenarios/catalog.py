"""The worlds that ship with Walras, and any other named by its file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from intents.errors import Unreadable
from intents.near import did_you_mean
from scenarios.errors import UnknownScenario
from scenarios.read import MAX_WORLD_BYTES, world_from_toml
from scenarios.world import World


def shipped() -> tuple[World, ...]:
    """All shipped worlds, by name."""
    files = [file for file in resources.files("scenarios").iterdir() if file.name.endswith(".toml")]
    return tuple(world_from_toml(file.read_bytes(), file.name) for file in sorted(files, key=lambda f: f.name))


def find(name: str) -> World:
    """The shipped world called ``name``, or the one in the file at that path."""
    worlds = {world.name: world for world in shipped()}
    if name in worlds:
        return worlds[name]
    path = Path(name)
    if name.endswith(".toml") or path.exists():
        return read(path)
    raise UnknownScenario("", name, did_you_mean(name, worlds))


def read(path: Path) -> World:
    """The world in the file at ``path``."""
    try:
        if path.is_dir():
            raise Unreadable(str(path), "is a directory, not a scenario file")
        with path.open("rb") as file:
            data = file.read(MAX_WORLD_BYTES + 1)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be read").lower()) from error
    return world_from_toml(data, str(path))
